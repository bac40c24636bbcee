"""Every trace of a text in the files of a folder: itself, packed, or a digest that confirms a guess."""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HASHES = ("md5", "sha1", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
_STREAM_HEADS = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
_DIGEST_BYTES_LEAST = 8


def traces(folder: Path, texts: Mapping[str, bytes]) -> set[str]:
    """Name each text that something of is left of, how, and in which file."""
    wanted = [(f"{name}, {form}", trace) for name, text in texts.items() for form, trace in _forms(text)]
    return {
        f"{where}: {what}"
        for where, content in _contents(folder)
        for what, trace in wanted
        if trace in content
    }


def _forms(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Iterate over the text as it is and over digests of it, cut short, as bytes and in hexadecimal."""
    yield "itself", text
    for name in HASHES:
        digest = hashlib.new(name, text).digest()[:_DIGEST_BYTES_LEAST]
        yield name, digest
        yield f"{name} in words", digest.hex().encode()


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Iterate over all files, and over each deflated stream in them."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = str(path.relative_to(folder))
        yield name, content
        for head in _STREAM_HEADS:
            start = content.find(head)
            while start >= 0:
                with suppress(zlib.error):
                    yield f"{name} at {start}", zlib.decompressobj().decompress(content[start:])
                start = content.find(head, start + 1)


__all__ = ["traces"]
