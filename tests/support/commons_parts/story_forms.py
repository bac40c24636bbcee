"""Tell a story as a phone without script does: page by page, with what each page's form carries along."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from web.parts import Answer, Client

BOUNDARY = "b0undary"
STORY = {
    "kind": "recipe", "title": "Bean stew of the third floor", "language": "en",
    "ingredients": "A kilogram of broad beans\nTwo onions", "steps": "Simmer slowly until dusk",
    "told_by": "Grandmother Zeynep", "told_by_yes": "1", "version_note": "as my mother made it",
    "plant-1": "bakla", "taxon-1": "Vicia faba", "gardens": ["elm-yard"],
    "allergens_known": "stated", "allergens": ["celery"],
    "audience": "everybody", "uses": ["page", "exhibit"], "naming": "name", "name": "Anna of the green door",
    "licence": "cc-by", "people_asked": "1",
}  # fmt: skip


class FormReader(HTMLParser):
    """The fields of the form with an id, as a browser would send them unchanged."""

    def __init__(self, page: str, id_: str = "tell") -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._id, self._is_inside, self._open = id_, False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        of = dict(pairs)
        self._is_inside = self._is_inside or (tag == "form" and of.get("id") == self._id)
        if not self._is_inside:
            return
        name, value = of.get("name") or "", of.get("value") or ""
        if tag == "input" and of.get("type") in ("checkbox", "radio"):
            if "checked" in of:
                self.fields.setdefault(name, []).append(value)
        elif tag == "input" and of.get("type") != "file":
            self.fields.setdefault(name, []).append(value)
        elif tag in ("textarea", "select"):
            self._open = name
            self.fields.setdefault(name, [""])
        elif tag == "option" and "selected" in of:
            self.fields[self._open] = [value]

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"
        self._open = "" if tag in ("textarea", "select") else self._open

    def handle_data(self, data: str) -> None:
        if self._open and self.get_starttag_text().startswith("<textarea"):
            self.fields[self._open] = [self.fields[self._open][0] + data]


def multipart(fields: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Fields and files as a browser packs them."""
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    for name, (file_name, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'
        parts.append(head.encode() + content)
    joined = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return joined + b"--" + BOUNDARY.encode() + b"--\r\n"


def send(
    client: Client,
    fields: Mapping[str, Any],
    files: Mapping[str, Any] | None = None,
    path: str = "/tell/oak",
) -> Answer:
    """Send a form that may have files; that of a step where no other is named."""
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.post(path, multipart(fields, files or {}), **{"content-type": kind})


def tell(
    client: Client,
    files: Mapping[str, tuple[str, bytes]] | None = None,
    *,
    of: str = "",
    **changes: Any,
) -> Answer:
    """Go through all pages, filling in on each what it asks for; return the last answer."""
    answer = client.get(f"/tell/oak?of={of}" if of else "/tell/oak")
    wished = {**STORY, **changes}
    for _ in range(8):
        fields: dict[str, Any] = FormReader(answer.body).fields
        step = fields["step"][0]
        answer = send(client, {**fields, **wished}, files if step == "check" else None)
        if answer.status != 200 or 'name="step"' not in answer.body:
            return answer
    return answer


def story_address(answer: Answer) -> str:
    """Return the address of the story that a page says was given."""
    match = re.search(r'href="(/communities/oak/stories/[0-9a-f]{32}/\d+)"', answer.body)
    assert match is not None, answer.body
    return match[1]
