"""MQTT's rules of filters, against a matcher written from the standard and every short topic there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_vocabulary.topic_filters import (
    covering,
    covers,
    filter_problem,
    merge,
    nats_problem,
    overlap,
    topic_problem,
)

LEVELS = ("a", "b", "", "$x")
TOPICS = ["/".join(levels) for count in (1, 2, 3, 4) for levels in product(LEVELS, repeat=count)]


def matches(name: str, topic: str) -> bool:
    """Section 4.7 word by word: `#` is its parent level too, no wildcard begins a topic with `$`."""
    if topic.startswith("$") and name[0:1] in ("+", "#"):
        return False
    levels, parts = name.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels = levels[:-1]
        if len(parts) < len(levels):
            return False
        parts = parts[: len(levels)]
    return len(levels) == len(parts) and all(
        level in ("+", part) for level, part in zip(levels, parts, strict=True)
    )


def topics_of(name: str) -> set[str]:
    return {topic for topic in TOPICS if matches(name, topic)}


FILTERS = st.tuples(
    st.lists(st.sampled_from((*LEVELS, "+")), min_size=1, max_size=3), st.sampled_from(("", "/#"))
).map(lambda parts: "#" if parts == (["+"], "/#") else "/".join(parts[0]) + parts[1])


@given(FILTERS, FILTERS)
def test_covering_and_overlapping_are_what_the_topics_say(filter_a: str, other: str) -> None:
    first_topics, second_topics = topics_of(filter_a), topics_of(other)
    assert covers(filter_a, other) == (second_topics <= first_topics)
    assert overlap(filter_a, other) == overlap(other, filter_a) == bool(first_topics & second_topics)
    if overlap(filter_a, other):
        assert first_topics | second_topics <= topics_of(covering(filter_a, other))


@given(FILTERS)
def test_a_topic_is_covered_by_what_matches_it(name: str) -> None:
    assert {topic for topic in TOPICS if covers(name, topic)} == topics_of(name)


@given(st.lists(FILTERS, max_size=6))
def test_merged_filters_share_no_topic_and_lose_none(filters: list[str]) -> None:
    merged = merge(filters)
    for topic in TOPICS:
        fitting = [name for name in merged if matches(name, topic)]
        assert len(fitting) <= 1
        assert fitting or not any(matches(name, topic) for name in filters)
    assert {name for names in merged.values() for name in names} >= set(filters)


def test_a_filter_that_another_one_covers_is_left_out_and_thousands_of_topics_are_none() -> None:
    assert merge(["yard/#", "yard/+/state", "yard/bed-1/state", "shed/1"]) == {
        "yard/#": {"yard/#", "yard/+/state", "yard/bed-1/state"},
        "shed/1": {"shed/1"},
    }
    many = [f"recorded/diy/{index}" for index in range(20_000)]
    assert merge(many).keys() == set(many)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("yard/#/state", "'#'"),
        ("yard/bed#", "'#'"),
        ("yard/##", "'#'"),
        ("yard/+bed/state", "'+'"),
        ("++", "'+'"),
        ("", "empty"),
        ("yard\x00", "\\\\x00"),
        ("yard/\t", "\\\\t"),
        ("yard/\x9f", "\\\\x9f"),
        ("yard/\ufffe", "\\\\ufffe"),
        ("yard/\ud83d", "\\\\ud83d"),
        ("y" * 65_536, "65535"),
        ("é" * 32_768, "65535"),
        ("$share/all/yard", "one of several"),
    ],
)
def test_each_rule_that_a_filter_breaks_is_named(text: str, rule: str) -> None:
    assert rule.replace("\\\\", "\\") in filter_problem(text)


@pytest.mark.parametrize(
    "text", ["#", "+", "yard/#", "+/+/#", "/", "//", "yard/Potting Shed/+", "$SYS/#", "Gärten/+", "🐝/+"]
)
def test_what_mqtt_allows_is_allowed(text: str) -> None:
    assert filter_problem(text) == ""


def test_a_topic_holds_no_wildcard_and_what_nats_does_not_take_is_named() -> None:
    assert "'+'" in topic_problem("yard/+")
    assert "'#'" in topic_problem("yard/a#")
    assert topic_problem("home/Potting Shed/1") == ""
    assert (nats_problem("home/Potting Shed/1"), nats_problem("home/x")) == ("a space", "")
