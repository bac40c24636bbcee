"""Only what a policy names goes, only when it is asked for, and nothing that is said of it changes."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from sera_store import retention
from sera_store.database.follower_status import FollowerState
from sera_store.errors import InvalidEntryError
from sera_store.results.results import Result
from sera_store.retention import SUPERSEDED, VALUES, Policy
from sera_store.store import RECORDS_FILE, Store
from sera_words.statements import Reason
from store_parts import AIR, keys_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_store.aggregates.rollup_tables import RollupTable

    Append = Callable[..., list[int]]

DAY_S = 86_400
NOW_S = 2_000 * DAY_S
DAYS = 1_500
HALF = Policy(values_days=800)
ALWAYS = {"first": date(1970, 1, 1), "last": date(1990, 1, 1)}


def fill(store: Store) -> None:
    """A record every ten days for four years; every third was revised, one has no time, one is an anchor."""
    with store.ledger() as writes:
        records = [
            replace(AIR, seq=seq, time_s=(NOW_S // DAY_S - DAYS + seq * 10) * DAY_S + 60, journal=seq)
            for seq in range(1, DAYS // 10)
        ]
        numbers = writes.records.append([(record, bytes([record.seq])) for record in records])
        for number, record in list(zip(numbers, records, strict=True))[::3]:
            writes.records.supersede(number, replace(record, values=(99.0, 1.0)))
        writes.records.append([(replace(AIR, seq=900, time_s=None, journal=900), b"undated")])
        clock = replace(
            AIR, seq=901, series="clock", columns=(), values=(), quality=(), time_s=DAY_S, journal=901
        )
        writes.records.append([(clock, b"anchor")])
    store.rollups.catch_up()


@pytest.fixture(scope="module")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "store"
    with Store.open(folder) as store:
        fill(store)
    return folder


@pytest.fixture
def filled(filled_folder: Path, tmp_path: Path) -> Iterator[Store]:
    with Store.open(shutil.copytree(filled_folder, tmp_path / "store")) as store:
        yield store


def rolled(store: Store) -> list[Any]:
    table: RollupTable = store.rollups.read("air", **ALWAYS)
    return [
        table.date.tolist(),
        table.cells["air_temperature"].tolist(),
        table.cells["air_humidity"].tolist(),
    ]


def values_in(store: Store) -> list[tuple[int, Any]]:
    return [(row.seq, row.values) for row in store.records.walk()]


def test_planning_removes_nothing_and_says_what_would_go(filled: Store) -> None:
    before = filled.records.last_change(), values_in(filled)
    plan = filled.retention.plan(Policy(400, 800), NOW_S)

    assert (plan.values, plan.superseded) == (69, 37)
    assert plan.first_journal == 1
    assert plan.obstacles == ()
    assert (filled.records.last_change(), values_in(filled)) == before
    assert filled.retention.removals() == []


def test_superseded_rows_go_and_nothing_current_changes(filled: Store) -> None:
    before = values_in(filled), rolled(filled), filled.completeness()
    plan = filled.retention.plan(Policy(superseded_days=400), NOW_S)

    assert filled.retention.remove(plan, NOW_S, "a steward") == plan.superseded == 37

    assert (values_in(filled), rolled(filled), filled.completeness()) == before
    assert filled.retention.plan(Policy(superseded_days=400), NOW_S).superseded == 0
    [note] = filled.retention.removals()
    assert (note.kind, note.rows, note.by) == (SUPERSEDED, 37, "a steward")
    # What is younger than the policy keeps its history.
    assert len(filled.records.changes(0, 1000)) == before[2][0].stored + 1 + 50 - 37


def test_values_go_while_windows_accounts_keys_and_anchors_stay(filled: Store) -> None:
    windows, accounts, before = rolled(filled), filled.completeness(), values_in(filled)
    plan = filled.retention.plan(HALF, NOW_S)

    assert (plan.values, plan.superseded) == (69, 23)
    assert filled.retention.remove(plan, NOW_S, "a steward") == 69 + 23

    assert (rolled(filled), filled.completeness()) == (windows, accounts)
    cut = [seq for seq, _ in before if seq >= 900 or seq > 69]
    assert [seq for seq, _ in values_in(filled)] == cut
    with filled.ledger() as writes:
        assert set(writes.keys.states(AIR.node, AIR.epoch, range(1, 150))) == set(range(1, 150))
        assert len(writes.boots.anchors(AIR.node, AIR.epoch, AIR.boot)) == 1
    assert [note.kind for note in filled.retention.removals()] == [SUPERSEDED, VALUES]
    # Nothing that was superseded has come to look current.
    assert {key.seq for key in keys_in(filled)} == {*cut, 901}


def test_of_a_chain_of_revisions_nothing_is_left_that_looks_current(store: Store, append: Append) -> None:
    old_s, new_s = NOW_S - 1_000 * DAY_S, NOW_S - DAY_S
    [first] = append(replace(AIR, time_s=new_s))
    with store.ledger() as writes:
        # Dated again and again: today, without a time, long ago.
        second = writes.records.supersede(first, replace(AIR, time_s=None))
        third = writes.records.supersede(second, replace(AIR, time_s=new_s))
        writes.records.supersede(third, replace(AIR, time_s=old_s))
    append(replace(AIR, seq=2, time_s=new_s))
    store.rollups.catch_up()

    store.retention.remove(store.retention.plan(HALF, NOW_S), NOW_S, "a steward")

    assert [row.id for row in store.records.changes(0, 10)] == [5]
    assert [key.seq for key in keys_in(store)] == [2]


def test_kept_windows_are_never_made_again(filled: Store) -> None:
    windows = rolled(filled)
    filled.retention.remove(filled.retention.plan(HALF, NOW_S), NOW_S, "a steward")
    late = replace(AIR, seq=950, time_s=(NOW_S // DAY_S - 1_000) * DAY_S, values=(-40.0, 1.0))
    with filled.ledger() as writes:
        writes.records.append([(late, b"late")])
    filled.rollups.catch_up()
    assert rolled(filled) == windows

    filled.rollups.begin_again()
    filled.rollups.catch_up()
    assert rolled(filled) == windows


def figure(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "scope": "garden",
        "scope_id": "elm-yard",
        "index": "visits_per_hour",
        "period": "day",
        "start_s": (NOW_S // DAY_S - 1_000) * DAY_S,
        "end_s": (NOW_S // DAY_S - 999) * DAY_S,
        "unit": "1/h",
        "method": "m",
        "version": "1",
        "value": 3.5,
        "interval_reason": Reason.of("one_unit", count=1, units="nodes"),
    }
    return Result(**(fields | changes))


def test_a_figure_whose_values_are_gone_stands(filled: Store) -> None:
    young = {"start_s": NOW_S - DAY_S, "end_s": NOW_S}
    filled.results.put([figure(), figure(**young)])
    filled.rollups.catch_up()
    filled.retention.remove(filled.retention.plan(HALF, NOW_S), NOW_S, "a steward")
    refused = {"value": None, "interval_reason": None, "reason": Reason.of("no_hours")}

    assert filled.results.put([figure(**refused), figure(**(young | refused))]) == 1
    assert [row.value for row in filled.results.current(index="visits_per_hour")] == [3.5, None]


def test_a_removed_record_that_is_amended_is_current_again_and_counted_once(filled: Store) -> None:
    accounts = filled.completeness()
    filled.retention.remove(filled.retention.plan(HALF, NOW_S), NOW_S, "a steward")
    with filled.ledger() as writes:
        state = writes.keys.states(AIR.node, AIR.epoch, [2])[2]
        assert state.record is not None
        writes.records.supersede(state.record, replace(AIR, seq=2, time_s=NOW_S))

    assert filled.completeness() == accounts
    assert [key.seq for key in keys_in(filled)].count(2) == 1
    with filled.ledger() as writes, pytest.raises(InvalidEntryError, match="not the current row"):
        writes.records.supersede(123_456, replace(AIR, seq=3))


def test_nothing_goes_while_a_follower_or_the_roll_ups_are_behind(filled: Store) -> None:
    filled.followers.note("influxdb", FollowerState.AWAY, "503", NOW_S)
    plan = filled.retention.plan(HALF, NOW_S)
    assert plan.values == 0
    assert "follower influxdb is 201 rows behind (away)" in plan.obstacles[0]
    with pytest.raises(InvalidEntryError, match="nothing was removed: follower influxdb"):
        filled.retention.remove(plan, NOW_S, "a steward")

    filled.cursors.move("influxdb", filled.records.last_change())
    with filled.ledger() as writes:
        writes.records.append([(replace(AIR, seq=960), b"new")])
    filled.cursors.move("influxdb", filled.records.last_change())
    assert "roll-ups are 1 rows behind" in filled.retention.plan(HALF, NOW_S).obstacles[0]


@pytest.mark.parametrize("policy", [Policy(), Policy(superseded_days=30), Policy(values_days=365)])
def test_a_policy_that_keeps_too_little_is_refused(store: Store, policy: Policy) -> None:
    with pytest.raises(InvalidEntryError, match=r"for ever|expected 31 or more|expected 366 or more"):
        store.retention.plan(policy, NOW_S)


def test_rows_cannot_be_deleted_after_a_removal_either(filled: Store, tmp_path: Path) -> None:
    filled.retention.remove(filled.retention.plan(Policy(400, 800), NOW_S), NOW_S, "a steward")
    raw = sqlite3.connect(filled.folder / RECORDS_FILE)
    for statement in ("DELETE FROM records", "UPDATE records SET seq = 0"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


def die_after(folder: Path, rows: int) -> None:
    retention._ROWS_A_TRANSACTION = 10  # type: ignore[misc]

    def progress(total: int) -> None:
        if total >= rows:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store.open(folder) as store:
        store.retention.remove(store.retention.plan(Policy(400, 800), NOW_S), NOW_S, "a steward", progress)


@pytest.mark.parametrize("rows", [10, 40, 70, 80])
def test_a_removal_that_is_killed_is_done_by_the_next_one(tmp_path: Path, rows: int) -> None:
    with Store.open(tmp_path) as store:
        fill(store)
        windows, accounts = rolled(store), store.completeness()
    child = multiprocessing.get_context("fork").Process(target=die_after, args=(tmp_path, rows))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL

    with Store.open(tmp_path) as store:
        assert (rolled(store), store.completeness()) == (windows, accounts)
        store.retention.remove(store.retention.plan(Policy(400, 800), NOW_S), NOW_S, "a steward")
        assert (rolled(store), store.completeness()) == (windows, accounts)
        assert store.retention.plan(Policy(400, 800), NOW_S)[2:4] == (0, 0)
        assert sum(note.rows for note in store.retention.removals()) == 69 + 37
