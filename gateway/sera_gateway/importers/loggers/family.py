"""The contract of a family of loggers: it looks at the rows of a file and says what each column holds.

A family is one module with `NAME`, what it is called in messages, and `layout`, which returns None for a
file that is not its own, and else a `LoggerLayout`. It reads no number and no time: `reader.py` does that,
for all alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from sera_gateway.importers.stamps import DateOrder, HalfDays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sera_gateway.importers.findings import Finding
    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.raw_rows import RawRows

# A whole number of seconds that no logger's clock drifts by between two downloads.
CLOCK_UNCERTAINTY_S: Final = 60


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What a person says about files that do not say it themselves.

    Parameters
    ----------
    date_order
        Order of day, month and year.
    offset_s
        Offset from UTC [s] of times that carry none; None where nobody has said it, which is read as UTC.
    half_days
        What stands for the halves of a day.
    decimal
        What stands before decimals.
    logger
        What the logger is called; empty where nobody has said it.
    lies_in
        Where a thermometer lies of which the file does not say it: `air`, `soil` or `surface`; empty for
        unsaid.
    today
        Nobody can have counted after it; None where that is not looked at.
    """

    date_order: DateOrder | None = None
    offset_s: int | None = None
    half_days: HalfDays = field(default_factory=HalfDays)
    decimal: DecimalMark | None = None
    logger: str = ""
    lies_in: str = ""
    today: date | None = None


class LoggerColumn(NamedTuple):
    """One column of a file that becomes a column of the vocabulary.

    Parameters
    ----------
    place
        Its index in the rows.
    title
        What the file calls it, or what it holds where the file names nothing.
    stream, key
        Stream and wire key of its values.
    factor, offset
        Value in the vocabulary's unit = number * factor + offset.
    absent
        Numbers that stand for an absent or broken sensor.
    most
        A number beyond it cannot come from the sensor, and is read as missing; None for no such bound.
    """

    place: int
    title: str
    stream: str
    key: str
    factor: float = 1.0
    offset: float = 0.0
    absent: frozenset[float] = frozenset()
    most: float | None = None


class OmittedColumn(NamedTuple):
    """A column that becomes nothing, with the reason, so that it is left out by name."""

    title: str
    why: str


class Probe(NamedTuple):
    """A sensor of a logger: its position, and its depth below ground [m], None if unknown."""

    position: int
    depth_m: float | None


@dataclass(frozen=True, slots=True)
class LoggerLayout:
    """What a file of a family holds, and where.

    Parameters
    ----------
    family
        Its name in the registry, `tomst`: with the serial it names the source for ever.
    serial
        The logger's, where one is in the whole file; empty where `serial_place` tells, or nothing does.
    columns
        What becomes readings. Columns of one stream become one recording.
    first
        Index of the first row of readings.
    times
        Indexes of the cells that hold the time, joined by a blank.
    width
        Cells that a row has at least; a shorter one was cut off.
    width_most
        Cells that a row fills at most; in a longer one cells have moved. None where nothing tells.
    events
        Indexes of the cells that hold words on events alone; where one holds a number, cells have moved.
    serial_place
        Index of the cell with the serial, in files joined of several loggers.
    names
        Rows of names; where they stand again amid the readings, files were joined.
    offset_s
        Offset of its times [s] as the file says it; None where it says nothing.
    date_order
        The order of its dates, where the family writes one only.
    probes, model
        Its sensors below and above ground, and what the registry calls their model.
    omitted
        Columns that become nothing.
    is_event
        Returns whether a row without any value is a note of the logger, such as that it was stopped.
    notes, findings
        What a reader must know: sentences, and what the family found itself.
    look
        Finds what a row says about the logger itself, such as an error flag.
    """

    family: str
    serial: str
    columns: tuple[LoggerColumn, ...]
    first: int
    times: tuple[int, ...]
    width: int
    width_most: int | None = None
    events: tuple[int, ...] = ()
    serial_place: int | None = None
    names: tuple[tuple[str, ...], ...] = ()
    offset_s: int | None = None
    date_order: DateOrder | None = None
    probes: tuple[Probe, ...] = ()
    model: str = ""
    omitted: tuple[OmittedColumn, ...] = ()
    is_event: Callable[[Sequence[str]], bool] | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    look: Callable[[int, Sequence[str]], Finding | None] | None = None


class LoggerFamily(Protocol):
    """A module that knows the files of one maker's loggers."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """What it is called in messages."""

    def layout(self, file: RawRows, options: ReadingOptions) -> LoggerLayout | None:
        """Return what a file of the family holds, None for a file of another one."""
