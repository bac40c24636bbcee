"""Tens of thousands of spoiled messages: nothing stops, memory is bounded, all is accounted for by SQL.

`SERA_RUBBISH=200000` makes it as many; `make soak` does.
"""

from __future__ import annotations

import json
import os
import random
import resource
from typing import TYPE_CHECKING, Any

import pytest

from foreign_parts import GARDEN_OBS, obs_message, obs_topic, observation
from gateway_parts import EPOCH, NOW_S, SINCE_S, batch, data_topic, message, plant
from ledger_parts import Way, assert_closes, way_in
from sera_gateway.decode import reasons
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.journal.journal import Message

COUNT = int(os.environ.get("SERA_RUBBISH", "20000"))
A_COMMIT = 500
MEMORY_MOST_MB = 250
OWN_NODES = ("node-a", "node-b", "node-x")
FOREIGN = ("gdn-0001", "gdn-0002", "gdn-9999")

STRANGE: list[Any] = [
    None, True, False, -1, 0, 0.1, 1e308, -1e308, float("nan"), float("inf"), 10**30, -(2**63), 2**31, "",
    "warm", "\x00", "é" * 9, [], {}, [[]], {"a": 1}, "1e5", "NaN", 1e-320,
]  # fmt: skip
COLUMNS = [
    ["air_temperature"],
    ["air_temperature", "air_humidity"],
    ["aura"],
    ["soil_moisture_raw@1"],
    ["clock_step_s"],
    [],
    ["air_temperature"] * 2,
    ["air_temperature@99"],
]
STREAMS = ["air", "soil", "clock", "visits", "aura", "", 5]
HOSTILE_TOPICS = [
    "sera", "sera/", "sera/v1", "sera/v1/avon/node-a/", "sera/v1//node-a/data", "sera/v1/AVON/node-a/data",
    "sera/v1/avon/node-a/data/more", "sera/v1/avon/../data", "sera/v2/avon/node-a/data", "$SYS/broker", "/",
    "//////", "garden/v1/a/b/GDN 1/obs", "garden/v1/a/b/x/obs", "garden/v1/a/b//obs", "garden/v1/a/b/c/d/obs",
    "a" * 60_000, "\u202e\u0000x", "'; DROP TABLE records; --", "sera/v1/avon/node-a/have",
]  # fmt: skip


