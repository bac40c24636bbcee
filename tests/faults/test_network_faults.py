"""A node's contact cut, stalled and slowed at any byte, on CPython and on real MicroPython.

After each: all that was acknowledged had arrived, the next contact brings the rest, no record comes
under another key or with other content, and no contact lasts longer than its deadlines allow.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from brokers.time_server import UTC_S, TimeServer, answer
from firmware.contacts import new_node, write
from firmware.node_process import cpython, micropython_command
from firmware.node_runs import LONG_MS, SHORT_MS, WAKES, as_appended, contacts, full_have
from firmware.stand_in_broker import Fault, StandInBroker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

# A contact without deadlines would last for ever; a busy machine may stretch a short one.
LONGEST_MS = 100_000
HAVE = "sera/v1/elm/elm-a1/have"
# Silence costs a deadline each: every how many-th byte is tried; 1 in the soak.
SILENCE_STEP = int(os.environ.get("SERA_SILENCE_STEP", "5"))


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "cpython":
        return cpython()
    return micropython_command(request.getfixturevalue("micropython"))


def a_gap(broker: StandInBroker) -> list[tuple[str, bytes]]:
    """A gateway that lacks four records that it had: every fifth contact sends them again."""
    if len(broker.dialogues) % 5 or not broker.epochs:
        return []
    have = {"v": 1, "g": "", "e": min(broker.epochs), "next": max(1, broker.next - 4), "top": broker.next - 1}
    return [(HAVE, json.dumps(have).encode())]


def every_other(faults: list[Fault]) -> Callable[[int], Fault]:
    """The n-th fault on every other connection, and a good one after each."""
    return lambda number: Fault() if number % 2 or number // 2 >= len(faults) else faults[number // 2]


def survive(
    interpreter: list[str], folder: Path, faults: list[Fault], faulty_ms: int = LONG_MS
) -> tuple[StandInBroker, list[dict[str, Any]]]:
    with StandInBroker(every_other(faults), a_gap) as broker:
        timeouts_ms = [faulty_ms, LONG_MS]
        reports = contacts(interpreter, folder, broker.port, 2 * len(faults) + 1, timeouts_ms=timeouts_ms)
    arrived = [contact["acknowledged"] for contact in reports]
    assert arrived == sorted(arrived), "the position went back"
    assert [contact["worked"] for contact in reports[1::2]] == [True] * len(faults)
    assert all(contact["acknowledged"] == contact["next"] - 1 for contact in reports[1::2])
    assert len({contact["open"] for contact in reports}) == 1, "a connection was left open"
    full_have(broker, reports)
    return broker, reports


def size_of_a_contact() -> tuple[int, int]:
    """How many bytes go up and down in a contact with a gap: measured, not assumed."""
    with tempfile.TemporaryDirectory() as folder, StandInBroker(greeting=a_gap) as broker:
        node = new_node(folder, {"port": broker.port})
        number = 0
        for _ in range(7):
            number = write(node, number, WAKES)
            assert node.reach_out()
    return max(dialogue.up for dialogue in broker.dialogues), max(
        dialogue.down for dialogue in broker.dialogues
    )


def test_a_connection_closed_after_any_byte_that_the_node_sends(
    interpreter: list[str], tmp_path: Path
) -> None:
    up, _ = size_of_a_contact()
    # MicroPython is what nodes run; CPython shows that it is no accident of one of them.
    step = 1 if "micropython" in interpreter[0] else SILENCE_STEP
    faults = [Fault(up=size) for size in range(0, up + 1, step)]
    _, report = survive(interpreter, tmp_path, faults)
    assert sum(not contact["worked"] for contact in report) > len(faults) // 2
    assert max(contact["ms"] for contact in report) < LONGEST_MS


def test_a_connection_closed_after_any_byte_that_the_broker_answers(
    interpreter: list[str], tmp_path: Path
) -> None:
    _, down = size_of_a_contact()
    _, report = survive(interpreter, tmp_path, [Fault(down=size) for size in range(1, down + 1)])
    assert sum(not contact["worked"] for contact in report) > down // 3


def test_a_broker_silent_after_any_byte_ends_the_contact_at_its_deadline(
    interpreter: list[str], tmp_path: Path
) -> None:
    up, down = size_of_a_contact()
    faults = [Fault(down=size, closes=False) for size in range(1, down + 1, SILENCE_STEP)]
    faults += [Fault(up=size, closes=False) for size in range(0, up + 1, 13 * SILENCE_STEP)]
    _, report = survive(interpreter, tmp_path, faults, SHORT_MS)
    failed = [contact for contact in report if not contact["worked"]]
    assert len(failed) > len(faults) // 3
    assert max(contact["ms"] for contact in failed) < LONGEST_MS


def test_an_answer_that_comes_byte_by_byte_is_understood(interpreter: list[str], tmp_path: Path) -> None:
    with StandInBroker(lambda number: Fault(drip_s=0.001), a_gap) as broker:
        reports = contacts(interpreter, tmp_path, broker.port, 7)
    assert all(contact["worked"] for contact in reports)
    full_have(broker, reports)


def test_trickling_does_not_stretch_a_deadline(interpreter: list[str], tmp_path: Path) -> None:
    # Each byte comes in time, so that a deadline that began again with every read would never end.
    with StandInBroker(lambda number: Fault(drip_s=SHORT_MS / 2000)) as broker:
        reports = contacts(interpreter, tmp_path, broker.port, 3, timeouts_ms=[SHORT_MS])
        # CONNACK alone has four bytes.
        assert not any(contact["worked"] for contact in reports)
    assert max(contact["ms"] for contact in reports) < LONGEST_MS


def test_what_a_full_flash_had_to_let_go_is_counted_to_the_record(
    interpreter: list[str], tmp_path: Path
) -> None:
    with StandInBroker() as broker:
        [reports] = contacts(interpreter, tmp_path, broker.port, 1, wakes=700, capacity_kb=64)
    assert reports["worked"]
    record_count = reports["next"] - 1
    assert record_count == 1400
    assert broker.lowest_seq == reports["lowest"] > 100
    assert sorted(broker.rows) == list(range(broker.lowest_seq, record_count + 1))
    assert all(broker.rows[seq] == as_appended(seq) for seq in broker.rows)


def test_acknowledgements_of_what_was_never_sent_are_not_believed(
    interpreter: list[str], tmp_path: Path
) -> None:
    strange = b"".join(b"\x40\x02" + bytes([number, 7]) for number in range(256))
    with StandInBroker(lambda number: Fault(instead=strange, down=20 + len(strange))) as broker:
        [reports] = contacts(interpreter, tmp_path, broker.port, 1)
    assert (reports["worked"], reports["acknowledged"]) == (False, 0)
    assert broker.dialogues[0].packets.count(0x30) > 0


def test_a_slow_broker_gets_the_budget_and_the_rest_comes_with_the_next_contact(
    interpreter: list[str], tmp_path: Path
) -> None:
    with StandInBroker(lambda number: Fault() if number else Fault(late_s=0.05)) as broker:
        reports = contacts(interpreter, tmp_path, broker.port, 2, wakes=300, budget_s=5)
    slow, fast = reports
    assert slow["worked"]
    assert 0 < slow["acknowledged"] < slow["next"] - 1
    assert slow["ms"] < LONGEST_MS
    assert broker.dialogues[0].has_disconnected
    assert fast["acknowledged"] == fast["next"] - 1
    full_have(broker, reports)


DAY_S = 86_400
YEAR_2060_S = 2_840_140_800


def silent(_request: bytes) -> None:
    """A time server that is not there."""


def lying(request: bytes) -> bytes:
    """A time server that says the year 1999."""
    return answer(request, 930_000_000)


def jumping() -> Callable[[bytes], bytes]:
    """A time server that says another week at every asking."""
    weeks = itertools.count()
    return lambda request: answer(request, UTC_S + 7 * DAY_S * next(weeks))


@pytest.mark.parametrize("first", [silent, lying, jumping()], ids=["absent", "lying", "jumping"])
def test_whatever_time_servers_say_every_record_arrives_as_it_was_made(
    interpreter: list[str], tmp_path: Path, first: Callable[[bytes], bytes | None]
) -> None:
    with TimeServer(first) as server, TimeServer(silent) as other, StandInBroker() as broker:
        servers = [server.address, other.address]
        reports = contacts(interpreter, tmp_path, broker.port, 4, time_servers=servers)
    assert all(contact["worked"] for contact in reports)
    assert sorted(broker.rows) == list(range(1, reports[-1]["next"]))
    assert broker.conflicts == []
    sent = [broker.rows[seq] for seq in sorted(broker.rows) if broker.rows[seq][0] != "clock"]
    assert sent == [as_appended(seq) for seq in range(1, 2 * 4 * WAKES + 1)]
    anchors = [row for row in broker.rows.values() if row[0] == "clock"]
    # What one server alone says is never certain, so that its next word may be taken for the better one.
    assert len(anchors) == (0 if first in (silent, lying) else 4)
    assert not (tmp_path / "node" / "past.json").exists()


def test_a_server_without_a_time_or_with_one_of_2060_leaves_the_right_one_alone(
    interpreter: list[str], tmp_path: Path
) -> None:
    wrong = itertools.cycle(
        [lambda request: answer(request)[:40] + bytes(8), lambda request: answer(request, YEAR_2060_S)]
    )
    with (
        TimeServer(lambda request: next(wrong)(request)) as server,
        TimeServer(answer) as other,
        StandInBroker() as broker,
    ):
        servers = [server.address, other.address]
        reports = contacts(interpreter, tmp_path, broker.port, 3, time_servers=servers)
    assert all(contact["worked"] for contact in reports)
    anchors = [row for row in broker.rows.values() if row[0] == "clock"]
    assert len(anchors) == 3
    assert all(abs(row[3] - UTC_S) <= 1 for row in anchors)


def test_a_lie_of_one_server_at_power_on_is_put_right_by_two_and_never_kept(
    interpreter: list[str], tmp_path: Path
) -> None:
    lies = itertools.chain([4 * 365 * DAY_S] * 4, itertools.repeat(0))
    silences = itertools.chain([True], itertools.repeat(False))
    with (
        TimeServer(lambda request: answer(request, UTC_S + next(lies))) as liar,
        TimeServer(lambda request: None if next(silences) else answer(request)) as late,
        StandInBroker() as broker,
    ):
        reports = contacts(interpreter, tmp_path, broker.port, 3, time_servers=[liar.address, late.address])
    assert all(contact["worked"] for contact in reports)
    anchors = [row[3] for _, row in sorted(broker.rows.items()) if row[0] == "clock"]
    assert [abs(utc_s - UTC_S) <= 1 for utc_s in anchors] == [False, True, True]
    assert abs(json.loads((tmp_path / "node" / "past.json").read_bytes()[:-4])["utc"] - UTC_S) <= 1
