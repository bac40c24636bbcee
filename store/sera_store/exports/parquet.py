"""Values as Parquet, one file a month, for pandas, DuckDB or Dask; needs the extra `scale`."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sera_store.atomic_file import replacing_by_draft
from sera_store.errors import ExtraMissingError, StoreUnusableError
from sera_store.exports.export import (
    CACHED_ARRIVALS,
    RELEASED_SERIES,
    days_of_span,
    gardens_with_records,
    simulated_nodes,
)
from sera_store.release.readings import ReleasedReading, released_readings
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from sera_store.licence import Licence
    from sera_store.records.rows import Record
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store

_RECORDS_A_GROUP: Final = 50_000
FILE: Final = "values.parquet"
_EXACT: Final = (
    "community", "garden", "node", "epoch", "series", "name", "seq", "received", "time", "value", "flag",
    "simulated",
)  # fmt: skip
_RELEASED: Final = ("garden", "node", "series", "name", "time", "value", "flag", "uncertainty_s", "simulated")

RowT = TypeVar("RowT")


def export_months(
    store: Store,
    folder: Path,
    received_ns: Callable[[int], int | None],
    *,
    node: str | None = None,
    start_s: int | None = None,
    end_s: int | None = None,
) -> Generator[tuple[str, int]]:
    """Write `month=2026-06/values.parquet`, exact, for each month (UTC) with values; yield their number.

    A month's file appears when it is whole, in place of an older one, which also goes where nothing is left;
    where everything is asked for, so do those of all other months.
    Values without a time are in no month.

    Parameters
    ----------
    received_ns
        Tells when a message of the journal arrived, Unix time [ns], by its number.
    node, start_s, end_s
        Only values of this node, of this span [s], end exclusive.

    Raises
    ------
    ExtraMissingError
        When pyarrow is not installed.
    StoreUnusableError
        When the folder cannot be written.
    """
    arrow, parquet = _pyarrow()
    arrival = lru_cache(CACHED_ARRIVALS)(received_ns)
    span = store.records.dated_span_s()
    if (node, start_s, end_s) == (None, None, None):
        _remove_other_months(folder, [] if span is None else _months(*span))
    if span is None:
        return
    first = span[0] if start_s is None else max(span[0], start_s)
    last = span[1] if end_s is None else min(span[1], end_s - 1)
    simulated = simulated_nodes(store)
    for month, begin_s, after_s in _months(first, last):
        records = store.records.walk(node=node, start_s=max(begin_s, first), end_s=min(after_s, last + 1))
        groups = (_columns(group, arrival, simulated) for group in _groups(records))
        count = _write(arrow, parquet, folder / f"month={month}" / FILE, _schema(arrow, _EXACT), groups)
        if count:
            yield month, count


def export_released_months(
    store: Store,
    folder: Path,
    pseudonyms: Pseudonyms,
    licence: Licence,
    *,
    node: str | None = None,
    start_s: int | None = None,
    end_s: int | None = None,
) -> Generator[tuple[str, int]]:
    """Write the same files with values as others may have them; months are those of each garden's clock.

    Parameters
    ----------
    pseudonyms
        Those of this export.
    licence
        That of this export; what was given under a narrower one is not in it.
    node, start_s, end_s
        Only values of this node, of the local days that this span [s], end exclusive, touches.

    Raises
    ------
    ExtraMissingError
        When pyarrow is not installed.
    StoreUnusableError
        When the folder cannot be written.
    """
    arrow, parquet = _pyarrow()
    span = store.records.dated_span_s()
    # A local month may begin a day before or after that of UTC.
    months = [] if span is None else list(_months(span[0] - DAY_S, span[1] + DAY_S))
    if (node, start_s, end_s) == (None, None, None):
        _remove_other_months(folder, months)
    gardens = gardens_with_records(store)
    for month, begin_s, after_s in months:
        days = begin_s // DAY_S, after_s // DAY_S - 1
        readings = (
            reading
            for garden, timezone in gardens
            for reading in released_readings(
                store,
                garden,
                timezone,
                series=RELEASED_SERIES,
                days=_both(days, days_of_span(timezone, start_s, end_s)),
                pseudonyms=pseudonyms,
                licence=licence,
                node=node,
            )
        )
        groups = (_released_columns(group) for group in _groups(readings))
        count = _write(arrow, parquet, folder / f"month={month}" / FILE, _schema(arrow, _RELEASED), groups)
        if count:
            yield month, count


def _both(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    return max(first[0], second[0]), min(first[1], second[1])


def _groups(rows: Iterator[RowT]) -> Iterator[list[RowT]]:
    while group := list(islice(rows, _RECORDS_A_GROUP)):
        yield group


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ExtraMissingError("pyarrow", "scale") from error


def _months(first_s: int, last_s: int) -> Iterator[tuple[str, int, int]]:
    """Iterate over the months (UTC) from one time to another: name, beginning and end [s]."""
    when = datetime.fromtimestamp(first_s, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while when.timestamp() <= last_s:
        after = when.replace(year=when.year + when.month // 12, month=when.month % 12 + 1)
        yield f"{when:%Y-%m}", int(when.timestamp()), int(after.timestamp())
        when = after


def _remove_other_months(folder: Path, months: Iterable[tuple[str, int, int]]) -> None:
    """Take away what an earlier export of everything wrote of months that have no value any more."""
    kept = {f"month={month}" for month, _, _ in months}
    for path in folder.glob(f"month=[0-9][0-9][0-9][0-9]-[0-9][0-9]/{FILE}"):
        if path.parent.name not in kept:
            _unlink(path)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnusableError(
            path,
            f"cannot be taken away ({error.strerror or error})",
            "give the right to, or name another folder",
        ) from error


def _write(
    arrow: Any,
    parquet: Any,
    path: Path,
    schema: Any,
    groups: Iterator[dict[str, list[Any]]],
) -> int:
    """Write a month's file, a group of rows at a time; none where there is no value."""
    count = 0
    try:
        first = next(groups, None)
        if first is None:
            path.unlink(missing_ok=True)
            return 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            replacing_by_draft(path) as draft,
            parquet.ParquetWriter(draft, schema, compression="zstd") as writer,
        ):
            for columns in chain((first,), groups):
                table = arrow.table(columns, schema=schema)
                writer.write_table(table)
                count += table.num_rows
    except OSError as error:
        raise StoreUnusableError(
            path, f"cannot be written ({error.strerror or error})", "make room, or name another folder"
        ) from error
    return count


