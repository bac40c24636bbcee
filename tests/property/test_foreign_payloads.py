"""Whatever a device writes, and however it is written, is read as what it says or refused: never guessed."""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sera_gateway.decode.decoded import IgnoredMessage, Reference, RejectedMessage
from sera_gateway.decode.device_times import read_time
from sera_gateway.decode.mapping import CompiledMapping, ForeignBatch, TopicParts
from sera_gateway.decode.reasons import IGNORED, REASONS
from sera_gateway.decode.texts import read_number
from sera_gateway.families.mapping_files import shipped, shipped_family
from sera_gateway.families.proposal import propose
from sera_gateway.families.saved_messages import SavedMessage
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import TrialMessage, try_message
from sera_gateway.journal.message import Entry
from sera_store.registry.mapping_keys import split_key
from sera_store.registry.mappings import MappedValue, Mapping
from strategies import examples

if TYPE_CHECKING:
    from sera_gateway.families.examples import Example

AT_S = 1_795_000_000
# What can be printed, without what is escaped: drawn, since a filter threw most of what was drawn away.
PRINTABLE = st.characters(exclude_categories=["C", "Z"], include_characters=" ", exclude_characters='"\\')
KEYS = st.text(PRINTABLE, min_size=1, max_size=12)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 4))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
FAMILIES = [CompiledMapping(shipped(name)) for name in shipped_names()]


class Names:
    """Every device is a node by its own name, in London."""

    def node_of(self, name: str, mapping: str, at_s: int) -> str:
        return name or mapping or str(at_s)

    def zone_of(self, node: str, at_s: int) -> ZoneInfo:
        return ZoneInfo("Europe/London") if node or at_s else ZoneInfo("UTC")


def read(mapping: CompiledMapping, payload: bytes, parts: TopicParts = TopicParts("bed-1", "t")) -> Any:  # noqa: B008
    entry = Entry(1, AT_S * 1_000_000_000, "x", payload, qos=1, retain=False, dup=False, mid=1, connection=1)
    return mapping.read(entry, parts, Reference.of(AT_S), Names())


@pytest.mark.slow
@settings(max_examples=300)
@given(
    st.sampled_from(FAMILIES), st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
)
def test_no_payload_makes_a_family_fail_and_every_outcome_has_a_reason(
    mapping: CompiledMapping, payload: bytes
) -> None:
    outcome = read(mapping, payload)
    if isinstance(outcome, RejectedMessage):
        assert outcome.rejection.reason in REASONS
    elif isinstance(outcome, IgnoredMessage):
        assert outcome.reason in IGNORED
    else:
        messages = outcome.messages if isinstance(outcome, ForeignBatch) else (outcome,)
        for message in messages:
            assert all(math.isnan(number) or abs(number) < 1e300 for number in message.numbers)


# What a device that is broken, or somebody hostile, may put in the place of a value.
ODD = (
    None, True, 0, -1, 1e308, 10**30, -(2**63) - 1, "", "nan", "inf", "1,5", "٣", "²", "\x00", "\ud800",
    "a" * 3_000, [], {}, [1] * 50, {"": 0}, {"\udfff": 1}, "0001-01-01", "9999-12-31T23:59:59",
    "2026-02-30T00:00:00", -62_135_596_800, 1e18, "AA==", "%%%", "F" * 32,
)  # fmt: skip
MESSAGES = [
    (family.mapping, message)
    for family in map(shipped_family, shipped_names())
    for message in family.examples
    if family.mapping.format in ("json", "senml") and message.payload.lstrip()[:1] in ("{", "[")
]