class Rubbish:
    """Makes messages, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seq = 0
        self._kinds: list[tuple[int, Callable[[], tuple[str, bytes]]]] = [
            (30, self._batch),
            (25, self._observations),
            (15, self._mutated),
            (8, self._truncated),
            (6, self._bytes),
            (6, self._json),
            (4, self._probes_or_status),
            (4, self._topic),
            (1, self._deep),
            (1, self._big),
        ]

    def messages(self, count: int) -> Iterator[Message]:
        """Make so many messages."""
        weights = [weight for weight, _ in self._kinds]
        draw = self._random
        for kind in draw.choices([make for _, make in self._kinds], weights, k=count):
            topic, payload = kind()
            marks = {
                "retain": draw.random() < 0.05,
                "dup": draw.random() < 0.1,
                "mid": draw.randrange(1, 200),
                "connection": draw.randrange(1, 4),
            }
            yield message(topic, payload, NOW_S, **marks)

    def _or_strange(self, sound: Any, share: float = 0.12) -> Any:
        return self._random.choice(STRANGE) if self._random.random() < share else sound

    def _batch(self) -> tuple[str, bytes]:
        draw = self._random
        columns = draw.choice(COLUMNS)
        rows: list[Any] = []
        for _ in range(draw.randrange(0, 10)):
            self._seq += draw.choice([0, 1, 1, 1, 3])
            time_s = draw.choice([NOW_S, NOW_S - 5, None, 0, 2**33, NOW_S + 90_000, 946_684_800])
            cells = [self._or_strange(draw.uniform(-60, 120)) for _ in columns]
            seq = self._or_strange(max(1, self._seq), 0.03)
            rows.append([seq, self._or_strange(60), time_s, self._or_strange(2), self._or_strange(0), *cells])
            if draw.random() < 0.05:
                rows[-1] = draw.choice([rows[-1][:3], [*rows[-1], 1], 5, None, "row", {}])
        changes = {key: draw.choice(STRANGE) for key in "vebfnskpr" if draw.random() < 0.02}
        fields = {"n": self._seq + 100, "b": draw.randrange(1, 4), "s": draw.choice(STREAMS)}
        payload = batch(rows, columns, **(fields | changes))
        return data_topic(draw.choice(OWN_NODES)), payload

    def _observations(self) -> tuple[str, bytes]:
        draw = self._random
        node = draw.choice(FOREIGN)
        names = ["air_temperature", "soil_moisture", "acoustic_level", "pollinator_count", "aura", ""]
        units = ["degF", "m3/m3", "dB", "count", "furlong", None, 5, "1e9**9"]
        observed = [
            self._or_strange(
                observation(
                    self._or_strange(draw.choice(names), 0.05),
                    self._or_strange(draw.uniform(-9, 99)),
                    draw.choice(units),
                ),
                0.05,
            )
            for _ in range(draw.randrange(0, 6))
        ]
        time_s = NOW_S + draw.choice([0, -60, -(10**7), 10**7])
        changes = {key: draw.choice(STRANGE) for key in ("node", "ts", "bat", "obs") if draw.random() < 0.04}
        return obs_topic(node), obs_message(node, draw.randrange(99), time_s, **({"obs": observed} | changes))

    def _sound(self) -> tuple[str, bytes]:
        return self._batch() if self._random.random() < 0.5 else self._observations()

    def _mutated(self) -> tuple[str, bytes]:
        topic, payload = self._sound()
        spoiled = bytearray(payload)
        for _ in range(self._random.randrange(1, 6)):
            spoiled[self._random.randrange(len(spoiled))] = self._random.randrange(256)
        return topic, bytes(spoiled)

    def _truncated(self) -> tuple[str, bytes]:
        topic, payload = self._sound()
        return topic, payload[: self._random.randrange(len(payload))]

    def _bytes(self) -> tuple[str, bytes]:
        return self._any_topic(), self._random.randbytes(self._random.randrange(0, 200))

    def _json(self) -> tuple[str, bytes]:
        return self._any_topic(), json.dumps(self._random.choice(STRANGE)).encode()

    def _probes_or_status(self) -> tuple[str, bytes]:
        channel = self._random.choice([topics.PROBES, topics.STATUS, *topics.DOWN_CHANNELS])
        report = {"v": self._or_strange(1), "p": "a1b2c3d4", "state": self._or_strange("online"), "e": EPOCH}
        report["probes"] = self._or_strange([[1, "capacitive", f"c-{self._random.randrange(3)}"]])
        return topics.topic("avon", self._random.choice(OWN_NODES), channel), json.dumps(report).encode()

    def _topic(self) -> tuple[str, bytes]:
        return self._random.choice(HOSTILE_TOPICS), self._sound()[1]

    def _deep(self) -> tuple[str, bytes]:
        opened = self._random.choice([b"[", b'{"a":', b'{"obs":[{"v":'])
        return self._any_topic(), opened * self._random.randrange(10, 20_000)

    def _big(self) -> tuple[str, bytes]:
        return self._any_topic(), b'{"obs":"' + b"x" * self._random.choice([2_000, 70_000, 500_000]) + b'"}'

    def _any_topic(self) -> str:
        return self._random.choice(
            [data_topic(self._random.choice(OWN_NODES)), obs_topic(), obs_topic("gdn-9999")]
        )


def take_all(way: Way, count: int) -> None:
    """Journal and take messages, a commit's worth at a time."""
    waiting: list[Message] = []
    for number, item in enumerate(Rubbish(seed=4).messages(count), 1):
        waiting.append(item)
        if len(waiting) == A_COMMIT or number == count:
            way.journal.append(waiting)
            waiting = []
            way.ledger.step()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_stops_and_everything_is_accounted_for(tmp_path: Path) -> None:
    with way_in(tmp_path) as way:
        plant(way.store, [*OWN_NODES[:2], *FOREIGN[:2]])
        way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
        take_all(way, min(COUNT, 2_000))
        begun_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        take_all(way, COUNT)
        grown_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - begun_mb
        assert way.ledger.position == way.journal.last_number
        assert_every_message_is_accounted_for(way)
        assert_every_key_is_accounted_for(way)
        for account in way.store.completeness():
            assert_closes(account)
        assert grown_mb < MEMORY_MOST_MB


def assert_every_message_is_accounted_for(way: Way) -> None:
    """Each journal number is a record's, a letter's, a repeat's or an ignored message's."""
    rows = way.sql(
        "SELECT journal FROM records UNION SELECT journal FROM dead_letters UNION SELECT journal FROM ignored"
        " UNION SELECT journal FROM repeated"
    )
    missed = set(range(1, way.journal.last_number + 1)) - {number for (number,) in rows}
    assert missed == set()
    output = {reason for (reason,) in way.sql("SELECT DISTINCT reason FROM dead_letters")}
    assert output <= reasons.REASONS.keys() - {reasons.INTERNAL}
    # So much rubbish meets nearly every reason there is.
    assert len(output) >= 13
    assert {reason for (reason,) in way.sql("SELECT DISTINCT reason FROM ignored")} <= reasons.IGNORED.keys()


def assert_every_key_is_accounted_for(way: Way) -> None:
    """Each key has a record or a letter, and its record is seen once."""
    assert way.sql("SELECT count(*) FROM keys WHERE record IS NULL AND letter IS NULL") == [(0,)]
    output = "(SELECT count(*) FROM timeline) + (SELECT count(*) FROM undated)"
    assert way.sql(f"SELECT {output} = (SELECT count(*) FROM keys WHERE record IS NOT NULL)") == [(1,)]
