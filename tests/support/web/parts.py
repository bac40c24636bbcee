"""A web application in memory for tests: its installation, a client that speaks ASGI, and what it sent."""

from __future__ import annotations

import asyncio
import io
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cache, partial
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import anyio
import anyio.lowlevel

from sera_gateway.process.logs import json_log
from sera_pages.application import create_app
from sera_pages.errors import NotSentError
from sera_pages.installation import PageSettings, open_installation
from sera_store.private_files import require_private
from sera_store.registry.entities import Community, Garden
from sera_store.registry.opening import REGISTRY_FILE, open_registry
from sera_store.registry.persons import MEMBER, Person
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from sera_pages.installation import ServedInstallation

NOW_S = 1_782_000_000
LOOPBACK_HOST = "127.0.0.1:8080"
# One loop for all requests of a process, as a server has; what asks in a thread or a fork has its own.
_RUNNER, _PROCESS = asyncio.Runner(), os.getpid()
# While a browser is open its loop runs in the main thread, where there can be no other.
_THREAD, _THREAD_RUNNER = ThreadPoolExecutor(1), asyncio.Runner()

COUNT = {"flower": "ivy", "minutes": "10", "begun": "2026-06-20T12:00", **dict.fromkeys(GROUP_NAMES, "0")}


class SentMessages:
    """Stands in for the broker and the journal: keeps what was sent, or refuses for as long as it is away."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.is_away = False

    async def send(self, topic: str, payload: bytes) -> None:
        if self.is_away:
            raise NotSentError("the journal is away")
        self.messages.append((topic, payload))


def _has_loop() -> bool:
    """Return whether a loop runs in this thread."""
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        return True
    return False


async def in_staying_thread(
    function: Callable[..., Any], *arguments: Any, abandon_on_cancel: bool = False, **_: Any
) -> Any:
    """Stand in for `anyio.to_thread.run_sync`, with threads that stay as long as the loop.

    Those of anyio end with the task that is run from outside: with each request of a test, and not with the
    server as in an installation. Each would open all databases anew.
    """
    await anyio.lowlevel.checkpoint()
    call = partial(copy_context().run, function, *arguments)
    with anyio.CancelScope(shield=not abandon_on_cancel):
        return await asyncio.get_running_loop().run_in_executor(None, call)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def body(self) -> str:
        return self.content.decode(errors="replace")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def field(self, name: str) -> str:
        """The value of a hidden field of the first form that has it."""
        match = re.search(rf'name="{name}" value="([^"]*)"', self.body)
        assert match is not None, name
        return match[1]


@dataclass
class Client:
    """A browser's requests without a browser: keeps cookies, names its host and origin."""

    app: Starlette
    host: str = LOOPBACK_HOST
    address: str = "127.0.0.1"
    scheme: str = "http"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self.request("GET", path, b"", {})

    def post(self, path: str, fields: Any, **headers: str) -> Answer:
        body = urlencode(fields, doseq=True).encode() if not isinstance(fields, bytes) else fields
        kind = {"content-type": "application/x-www-form-urlencoded", "origin": f"{self.scheme}://{self.host}"}
        answer = self.request("POST", path, body, {**kind, **headers})
        # A page that answers a form is behind a redirect, which a browser follows.
        shown = answer.header("location")
        return self.get(shown) if shown.startswith("/shown/") else answer

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        answer = self._request(method, path, body, {**self.headers, **headers})
        if threading.current_thread() is threading.main_thread() and os.getpid() == _PROCESS:
            if _has_loop():
                return _THREAD.submit(_THREAD_RUNNER.run, answer).result()
            return _RUNNER.run(answer)
        return asyncio.run(answer)

    async def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        raw_path, _, query = path.partition("?")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"host": self.host, "content-length": str(len(body)), **headers}
        sent |= {"cookie": cookie} if cookie else {}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": self.scheme, "path": raw_path, "raw_path": raw_path.encode(), "root_path": "",
            "query_string": query.encode(), "client": (self.address, 50_000), "server": ("127.0.0.1", 8080),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        messages: list[Any] = []
        has_come, is_answered = False, asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal has_come
            if has_come:
                # A browser stays until it has its answer.
                await is_answered.wait()
                return {"type": "http.disconnect"}
            has_come = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                is_answered.set()

        await self.app(scope, receive, send)
        start, *bodies = messages
        answered = [(name.decode(), value.decode()) for name, value in start["headers"]]
        for name, value in answered:
            if name == "set-cookie":
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        content = b"".join(message.get("body", b"") for message in bodies)
        return Answer(start["status"], answered, content)


