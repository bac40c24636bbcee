"""Hold a claim against the report, line by line: supported, contradicted, or not to be said, and why."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.report.claims import OF_ALL, OF_TWO, Comparison
from sera_coalition.report.measures import MEASURES_BY_NAME
from sera_store.plain_text import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_coalition.report.claims import Claim, ClaimLine
    from sera_coalition.report.measures import Measure
    from sera_coalition.report.report import Figure, Report

_NUMBER: Final = re.compile(r"\d+(?:[.,\u066b\u066c\u202f\u00a0 ]\d+)*")
_NOT_DIGITS: Final = re.compile(r"[.,\u066b\u066c\u202f\u00a0 ]")
_A_THOUSAND: Final = 1000.0


class Verdict(StrEnum):
    """What the data say to a line."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """The answer to one line.

    Parameters
    ----------
    number, line
        Which line, from 1.
    verdict
        What the data say.
    code, arguments
        Why: a code of `ANSWERS` with what fills its sentence.
    figure, other
        The figure that it was held against, and that of the other district; None where there is none.
    """

    number: int
    line: ClaimLine
    verdict: Verdict
    code: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    figure: Figure | None = None
    other: Figure | None = None


# The codes of answers: each has a sentence in every language. Those of figures without a value are
# `REASONS` of the report.
ANSWERS: Final = (
    "holds",
    "differs",
    "within_bounds",
    "cause",
    "other_measure",
    "other_reach",
    "unknown_district",
    "several_districts",
    "no_district_named",
    "not_by_district",
    "ranks_by_sensors",
    "no_chance",
    "sentence_number",
    "sentence_district",
    "others_hidden",
)


class _Refusal(NamedTuple):
    code: str
    arguments: Mapping[str, str] = MappingProxyType({})


def answer_claim(report: Report, claim: Claim) -> list[LineAnswer]:
    """Answer every line of a claim.

    Parameters
    ----------
    report
        The open report.
    claim
        Read by `read_claim`, or entered on a page.

    Returns
    -------
    list of LineAnswer
        One a line, in their order.

    Notes
    -----
    A line is held against the figure as it is published. It is supported if it holds for every value
    between the figure's bounds, contradicted if for none, and otherwise cannot be said. Before that it is
    refused where it names a cause, compares districts by where sensors stand, or where its sentence holds
    a number or a district that its fields do not: what was not checked must not look as if it was.
    """
    return [_answer(report, line, number) for number, line in enumerate(claim.lines, 1)]


def find_district(report: Report, name: str) -> str:
    """Return the id of the district that an id or a name means; the empty text for none, or for several."""
    meant = _meant(report, name)
    return meant[0] if len(meant) == 1 else ""


def _meant(report: Report, name: str) -> list[str]:
    """Return the ids of the districts that may be meant: that of an id, else all that are called so."""
    folded = _folded(name)
    meant = [district.id for district in report.districts if folded in (district.id, _folded(district.name))]
    return [name] if name in meant else meant


def _answer(report: Report, line: ClaimLine, number: int) -> LineAnswer:
    for rule in _RULES:
        refusal = rule(report, line)
        if refusal is not None:
            return LineAnswer(number, line, Verdict.CANNOT, refusal.code, refusal.arguments)
    figure = report.figure(line.measure, find_district(report, line.district))
    if figure is None or figure.value is None:
        return LineAnswer(number, line, Verdict.CANNOT, figure.reason if figure else "no_table", {}, figure)
    if line.comparison in OF_TWO:
        return _of_two(report, line, number, figure)
    if line.comparison in OF_ALL:
        return _of_all(report, line, number, figure)
    if line.comparison is Comparison.BEYOND_CHANCE:
        holds = figure.chance_high is not None and figure.value > figure.chance_high
        return _answered(number, line, Verdict.SUPPORTED if holds else Verdict.CONTRADICTED, figure)
    return _answered(number, line, _compared(line, figure, MEASURES_BY_NAME[line.measure]), figure)


def _answered(
    number: int, line: ClaimLine, verdict: Verdict, figure: Figure, other: Figure | None = None
) -> LineAnswer:
    codes = {Verdict.SUPPORTED: "holds", Verdict.CONTRADICTED: "differs", Verdict.CANNOT: "within_bounds"}
    return LineAnswer(number, line, verdict, codes[verdict], {}, figure, other)


def bounds_of(figure: Figure) -> tuple[float, float]:
    """Between what a figure with a value lies; the value twice where it has no bounds."""
    assert figure.value is not None  # noqa: S101 - asked of figures with a value alone
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return low, high


def _compared(line: ClaimLine, figure: Figure, measure: Measure) -> Verdict:
    """Compare a figure with a number."""
    low, high = bounds_of(figure)
    value, claimed = figure.value or 0.0, line.value or 0.0
    if line.comparison is Comparison.EQUALS:
        half = measure.step / 2 + 1e-9
        if abs(claimed - value) <= half:
            return Verdict.SUPPORTED
        return Verdict.CANNOT if low - half <= claimed <= high + half else Verdict.CONTRADICTED
    holds = {
        Comparison.ABOVE: (low > claimed, high > claimed),
        Comparison.AT_LEAST: (low >= claimed, high >= claimed),
        Comparison.BELOW: (high < claimed, low < claimed),
        Comparison.AT_MOST: (high <= claimed, low <= claimed),
    }
    always, ever = holds[line.comparison]
    return _verdict(always=always, ever=ever)


def _verdict(*, always: bool, ever: bool) -> Verdict:
    if always:
        return Verdict.SUPPORTED
    return Verdict.CANNOT if ever else Verdict.CONTRADICTED


def _of_two(report: Report, line: ClaimLine, number: int, figure: Figure) -> LineAnswer:
    other = report.figure(line.measure, find_district(report, line.than))
    if other is None or other.value is None:
        code = other.reason if other is not None else "no_table"
        return LineAnswer(number, line, Verdict.CANNOT, code, {}, figure, other)
    greater, smaller = (figure, other) if line.comparison is Comparison.MORE_THAN_IN else (other, figure)
    always = bounds_of(greater)[0] > bounds_of(smaller)[1]
    ever = bounds_of(greater)[1] > bounds_of(smaller)[0]
    return _answered(number, line, _verdict(always=always, ever=ever), figure, other)


def _of_all(report: Report, line: ClaimLine, number: int, figure: Figure) -> LineAnswer:
    """Compare one district with all others, of which each has to have a figure."""
    other_values = [
        other
        for other in report.figures
        if other.measure == line.measure and other.district not in ("", figure.district)
    ]
    present = [other for other in other_values if other.value is not None]
    sign = 1 if line.comparison is Comparison.HIGHEST else -1
    own = _signed(figure, sign)
    beaten = [other for other in present if _signed(other, sign)[0] >= own[1]]
    if beaten:
        return _answered(number, line, Verdict.CONTRADICTED, figure, beaten[0])
    if len(present) < len(other_values):
        return LineAnswer(number, line, Verdict.CANNOT, "others_hidden", {}, figure)
    is_first = all(own[0] > _signed(other, sign)[1] for other in present)
    return _answered(number, line, Verdict.SUPPORTED if is_first else Verdict.CANNOT, figure)


def _signed(figure: Figure, sign: int) -> tuple[float, float]:
    low, high = bounds_of(figure)
    return (low, high) if sign > 0 else (-high, -low)


def _names_cause(_: Report, line: ClaimLine) -> _Refusal | None:
    return _Refusal("cause", {"cause": line.because}) if line.because.strip() else None


def _other_measure(_: Report, line: ClaimLine) -> _Refusal | None:
    return None if line.measure in MEASURES_BY_NAME else _Refusal("other_measure", {"measure": line.measure})


def _other_reach(report: Report, line: ClaimLine) -> _Refusal | None:
    if line.reach_m is None or line.reach_m == report.reach_m:
        return None
    return _Refusal("other_reach", {"claimed": f"{line.reach_m:g}", "reach": f"{report.reach_m:g}"})


def _unknown_district(report: Report, line: ClaimLine) -> _Refusal | None:
    for name in (line.district, line.than):
        count = len(_meant(report, name)) if name else 1
        if count != 1:
            code = "several_districts" if count else "unknown_district"
            return _Refusal(code, {"district": name})
    return None


def _wrong_scope(_: Report, line: ClaimLine) -> _Refusal | None:
    measure = MEASURES_BY_NAME[line.measure]
    if measure.is_by_district and not line.district:
        return _Refusal("no_district_named")
    if not measure.is_by_district and line.district:
        return _Refusal("not_by_district")
    if measure.is_by_district and line.comparison is Comparison.BEYOND_CHANCE:
        return _Refusal("no_chance")
    return None


def _ranks_by_sensors(_: Report, line: ClaimLine) -> _Refusal | None:
    is_comparison = line.comparison in OF_TWO | OF_ALL
    is_of_sensors = MEASURES_BY_NAME[line.measure].is_of_sensors
    return _Refusal("ranks_by_sensors") if is_comparison and is_of_sensors else None


def _unchecked_district(report: Report, line: ClaimLine) -> _Refusal | None:
    """Refuse a sentence that names a district that its fields do not."""
    own = {find_district(report, line.district), find_district(report, line.than)}
    sentence = _words(line.sentence)
    for district in report.districts:
        words = _words(district.name)
        if district.id not in own and words.strip() and words in sentence:
            return _Refusal("sentence_district", {"district": district.name})
    return None


def _unchecked_number(report: Report, line: ClaimLine) -> _Refusal | None:
    """Refuse a sentence that holds a number that its fields do not."""
    sentence = _without_names(report, _folded(line.sentence))
    numbers = {number for number in (line.value, report.reach_m, report.reach_m / 1000) if number is not None}
    if MEASURES_BY_NAME[line.measure].unit.endswith("/1000"):
        numbers.add(_A_THOUSAND)
    for text in _NUMBER.findall(sentence):
        if not any(abs(reading - number) < 1e-9 for reading in _readings(text) for number in numbers):
            return _Refusal("sentence_number", {"number": text})
    return None


def _without_names(report: Report, sentence: str) -> str:
    """Take out names of districts as whole words; one that is a number once, since it may be meant as one."""
    names = {name for district in report.districts for name in (_folded(district.name), district.id) if name}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        times = 1 if _NUMBER.fullmatch(name) else 0
        sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", sentence, count=times)
    return sentence


def _readings(text: str) -> list[float]:
    """Return what a number with marks in it can mean: with marks between thousands, or before decimals."""
    whole = [float(_NOT_DIGITS.sub("", text))]
    parts = _NOT_DIGITS.split(text)
    if len(parts) > 1:
        whole.append(float("".join(parts[:-1]) + "." + parts[-1]))
    return whole


def _words(text: str) -> str:
    """Return the words of a text, a blank between and around them."""
    return f" {' '.join(WORD.findall(_folded(text)))} "


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


_RULES: Final[tuple[Callable[[Report, ClaimLine], _Refusal | None], ...]] = (
    _names_cause,
    _other_measure,
    _other_reach,
    _unknown_district,
    _wrong_scope,
    _ranks_by_sensors,
    _unchecked_district,
    _unchecked_number,
)
