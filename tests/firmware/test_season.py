"""A season on real MicroPython with 160 KB: nothing leaks, and a month's silence is made up for."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firmware.node_process import BEAM, DAY_S, ROOT, START_S, Receiver, write_plan
from firmware.test_tls import files_of, receiving, start_broker, with_tls
from real_parts import wait_until
from sera_gateway.authority import Authority
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Mosquitto

SCRIPT = ROOT / "tests" / "firmware" / "season.py"
PATHS = [str(ROOT / part) for part in ("firmware", "vocabulary", "simulator")]
# 2,000 in the soak: three weeks.
WAKES = int(os.environ.get("SERA_SEASON_WAKES", "200"))
INTERVAL_S = 900
SAMPLES = 40
TLS_BLOCK_BYTES = 16_700
# What lists that grow with the flash may take in a season: four bytes a segment.
TOLERANCE_BYTES = 1024


def season(micropython: Path, plan: Path, timeout_s: float = 240) -> list[dict[str, Any]]:
    """Run a season; return its samples, and at the end what the node said last."""
    command = [str(micropython), "-X", "heapsize=160K", str(SCRIPT), str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def outages(days: float) -> list[list[int]]:
    """A third of each day without network, at another hour each day."""
    begins = [START_S + day * DAY_S + 7919 * day % 50_000 for day in range(int(days) + 1)]
    return [[begin, begin + DAY_S // 3] for begin in begins]


def test_a_season_with_outages_costs_no_heap_and_no_block(micropython: Path, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "authority", lambda: datetime.now(UTC))
    port, server = start_broker(
        "mosquitto", files_of(authority, "broker", "broker-1", ("127.0.0.1",)), tmp_path / "broker"
    )
    days = WAKES * INTERVAL_S / DAY_S
    plan = write_plan(
        tmp_path,
        port,
        days,
        BEAM,
        paths=PATHS,
        broker=with_tls(port, files_of(authority, "node", "elm-a1")),
        faults={"outages": outages(days), "reboots": []},
        sample_every=WAKES // SAMPLES,
    )
    try:
        with receiving(port, authority) as receiver:
            *samples, said = season(micropython, plan)
            on_flash = keys_on_flash(tmp_path / "flash")
            wait_until(lambda: len(receiver.rows) >= len(on_flash.keys), what="the arrival of all records")
    finally:
        server.kill()
    assert len(samples) >= SAMPLES - 1
    assert said["made"] == said["acknowledged"] == len(receiver.rows)
    assert receiver.conflicts == []
    print(json.dumps({"first": samples[SAMPLES // 4], "last": samples[-1], "contacts": said["contacts"]}))
    for what in ("free", "block"):
        early = min(sample[what] for sample in samples[SAMPLES // 8 : SAMPLES // 4])
        late = min(sample[what] for sample in samples[-SAMPLES // 4 :])
        assert late >= early - TOLERANCE_BYTES, (what, early, late)
    assert min(sample["block"] for sample in samples) > TLS_BLOCK_BYTES


def test_a_month_off_the_network_arrives_whole_afterwards(
    micropython: Path, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    days = 31
    faults = {"outages": [[START_S, START_S + 30 * DAY_S]]}
    plan = write_plan(tmp_path, mosquitto.port, days, BEAM, paths=PATHS, faults=faults, sample_every=960)
    with Receiver(mosquitto.port) as receiver:
        *_, said = season(micropython, plan)
        on_flash = keys_on_flash(tmp_path / "flash")
        wait_until(lambda: len(receiver.rows) >= len(on_flash.keys), what="the arrival of all records")
    assert (on_flash.freed, on_flash.damaged) == (0, frozenset())
    assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash.keys
    assert said["made"] == len(receiver.rows) > 30 * 96 * 3
    assert receiver.conflicts == []


def test_a_leak_would_be_noticed(micropython: Path, tmp_path: Path) -> None:
    """A node that keeps 64 bytes a wake fails the comparison that the season must pass."""
    plan = write_plan(tmp_path, 1, 200 * INTERVAL_S / DAY_S, BEAM, paths=PATHS, deliver=False, sample_every=5)
    leaking = SCRIPT.read_text(encoding="utf-8").replace(
        "        wakes += 1\n", "        wakes += 1\n        kept.append(bytearray(64))\n"
    )
    leaking = leaking.replace("    wakes = 0\n", "    wakes, kept = 0, []\n")
    script = tmp_path / "leaking.py"
    script.write_text(leaking, encoding="utf-8")
    command = [str(micropython), "-X", "heapsize=160K", str(script), str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    samples = [json.loads(line) for line in done.stdout.splitlines()][:-1]
    early = min(sample["free"] for sample in samples[SAMPLES // 8 : SAMPLES // 4])
    assert min(sample["free"] for sample in samples[-SAMPLES // 4 :]) < early - TOLERANCE_BYTES
