"""Requests that nobody thought of: the addresses and forms of all pages, and what may be put into them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import ImmutableMultiDict
from starlette.routing import Match

from sera_pages.application import ROUTES
from web.forms import forms_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    import pytest
    from starlette.routing import Route

    from web.every_page import Full
    from web.parts import Client

# A stream has no end that a test could wait for.
STREAM = "/workshops/{workshop}/events"
ORIGIN = {"origin": "http://127.0.0.1:8080"}
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "XXBOUNDXX"
TEXTS = (
    "", " ", "0", "-1", "1", "1e308", "-1e308", "1e309", "nan", "-inf", "9" * 30, "9" * 5_000, "1_0",
    "\u0663",
    "\u00bd", "\u00b2", "1,5", "0x10", "-0.0", "9223372036854775808", "\x00", "a\x00b", "\x1b[31m",
    "\u202eabc",
    "\ud800", "\ufffe", "a" * 3_000, "\U0001f41d" * 200, "e\u0301" * 40, "../../etc/passwd", "..\\..\\x", "/",
    "%", "%s%n{0}{name}", "{{7*7}}", "<svg onload=x>", "' OR 1=1--", '"', "=1+1", "\r\nSet-Cookie: x=1",
    "2026-06-20T12:00", "2026-06-20", "0001-01-01", "0001-01-01T00:00", "9999-12-31", "9999-12-31T23:59",
    "2026-02-30", "2026-03-29T01:30", "2026-W01-1", "0000-00-00", "2026-06-20T12:00:00+99:99",
    "elm-yard", "oak",
    "member-0001", "everybody", "null", "[]", "[" * 20_000, '{"a":' * 5_000, '{"x":1e999}', "UTC",
    "../Europe",
    "localtime", "id,name\n1,2\n", "51.5", "90.1", "00000001", "garden", "on", "\t", "-", "#", "\u2028",
    "\x85",
)  # fmt: skip
FILES = (
    b"", b"id,name\n1,2\n", b"\xff\xfe\x00", b"PK\x03\x04" + b"\x07" * 50,
    b"\x89PNG\r\n\x1a\n" + b"\x07" * 60,
    b"[" * 60_000, b'{"type":"FeatureCollection","features":[{"type":"Feature"}]}', b"id;title\n\x00;\x00\n",
    "\ufeffid,garden,latitude,longitude,title\nx,y,1e308,nan,=1\n".encode("utf-16"),
    b"RIFF\xff\xff\xff\xffWAVE",
)  # fmt: skip
BODIES = (
    b"{}", b"[]", b"null", b"1", b"[" * 60_000, b'{"a":' * 20_000, b"\xff", b"\xed\xa0\x80",
    b'"\\ud800"', b"NaN",
    b'{"form_token":"\\ud800"}', b'[{"time_s":1e999}]', b"&" * 60_000, b"=" * 9, b"a=1&" * 90,
)  # fmt: skip
KINDS = (
    "application/json", "text/plain", "", "application/json; charset=x", FORM + "; charset=utf-16",
    "image/png",
    "multipart/form-data", "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={BOUNDARY}; charset=x",
)  # fmt: skip
HEADERS = (
    ("accept-language", "de-DE;q=0.3,*;q=x"), ("accept-language", ",;=" * 900), ("cookie",
    "sera_session=" + "x" * 5_000),
    ("cookie", '=;=;;sera_language="de'), ("range", "bytes=-99999999999"), ("range", "bytes=5-2,,"),
    ("if-none-match", "*"), ("if-modified-since", "0"), ("accept", "\xff"), ("x-forwarded-for", "::1"),
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """An address that is there, whoever may go to it, and the fields that its form has."""

    route: str
    method: str
    client: Client
    path: str
    values: dict[str, str] = field(default_factory=dict)
    is_file: bool = False


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.paths: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        links = [value for name, value in attrs if name in ("href", "src", "action") and value]
        self.paths.update(link.partition("#")[0] for link in links if link.startswith("/"))


def route_of(method: str, path: str) -> Route | None:
    scope = {"type": "http", "method": method, "path": path.partition("?")[0]}
    return next((route for route in ROUTES if route.matches(scope)[0] is Match.FULL), None)


def find_targets(full: Full, each_most: int = 2) -> list[Target]:
    """Follow all links from all pages, some addresses of each route; list these, and the forms on them."""
    waiting = [(client, path) for name, (client, path) in full.addresses().items() if name != "report"]
    targets: list[Target] = []
    seen: set[tuple[int, str]] = set()
    counts: dict[str, int] = {}
    while waiting:
        client, path = waiting.pop(0)
        route = route_of("GET", path)
        count = counts.get(route.path, 0) if route is not None else each_most
        if route is None or route.path == STREAM or (id(client), path) in seen or count >= each_most:
            continue
        seen.add((id(client), path))
        counts[route.path] = count + 1
        targets.append(Target(route.path, "GET", client, path))
        body = client.get(path).body
        targets += _forms(client, body)
        links = _Links()
        links.feed(body)
        waiting += [(client, link) for link in sorted(links.paths)]
    return [*targets, *_without_links(full, targets)]


def _forms(client: Client, body: str) -> Iterator[Target]:
    for form in forms_of(body):
        route = route_of("POST", form.action)
        if route is not None:
            typed = dict.fromkeys(form.typed, "2026-06-20")
            yield Target(route.path, "POST", client, form.action, typed | form.values, form.is_file)


def _without_links(full: Full, targets: list[Target]) -> Iterator[Target]:
    """Make addresses of the routes to which no page leads, or whose forms only scripts send."""
    known = {(target.method, target.route) for target in targets}
    parts = {
        "{community}": "oak", "{garden}": "elm-yard", "{workshop}": full.workshop, "{design}": full.design,
        "{code}": full.slip, "{item}": full.event, "{version:int}": "1", "{language}": "en",
    }  # fmt: skip
    token = full.steward.get("/mine").field("form_token")
    for route in ROUTES:
        for method in (route.methods or set()) - {"HEAD"}:
            if (method, route.path) in known or route.path == STREAM:
                continue
            path = route.path
            for part, value in parts.items():
                path = path.replace(part, value)
            yield Target(route.path, method, full.steward, path, {"form_token": token})


def record_names(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Note each name that a page looks for in a query or a form: what nobody knows of is asked for, too."""
    names: set[str] = set()
    for look in ("get", "getlist", "__getitem__", "__contains__"):
        before = getattr(ImmutableMultiDict, look)

        def noted(self: Any, key: Any, *rest: Any, before: Any = before) -> Any:
            names.add(str(key))
            return before(self, key, *rest)

        monkeypatch.setattr(ImmutableMultiDict, look, noted)
    return names


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    quoted = [[quote(text, safe="", errors="surrogatepass") for text in pair] for pair in pairs]
    return "&".join("=".join(pair) for pair in quoted).encode()