def places(content: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where values stand in JSON, that of the whole first."""
    if not isinstance(content, dict | list):
        return [above]
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    return [above, *[place for key, part in inner for place in places(part, (*above, key))]]


def changed(content: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    key, *rest = place
    copy = content.copy()
    copy[key] = changed(content[key], tuple(rest), odd)
    return copy


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_with_something_odd_in_it_makes_no_family_fail(
    message: tuple[Mapping, Example], data: st.DataObject
) -> None:
    mapping, sent = message
    content = json.loads(sent.payload)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(content)))
        content = changed(content, place, data.draw(st.sampled_from(ODD)))
    trial = try_message(
        mapping,
        TrialMessage(sent.topic, json.dumps(content).encode(), int(sent.arrived.timestamp()), sent.timezone),
    )
    texts = [*trial.notes, trial.rejection.detail if trial.rejection else "", *trial.unread]
    # All of it can be written down.
    assert all(text.encode() or not text for text in texts)


@pytest.mark.parametrize(
    ("family", "payload", "reason"),
    [
        ("miflora-mqtt-daemon", b'{"temperature": "\\ud800"}', "not_utf8"),
        ("senml", b'[{"bn": "bed-1", "n": "air_temperature", "u": "\\ud800", "v": 1}]', "not_utf8"),
        ("senml", b'[{"bn": "bed-1", "n": "\\udfff", "vs": "x"}]', "not_utf8"),
        ("tasmota", b'{"Time": "0001-01-01T00:00:00", "TempUnit": "F"}', "wrong_type"),
        ("tasmota", b'{"Time": "9999-12-31T23:59:59", "TempUnit": "F"}', "wrong_type"),
    ],
)
def test_half_a_character_and_the_ends_of_the_calendar_are_refused(
    family: str, payload: bytes, reason: str
) -> None:
    outcome = read(CompiledMapping(shipped(family)), payload)
    assert isinstance(outcome, RejectedMessage)
    assert outcome.rejection.reason == reason


@given(NUMBERS, st.sampled_from(["{}", " {} ", "{} °C", "{}°C", "{} degC"]))
def test_a_number_and_its_text_are_one_reading_with_one_key(number: float, form: str) -> None:
    value = MappedValue("t", "air", "air_temperature", ("°C", "degC"))
    plain = CompiledMapping(Mapping("a-box", 1, "x/{node}", values=(value,)))
    free = CompiledMapping(Mapping("a-box", 1, "x/{node}", values=(value,), missing=(-99999,)))
    text = form.format(number)
    for mapping in (plain, free):
        first = read(mapping, json.dumps({"t": number}).encode())
        again = read(mapping, json.dumps({"t": text}).encode())
        assert again.numbers == first.numbers == [number]
        if text.strip() == str(number):
            assert (again.name, again.digest) == (first.name, first.digest)


@given(st.text(max_size=30).filter(lambda text: not re.match(r"\s*[-+.0-9]", text)))
def test_a_text_that_does_not_begin_with_a_number_is_none(text: str) -> None:
    written = read_number(text)
    assert written is None or written.number is None


@given(NUMBERS, st.sampled_from([",", ":", "/", "..", " 1", "-"]), NUMBERS)
def test_two_numbers_in_one_text_are_none(first: float, between: str, second: float) -> None:
    assert read_number(f"{first}{between}{abs(second)}") is None


@given(st.lists(KEYS, min_size=1, max_size=5))
def test_a_path_of_quoted_keys_is_split_into_the_same_keys(keys: list[str]) -> None:
    assert split_key(".".join(f'"{key}"' for key in keys)) == tuple(keys)


@given(st.dictionaries(KEYS, NUMBERS, min_size=1, max_size=4), KEYS)
def test_a_key_that_stands_twice_is_always_refused(content: dict[str, float], key: str) -> None:
    value = MappedValue(f'"{key}"', "air", "air_temperature", ("°C",))
    mapping = CompiledMapping(Mapping("a-box", 1, "x/{node}", values=(value,)))
    inner = json.dumps(content)[1:-1]
    twice = f"{{{json.dumps(key)}:1,{inner},{json.dumps(key)}:2}}".encode()
    outcome = read(mapping, twice)
    assert isinstance(outcome, RejectedMessage)
    assert outcome.rejection.reason == "duplicate_key"


@given(st.integers(946_684_800, 4_000_000_000), st.integers(0, 999_999_999))
def test_nanoseconds_lose_nothing_of_the_microsecond(seconds: int, nanoseconds: int) -> None:
    output = seconds * 1_000_000_000 + nanoseconds
    assert read_time(output, "unix_ns") == read_time(str(output), "unix_ns") == output // 1000
    assert read_time(output // 1000, "unix_us") == output // 1000


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), JSON), max_size=5))
@example([("\x7f", 0)])
def test_a_proposal_is_toml_whatever_was_heard(messages: list[tuple[str, Any]]) -> None:
    saved = [SavedMessage(topic, json.dumps(content).encode()) for topic, content in messages]
    for proposal in propose(saved):
        assert set(tomllib.loads(proposal.text)) >= {"id", "version", "topic", "values"}