@dataclass
class Pages:
    """An application, its installation, what it sent and what it logged."""

    app: Starlette
    installation: ServedInstallation
    sent: SentMessages
    log: io.StringIO

    def client(self, **how: Any) -> Client:
        return Client(self.app, **how)

    def person(self, *roles: str, name: str = "", gardens: tuple[str, ...] = (), number: int = 1) -> Person:
        """Enter a person of the first community."""
        entity = Person(f"member-{number:04}", "oak", roles or (MEMBER,), gardens)
        self.installation.registry.put(entity, since_s=1, by="a test")
        self.installation.names.put(entity.id, name)
        return entity

    def signed_in(self, person: Person, **how: Any) -> Client:
        """A client with a session of a person."""
        client = self.client(**how)
        client.cookies["sera_session"] = self.installation.sessions.begin(person.id)
        return client


def count(client: Client, garden: str = "elm-yard", **changes: str) -> Answer:
    """Fill in the form of a count, and send it."""
    page = client.get(f"/gardens/{garden}/count")
    hidden = {name: page.field(name) for name in ("form_token", "form")}
    return client.post(f"/gardens/{garden}/count", {**hidden, **COUNT, **changes})


def press(client: Client, path: str, action: str, **fields: str) -> Answer:
    """Press the button of a page whose form has this action, as a browser without script does."""
    page = client.get(path)
    form = re.search(rf'<form method="post" action="{re.escape(action)}">(.*?)</form>', page.body, re.DOTALL)
    assert form is not None, action
    # A box that is not ticked sends nothing.
    without_boxes = re.sub(r'<input type="checkbox"(?![^>]* checked)[^>]*>', "", form[1])
    hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', without_boxes))
    return client.post(action, {**hidden, **fields})


class Clock:
    """A clock that tests put forward."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def pages_of(
    folder: Path, settings: PageSettings | None = None, clock: Clock | None = None
) -> Iterator[Pages]:
    """Open an application over a data folder with one community of two gardens."""
    store = folder / "store"
    if (store / REGISTRY_FILE).exists():
        _enter_gardens(store)
    else:
        require_private(store)
        (store / REGISTRY_FILE).write_bytes(_registry_of_gardens())
    with pages_over(folder, settings, clock) as opened:
        yield opened


def _enter_gardens(store: Path) -> None:
    with open_registry(store) as registry:
        registry.put(Community("oak", "Oak Street"), since_s=1, by="a test")
        for name in ("elm-yard", "mill-court"):
            garden = Garden(name, "oak", None, name.title(), 51.5, -0.1, "Europe/London")
            registry.put(garden, since_s=1, by="a test")


@cache
def _registry_of_gardens() -> bytes:
    """The file of a registry with them, made once a process."""
    with TemporaryDirectory(prefix="gardens-") as folder:
        _enter_gardens(Path(folder) / "store")
        return (Path(folder) / "store" / REGISTRY_FILE).read_bytes()


@contextmanager
def pages_over(
    folder: Path, settings: PageSettings | None = None, clock: Clock | None = None
) -> Iterator[Pages]:
    """Open an application over a data folder as it is."""
    sent, log = SentMessages(), io.StringIO()
    how = settings or PageSettings()
    with open_installation(folder, sent, json_log(log), how, clock or Clock()) as installation:
        yield Pages(create_app(installation), installation, sent, log)