def _schema(arrow: Any, names: Sequence[str]) -> Any:
    moment = arrow.timestamp("ms", tz="UTC")
    kinds = {
        "seq": arrow.int64(),
        "received": moment,
        "time": moment,
        "value": arrow.float64(),
        "flag": arrow.uint8(),
        "uncertainty_s": arrow.int64(),
        "simulated": arrow.uint8(),
    }
    text = arrow.dictionary(arrow.int32(), arrow.string())
    return arrow.schema([(name, kinds.get(name, text)) for name in names])


def _released_columns(group: list[ReleasedReading]) -> dict[str, list[Any]]:
    columns = {name: [getattr(reading, name) for reading in group] for name in _RELEASED}
    return columns | {"time": [reading.time_s * 1000 for reading in group]}


def _columns(
    group: list[Record], arrival: Callable[[int], int | None], simulated: frozenset[str]
) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in _EXACT}
    for record in group:
        count, received = len(record.columns), arrival(record.journal)
        same = {
            "community": record.community,
            "garden": record.garden,
            "node": record.node,
            "epoch": record.epoch,
            "series": record.series,
            "seq": record.seq,
            "received": None if received is None else received // 1_000_000,
            "time": (record.time_s or 0) * 1000,
            "simulated": int(record.node in simulated),
        }
        for name, value in same.items():
            columns[name] += [value] * count
        columns["name"] += record.columns
        columns["value"] += record.values
        columns["flag"] += record.quality
    return columns
