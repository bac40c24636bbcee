"""One record and its row: what is kept of a reading, and the compact form it is kept in.

The body of a row is its values as little-endian 64-bit floats, NaN for null, and then one byte of quality
for each value. The columns are the layout's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from typing import TYPE_CHECKING, Any, Final

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.database.names import Names

# The order of `StoredRow`'s fields in every statement that reads whole rows.
ROW_COLUMNS: Final = (
    "r.id, r.supersedes, r.origin, r.layout, r.seq, r.boot, r.uptime_s, r.time_s, r.uncertainty_s, r.flags, "
    "r.body, r.probe_table, r.journal, r.detail"
)

# What a line of InfluxDB is made of; the layout is null where a row revises another one, or holds a result.
LINE_COLUMNS: Final = (
    "r.id, iif(r.supersedes IS NULL, r.layout, NULL), r.origin, r.seq, r.time_s, r.uncertainty_s, r.flags, "
    "r.body, r.detail"
)

# Keys of a record's detail: how it was dated where it brought no time, and which order amended it.
DATED_BY: Final = "dated_by"
BY_NEIGHBOURS: Final = "neighbours"
TIME_SUSPECT: Final = "time_suspect"
AMENDED_BY: Final = "amended_by"
# Of a record of a simulated node: what it is.
SIMULATED: Final = "simulated"
SIMULATED_NODE: Final = "node"
# Why a record is withheld that its own counter took back.
WITHDRAWN: Final = "withdrawn"
# Of an empty row that took one back: why. What was taken back waits as a dead letter.
RETRACTED: Final = "retracted"


@dataclass(frozen=True, slots=True)
class Record:
    """One reading of one node: a row of values taken at one moment.

    Parameters
    ----------
    node, epoch, seq
        The key that names the record for ever.
    boot
        Boot count of the node, or None where the source has none.
    series, community, garden
        Series it belongs to, and the place that the registry gave it at measurement time.
    uptime_s
        Time since boot [s].
    time_s
        Unix time [s]; None while the record is undated and therefore in no series.
    uncertainty_s
        Uncertainty of the time [s].
    flags
        The node's flags, `sera_vocabulary.messages.FLAG_*`.
    columns, values, quality
        Wire keys, values (None where the sensor failed), and one quality flag a value.
    probe_table
        Id of the probe table in force.
    journal
        Journal number of the message that brought it.
    detail
        Calibration ids, way of dating, reasons; `probe@1` and `depth_m@1` where the place of a probe is
        known.
    """

    node: str
    epoch: str
    seq: int
    boot: int | None
    series: str
    community: str
    garden: str
    uptime_s: int | None
    time_s: int | None
    uncertainty_s: int
    flags: int
    columns: tuple[str, ...]
    values: tuple[float | None, ...]
    quality: tuple[int, ...]
    probe_table: str | None
    journal: int
    detail: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """The key that names it for ever, as commands and pages write it: node, epoch and sequence."""
        return f"{self.node}/{self.epoch}/{self.seq}"

    @property
    def by_column(self) -> dict[str, float | None]:
        """Its values by wire key."""
        return dict(zip(self.columns, self.values, strict=True))


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record with its change number, and the change number of the row it supersedes."""

    id: int
    supersedes: int | None
    record: Record


@lru_cache(maxsize=256)
def body_form(count: int) -> struct.Struct:
    """Describe the body of a row with `count` columns to struct: values, then quality."""
    return struct.Struct(f"<{count}d{count}B")


@lru_cache(maxsize=256)
def values_form(count: int) -> struct.Struct:
    """Describe the values alone, at the beginning of the body of a row with `count` columns, to struct."""
    return struct.Struct(f"<{count}d")


def body_of(values: Sequence[float | None], quality: Sequence[int], count: int) -> bytes:
    """Write values and quality, `count` of each, as the body of a row.

    Raises
    ------
    struct.error
        There are not as many, or a value is no number.
    """
    if None in values:
        values = [nan if value is None else value for value in values]
    return body_form(count).pack(*values, *quality)


def pack(record: Record) -> bytes:
    """Write a record's values and quality as the body of its row.

    Raises
    ------
    InvalidEntryError
        When columns, values and quality differ in length, or a value is no number.
    """
    count = len(record.columns)
    try:
        return body_of(record.values, record.quality, count)
    except struct.error as error:
        raise InvalidEntryError(
            f"record {record.node} {record.epoch} {record.seq}: {count} columns, "
            f"{len(record.values)} values, {len(record.quality)} quality flags ({error}); expected as many "
            "numbers of each"
        ) from error


def unpack(body: bytes) -> tuple[tuple[float | None, ...], tuple[int, ...]]:
    """Read values and quality from the body of a row."""
    count = len(body) // 9
    numbers = body_form(count).unpack(body)
    # NaN alone differs from itself.
    return tuple([None if v != v else v for v in numbers[:count]]), numbers[count:]


def stored_record(row: tuple[Any, ...], names: Names) -> StoredRecord:
    """Make a stored record from a row read with `ROW_COLUMNS`."""
    number, supersedes, origin_id, layout, seq, boot, uptime_s, time_s = row[:8]
    uncertainty_s, flags, body, probe_table, journal, detail = row[8:]
    origin = names.origin_of(origin_id)
    values, quality = unpack(body)
    record = Record(
        node=origin.node,
        epoch=origin.epoch,
        seq=seq,
        boot=boot,
        series=origin.series,
        community=origin.community,
        garden=origin.garden,
        uptime_s=uptime_s,
        time_s=time_s,
        uncertainty_s=uncertainty_s,
        flags=flags,
        columns=names.columns_of(layout),
        values=values,
        quality=quality,
        probe_table=probe_table,
        journal=journal,
        detail=names.detail_of(detail),
    )
    return StoredRecord(number, supersedes, record)


def line_record(row: tuple[Any, ...], names: Names) -> StoredRecord:
    """Make a stored record from a row read with `LINE_COLUMNS`, without what no line says."""
    number, layout, origin, seq, time_s, uncertainty_s, flags, body, detail = row
    whole = number, None, origin, layout, seq, None, None, time_s, uncertainty_s, flags, body, None, 0, detail
    return stored_record(whole, names)
