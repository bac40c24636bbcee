"""A season on real MicroPython with 160 KB: nothing leaks, and a month's silence is made up for."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firmware.node_process import Receiver
from firmware.node_runs import SAMPLES, season
from firmware.tls_brokers import files_of, receiving, start_broker, with_tls
from real_parts import LOOPBACK, wait_until
from sera_gateway.security.authority import Authority
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Mosquitto

# 2,000 in the soak: three weeks.
WAKES = int(os.environ.get("SERA_SEASON_WAKES", "200"))
WAKES_A_DAY = 96
TLS_BLOCK_BYTES = 16_717
# What a list that grows with the flash may take in a season: four bytes a segment.
TOLERANCE_BYTES = 1024


def no_longer_there(samples: list[dict[str, Any]], field: str) -> int:
    """How much less there was in the last quarter of a season than early in it [byte]."""
    early = min(sample[field] for sample in samples[SAMPLES // 8 : SAMPLES // 4])
    return int(early - min(sample[field] for sample in samples[-SAMPLES // 4 :]))


def arrived(receiver: Receiver, folder: Path, output: dict[str, Any]) -> None:
    """Compare what arrived with what an independent reader finds on flash."""
    on_flash = keys_on_flash(folder / "flash")
    wait_until(lambda: len(receiver.rows) >= len(on_flash.keys), label="the arrival of all records")
    assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash.keys
    assert (on_flash.freed, on_flash.damaged) == (0, frozenset())
    assert output["made"] == output["acknowledged"] == len(receiver.rows)
    assert receiver.conflicts == []


def test_a_season_with_outages_costs_no_heap_and_no_block(micropython: Path, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "authority", lambda: datetime.now(UTC))
    own = files_of(authority, "broker", "sera-broker", (LOOPBACK,))
    port, server = start_broker("mosquitto", own, tmp_path / "broker")
    # A third of each day, at another hour each day.
    outages = [[begin, begin + WAKES_A_DAY // 3] for begin in range(10, WAKES, WAKES_A_DAY - 7)]
    try:
        with receiving(port, authority) as receiver:
            node = with_tls(port, files_of(authority, "node", "elm-a1"))
            *samples, report = season(micropython, tmp_path, node, WAKES, outages=outages)
            arrived(receiver, tmp_path, report)
    finally:
        server.kill()
    print(json.dumps({"early": samples[SAMPLES // 8], "late": samples[-1], "contacts": report["contacts"]}))
    assert report["contacts"] > WAKES // 25
    assert no_longer_there(samples, "free") <= TOLERANCE_BYTES
    assert min(sample["for_tls"] for sample in samples) >= TLS_BLOCK_BYTES


def test_a_month_off_the_network_arrives_whole_afterwards(
    micropython: Path, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    month = 30 * WAKES_A_DAY
    broker = {"host": LOOPBACK, "port": mosquitto.port}
    with Receiver(mosquitto.port) as receiver:
        *_, report = season(micropython, tmp_path, broker, month + 8, outages=[[0, month]], sample_every=960)
        arrived(receiver, tmp_path, report)
    assert report["made"] > 2 * month


def test_a_leak_would_be_noticed(micropython: Path, tmp_path: Path) -> None:
    broker = {"host": LOOPBACK, "port": 1}
    *samples, _ = season(micropython, tmp_path, broker, 200, outages=[[0, 200]], leaks=32, last_contacts=0)
    assert no_longer_there(samples, "free") > TOLERANCE_BYTES
