"""One hostile node at full speed beside good ones, in short: nothing of theirs is lost, an alarm is raised.

How long good readings take meanwhile is measured by `bench/bench_flood.py`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from brokers.flood import (
    HOSTILE,
    ROWS_A_MESSAGE,
    Door,
    GoodNodes,
    disk_bytes,
    hostile_node,
    open_doors,
    resident_mb,
)
from gateway_parts import months, plant, rows_of
from sera_command.installation.gateway_process import running_gateway
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_gateway.journal.excess import EXCESS_TOPIC
from sera_gateway.journal.reader import JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Mosquitto, Nats

FLOOD_S = 6.0
NODES = 40
EVERY_S = 2.0
MEMORY_MOST_MB = 250


# Each change on the disk at once would slow the hostile node down.
RELAXED = "autosave_on_changes false\nautosave_interval 1800"


@pytest.mark.parametrize(("broker", "lines"), [("nats", ""), ("mosquitto", RELAXED)])
def test_a_hostile_node_costs_the_good_ones_nothing(
    broker: str, lines: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Nats | Mosquitto = request.getfixturevalue(f"new_{broker}")(settings=lines)
    settings = GatewaySettings(
        broker=BrokerSettings(url=server.url), data=DataSettings(folder=str(tmp_path / "data"))
    )
    good = GoodNodes(open_doors(server.port, NODES), settings.data.store, EVERY_S)
    with Store.open(settings.data.store) as store:
        plant(store, [HOSTILE, *good.names])
    # Beyond what it may send at once, however slow the machine is.
    least_sent = 3 * settings.budget.messages_at_once
    began_s, log = time.monotonic(), tmp_path / "gateway.log"
    with running_gateway(settings, tmp_path / "gateway.toml", log) as process:
        with hostile_node(Door(server.port, HOSTILE), FLOOD_S, least_sent) as sent:
            good.send_for(FLOOD_S)
        good.wait_for_all(120)
        memory_mb = resident_mb(process.pid)
    good.close()
    elapsed_s = time.monotonic() - began_s
    # A gateway that is told to stop journals what was refused, and leaves to its next start what it has no
    # time to take up.
    with Store.open(settings.data.store) as store, JournalReader(settings.data.journal) as journal:
        Ledger(store, journal).catch_up()
    assert good.stored() == good.batches * ROWS_A_MESSAGE
    _assert_bounded(settings, elapsed_s, sent[0].messages)
    assert max(memory_mb) < MEMORY_MOST_MB
    reported = [json.loads(line) for line in log.read_text().splitlines() if "beyond_budget" in line]
    assert {line["sender"] for line in reported} == {HOSTILE}
    assert {line["limit"] for line in reported} == {"messages", "packet_bytes", "epochs", "probe_tables"}


def _assert_bounded(settings: GatewaySettings, elapsed_s: float, sent: int) -> None:
    budget = settings.budget
    [month] = months(settings.data.journal)
    count, size = rows_of(
        month, "SELECT count(*), sum(length(payload)) FROM message WHERE topic LIKE ?", f"%/{HOSTILE}/%"
    )[0]
    assert sent > 2 * budget.messages_at_once
    assert 0 < count <= budget.messages_at_once + budget.messages_a_second * elapsed_s
    assert size < budget.bytes_a_day
    assert disk_bytes(settings.data.journal.parent) < budget.bytes_a_day
    # What was refused is counted, in few rows.
    rows = rows_of(month, "SELECT payload FROM message WHERE topic = ?", EXCESS_TOPIC)
    refused = sum(json.loads(payload)["messages"] for (payload,) in rows)
    assert len(rows) <= 2 * (2 + elapsed_s / 60)
    assert count + refused <= sent
    with Store.open(settings.data.store) as store:
        kinds = {(message.sender, message.kind): message.messages for message in store.excess()}
        assert len(store.completeness(HOSTILE)) <= 17
    assert kinds.keys() >= {
        (HOSTILE, kind) for kind in ("messages", "epochs", "probe_tables", "packet_bytes")
    }
    assert kinds[HOSTILE, "messages"] + kinds[HOSTILE, "packet_bytes"] == refused
