"""A steward at the pages of the registry, with the real process that enters."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from sera_pages.installation import PageSettings
from sera_store.registry.entities import KINDS
from sera_store.registry.fields import entity_fields
from sera_store.registry.persons import MEMBER, STEWARD
from web.parts import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.registry.registry import Registry
    from web.parts import Answer, Client, Pages

BOUNDARY = "----a-test"


@dataclass(frozen=True)
class StewardDesk:
    """The pages of an installation, and a steward of its community in front of them."""

    folder: Path
    pages: Pages
    client: Client
    token: str

    @property
    def registry(self) -> Registry:
        return self.pages.installation.registry

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form as a browser without script does."""
        return self.client.post(path, {"form_token": self.token, **fields})

    def upload(self, path: str, file: str, content: bytes, **fields: str) -> Answer:
        """Send a form with a file."""
        body, kind = multipart({"form_token": self.token, **fields}, file, content)
        return self.client.post(path, body, **kind)

    def confirm(self, path: str, preview: Answer, **changes: str) -> Answer:
        """Press the button by which a table that was tried is entered."""
        names = ("confirm", "version", "since", "name", "table")
        fields = {name: unescape(preview.field(name)) for name in names}
        return self.upload(path, "", b"", **{**fields, **changes})


def register_command(folder: Path) -> tuple[str, ...]:
    """The command that pages start to enter something."""
    return (sys.executable, "-m", "sera_command.registration.desk", str(folder))


@contextmanager
def steward_desk(folder: Path) -> Iterator[StewardDesk]:
    """Open the pages of a new installation for a steward of its community."""
    with pages_of(folder, PageSettings(register=register_command(folder))) as pages:
        client = pages.signed_in(pages.person(MEMBER, STEWARD))
        token = client.get("/registry/devices").field("form_token")
        yield StewardDesk(folder, pages, client, token)


def multipart(fields: dict[str, str], name: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """Write a form with one file as browsers send it; without a name no file was chosen."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'.encode()
        for key, text in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = b"".join([*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])
    return body, {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def words_of(answer: Answer) -> str:
    """What the main part of a page says, with single spaces."""
    main = answer.body.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def entered(
    registry: Registry, but: tuple[str, ...] = ("person",)
) -> list[tuple[str, str, int, dict[str, Any]]]:
    """All entries with kind, id, date and fields, in the order of writing; not who wrote them when."""
    kinds = {entity: kind for kind, entity in KINDS.items()}
    return [
        (kinds[type(entry.entity)], entry.entity.id, entry.since_s, entity_fields(entry.entity))
        for entry in registry.entries_after(0)
        if kinds[type(entry.entity)] not in but
    ]
