"""The device's own code on stand-ins of the boards, with a real broker and a time server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from brokers.time_server import TimeServer, answer
from firmware.board_parts import KINDS, ResetError, World
from firmware.node_process import Receiver
from firmware.powered import Powered, files, live_until
from real_parts import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Mosquitto

BEGAN_S = 1790000000
WAKES = 9


def live_for(powered: Powered, wakes: int) -> None:
    """Let a node live for so many wakes, asleep or waiting between them."""
    done: list[int] = []
    one_wake = powered.start.run_wake  # type: ignore[attr-defined]

    def counted(*arguments: Any) -> int:
        if len(done) == wakes:
            powered.world.reset(5, "enough")
        done.append(powered.world.now_us)
        return int(one_wake(*arguments))

    powered.start.run_wake = counted  # type: ignore[attr-defined]
    try:
        live_until(powered, lambda: False)
    except ResetError:
        pass
    finally:
        powered.start.run_wake = one_wake  # type: ignore[attr-defined]
    assert len(done) == wakes


def assert_no_secret(secret: str, receiver: Receiver, folder: Path) -> None:
    """The passwords are in the two files that a person wrote, and nowhere else."""
    assert secret not in json.dumps([receiver.batches, receiver.last])
    files = {
        path.name for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    }
    assert files - {path.name for path in (folder / "mosquitto").rglob("*")} == {
        "config.json",
        "network.json",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_board_sends_all_it_read_and_dates_it(kind: str, mosquitto: Mosquitto, tmp_path: Path) -> None:
    world = World(kind)

    def answer_of(request: bytes) -> bytes:
        return answer(request, BEGAN_S + world.now_us // 1_000_000)

    with TimeServer(answer_of) as clock, Receiver(mosquitto.port) as receiver:
        files(
            str(tmp_path),
            broker={
                "host": "127.0.0.1",
                "port": mosquitto.port,
                "username": "elm-a1",
                "password": "open sesame",
            },
            time_servers=[list(clock.address)],
            gateway="gateway-1",
            timeout_s=5,
            contact_every_s=1800,
        )
        live_for(Powered(world, str(tmp_path)), WAKES)
        # The last wakes may wait for their contact.
        wait_until(lambda: receiver.next > 3 * (WAKES - 2), label="the arrival of the records")
        wait_until(lambda: receiver.last.get("status", {}).get("state") == "asleep", label="the status")
        assert receiver.conflicts == []
        assert {batch["b"] for batch in receiver.batches} == {1}
        assert {batch["p"] for batch in receiver.batches} == {receiver.last["probes"]["p"]}
        assert [row[1] for row in receiver.last["probes"]["probes"]] == ["capacitive", "ds18b20"]
    dated = [row for row in receiver.rows.values() if row[2] is not None]
    assert len(dated) > len(receiver.rows) // 2
    # A record's time is that of the world when its uptime was read.
    assert all(abs(row[2] - row[1] - BEGAN_S) <= 4 for row in dated)
    assert world.set_to[-1][:3] == (2026, 9, 21)
    assert not world.radio_is_on
    assert_no_secret("sesame", receiver, tmp_path)
