"""What was given before of some days, and what each row rested on: kept by the giver, in no bundle.

It is kept beside the entry of the bundle in the chronicle, compressed. Gardens and persons are in it under
digests of their drawn ids, and what they said under digests of it, so that it can be told whether a row rests
on the same as another, and not on what.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MEDIA_TYPE: Final = "application/vnd.sera.bundle-grounds+zlib"
_CHUNK_BYTES: Final = 16 << 20
# First and last day, ISO 8601.
Span = tuple[str, str]


class Member(msgspec.Struct, frozen=True, array_like=True):
    """What one garden said, as far as rows tell of it.

    Parameters
    ----------
    garden, persons
        Digests of its id, and of those who counted.
    value, hours
        Digests of what enters the figure, and the hours, of a row.
    """

    garden: str
    value: str
    hours: str
    persons: tuple[str, ...] = ()


class IssuedRow(msgspec.Struct, frozen=True, array_like=True):
    """A row that was given: first and last day (ISO 8601), name, cells, and whom it rests on."""

    first: str
    last: str
    name: str
    row: tuple[Any, ...]
    members: frozenset[Member] = frozenset()


class _StoredRow(msgspec.Struct, array_like=True):
    """As `IssuedRow`, with members by their place in the list of all."""

    first: str
    last: str
    name: str
    row: tuple[Any, ...]
    members: tuple[int, ...]


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    """All rows of a bundle, by table."""

    members: list[Member]
    rows: dict[str, list[_StoredRow]]


def write_grounds(rows: Mapping[str, Sequence[IssuedRow]]) -> list[bytes]:
    """Write what the rows of a bundle rest on, in pieces that the chronicle keeps."""
    numbers: dict[Member, int] = {}
    stored = {
        table: [
            _StoredRow(
                row.first,
                row.last,
                row.name,
                row.row,
                tuple(numbers.setdefault(member, len(numbers)) for member in sorted(row.members, key=_order)),
            )
            for row in issued
        ]
        for table, issued in rows.items()
    }
    content = zlib.compress(msgspec.json.encode(_Stored(list(numbers), stored)))
    return [content[start : start + _CHUNK_BYTES] for start in range(0, len(content), _CHUNK_BYTES)]


def read_grounds(pieces: Iterable[bytes]) -> dict[str, list[IssuedRow]]:
    """Read what `write_grounds` wrote."""
    stored = msgspec.json.decode(zlib.decompress(b"".join(pieces)), type=_Stored)
    return {
        table: [
            IssuedRow(
                row.first,
                row.last,
                row.name,
                row.row,
                frozenset(stored.members[number] for number in row.members),
            )
            for row in rows
        ]
        for table, rows in stored.rows.items()
    }


def _order(member: Member) -> tuple[str, str, str]:
    return member.garden, member.value, member.hours


@dataclass(slots=True)
class EarlierTable:
    """What was given before of one table to somebody who knows of it.

    Parameters
    ----------
    by_name
        Rows by what they say of, and by their first and last day.
    unknown
        First and last days of bundles of which it is not kept what their rows rest on.
    """

    by_name: dict[str, dict[Span, list[IssuedRow]]] = field(default_factory=dict)
    unknown: list[Span] = field(default_factory=list)

    def add(self, row: IssuedRow) -> None:
        """Take in a row."""
        self.by_name.setdefault(row.name, {}).setdefault((row.first, row.last), []).append(row)

    def all(self) -> list[IssuedRow]:
        """Return all rows."""
        return [row for spans in self.by_name.values() for rows in spans.values() for row in rows]

    def rows(self, span: Span, name: str) -> list[IssuedRow]:
        """Return the rows of the same days and name."""
        return self.by_name.get(name, {}).get(span, [])

    def has_other_days(self, span: Span, name: str) -> bool:
        """Return whether some of the days were given of a name in another period, or it is not known how."""
        spans = (*self.by_name.get(name, ()), *self.unknown)
        return any(_overlap(other, span) and (other != span or other in self.unknown) for other in spans)

    def releasable_hours(self, span: Span) -> list[IssuedRow] | None:
        """Return the rows of any name whose hours were told; None where they were of other periods."""
        if any(self.has_other_days(span, name) for name in self.by_name):
            return None
        return [row for spans in self.by_name.values() for row in spans.get(span, ()) if _tells_hours(row)]


@dataclass(slots=True)
class Earlier:
    """What was given before, by table; nothing where it begins."""

    tables: defaultdict[str, EarlierTable] = field(default_factory=lambda: defaultdict(EarlierTable))

    def add(self, rows: Mapping[str, Sequence[IssuedRow]]) -> None:
        """Take in a bundle."""
        for table, issued in rows.items():
            for row in issued:
                self.tables[table].add(row)

    def add_unknown(self, tables: Iterable[str], first: str, last: str) -> None:
        """Take in a bundle of which it is not kept what its rows rest on."""
        for table in tables:
            self.tables[table].unknown.append((first, last))


def _tells_hours(row: IssuedRow) -> bool:
    return bool(row.members) and row.row[-1] is not None


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
