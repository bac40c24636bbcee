"""Forty virtual nodes of which eight misbehave, their messages brought through real journal and ledger."""

from __future__ import annotations

import json
import random
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway_parts import EPOCH, NOW_S, batch, message
from ledger_parts import Way
from sera_gateway.journal.excess import EXCESS_TOPIC, MESSAGES, Excess, excess_payload
from sera_store.registry.entities import Calibration, Community, Garden, Node, ProbePlace
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sera_gateway.journal.message import Message
    from sera_store.registry.registry import Registry

OAK, BAY = "oak", "bay"
GARDENS = tuple([f"yard-{number}" for number in range(1, 9)])
NODES = tuple([f"elm-{number}" for number in range(1, 41)])
HOUR_S, DAY_S = 3600, 86_400
DAYS = 14
CONTACT_S = 6 * HOUR_S
START_S = (NOW_S - DAYS * DAY_S) // HOUR_S * HOUR_S
REGISTERED_S = START_S - 30 * DAY_S
SOIL = ("soil_moisture_raw@1", "soil_temperature@1")
HEALTH = ("battery_voltage", "signal_strength", "queue_length", "queue_age_s", "clock_uncertainty_s")

# What each of the eight does, and the codes by which it must be named; all others are well.
SILENT, LOW, DRIFTING, STUCK = "elm-3", "elm-7", "elm-12", "elm-18"
CLOCK, ELSEWHERE, SWAPPED, FLOODING = "elm-21", "elm-26", "elm-33", "elm-38"
EXPECTED = {
    SILENT: {"silent"},
    LOW: {"battery_low", "battery_falling"},
    DRIFTING: {"drifting"},
    STUCK: {"stuck"},
    CLOCK: {"clock_wrong"},
    ELSEWHERE: {"wrong_community"},
    SWAPPED: {"probe_swapped"},
    FLOODING: {"flooding"},
}


@dataclass
class Virtual:
    """One virtual node; what it measures and says may be replaced."""

    node: str
    sent: int = 0
    epoch: str = EPOCH
    table: str = "a1b2c3d4"
    until_s: int = 2 * NOW_S
    serial: str = ""
    volts: Callable[[float], float] = lambda day: 3.95 + 0.02 * (day % 2)
    raw: Callable[[float], float] = lambda _: 2000.0
    warmer: Callable[[float], float] = lambda _: 0.0
    clock_s: int = 2
    flags: Callable[[float], int] = lambda _: 0
    community: Callable[[float], str] = lambda _: OAK
    random: random.Random = field(default_factory=lambda: random.Random(1))

    def contacts(self, after_s: int = START_S, until_s: int = NOW_S) -> list[Message]:
        """All messages of a span: a table of probes, records each six hours, a status at each end."""
        table = {"v": 1, "p": self.table, "probes": [[1, "capacitive", self.serial]]}
        day = (after_s - START_S) / DAY_S
        sent = [message(self._topic(topics.PROBES, day), json.dumps(table).encode(), after_s)]
        times = range(after_s + HOUR_S, min(self.until_s, until_s) + 1, HOUR_S)
        for first in range(0, len(times), 6):
            sent += self._contact(list(times[first : first + 6]))
        return sent

    def renew(self, serial: str = "", epoch: str = "") -> None:
        """Make it well: all as it should be, with another probe or on another board where one is named."""
        fresh = virtual(int(self.node.partition("-")[2]))
        self.until_s, self.volts, self.raw, self.warmer = NOW_S * 2, fresh.volts, fresh.raw, fresh.warmer
        self.clock_s, self.flags = fresh.clock_s, fresh.flags
        if serial:
            self.serial, self.table = serial, f"{zlib.crc32(serial.encode()):08x}"
        if epoch:
            self.epoch, self.sent = epoch, 0

    def _contact(self, times_s: list[int]) -> list[Message]:
        day, received_s = (times_s[-1] - START_S) / DAY_S, times_s[-1] + 30
        topic = self._topic(topics.DATA, day)
        status = {
            "v": 1,
            "state": "asleep",
            "next_contact_s": CONTACT_S,
            "firmware": "0.1.0",
            "config": 1,
        }
        return [
            message(topic, self._batch("soil", SOIL, [self._soil(time_s) for time_s in times_s]), received_s),
            message(topic, self._batch("health", HEALTH, [self._health(times_s[-1])]), received_s),
            message(self._topic(topics.STATUS, day), json.dumps(status).encode(), received_s),
        ]

    def _topic(self, channel: str, day: float) -> str:
        return topics.topic(self.community(day), self.node, channel)

    def _batch(self, stream: str, columns: tuple[str, ...], rows: list[list[Any]]) -> bytes:
        return batch(rows, columns, s=stream, p=self.table, e=self.epoch)

    def _soil(self, time_s: int) -> list[Any]:
        day = (time_s - START_S) / DAY_S
        noise = self.random.gauss(0, 1)
        raw = self.raw(day)
        raw = round(raw + 8 * noise + 40 * (day % 1)) if raw > 0 else -raw
        warmth = 15 + 4 * abs(2 * (day % 1) - 1) + 0.1 * noise + self.warmer(day)
        return self._row(time_s, [raw, round(warmth, 2)])

    def _health(self, time_s: int) -> list[Any]:
        day = (time_s - START_S) / DAY_S
        return self._row(time_s, [round(self.volts(day), 3), -61, 7, 900, self.clock_s])

    def _row(self, time_s: int, values: list[Any]) -> list[Any]:
        self.sent += 1
        return [self.sent, time_s - START_S, time_s, 2, self.flags((time_s - START_S) / DAY_S), *values]


