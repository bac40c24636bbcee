"""Salts of gardens and persons, so that what is kept of bundles confirms no guess once they are thrown away.

What rows rested on is kept as digests, and a week's visits are a small number. So each garden and each person
has a drawn salt in a file of its own, `<data>/given/of-COMMUNITY.json`. An erasure throws away the salts of
whom it is about: older digests of them can be worked out by nobody then, and of rows that rested on them it
is no longer known what they rested on, so that no more is given of their days. `restored` beside these files
says until which day an older backup may not know what left.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from sera_coalition.bundles.subtraction import digest
from sera_store.errors import StoreUnusableError
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sera_coalition.bundles.earlier import Member

FOLDER: Final = "given"
RESTORED_FILE: Final = "restored"
_SALT_BYTES: Final = 16
_GARDEN: Final = "garden"
_PERSON: Final = "person"


class Salts:
    """The salts of one community; what stands in no file is drawn at first use.

    Parameters
    ----------
    salts
        In hexadecimal, by kind and drawn id.
    path
        Where they are kept; None for nowhere.
    """

    def __init__(self, salts: Mapping[str, str] | None = None, path: Path | None = None) -> None:
        self._salts = dict(salts or {})
        self._path = path
        self._digests: set[str] | None = None

    @classmethod
    def open(cls, data: Path, community: str) -> Self:
        """Read the salts of a community.

        Raises
        ------
        StoreUnusableError
            They cannot be read; the message names the path and the remedy.
        """
        path = salts_file(data, community)
        try:
            salts = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            salts = {}
        except (OSError, msgspec.DecodeError) as error:
            raise StoreUnusableError(
                path, f"cannot be read ({error})", "bring it back from a backup, or move it away"
            ) from error
        return cls(salts, path)

    def garden(self, garden: str) -> str:
        """Return what stands for a garden in all that is kept of it."""
        return self._token(_GARDEN, garden)

    def person(self, person: str) -> str:
        """Return what stands for a person, given by their pseudonym in bundles."""
        return self._token(_PERSON, person)

    def knows(self, member: Member) -> bool:
        """Return whether a garden and its persons have the salts that they had when this was kept."""
        if self._digests is None:
            parts = [key.split(" ", 1) for key in self._salts]
            self._digests = {digest(kind, self._token(kind, name)) for kind, name in parts}
        return self._digests.issuperset((member.garden, *member.persons))

    def save(self) -> None:
        """Write them where they are kept.

        Raises
        ------
        StoreUnusableError
            They cannot be written; the message names the path and the remedy.
        """
        if self._path is None:
            return
        try:
            make_private(self._path.parent)
            write_private(self._path, msgspec.json.encode(self._salts, order="sorted"))
        except OSError as error:
            raise StoreUnusableError(
                self._path, f"cannot be written ({error.strerror})", "make room, or give this user the right"
            ) from error

    def forget(self, gardens: Iterable[str], persons: Iterable[str]) -> bool:
        """Throw away the salts of gardens and persons, and write the rest; return whether there were any."""
        keys = {f"{_GARDEN} {name}" for name in gardens} | {f"{_PERSON} {name}" for name in persons}
        gone = [self._salts.pop(key) for key in keys & self._salts.keys()]
        if gone:
            self._digests = None
            self.save()
        return bool(gone)

    def _token(self, kind: str, name: str) -> str:
        key = f"{kind} {name}"
        if key not in self._salts:
            self._salts[key] = secrets.token_hex(_SALT_BYTES)
            self._digests = None
        return hmac.new(bytes.fromhex(self._salts[key]), name.encode(), sha256).hexdigest()


def salts_file(data: Path, community: str) -> Path:
    """Return where the salts of a community are kept."""
    return data / FOLDER / f"of-{community}.json"


def note_restored(data: Path, day: date) -> None:
    """Note that a backup was brought back on a day: it does not know what left until then."""
    make_private(data / FOLDER)
    write_private(data / FOLDER / RESTORED_FILE, f"{day.isoformat()}\n")


def unknown_until(data: Path) -> str:
    """Return the last day, ISO 8601, of which it is not known what left; the empty text where it is."""
    try:
        return (data / FOLDER / RESTORED_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def note_nothing_left(data: Path) -> None:
    """Note that nothing left between the backup and the day on which it was brought back."""
    Path(data, FOLDER, RESTORED_FILE).unlink(missing_ok=True)
