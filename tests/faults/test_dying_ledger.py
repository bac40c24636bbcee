"""A process that is killed at any step of dating, revising and mending goes on as if nothing had been."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S, batch, data_topic, message, plant, row
from ledger_parts import NODE, Way, assert_closes, replayed, way_in
from sera_gateway.ledger import redating, revision
from sera_store.registry.dead_letter_actions import AMEND
from sera_store.registry.entities import Calibration, Garden, Node, ProbePlace

if TYPE_CHECKING:
    from pathlib import Path

OTHER_GARDEN = "oak-yard"
CLOCK = ["clock_step_s"]
RAW = ["soil_moisture_raw@1"]
ROWS = 3


def prepare(way: Way) -> None:
    """Store records, then leave to be done all that can be: dating, a garden, a calibration, an amendment."""
    plant(way.store, [NODE])
    registry = way.store.registry
    garden = Garden(OTHER_GARDEN, COMMUNITY, None, "Oak Yard", 51.4, -2.6, "Europe/London")
    registry.put(garden, since_s=SINCE_S, by="a test")
    way.take(batch([row(seq, float(seq), utc_s=None, uptime_s=60 * seq) for seq in range(1, 8)], n=20))
    soil = [row(seq, 1000 + seq, utc_s=NOW_S - 900 + seq) for seq in (8, 9, 10)]
    way.take(batch(soil, RAW, s="soil", n=20))
    way.take(batch([row(11, 0.4), row(12, 0.4)], ["leaf_wetness"], n=20))
    way.take(batch([row(1, 5.0)]), topic=data_topic("node-x"))
    way.journal.append(
        [
            message(data_topic(NODE), batch([row(13, 0.0, uptime_s=9000)], CLOCK, s="clock", n=20)),
            message(data_topic(NODE), batch([row(14, 21.0)], f=3, n=20)),
        ]
    )
    registry.put(Node(NODE, OTHER_GARDEN), since_s=NOW_S - 8000, by="a test")
    registry.put(Node("node-x", GARDEN), since_s=SINCE_S, by="a test")
    registry.put(ProbePlace("c-0007", NODE, 1, 0.1), since_s=SINCE_S, by="a test")
    line = Calibration("c-1", "c-0007", "soil_moisture_raw", "soil_moisture", (0.0, 0.0001), SINCE_S)
    registry.put(line, since_s=SINCE_S, by="a test")
    # One value right, one that is to become null.
    mended = batch([row(11, 14.5), row(12, None)], n=20)
    way.store.dead_letter_actions.put(
        AMEND, journal=3, reason="unknown_measurement", by="a test", payload=mended
    )


def run_until(folder: Path, steps: int | None) -> bool:
    """Run a ledger in a process of its own that dies at one step; tell whether it came to its end."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return False
        assert os.WEXITSTATUS(status) == 0
        return True
    try:
        steps_left = iter(range(steps)) if steps is not None else None
        with way_in(folder) as way:

            def pass_or_die(_: str) -> None:
                if steps_left is not None and next(steps_left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

            way.on_step = pass_or_die
            way.ledger.catch_up()
        os._exit(0)
    finally:
        os._exit(1)


def assert_sound(way: Way) -> None:
    """Each record is seen at one time, in one place, and the accounts close."""
    for account in way.store.completeness():
        assert_closes(account)
    places = way.sql(
        "SELECT (SELECT count(*) FROM timeline t WHERE t.id = k.record)"
        " + (SELECT count(*) FROM undated u WHERE u.id = k.record) FROM keys k WHERE k.record IS NOT NULL"
    )
    assert set(places) == {(1,)}
    output = "(SELECT count(*) FROM timeline) + (SELECT count(*) FROM undated)"
    assert way.sql(f"SELECT {output}") == [(len(places),)]
    # What a follower sees: of rows that nothing supersedes, one a key.
    records = list(way.store.records.keys(None))
    assert len(records) == len({key[:3] for key in records}) == len(places)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_ledger_killed_at_any_step_ends_where_one_that_lived_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few rows a transaction that each piece of work takes several.
    monkeypatch.setattr(redating, "ROWS_A_TRANSACTION", ROWS)
    monkeypatch.setattr(revision, "ROWS_A_TRANSACTION", ROWS)
    with way_in(tmp_path / "before") as way:
        prepare(way)
    shutil.copytree(tmp_path / "before", tmp_path / "lived")
    assert run_until(tmp_path / "lived", None)
    with way_in(tmp_path / "lived") as way:
        expected = way.state()
        assert len(way.sql("SELECT 1 FROM records WHERE supersedes IS NOT NULL")) >= 10
        with replayed(way, tmp_path / "rebuilt", 1) as fresh:
            assert fresh.state() == expected
    steps, lived = 0, False
    while not lived:
        folder = tmp_path / f"killed-{steps}"
        shutil.copytree(tmp_path / "before", folder)
        lived = run_until(folder, steps)
        with way_in(folder) as way:
            assert_sound(way)
            way.ledger.catch_up()
            assert_sound(way)
            assert way.state() == expected
        shutil.rmtree(folder)
        steps += 1
    assert steps >= 30
