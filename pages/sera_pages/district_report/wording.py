"""Put the open report and answers to claims into words: for pages, and for the command that prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_coalition.report.answers import Verdict, find_district
from sera_coalition.report.measures import MEASURES_BY_NAME
from sera_coalition.report.report import NO_EFFORT, NOT_ENOUGH, REASONS
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from sera_coalition.report.answers import LineAnswer
    from sera_coalition.report.claims import ClaimLine
    from sera_coalition.report.report import Figure, Report
    from sera_words.sentences import Sentences

# Lines of method of the report's own; those of figures of watching are the store's.
METHODS: Final = ("two_step", "enhanced", "share", "gini")


def measure_words(words: Sentences, measure: str) -> str:
    """Return what a measure is called; one that the report does not have is called as the claim does."""
    return words.say(f"district.measure.{measure}") if measure in MEASURES_BY_NAME else measure


def value_words(words: Sentences, measure: str, value: float) -> str:
    """Write a number of a measure with as many decimals as are published."""
    row = MEASURES_BY_NAME.get(measure)
    if row is None:
        return words.figures.number(value)
    number = words.figures.fixed(value, row.decimals)
    return words.say("district.percent", value=number) if row.unit == "%" else number


def bounds_words(words: Sentences, figure: Figure) -> str:
    """Write between what a figure lies; the empty text where it has no bounds, or lies on both."""
    if figure.low is None or figure.high is None or figure.low == figure.value == figure.high:
        return ""
    return words.say(
        "district.bounds",
        low=value_words(words, figure.measure, figure.low),
        high=value_words(words, figure.measure, figure.high),
    )


def figure_words(words: Sentences, figure: Figure) -> str:
    """Write a figure with its bounds, or why there is none."""
    if figure.value is None:
        return reason_words(words, figure)
    value, bounds = value_words(words, figure.measure, figure.value), bounds_words(words, figure)
    return words.say("district.with_bounds", value=value, bounds=bounds) if bounds else value


def reason_words(words: Sentences, figure: Figure) -> str:
    """Write why a figure has no value; of a figure of watching as the store says it."""
    if figure.statement is not None and figure.reason in (NO_EFFORT, NOT_ENOUGH):
        return words.figures.statement(figure.statement)
    return words.say(f"district.reason.{figure.reason}")


def chance_words(words: Sentences, figure: Figure) -> str:
    """Write what chance alone would give; the empty text where it was not drawn."""
    if figure.chance_low is None or figure.chance_high is None:
        return ""
    low, high = (value_words(words, figure.measure, end) for end in (figure.chance_low, figure.chance_high))
    return words.say("district.chance", bounds=words.say("district.bounds", low=low, high=high))


def method_words(words: Sentences, report: Report, method: str) -> str:
    """Write the line of method of a figure; the empty text where there is none."""
    if method in METHODS:
        reach = words.figures.number(report.reach_m)
        return words.say(f"district.method.{method}", reach=reach, draws=report.draws)
    return words.figures.method(method) if method else ""


def district_name(words: Sentences, report: Report, name: str) -> str:
    """Return what people call a district that an id or name means; as it was written where it means none."""
    own = find_district(report, name)
    return _apart(words, next((district.name for district in report.districts if district.id == own), name))


def _apart(words: Sentences, text: str) -> str:
    """Set a name apart in a script that runs from right to left; a terminal shows the others as they are."""
    return isolated(text) if words.direction == "rtl" else text


def checked_words(words: Sentences, report: Report, line: ClaimLine) -> str:
    """Write what of a line is checked, from its fields alone."""
    value = "" if line.value is None else value_words(words, line.measure, line.value)
    statement = words.say(
        f"claim.says.{line.comparison}",
        measure=measure_words(words, line.measure),
        district=district_name(words, report, line.district) if line.district else words.say("district.all"),
        value=value,
        than=district_name(words, report, line.than),
    )
    return words.say("claim.checked", statement=statement)


def verdict_words(words: Sentences, verdict: Verdict) -> str:
    """Write what the data say to a line, in a word or three."""
    return words.say(f"claim.verdict.{verdict}")


def answer_sentences(words: Sentences, report: Report, answer: LineAnswer) -> list[str]:
    """Write why a line got its verdict, and what the report has: one sentence each."""
    sentences = []
    if answer.code in REASONS:
        lacking = answer.figure if answer.figure and answer.figure.value is None else answer.other
        sentences.append(
            reason_words(words, lacking)
            if lacking is not None
            else words.say(f"district.reason.{answer.code}")
        )
    elif answer.verdict is Verdict.CANNOT:
        arguments = {name: _apart(words, text) for name, text in answer.arguments.items()}
        if "measure" in arguments:
            arguments["measure"] = measure_words(words, answer.arguments["measure"])
        sentences.append(words.say(f"claim.answer.{answer.code}", **arguments))
    evidence = _evidence(words, report, answer)
    return [*sentences, *([evidence] if evidence else [])]


def _evidence(words: Sentences, report: Report, answer: LineAnswer) -> str:
    figure, other = answer.figure, answer.other
    if figure is None or figure.value is None:
        return ""
    if other is None or other.value is None:
        has = words.say("claim.has", figure=figure_words(words, figure))
        chance = chance_words(words, figure)
        return f"{has} {chance}" if chance else has
    return words.say(
        "claim.has_two",
        figure=figure_words(words, figure),
        district=district_name(words, report, figure.district),
        other=figure_words(words, other),
        than=district_name(words, report, other.district),
    )
