"""The analysis' sums beside the records: which days are touched, and when all is forgotten."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis_world import MIDNIGHT_S, World
from sera_store.aggregates.tallies import MonthDigests
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = (MIDNIGHT_S + 40_000) // 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A store with one record."""
    with Store.open(tmp_path / "store") as store:
        yield World(store)


def _write(world: World, days: int, garden: str = "elm-yard") -> int:
    values: dict[str, float | None] = {"passages": 1.0, "awake_s": 900.0}
    record = world.record(garden, "beam-1", "visits", MIDNIGHT_S + 40_000 + 86_400 * days, values)
    return world.write([record])[0]


def test_rows_touch_their_days_and_those_of_what_they_supersede(world: World) -> None:
    first = _write(world, 0)
    assert world.store.tallies.changed_days(0, first) == {"elm-yard": {DAY}}
    second = _write(world, 3)
    assert world.store.tallies.changed_days(first, second) == {"elm-yard": {DAY + 3}}
    row = world.store.records.row(first)
    record = replace(row.record, garden="rose-court", time_s=MIDNIGHT_S + 6 * 86_400)  # type: ignore[union-attr]
    with world.store.ledger() as ledger:
        third = ledger.records.supersede(first, record)
    changed_days = world.store.tallies.changed_days(second, third)
    # Midnight in London's summer is 23 h of the day before in UTC.
    assert changed_days == {"rose-court": {DAY + 5}, "elm-yard": {DAY}}
    assert world.store.tallies.days("rose-court") == changed_days["rose-court"]


def test_undated_rows_touch_nothing_until_they_are_dated(world: World) -> None:
    values: dict[str, float | None] = {"passages": 1.0, "awake_s": 900.0}
    (number,) = world.write([world.record("elm-yard", "beam-1", "visits", None, values)])
    assert world.store.tallies.changed_days(0, number) == {}
    row = world.store.records.row(number)
    with world.store.ledger() as ledger:
        dated = ledger.records.supersede(number, replace(row.record, time_s=MIDNIGHT_S + 40_000))  # type: ignore[union-attr]
    assert world.store.tallies.changed_days(number, dated) == {"elm-yard": {DAY}}


def test_what_is_kept_comes_back_and_is_forgotten_by_garden(world: World) -> None:
    tallies = world.store.tallies
    months = [
        (MonthDigests(24_317, "basis", b"12345678"), b"june"),
        (MonthDigests(24_318, "basis", b""), b"july"),
    ]
    tallies.put_months("elm-yard", reversed(months))
    assert tallies.month_digests("elm-yard") == [digests for digests, _ in months]
    assert tallies.months("elm-yard") == [b"june", b"july"]
    tallies.put_summary("elm-yard", "one", b"summary")
    assert (tallies.summary("elm-yard", "one"), tallies.summary("elm-yard", "other")) == (b"summary", None)
    tallies.put_fingerprint("garden", "elm-yard", b"made")
    assert tallies.fingerprint("garden", "elm-yard") == b"made"
    assert tallies.fingerprint("community", "elm-yard") is None
    tallies.forget("elm-yard")
    assert tallies.months("elm-yard") == []


def test_other_records_than_were_added_up_make_all_forgotten(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        world = World(store)
        _write(world, 0)
        store.backup(tmp_path / "early")
        last = _write(world, 1)
        store.tallies.put_fingerprint("garden", "elm-yard", b"made")
        store.tallies.move(last)
        store.tallies.seal()
        assert store.tallies.position() == last
    for name in ("records.sqlite", "records.sqlite-wal", "records.sqlite-shm"):
        (tmp_path / "store" / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "early" / "records.sqlite", tmp_path / "store" / "records.sqlite")
    with Store.open(tmp_path / "store") as store:
        assert store.tallies.position() == 0
        assert store.tallies.fingerprint("garden", "elm-yard") is None
