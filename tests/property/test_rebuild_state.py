"""Own and foreign messages with orders amid them: taken in any parts, the state is that of a rebuild."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign_parts import GARDEN_OBS, obs_message
from foreign_parts import NODE as FOREIGN
from gateway_parts import NOW_S, SINCE_S, batch, data_topic, message, plant, row
from ledger_parts import Way, replayed
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, REPLAY, RESTORE
from sera_store.registry.entities import Community
from sera_vocabulary import messages, topics
from strategies import examples

if TYPE_CHECKING:
    from sera_gateway.journal.journal import Message
    from sera_store.registry.mappings import Mapping

NODES = ("node-a", "node-b")
FAR = "severn"
# The mapping's second version comes while messages arrive; the hub's topic names no node.
CHANGED_S = NOW_S + 6
HUB = msgspec.structs.replace(GARDEN_OBS, id="hub-obs", topic="hub/{place}/obs")
MAPPINGS: tuple[tuple[Mapping, int], ...] = (
    (GARDEN_OBS, SINCE_S),
    (msgspec.structs.replace(GARDEN_OBS, version=2), CHANGED_S),
    (HUB, SINCE_S),
    (msgspec.structs.replace(HUB, version=2), CHANGED_S),
)
PLACES = (
    "garden/v1/bristol/east/gdn-0001/obs",
    "garden/v1/bristol/west/gdn-0001/obs",
    "hub/1/obs",
    "hub/2/obs",
)

Arrival = tuple[str, bytes, dict[str, Any]]


def _own(node: str, seq: int, value: float, community: str, flags: int, columns: str) -> Arrival:
    values = row(seq, None if flags else value, utc_s=NOW_S - 900 + seq, flags=flags)
    return data_topic(node, community), batch([values], [columns], n=9), {}


def _probes(node: str, serial: str) -> Arrival:
    table = {"v": 1, "p": "a1b2c3d4", "probes": [[1, "capacitive", serial]]}
    return topics.topic("avon", node, topics.PROBES), json.dumps(table).encode(), {}


def _foreign(topic: str, temperature: float, time_s: int) -> Arrival:
    obs = [{"k": "air_temperature", "v": temperature, "u": "degC"}]
    return topic, obs_message(FOREIGN, 1, time_s, obs=obs), {}


def _timeless(topic: str, temperature: float, marks: dict[str, Any]) -> Arrival:
    obs = [{"k": "air_temperature", "v": temperature, "u": "degC"}]
    return topic, obs_message(FOREIGN, 1, ts=None, obs=obs), marks


ARRIVALS: st.SearchStrategy[Arrival] = st.one_of(
    st.builds(
        _own,
        st.sampled_from(NODES),
        st.integers(1, 3),
        st.sampled_from([7.5, 8.5]),
        st.sampled_from(["avon", "avon", FAR]),
        st.sampled_from([0, 0, messages.FLAG_DAMAGED]),
        st.sampled_from(["air_temperature", "air_temperature", "unheard_of"]),
    ),
    st.builds(_probes, st.sampled_from(NODES), st.sampled_from(["c-0007", "c-0008"])),
    st.builds(_foreign, st.sampled_from(PLACES), st.sampled_from([10.0, 11.0]), st.just(NOW_S - 60)),
    st.builds(
        _timeless,
        st.sampled_from(PLACES),
        st.sampled_from([10.0, 11.0]),
        st.fixed_dictionaries(
            {"dup": st.booleans(), "mid": st.sampled_from([5, 6]), "connection": st.just(1)}
        ),
    ),
    st.just(("elsewhere/lamp", b"{}", {})),
)
STEPS = st.sampled_from(["step", "step", AMEND, REPLAY, DISMISS, RESTORE])


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(
    st.lists(
        st.tuples(st.lists(ARRIVALS, max_size=12), st.lists(st.tuples(STEPS, st.integers(0, 9)), max_size=4)),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_taken_in_parts_ends_in_the_state_of_a_rebuild(
    script: list[tuple[list[Arrival], list[tuple[str, int]]]],
) -> None:
    with TemporaryDirectory() as folder:
        way = _planted(Path(folder) / "live")
        try:
            at_s = NOW_S
            for arrivals, steps in script:
                results: list[Message] = []
                for topic, payload, marks in arrivals:
                    at_s += 1
                    results.append(message(topic, payload, at_s, **marks))
                way.journal.append(results)
                for step, place in steps:
                    _do(way, step, place)
            way.ledger.catch_up(2)
            outcome = _outcome(way)
            for chunk in (1, 5000):
                with replayed(way, Path(folder) / f"rebuilt-{chunk}", chunk) as fresh:
                    assert _outcome(fresh) == outcome
        finally:
            way.close()


def _planted(folder: Path) -> Way:
    way = Way(folder)
    plant(way.store, [*NODES, FOREIGN])
    way.store.registry.put(Community(FAR), since_s=SINCE_S, by="a test")
    for mapping, since_s in MAPPINGS:
        way.store.registry.put(mapping, since_s=since_s, by="a test")
    return way


def _do(way: Way, action: str, place: int) -> None:
    """Take two messages or more, or give an order about a letter that is there."""
    letters = way.store.dead_letters.list(state=None, limit=1000)
    if action == "step" or not letters:
        way.ledger.step(2)
        return
    letter = letters[place % len(letters)]
    amendment: dict[str, Any] = {}
    if action == AMEND:
        node, seq = NODES[place % 2], place % 4 + 1
        amendment = {
            "topic": data_topic(node),
            "payload": batch([row(seq, 20.5, utc_s=NOW_S - 900 + seq)], n=9),
        }
    way.store.dead_letter_actions.put(
        action, journal=letter.journal, reason=letter.reason, by="a test", **amendment
    )
    way.ledger.settle()


def _outcome(way: Way) -> object:
    """What has become of every message, whatever the change numbers are."""
    letters = way.sql("SELECT journal, reason, state FROM dead_letters ORDER BY journal, reason")
    return way.state(), letters, way.sql("SELECT * FROM ignored ORDER BY journal")