def drawn_get(random: Random, target: Target, names: list[str]) -> tuple[str, dict[str, str]]:
    """Draw an address with a query, and headers."""
    path = target.path.partition("?")[0] if random.random() < 0.8 else target.path
    if random.random() < 0.3:
        path = hostile_path(random, path)
    pairs = [(random.choice(names), random.choice(TEXTS)) for _ in range(random.choice([0, 1, 2, 3]))]
    query = _encoded(pairs).decode()
    headers = dict([random.choice(HEADERS)]) if random.random() < 0.3 else {}
    return path + ("?" + query if query and "?" not in path else ""), headers


def hostile_path(random: Random, path: str) -> str:
    """Put something else in the place of one part of a path."""
    parts = path.split("/")
    parts[random.randrange(1, len(parts))] = random.choice(TEXTS).replace("?", "")
    return "/".join(parts).encode(errors="replace").decode()


def drawn_post(random: Random, target: Target, names: list[str]) -> tuple[str, bytes, dict[str, str]]:
    """Draw where a form is sent, its body, and headers: as it should be but for some fields, or rubbish."""
    path = hostile_path(random, target.path) if random.random() < 0.05 else target.path
    if random.random() < 0.08:
        return path, random.choice(BODIES), {**ORIGIN, "content-type": random.choice(KINDS)}
    own = [*target.values, *random.sample(names, min(3, len(names)))]
    values = dict(target.values)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3, 6])):
        name = random.choice(own)
        if name != "form_token" or random.random() < 0.02:
            values[name] = random.choice(TEXTS)
    if values and random.random() < 0.15:
        values.pop(random.choice(list(values)))
    pairs = list(values.items())
    if random.random() < 0.1:
        pairs += [(random.choice(own), random.choice(TEXTS))] * random.choice([1, 3, 50])
    if target.is_file or random.random() < 0.2:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return path, _multipart(random, pairs, own), {**ORIGIN, "content-type": kind}
    return path, _encoded(pairs), {**ORIGIN, "content-type": FORM}


def _multipart(random: Random, pairs: list[tuple[str, str]], names: list[str]) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=".encode()
    body = b"".join(
        head + f'"{name}"\r\n\r\n{text}\r\n'.encode(errors="surrogatepass") for name, text in pairs
    )
    if random.random() < 0.7:
        name = random.choice([*names, "file", "table", "bundle", "picture-1", "sound"])
        file_name = random.choice(["t.csv", "x.json", "../../x", "\ud800", " ", "a" * 500, "t.toml", "%00"])
        body += head + f'"{name}"; filename="{file_name}"\r\n\r\n'.encode(errors="surrogatepass")
        body += random.choice(FILES) + b"\r\n"
    body += f"--{BOUNDARY}--\r\n".encode()
    return body[: random.randrange(len(body))] if random.random() < 0.1 else body
