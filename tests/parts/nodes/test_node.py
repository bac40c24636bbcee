"""A whole node, as a process on a virtual board, sends everything through real brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmware.node_process import (
    BEAM,
    CAMERA,
    DAY_S,
    START_S,
    STEP_S,
    Receiver,
    cpython,
    finished,
    lived,
    micropython_command,
    started,
    trace,
    write_plan,
)
from real_parts import wait_until
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Mosquitto, Nats


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "cpython":
        return cpython()
    return micropython_command(request.getfixturevalue("micropython"))


@pytest.fixture(params=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest) -> Mosquitto | Nats:
    return request.getfixturevalue(request.param)


def full_have(receiver: Receiver, flash: Path) -> None:
    """Compare what arrived with what an independent reader finds on flash."""
    on_flash = keys_on_flash(flash)
    wait_until(lambda: len(receiver.rows) >= len(on_flash.keys), label="the arrival of all records")
    assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash.keys
    assert {batch["e"] for batch in receiver.batches} == {on_flash.epoch}
    assert receiver.conflicts == []
    assert not on_flash.damaged


def test_two_days_arrive_complete_and_without_repeats(
    interpreter: list[str], broker: Mosquitto | Nats, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, broker.port, 2, BEAM)
    with Receiver(broker.port) as receiver:
        message = lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
        assert message["made"] == message["acknowledged"] == len(receiver.rows)
        wait_until(lambda: receiver.last.get("status", {}).get("state") == "asleep", label="the status")
        assert receiver.last["status"]["next_contact_s"] == 3600
        assert (
            receiver.last["probes"]["p"] == receiver.last["data"].get("p")
            or receiver.last["probes"]["probes"]
        )


def test_outage_reboot_and_lost_clock_cost_no_record(
    interpreter: list[str], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    faults = {
        "outages": [[START_S + 7200, START_S + DAY_S]],
        "reboots": [START_S + 40_123],
        "clock_lost": [START_S + DAY_S + 20_000],
        "no_time_source": [[START_S + DAY_S + 20_000, START_S + DAY_S + 40_000]],
    }
    plan = write_plan(tmp_path, mosquitto.port, 2, BEAM, faults=faults)
    with Receiver(mosquitto.port) as receiver:
        lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
        assert {batch["b"] for batch in receiver.batches} == {1, 2}
        undated = [row for row in receiver.rows.values() if row[2] is None]
        assert len(undated) > 50
        assert all(row[4] & 2 for row in undated)
        anchors = [row for row in receiver.rows.values() if row[0] == "clock"]
        assert any(row[5] is None for row in anchors)


def test_what_the_gateway_lacks_is_sent_again(interpreter: list[str], nats: Nats, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, nats.port, 2, BEAM)
    with Receiver(nats.port, loses=lambda seq: seq % 50 == 7) as receiver:
        lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
        assert receiver.repeated > 0


def test_a_broker_killed_in_between_costs_no_record(
    interpreter: list[str], broker: Mosquitto | Nats, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, broker.port, 4, BEAM, pace_s_per_day=1.5)
    with Receiver(broker.port) as receiver:
        process = started(interpreter, plan)
        wait_until(lambda: len(receiver.rows) > 40, label="the first records")
        broker.restart()
        finished(process)
        full_have(receiver, tmp_path / "flash")


def test_a_camera_reports_its_groups_with_its_effort(
    interpreter: list[str], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, mosquitto.port, 1, CAMERA)
    with Receiver(mosquitto.port) as receiver:
        lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
        counts = [row for row in receiver.rows.values() if row[0] == "counts"]
        assert len(counts) == DAY_S // 900
        assert {row[-1] for row in counts} == {810}


CHIPS = ["soil_moisture@2", "soil_temperature@2", "soil_conductivity@2", "soil_ph@2"]
CHIPS += ["air_temperature", "air_humidity", "air_pressure", "illuminance"]
READINGS = [0.315, 12.5, 420.0, 6.5, 18.5, 62.0, 1003.0, 54000.0]
SENSORS = [
    {"model": "modbus-soil", "uart": 2, "position": 2, "address": 2},
    {"model": "bme280", "bus": 0},
    {"model": "veml7700", "bus": 0},
]


def test_chips_that_fail_for_a_while_are_nulls_for_that_while(
    interpreter: list[str], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    spans = {
        "soil_temperature@2": ("checksum", START_S + 10_000, START_S + 20_000),
        "air_temperature": ("nack", START_S + 30_000, START_S + 40_000),
        "illuminance": ("stuck", START_S + 50_000, START_S + 60_000),
    }
    faults = {"chips": [[kind, column, first, end] for column, (kind, first, end) in spans.items()]}
    plan = write_plan(
        tmp_path, mosquitto.port, 1, CHIPS, faults=faults, sensors=SENSORS, rows=[READINGS] * 289
    )
    with Receiver(mosquitto.port) as receiver:
        lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
    places = {
        "soil_temperature@2": ("soil", 0, 4),
        "air_temperature": ("air", 0, 3),
        "illuminance": ("air", 3, 4),
    }
    failed = dict.fromkeys(spans, 0)
    for stream, _, utc_s, _, _, *values in receiver.rows.values():
        if stream not in ("soil", "air") or utc_s is None:
            continue
        expected = list(READINGS[:4] if stream == "soil" else READINGS[4:])
        for column, (of, first, end) in places.items():
            if of == stream and spans[column][1] <= utc_s < spans[column][2]:
                failed[column] += 1
                assert values[first:end] == [None] * (end - first)
                values[first:end] = expected[first:end]
        assert values == pytest.approx(expected, rel=2e-3)
    assert set(failed.values()) == {11}


def test_what_the_sensors_saw_is_what_was_sent(
    interpreter: list[str], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    removed_row = ["soil_temperature@1", START_S + 40_000, START_S + 50_000]
    stuck = ["soil_moisture_raw@1", START_S + 60_000, START_S + 70_000]
    faults = {"missing": [removed_row], "stuck": [stuck]}
    plan = write_plan(tmp_path, mosquitto.port, 1, BEAM, faults=faults)
    beam_trace = trace(BEAM, DAY_S // STEP_S + 1)
    with Receiver(mosquitto.port) as receiver:
        lived(interpreter, plan)
        full_have(receiver, tmp_path / "flash")
    nulls = frozen = 0
    for stream, _, utc_s, _, _, *values in receiver.rows.values():
        row = 0 if utc_s is None else (utc_s - START_S) // STEP_S
        if row and stream == "soil":
            is_gone, is_stuck = removed_row[1] <= utc_s < removed_row[2], stuck[1] <= utc_s < stuck[2]
            at = (stuck[1] - START_S) // STEP_S if is_stuck else row
            assert values[0] == beam_trace[at][0]
            assert values[1] is None if is_gone else abs(values[1] - beam_trace[row][1]) <= 0.0313 + 0.005
            nulls, frozen = nulls + is_gone, frozen + is_stuck
        if row and stream == "visits":
            steps = beam_trace[row - 2 : row + 1]
            assert values == [sum(step[place] for step in steps) for place in (8, 9, 10)]
    assert (nulls, frozen) == (11, 11)
