"""Read the journal, in any process, while it grows and while its closed months are packed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sera_gateway.errors import JournalUnusableError
from sera_gateway.journal.months import PACKED, months_of, open_month

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from sera_gateway.journal.message import Entry, TopicSize
    from sera_gateway.journal.months import Month


# Among so many newest messages the last connection is looked for.
_CONNECTIONS_SOUGHT: Final = 10_000


class JournalVerification(NamedTuple):
    """What reading the whole journal found: its extent, and one sentence a problem."""

    messages: int
    first: int
    last: int
    problems: tuple[str, ...]


class MonthSummary(NamedTuple):
    """One month: how it lies on the disk, what it holds, and when that arrived, Unix time [s]."""

    month: str
    packed: bool
    bytes: int
    messages: int
    first: int
    last: int
    first_received_s: int | None
    last_received_s: int | None


class JournalReader:
    """The reading side of the journal.

    Parameters
    ----------
    folder
        Where the months lie; a folder without any is an empty journal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[Path, Month] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return up to `limit` messages with numbers above `after`, in the order of their numbers.

        Raises
        ------
        JournalUnusableError
            A month cannot be read.
        """
        entries: list[Entry] = []
        for month in self._from(after):
            entries += month.read(after, limit - len(entries))
            if len(entries) >= limit:
                break
        return entries

    def sizes_since(self, received_ns: int) -> Iterator[TopicSize]:
        """Iterate over the topics of what arrived from a time [ns] on, once a month of the journal.

        Arrivals are taken to grow with the numbers: after a clock that was put back it is an estimate.
        """
        after = self._last_before(received_ns)
        for month in self._from(after):
            yield from month.sizes(after)

    def _last_before(self, received_ns: int) -> int:
        first, last = 0, self.last_number()
        while first < last:
            middle = (first + last + 1) // 2
            entry = self.entry(middle)
            if entry is not None and entry.received_ns >= received_ns:
                last = middle - 1
            else:
                first = middle
        return first

    def entry(self, number: int) -> Entry | None:
        """Return one message, or None where the journal has no such number."""
        entries = self.read(number - 1, 1)
        return entries[0] if entries and entries[0].number == number else None

    def last_number(self) -> int:
        """Return the newest number, 0 for an empty journal."""
        return next((last for month in reversed(self._months()) if (last := month.span()[1])), 0)

    def last_connection(self) -> int:
        """Return the highest number of the connections that brought the newest messages, 0 for none.

        Of several brokers, the one that spoke last need not be the one that connected last.
        """
        newest = self.read(max(0, self.last_number() - _CONNECTIONS_SOUGHT), _CONNECTIONS_SOUGHT)
        return max((entry.connection for entry in newest), default=0)

    def month_summaries(self) -> list[MonthSummary]:
        """Return what each month holds, oldest first."""
        return [_summary(month) for month in self._months()]

    def verify(self, month: str = "") -> JournalVerification:
        """Read everything, or one month: numbers run without holes, and each message has its checksum."""
        check = _Check()
        for path in months_of(self.folder):
            if month and path.stem != month:
                continue
            try:
                check.read(self._month(path))
            except JournalUnusableError as error:
                check.problems.append(str(error))
        return check.verification()

    def close(self) -> None:
        """Close all months."""
        for month in self._open.values():
            month.close()
        self._open.clear()

    def _from(self, after: int) -> Iterator[Month]:
        return (month for month in self._months() if month.span()[1] > after)

    def _months(self) -> list[Month]:
        """Open all months; one that is packed at this moment is looked for again."""
        try:
            return [self._month(path) for path in months_of(self.folder)]
        except JournalUnusableError:
            return [self._month(path) for path in months_of(self.folder)]

    def _month(self, path: Path) -> Month:
        if path not in self._open:
            self._open[path] = open_month(path)
        return self._open[path]


class _Check:
    """Reads months one after the other and notes what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._count = self._first = self._last = 0

    def read(self, month: Month) -> None:
        """Read one month to its end, or to where it cannot be read any more."""
        name = month.path.name
        try:
            for number, sound in month.check():
                self._first = self._first or number
                if self._last and number != self._last + 1:
                    self.problems.append(
                        f"{name}: number {number} follows {self._last}; {self._last + 1} was expected"
                    )
                if not sound:
                    self.problems.append(f"{name}: message {number} is not what was written")
                self._count, self._last = self._count + 1, number
        except sqlite3.DatabaseError as error:
            self.problems.append(f"{name}: cannot be read after message {self._last} ({error})")

    def verification(self) -> JournalVerification:
        """Return the extent read so far and its problems."""
        return JournalVerification(self._count, self._first, self._last, tuple(self.problems))


def verify_month(month: Month) -> JournalVerification:
    """Read one month: numbers run without holes, and each message still has its checksum."""
    check = _Check()
    check.read(month)
    return check.verification()


def _summary(month: Month) -> MonthSummary:
    first, last = month.span()
    ends = [entry.received_s for n in (first, last) if n for entry in month.read(n - 1, 1)]
    paths = [month.path, *(month.path.with_name(month.path.name + end) for end in ("-wal", "-shm"))]
    return MonthSummary(
        month.path.stem,
        month.path.suffix == PACKED,
        sum(path.stat().st_size for path in paths if path.exists()),
        last - first + 1 if last else 0,
        first,
        last,
        ends[0] if ends else None,
        ends[-1] if ends else None,
    )
