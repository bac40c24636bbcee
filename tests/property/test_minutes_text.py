"""Whatever people write stands in the minutes as they wrote it, for programs and for people who print it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sera_pages.deciding.minutes import escaped
from strategies import examples

LETTERS = "ab1. 23)#*_-+=`~<>&[]()!|:{}@^$\\\"'/www,;%"


@settings(max_examples=examples(300), deadline=None)
@given(st.text(LETTERS, max_size=30))
def test_markdown_shows_a_text_as_it_was_written(text: str) -> None:
    for before, kinds in (
        ("", ("paragraph_open",)),
        ("- ", ("bullet_list_open",)),
        ("## ", ("heading_open",)),
    ):
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"{before}{escaped(text)}\n")
        shown = [
            "".join(child.content for child in token.children or ()) for token in tokens if token.children
        ]
        marks = {child.type for token in tokens for child in token.children or ()}
        assert "".join(shown).strip() == " ".join(text.split())
        assert marks <= {"text", "text_special"}
        assert not tokens or tokens[0].type in kinds


def test_a_sentence_has_no_marks_that_its_reader_would_stumble_over() -> None:
    sentence = "Open until 8 December 2026, 11:47 (a week): it's half-done, 50 %."
    assert escaped(sentence) == sentence
