"""Sentences around numbers say what an interval means, and how long to wait where that can be said."""

from __future__ import annotations

import pytest

from sera_command.figures.in_words import days_to_come, difference_sentence, effect_sentence, figure_sentence
from sera_vocabulary import indices
from sera_words.statements import Reason
from workshop_figures import REFUSAL, figure

BLOCKS = Reason.of("block_days_too_few", days=14, needed=48, blocks=8, block_days=6)


def sentence(*values: float | None, index: str = indices.VISITS_PER_HOUR, **fields: object) -> str:
    value, *ends = values
    between = dict(zip(("low", "high"), ends, strict=False))
    text = figure_sentence(figure("elm-yard", index, value, **between, **fields), "Elm Yard", "Europe/Berlin")
    return text.replace("\xa0", " ").replace("\u202f", " ")


def test_a_figure_with_an_interval_is_about_so_much_and_what_else_fits() -> None:
    assert sentence(20.4, 17.3, 23.5) == (
        "Elm Yard, 4 May 2026 to 17 May 2026: visits per hour of a standard day: about 20.4 per hour; "
        "anything from 17.3 to 23.5 per hour fits what was read."
    )
    shares = sentence(0.5, 0.4, 0.6, index=indices.GROUP_INCIDENCE, group="bumblebees")
    assert "(bumblebees): about 50 %; anything from 40 % to 60 % fits" in shares


def test_without_an_interval_it_says_why_and_how_many_more_days_would_do() -> None:
    text = sentence(20.4, interval_reason=BLOCKS)
    assert "how far off that is nobody can say: 14 days watched; 48 needed" in text
    assert text.endswith("About 34 more days, watched as these were, would do.")


def test_a_refusal_says_what_is_missing_and_keeps_its_own_days() -> None:
    text = sentence(None, reason=REFUSAL)
    assert "nobody can say; 12 h watched in flight weather; 20 h needed; about 4 more days." in text


@pytest.mark.parametrize(("changes", "days"), [
    ({}, 34),
    ({"days": 7}, 82),  # watched on every other day of the fortnight: twice as many days to come
    ({"days": 0}, None),
    ({"days": 48}, None),
])  # fmt: skip
def test_days_to_come_follow_how_often_it_was_watched(changes: dict[str, int], days: int | None) -> None:
    reason = Reason.of(
        "block_days_too_few", **({"days": 14, "needed": 48, "blocks": 8, "block_days": 6} | changes)
    )
    result = figure("elm-yard", indices.VISITS_PER_HOUR, 3.0, interval_reason=reason)
    assert days_to_come(result, reason) == days


def test_no_days_are_promised_where_more_days_are_another_window_or_would_not_help() -> None:
    of_a_week = figure("elm-yard", indices.VISITS_PER_HOUR, 3.0, interval_reason=BLOCKS, period="week")
    assert days_to_come(of_a_week, BLOCKS) is None
    nodes = Reason.of("one_unit", count=1, units="nodes")
    assert days_to_come(figure("elm-yard", indices.VISITS_PER_HOUR, 3.0), nodes) is None


def difference(
    value: float | None, low: float | None = None, high: float | None = None, **fields: object
) -> str:
    return difference_sentence(
        figure("a", indices.VISITS_DIFFERENCE, value, low=low, high=high, **fields), "The Meadow", "The Lawn"
    )


def test_a_difference_is_more_than_chance_only_where_its_interval_leaves_zero_out() -> None:
    assert difference(6.0, 4.0, 8.0) == (
        "In these days The Meadow had 6 visits an hour more than The Lawn; with other days it would be "
        "4 to 8: more than the days' ups and downs."
    )
    assert "6 visits an hour fewer" in difference(-6.0, -8.0, -4.0)
    assert difference(1.0, -2.0, 4.0).endswith("anything from -2 to 4, so also none at all.")


def test_a_difference_without_an_interval_ranks_nobody_and_says_how_long_to_wait() -> None:
    text = difference(6.0, interval_reason=BLOCKS)
    assert text.endswith(
        "nobody knows whether that is chance. About 34 more days, watched as these were, would do."
    )
    shared = Reason.of("shared_days_too_few", days=4, needed=14)
    assert difference(None, reason=shared) == "About 35 more days, watched as these were, would do."


def test_an_effect_is_told_beside_gardens_without_the_action() -> None:
    text = effect_sentence(figure("a", indices.ACTION_EFFECT, -2.0, low=-3.0, high=-1.0), "The Lawn")
    assert text.startswith(
        "After it The Lawn had 2 visits an hour fewer than gardens without it let one expect"
    )
