"""A calendar file is as RFC 5545 has it, whatever the texts hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commons_parts.events import LEVELS, meal, stored
from commons_parts.stories import TODAY
from sera_commons.events.calendar_file import calendar_file
from sera_commons.events.release import ReleasedEvent, release_event
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER
from strategies import examples


def written(place: str = "", version: int = 1, **fields: Any) -> str:
    view = release_event(
        stored(meal(**fields), version=version), Use.PAGE, STRANGER, TODAY, {},
        levels=LEVELS, dishes={}, roles=[],
    )  # fmt: skip
    assert isinstance(view, ReleasedEvent)
    return calendar_file([view], lambda _: place).decode()


def properties(text: str) -> dict[str, str]:
    """Unfold and unescape, by the words of the standard and not by our own code."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.replace("\r\n ", "").split("\r\n")
    pairs = (re.split(r"(?<!\\):", line, maxsplit=1) for line in lines if line)
    return {
        name.partition(";")[0]: re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value)
        for name, value in pairs
    }


def test_an_event_has_its_id_times_in_utc_and_the_number_of_its_change() -> None:
    lines = properties(written("the courtyard", version=3))
    assert lines["UID"] == "cccccccc-cccc-cccc-cccc-cccccccccccc"
    assert (lines["DTSTART"], lines["DTEND"]) == ("20270412T110000Z", "20270412T153000Z")
    assert (lines["SEQUENCE"], lines["STATUS"], lines["DTSTAMP"]) == ("2", "CONFIRMED", "20260601T000000Z")
    assert (lines["SUMMARY"], lines["LOCATION"]) == ("Spring meal", "the courtyard")
    assert lines["DESCRIPTION"] == "Bring a bowl.\nAnd a song."


def test_whole_days_end_on_the_day_after_and_a_cancelled_one_says_why() -> None:
    text = written(begins="2027-04-12", ends="2027-04-13", cancelled="the roof leaks")
    lines = properties(text)
    assert (lines["DTSTART"], lines["DTEND"]) == ("20270412", "20270414")
    assert "DTSTART;VALUE=DATE:" in text
    assert (lines["STATUS"], lines["DESCRIPTION"][:14]) == ("CANCELLED", "the roof leaks")


@pytest.mark.parametrize(
    "title", ["END:VEVENT", "a;b,c\\d:e", "\\n", "=1+1", "<b>x</b>", "قصة الفول" * 12, "🥣" * 60]
)
def test_no_text_becomes_a_line_of_its_own_and_no_line_is_longer_than_75_bytes(title: str) -> None:
    text = written(title=title)
    assert properties(text)["SUMMARY"] == title
    assert text.count("\r\nEND:VEVENT\r\n") == 1
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.text(max_size=80))
@settings(max_examples=examples(100))
def test_any_text_and_place_come_back_as_they_were_but_for_what_cannot_be_seen(text: str, place: str) -> None:
    def escaped(words: str) -> str:
        return "".join(letter for letter in words if letter.isprintable() or letter == "\n")

    view = release_event(stored(), Use.PAGE, STRANGER, TODAY, {}, levels=LEVELS, dishes={}, roles=[])
    assert isinstance(view, ReleasedEvent)
    event = msgspec.structs.replace(view.event, text=text)
    lines = properties(calendar_file([replace(view, event=event)], lambda _: place).decode())
    assert lines.get("DESCRIPTION", "") == escaped(text)
    assert lines.get("LOCATION", "") == escaped(place)
