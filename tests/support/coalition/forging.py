"""Bundles whose giver changed what is in them, and signed that."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import msgspec

from sera_coalition.agreements.envelope import unsigned
from sera_coalition.bundles.container import read_container, write_container
from sera_coalition.bundles.manifest import BUNDLE, SIGNATURE, Manifest, bag_files, file_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from coalition.laptops import Laptop


def resigned(side: Laptop, content: bytes, change: Callable[[Manifest, dict[str, bytes]], Manifest]) -> bytes:
    """A bundle whose giver changed its manifest or files, and signed that."""
    _, files = read_container(content)
    payload = {name.removeprefix("data/"): body for name, body in files.items() if name.startswith("data/")}
    envelope = json.loads(files[SIGNATURE])
    manifest = msgspec.json.decode(base64.b64decode(envelope["payload"]), type=Manifest)
    manifest = change(manifest, payload)
    signed = unsigned(BUNDLE, manifest).signed_with(side.key, side.public).encode()
    listed = {file.name for file in manifest.files}
    inside = {name: body for name, body in payload.items() if name in listed}
    return write_container(manifest.folder, bag_files(manifest, signed, inside))


def with_fields(**fields: object) -> Callable[[Manifest, dict[str, bytes]], Manifest]:
    return lambda manifest, _: msgspec.structs.replace(manifest, **fields)


def with_file(name: str, body: bytes) -> Callable[[Manifest, dict[str, bytes]], Manifest]:
    def change(manifest: Manifest, payload: dict[str, bytes]) -> Manifest:
        payload[name] = body
        files = tuple(file_of(path, content) for path, content in sorted(payload.items()))
        return msgspec.structs.replace(manifest, files=files)

    return change
