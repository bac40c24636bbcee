"""What is signed of a bundle, and the files of BagIt that follow from it alone.

References
----------
Kunze, Littman, Madden, Scancella, Adams (2018), RFC 8493: The BagIt File Packaging Format (V1.0).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM: Final = 1
BUNDLE: Final = "bundle"
# The signed manifest beside the files of BagIt.
SIGNATURE: Final = "signature.json"
PAYLOAD: Final = "data"
_BAGIT: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class BundleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the payload: its name, SHA-256 and size [byte]."""

    name: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the giver signs.

    Parameters
    ----------
    form
        Version of this layout.
    agreement, version, agreement_digest
        By which agreement it is given: id, version, and SHA-256 of the signed document.
    giver, receiver
        Communities.
    sequence
        1, 2, 3 and so on for this agreement and direction, without a gap.
    previous
        Digest of the bundle before; empty for the first.
    begins_anew
        Whether it stands for all that was given before, so that no earlier one is needed.
    made
        Day on which it was made, ISO 8601.
    first, last
        First and last day that its rows are about.
    rows
        How many rows it has.
    files
        The payload, by name.
    """

    form: int = FORM
    agreement: str
    version: int
    agreement_digest: str
    giver: str
    receiver: str
    sequence: int
    previous: str = ""
    begins_anew: bool = False
    made: str
    first: str
    last: str
    rows: int
    files: tuple[BundleFile, ...]

    @property
    def folder(self) -> str:
        """Name of the bag's folder, and of the file but for its end."""
        return f"{self.giver}-to-{self.receiver}-{self.agreement[:8]}-{self.sequence:04d}"


def file_of(name: str, content: bytes) -> BundleFile:
    """Return what the manifest says of a file."""
    return BundleFile(name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def bag_files(manifest: Manifest, envelope: bytes, payload: Mapping[str, bytes]) -> dict[str, bytes]:
    """Lay a bag out: every file of it by its path, in order.

    Parameters
    ----------
    manifest
        What was signed.
    envelope
        The signed document.
    payload
        Content by name.

    Notes
    -----
    Nothing in the files of BagIt is free: a reader writes them again from the signed manifest and compares.
    """
    digests = {f"{PAYLOAD}/{file.name}": file.sha256 for file in manifest.files}
    size = sum(file.size for file in manifest.files)
    info = (
        f"Bag-Software-Agent: Sera\nBagging-Date: {manifest.made}\n"
        f"External-Identifier: {manifest.folder}\nPayload-Oxum: {size}.{len(manifest.files)}\n"
        f"Source-Organization: {manifest.giver}\n"
    )
    tags = {
        "bag-info.txt": info.encode(),
        "bagit.txt": _BAGIT.encode(),
        "manifest-sha256.txt": _sums(digests),
        SIGNATURE: envelope,
    }
    tag_sums = _sums({name: hashlib.sha256(content).hexdigest() for name, content in tags.items()})
    files = {f"{PAYLOAD}/{name}": content for name, content in payload.items()}
    return dict(sorted((tags | files | {"tagmanifest-sha256.txt": tag_sums}).items()))


def _sums(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()
