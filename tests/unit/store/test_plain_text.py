"""What people write is kept as they wrote it; what cannot be seen is escaped or refused."""

from __future__ import annotations

import pytest

from sera_store.plain_text import plain, text_problem

WRITTEN = {
    "a gardener": "\U0001f469\u200d\U0001f33e eggs",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a burning heart": "\u2764\ufe0f\u200d\U0001f525",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi": "\u0915\u094d\u200d\u0937",
    "French": "60\u202f% d’œufs\u00a0!",
}
HIDDEN = {
    "an override": "abc\u202edef",
    "an isolate": "abc\u2067def",
    "a blank of no width": "ab\u200bc",
    "a joiner in Latin": "ad\u200dmin",
    "a joiner at the end": "\u0645\u200c",
    "two joiners": "\u0645\u200c\u200c\u062e",
    "a joiner beside an override": "\u202e\u200d\u0645",
    "a control character": "ab\x1b[2J",
    "a byte order mark": "\ufeffab",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_people_write_stays_as_it_is(name: str) -> None:
    text = WRITTEN[name]
    assert plain(text) == text
    assert text_problem(text, 40) == text_problem(text, 40, has_lines=True) == ""


@pytest.mark.parametrize("name", HIDDEN)
def test_what_cannot_be_seen_is_escaped_and_refused(name: str) -> None:
    text = HIDDEN[name]
    assert plain(text).isprintable() or "\\u" in plain(text)
    assert plain(text) != text
    assert text_problem(text, 40) == text_problem(text, 40, has_lines=True) == "characters"
