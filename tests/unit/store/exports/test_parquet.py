"""Months of Parquet say what the raw export says, and a Dask cluster's workers can read them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sera_store.errors import ExtraMissingError, StoreUnusableError
from sera_store.exports import parquet
from sera_store.exports.export import RawValue, raw_values
from sera_store.exports.parquet import export_months, export_released_months
from sera_store.licence import Licence
from sera_store.release.persons import Pseudonyms
from sera_store.release.readings import released_readings
from sera_vocabulary.series import STREAMS
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.store import Store

    Append = Callable[..., list[int]]

DAY_S = 86_400
# 2026-05-28T20:26:40Z and on: the end of May and the beginning of June.
FIRST_S = 1_780_000_000


def arrived(number: int) -> int | None:
    return 1_780_000_001_500_000_000 if number < 9 else None


@pytest.fixture
def filled(store: Store, append: Append) -> Store:
    """Eight days of one node, a count of another, one record without a time, one revised."""
    append(
        *[
            replace(
                AIR,
                seq=seq,
                journal=seq,
                time_s=FIRST_S + seq * DAY_S,
                values=(seq / 7, None),
                quality=(1, 9),
            )
            for seq in range(1, 9)
        ],
        replace(AIR, node="node-b", series="counts", columns=("wasps",), values=(3.0,), quality=(2,)),
        replace(AIR, seq=9, time_s=None),
    )
    with store.ledger() as writes:
        writes.records.supersede(1, replace(AIR, time_s=FIRST_S + DAY_S, values=(99.0, 1.0)))
    return store


def plain(column: Any) -> list[Any]:
    """Take a column of a frame as Python's own values, times as the raw export writes them."""
    if column.name == "time":
        return list(column.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if column.name == "received":
        return [
            value if value != value else f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
            for value in column
        ]
    return [str(value) for value in column] if str(column.dtype) == "category" else column.tolist()


@pytest.mark.slow
def test_dask_reads_the_months_as_the_raw_export_says_them(filled: Store, tmp_path: Path) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    months = dict(export_months(filled, tmp_path / "months", arrived))

    frame = dataframe.read_parquet(tmp_path / "months").compute(scheduler="threads")

    assert months == {"2026-05": 7, "2026-06": 10}
    names = list(RawValue._fields)
    result = [
        tuple(None if value != value else value for value in row)
        for row in zip(*[plain(frame[name]) for name in names], strict=True)
    ]
    raw = [item for item in raw_values(filled, arrived) if item.time is not None]
    assert sorted(map(str, result)) == sorted(str(tuple(item)) for item in raw)
    assert set(frame["month"].astype(str)) == {"2026-05", "2026-06"}
    assert set(frame["garden"].astype(str)) == {"elm-yard"}


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_no_record_is_left_out_however_many_are_written_at_once(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(parquet, "_RECORDS_A_GROUP", at_once)
    assert dict(export_months(filled, tmp_path, arrived)) == {"2026-05": 7, "2026-06": 10}


def test_a_node_and_a_span_can_be_asked_for(filled: Store, tmp_path: Path) -> None:
    start_s = FIRST_S + 4 * DAY_S
    months = dict(export_months(filled, tmp_path, arrived, node="node-a", start_s=start_s, end_s=start_s + 1))

    assert months == {"2026-06": 2}
    assert dict(export_months(filled, tmp_path, arrived, node="node-x")) == {}


def test_an_empty_store_has_no_months(store: Store, tmp_path: Path) -> None:
    assert list(export_months(store, tmp_path / "months", arrived)) == []
    assert not (tmp_path / "months").exists()


def test_a_month_that_is_exported_again_is_replaced_whole(filled: Store, tmp_path: Path) -> None:
    folder = tmp_path / "months"
    stale = folder / "month=2026-05" / "values.parquet"
    stale.parent.mkdir(parents=True)
    stale.write_text("half a file")
    first = dict(export_months(filled, folder, arrived))
    assert dict(export_months(filled, folder, arrived)) == first
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["values.parquet"] * 2
    assert stale.read_bytes()[:4] == b"PAR1"

    assert dict(export_months(filled, folder, arrived, node="node-x")) == {}
    assert not stale.exists()


@pytest.mark.parametrize("is_released", [False, True])
def test_a_month_that_has_no_value_any_more_goes_where_everything_is_asked_for(
    filled: Store, tmp_path: Path, *, is_released: bool
) -> None:
    """Somebody took back the only count of a month: its file stayed, since no month was looked at there."""

    def export(**options: Any) -> None:
        if is_released:
            list(export_released_months(filled, tmp_path, Pseudonyms(), Licence.CC_BY_NC, **options))
        else:
            list(export_months(filled, tmp_path, arrived, **options))

    former, foreign = (tmp_path / name / "values.parquet" for name in ("month=2024-01", "month=mine"))
    for path in (former, foreign):
        path.parent.mkdir()
        path.write_text("of an earlier export")
    export(start_s=FIRST_S)
    assert former.is_file(), "who asks for some dates adds to what is there"
    export()
    assert not former.is_file()
    assert foreign.is_file()


def test_nothing_at_all_leaves_no_month(store: Store, tmp_path: Path) -> None:
    former = tmp_path / "month=2024-01" / "values.parquet"
    former.parent.mkdir()
    former.write_text("of an earlier export")
    assert list(export_released_months(store, tmp_path, Pseudonyms(), Licence.CC_BY_NC)) == []
    assert not former.is_file()


@pytest.mark.slow
def test_what_others_may_have_is_in_months_without_sequence_or_arrival(filled: Store, tmp_path: Path) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    months = dict(export_released_months(filled, tmp_path / "months", Pseudonyms(), Licence.CC_BY_NC))

    frame = dataframe.read_parquet(tmp_path / "months").compute(scheduler="threads")

    assert months == {"2026-05": 7, "2026-06": 10}
    result = sorted(
        (time.timestamp(), node, str(name), str(value))
        for time, node, name, value in zip(
            frame["time"], frame["node"], frame["name"], frame["value"], strict=True
        )
    )
    released = released_readings(
        filled, "elm-yard", "UTC", series=STREAMS, days=(0, 40_000), pseudonyms=Pseudonyms(), licence=None
    )
    assert result == sorted(
        (float(item.time_s), item.node, item.name, str(np.nan if item.value is None else item.value))
        for item in released
    )
    assert {"seq", "epoch", "received"} & set(frame.columns) == set()
    start_s = FIRST_S + 4 * DAY_S
    arguments = export_released_months(
        filled,
        tmp_path / "few",
        Pseudonyms(),
        Licence.CC_BY_NC,
        node="node-a",
        start_s=start_s,
        end_s=start_s + 1,
    )
    assert dict(arguments) == {"2026-06": 2}


def test_a_folder_that_cannot_be_written_is_named(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusableError, match="name another folder"):
        list(export_months(filled, tmp_path / "file", arrived))


def test_without_pyarrow_the_extra_is_named(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissingError, match=r"pip install 'sera-gardens\[scale\]'"):
        list(export_months(filled, tmp_path, arrived))
