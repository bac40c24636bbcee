"""Every code has its English words, other languages fall back to them, and numbers follow the locale."""

from __future__ import annotations

import string
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sera_vocabulary import alert_rules, figure_codes, indices
from sera_vocabulary.figure_codes import OPTIONAL, TEXT, UNITS
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_vocabulary.topics import is_name
from sera_words.errors import UnknownCodeError, UnknownLocaleError
from sera_words.keys import Input, Part, input_words, part_words
from sera_words.statements import Finding, IntervalMethod, Note, Reason, TableNote, TableReason
from sera_words.template import update
from sera_words.translations import FOLDER, read_catalogue
from sera_words.words import Words, words
from strategies import statements

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    "reason": figure_codes.REASONS,
    "table_reason": figure_codes.TABLE_REASONS,
    "table_note": figure_codes.TABLE_NOTES,
    "note": figure_codes.NOTES,
    "method": figure_codes.METHODS,
    "average": {code: {} for code in figure_codes.AVERAGES.values()},
    "interval_method": figure_codes.INTERVAL_METHODS,
    "part": figure_codes.PARTS,
    "input": figure_codes.INPUTS,
    "finding": alert_rules.FINDINGS,
}
GERMAN = """
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "reason.weeks_too_few"
msgid_plural "reason.weeks_too_few"
msgstr[0] "{weeks} Woche beobachtet; {needed} nötig"
msgstr[1] "{weeks} Wochen beobachtet; {needed} nötig"

msgid "reason.shared_days_too_few"
msgstr "{days} von beiden beobachtet; {needed} nötig"

msgid "name.wasps"
msgstr "Wespen"
"""


@pytest.fixture
def german(tmp_path: Path) -> Words:
    (tmp_path / "de.po").write_text(GERMAN, encoding="utf-8")
    return Words("de_AT", tmp_path)


def expected_ids() -> set[str]:
    sentences = {f"{kind}.{code}" for kind, table in TABLES.items() for code in table}
    clauses = {
        f"{kind}.{code}.{name}"
        for kind, table in TABLES.items()
        for code, arguments in table.items()
        for name, ends in arguments.items()
        if ends.endswith(OPTIONAL)
    }
    lists = {
        "units": figure_codes.UNIT_NAMES,
        "target": figure_codes.TARGETS,
        "left_out": figure_codes.LEFT_OUT,
    }
    return sentences | clauses | {f"{kind}.{code}" for kind, codes in lists.items() for code in codes}


def english() -> dict[str, tuple[str, ...]]:
    result = {}
    for message in read_catalogue(FOLDER / "en.po"):
        name = message.id if isinstance(message.id, str) else message.id[0]
        result[name] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    result.pop("")
    return result


def places_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# Words around statements, that no code of the vocabulary names.
FRAMES = ("word.", "explained.", "alert_kind.", "alert_line.")


def test_english_is_whole_and_has_nothing_that_no_code_names() -> None:
    remaining = {name for name in english() if name.startswith(FRAMES)}
    assert english().keys() - remaining == expected_ids()
    assert all(text for texts in english().values() for text in texts)
    assert {name.removeprefix("explained.") for name in remaining if name.startswith("explained.")} <= set(
        indices.INDICES_BY_NAME
    )


@pytest.mark.slow
def test_every_sentence_uses_arguments_of_its_code_and_all_that_it_needs() -> None:
    for kind, table in TABLES.items():
        for code, arguments in table.items():
            # The number of counted units is written with them.
            needed = {name for name, ends in arguments.items() if not ends.endswith(OPTIONAL)}
            needed -= {"count"} if UNITS in arguments.values() else set()
            for text in english()[f"{kind}.{code}"]:
                assert needed <= places_of(text) <= set(arguments), (code, text)


@given(
    statements(Reason)
    | statements(TableReason)
    | statements(TableNote)
    | statements(Note)
    | statements(IntervalMethod)
    | statements(Part)
    | statements(Input)
    | statements(Finding)
)
def test_every_statement_is_written_without_a_place_left_open(statement) -> None:
    text = words().statement(statement)
    kinds = statement.TABLE[statement.code]
    free = [str(value) for name, value in statement.arguments.items() if kinds[name].startswith(TEXT)]
    assert text
    assert f"{statement.KIND}.{statement.code}" not in text
    assert text.count("{") == sum(value.count("{") for value in free)


@given(statements(Part) | statements(Input))
def test_a_key_is_read_back_as_what_it_was_made_of(key) -> None:
    argument = next(iter(key.arguments.values()), "")
    assume(not isinstance(argument, list))
    assert type(key).read(key.key) == key


