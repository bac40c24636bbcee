"""SIGKILL, full disk, cut network, jumping clock, while nodes send: nothing is lost, nothing is doubled.

Ten rounds here; `make soak` runs a thousand. What a round does and what must hold after it is in `kill_site`.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from kill import soak as kill_soak
from kill.installation import FAULTS, KillSite, Outcome
from real_parts import InfluxDB, real_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20261125
# Mosquitto that saves once a minute forgets at its death what it acknowledged, NATS does not, and sends again
# after 2 s.
BROKERS: dict[str, dict[str, Any]] = {
    "new_mosquitto": {"settings": "autosave_on_changes false\nautosave_interval 60"},
    "new_nats": {"ack_wait_s": 2},
}
ROUNDS = {
    "new_mosquitto": [
        ["gateway killed"],
        ["broker killed"],
        ["killed on a full disk"],
        ["clock jumped", "InfluxDB killed"],
        ["network cut", "disk full"],
    ],
    "new_nats": [
        ["started on a full disk"],
        ["workers killed"],
        ["broker killed"],
        ["disk full", "clock jumped"],
        ["network cut", "killed on a full disk"],
    ],
}


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[InfluxDB]:
    """An InfluxDB of its own, since it is killed."""
    server = InfluxDB(real_part("influxd"), tmp_path / "influxdb").start()
    try:
        server.set_up()
        yield server
    finally:
        server.kill()


@pytest.mark.timeout(600)
@pytest.mark.influxdb
@pytest.mark.parametrize("broker", BROKERS)
def test_nothing_is_lost_or_doubled_whatever_is_killed(
    broker: str, influxdb: InfluxDB, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = request.getfixturevalue(broker)(**BROKERS[broker])
    chance = random.Random(SEED)
    (tmp_path / "site").mkdir()
    with KillSite(tmp_path / "site", server, influxdb, influxdb.make_bucket("kill")) as site:
        for faults in ROUNDS[broker]:
            site.round(faults, chance)
            assert (site.outcome.lost, site.outcome.doubled) == (0, 0), faults
            assert not site.verified()
        outcome = site.outcome
        site.settle()
        assert site.foreign_doubled() == 0
        in_influxdb = {node.name: site.influx_count(node.name) for node in site.nodes}
        assert in_influxdb == {node.name: node.made for node in site.nodes}
        assert site.end_gateway(signal.SIGTERM) == os.EX_OK
        assert "journal_writes_again" in site.log(), "the disk was never full"
        assert broker == "new_mosquitto" or "room_again" in site.log(), "no start has met a full disk"
        assert not site.verified()
    sys.stdout.write(
        f"{outcome.rounds} rounds: {outcome.made} records, {outcome.sent_again} sent again; "
        f"foreign messages lost {outcome.foreign_lost} of {outcome.foreign}\n"
    )
    assert outcome.foreign > 0
    assert outcome.foreign_lost_without_broker_kill == 0
    if broker == "new_nats":
        assert outcome.foreign_lost == 0
    else:
        # It delivers in order, so that a gap is a message that was acknowledged and is nowhere.
        assert outcome.sent_again_without_broker_kill == 0
    assert outcome.sent_again > 0 or broker == "new_nats", (
        "no node had to send again: the broker lost nothing"
    )


def test_every_fault_happens_in_the_ten_rounds() -> None:
    happen = {fault for rounds in ROUNDS.values() for faults in rounds for fault in faults}
    assert happen == FAULTS.keys()
    assert sum(map(len, ROUNDS.values())) == 10


@pytest.mark.parametrize(("failures", "code"), [([], 0), (["NATS, rounds from seed 4: 1 records lost"], 1)])
def test_a_soak_that_was_stopped_goes_on_with_what_it_had_counted(
    failures: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out" / "kill.json"
    kill_soak.write_state(
        path, kill_soak.State(7, {"NATS": Outcome(7, {"network cut": 3}, made=4321)}, failures)
    )
    assert kill_soak.main(["--rounds", "7", "--state", str(path)]) == code
    output = capsys.readouterr().out
    assert "4,321" in output
    assert all(failure in output for failure in failures)
    more = kill_soak.add(kill_soak.read_state(path).outcomes["NATS"], Outcome(1, {"network cut": 1}, made=9))
    assert (more.rounds, more.made, more.faults) == (8, 4330, {"network cut": 4})