def virtual(number: int) -> Virtual:
    """Make one of the forty, as it should be."""
    return Virtual(f"elm-{number}", serial=f"c-{number:04}", random=random.Random(number))


def misbehave(nodes: dict[str, Virtual]) -> None:
    """Make eight of them go wrong, each in its own way."""
    nodes[SILENT].until_s = NOW_S - 30 * HOUR_S
    nodes[LOW].volts = lambda day: 4.1 - 0.048 * day
    nodes[LOW].flags = lambda day: messages.FLAG_BATTERY_LOW if day > 12.6 else 0
    nodes[DRIFTING].warmer = lambda day: 0.6 * day
    # The very same number for three days.
    nodes[STUCK].raw = lambda day: 2000.0 if day < DAYS - 3 else -1987.0
    nodes[CLOCK].clock_s = 5400
    nodes[ELSEWHERE].community = lambda day: OAK if day < DAYS - 1 else BAY
    nodes[SWAPPED].serial = "c-0999"


def register(registry: Registry, nodes: Sequence[str] = NODES) -> None:
    """Enter communities, gardens, nodes, probes and calibrations, from long before any record."""
    for community in (OAK, BAY):
        registry.put(Community(community), since_s=REGISTERED_S, by="a test")
    for number, garden in enumerate(GARDENS):
        place = Garden(garden, OAK, None, f"Yard {number + 1}", 51.45, -2.59, "Europe/London")
        registry.put(place, since_s=REGISTERED_S, by="a test")
    for node in nodes:
        number = NODES.index(node) + 1
        serial = f"c-{number:04}"
        registry.put(Node(node, GARDENS[number % 8]), since_s=REGISTERED_S, by="a test")
        registry.put(ProbePlace(serial, node, 1, 0.1), since_s=REGISTERED_S, by="a test")
        for probe in {serial, "c-0999"}:
            line = Calibration(
                f"{probe} line", probe, "soil_moisture_raw", "soil_moisture", (0.6, -2e-4), REGISTERED_S
            )
            registry.put(line, since_s=REGISTERED_S, by="a test")


def fill(folder: Path, *, is_well: bool = False, only: Sequence[str] = NODES) -> None:
    """Store the fortnight of nodes in a data folder; eight of the forty misbehave unless all are well."""
    nodes = {f"elm-{number}": virtual(number) for number in range(1, 41)}
    if not is_well:
        misbehave(nodes)
    way = Way(folder)
    register(way.store.registry, only)
    sent = [sent_message for name in only for sent_message in nodes[name].contacts()]
    sent.sort(key=lambda sent_message: sent_message.received_ns)
    if not is_well:
        excess = Excess(FLOODING, MESSAGES, "x", "", "", 900, 4000, 3_600_000)
        sent.append(message(EXCESS_TOPIC, excess_payload(excess), NOW_S))
    way.journal.append(sent)
    way.ledger.catch_up()
    way.close()