def test_keys_that_are_no_codes_stand_for_themselves() -> None:
    for key in ("elm-yard-1", "week_of", "beam_hours:3", "from_the_future", "", ":"):
        assert Part.read(key) is None
        assert part_words(words(), key) == key
    assert part_words(words(), "butterflies_and_moths") == words().name("butterflies_and_moths")
    assert part_words(words(), "week_of:2026-06-01") == "week of 1 June 2026"
    assert part_words(words(), "week_of:some-day") == "week of some-day"
    assert input_words(words(), "left_out:time_uncertain") == "left out: time too uncertain"
    assert input_words(words(), "left_out:from_the_future") == "left out: from_the_future"
    assert words().target("from_the_future") == "from_the_future"


def test_no_key_of_a_part_can_be_the_id_of_a_node_or_garden() -> None:
    assert [code for code in figure_codes.PARTS if is_name(code)] == []
    assert figure_codes.PARTS.keys().isdisjoint(group.name for group in INSECT_GROUPS)


def test_a_key_has_at_most_one_argument() -> None:
    tables = (figure_codes.PARTS, figure_codes.INPUTS)
    assert all(len(arguments) <= 1 for table in tables for arguments in table.values())


def test_plural_forms_follow_the_number() -> None:
    singular, two = (str(Reason.of("weeks_too_few", weeks=number, needed=8)) for number in (1, 2))
    assert (singular, two) == ("1 week watched; 8 needed", "2 weeks watched; 8 needed")
    assert str(Reason.of("one_unit", count=1, units="nodes")).startswith("1 node with")
    assert str(Reason.of("units_agree", count=3, units="nodes")).startswith("all 3 nodes agree")


def test_clauses_come_only_with_their_arguments() -> None:
    short = Reason.of("flight_hours_too_few", hours=12, needed=20, more_days=None)
    long = Reason.of("flight_hours_too_few", hours=12, needed=20, more_days=1, unmeasured=6.2)
    assert str(short) == "12 h watched in flight weather; 20 h needed"
    assert str(long) == f"{short}; about 1 more day; 6 h more in weather that nobody measured"


def test_another_language_has_its_own_plurals_units_and_names(german: Words) -> None:
    assert german.statement(Reason.of("weeks_too_few", weeks=1, needed=8)) == "1 Woche beobachtet; 8 nötig"
    assert german.statement(Reason.of("shared_days_too_few", days=3, needed=14)) == (
        "3 Tage von beiden beobachtet; 14 nötig"
    )
    assert german.name("wasps") == "Wespen"


def test_what_is_not_translated_is_english(german: Words) -> None:
    assert german.statement(Reason.of("no_camera")) == str(Reason.of("no_camera"))
    assert german.name("beetles") == words().name("beetles")
    assert german.units(2, "nodes") == "2 nodes"


def test_numbers_and_dates_follow_the_locale(german: Words) -> None:
    assert (words().number(1234.5), german.number(0.1234)) == ("1,234", "0,123")
    assert (words().share(0.123), words().fixed(-0.001, 2)) == ("12\u00a0%", "0.00")
    assert words().date(date(2026, 5, 4)) == "4 May 2026"
    assert german.date(date(2026, 5, 4)) == "4. Mai 2026"


def test_a_code_of_a_later_version_is_written_as_it_is() -> None:
    assert words().statement(Reason("from_the_future", {"days": 3})) == "reason.from_the_future"


def test_codes_and_arguments_that_the_table_does_not_name_are_refused() -> None:
    with pytest.raises(UnknownCodeError, match="add its row"):
        Reason.of("no_such_reason")
    for arguments in ({}, {"weeks": 1}, {"weeks": 1, "needed": 8, "days": 2}):
        with pytest.raises(UnknownCodeError, match="expected"):
            Reason.of("weeks_too_few", **arguments)


def test_a_locale_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownLocaleError, match="de_AT"):
        Words("xx_nowhere")


@given(st.floats(-1e6, 1e6))
def test_a_number_never_shows_a_zero_with_a_sign(value: float) -> None:
    assert words().fixed(value, 1) != "-0.0"
    assert not words().share(value / 1e6).startswith("-0\u00a0")


def test_a_language_is_brought_up_to_english_and_keeps_its_words(german: Words, tmp_path: Path) -> None:
    missing = update("de", tmp_path)

    assert missing == len(english()) - 2
    assert Words("de", tmp_path).name("wasps") == "Wespen"
    text = (tmp_path / "de.po").read_text(encoding="utf-8")
    assert "Woche beobachtet" in text
    assert "#. nobody has counted here" in text
    assert update("de", tmp_path) == missing


def test_each_rate_and_mean_says_how_it_puts_units_together() -> None:
    # A figure a node, place or resident that says neither could be read as the other.
    silent = {
        "weekly_poisson", "label_correction", "site_use", "same_day_differences", "before_after_control",
        "node_count", "gini", "theil", "atkinson", "concentration",
    }  # fmt: skip
    assert figure_codes.AVERAGES.keys() | silent == figure_codes.METHODS.keys()
    assert not figure_codes.AVERAGES.keys() & silent
    assert "ratio of sums" in words().average("hours_over_residents")
    assert words().average("gini") == ""
