"""Check the values of a block, column by column: each distinct value once, however many rows have it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks import vocabularies
from sera_workshop.archives.checks.dates import date_span, moments
from sera_workshop.archives.checks.sentences import add

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sera_workshop.archives.checks.report import Report
    from sera_workshop.archives.checks.rows import Block
    from sera_workshop.archives.checks.table import Column, Table

# A verdict: code and what its sentence says; None where the value is good.
Verdict = tuple[str, str] | None
_KEPT_MOST: Final = 200_000


class ValueChecks:
    """Checks of one table's values, with a memory of values that were judged."""

    def __init__(self, table: Table, report: Report) -> None:
        self._report = report
        self._columns = [column for column in table.columns if column.term]
        self._judged: dict[str, dict[str, Verdict]] = {column.name: {} for column in self._columns}
        self._judges = {column.name: judge_of(column) for column in self._columns}
        self._terms = {column.term: column for column in self._columns}

    def check(self, block: Block, values: Mapping[str, Sequence[str]]) -> None:
        """Check a block; `values` are its columns by term, defaults filled in."""
        for column in self._columns:
            self._check_column(block, column, values[column.term])
        for first, second in vocabularies.PAIRS:
            code = "quantity_without_type" if first == "organismQuantity" else "value_without_unit"
            self._check_pair(block, values, (first, second), code, lambda a, b: bool(a) == bool(b))
        for first, second in vocabularies.NEEDED_BY:
            self._check_pair(
                block, values, (first, second), "value_without_unit", lambda a, b: bool(a) or not b
            )
        for first, second in vocabularies.ORDERED:
            self._check_pair(block, values, (first, second), "range_order", _is_ordered)
        self._check_pair(
            block, values, ("measurementType", "measurementValue"), "type_missing", lambda a, b: a or not b
        )
        self._check_status(block, values)
        self._check_place(block, values)
        self._check_date_parts(block, values)

    def _check_column(self, block: Block, column: Column, values: Sequence[str]) -> None:
        judge = self._judges[column.name]
        if judge is None:
            return
        judged = self._judged[column.name]
        if len(judged) > _KEPT_MOST:
            judged.clear()
        bad: dict[str, tuple[str, str]] = {}
        for value in set(values):
            if value in judged:
                verdict = judged[value]
            else:
                verdict = judged[value] = judge(value)
            if verdict is not None:
                bad[value] = verdict
        if not bad:
            return
        for line, value in zip(block.lines, values, strict=True):
            if value in bad:
                code, limit = bad[value]
                add(self._report, code, block.file, line=line, term=column.name, value=value, limit=limit)

    def _check_pair(
        self,
        block: Block,
        values: Mapping[str, Sequence[str]],
        terms: tuple[str, str],
        code: str,
        is_good: Callable[[str, str], object],
    ) -> None:
        if terms[0] not in values and terms[1] not in values:
            return
        empty = [""] * len(block.lines)
        first, second = (values.get(term, empty) for term in terms)
        bad = {pair for pair in set(zip(first, second, strict=True)) if not is_good(*pair)}
        if bad:
            for line, pair in zip(block.lines, zip(first, second, strict=True), strict=True):
                if pair in bad:
                    add(self._report, code, block.file, line=line, term=terms[0], value=terms[0],
                        limit=terms[1])  # fmt: skip

    def _check_status(self, block: Block, values: Mapping[str, Sequence[str]]) -> None:
        statuses = values.get("occurrenceStatus")
        for term in ("organismQuantity", "individualCount"):
            quantities = values.get(term)
            if statuses is None or quantities is None:
                continue
            bad = {pair for pair in set(zip(statuses, quantities, strict=True)) if _contradicts(*pair)}
            for line, pair in zip(block.lines, zip(statuses, quantities, strict=True), strict=True):
                if bad and pair in bad:
                    add(self._report, "status_contradiction", block.file, line=line,
                        term="occurrenceStatus", value=pair[0], limit=pair[1])  # fmt: skip

    def _check_place(self, block: Block, values: Mapping[str, Sequence[str]]) -> None:
        if "decimalLatitude" not in values and "decimalLongitude" not in values:
            return
        empty = [""] * len(block.lines)
        terms = ("decimalLatitude", "decimalLongitude", "geodeticDatum", "coordinateUncertaintyInMeters")
        places = list(zip(*[values.get(term, empty) for term in terms], strict=True))
        bad = {place: codes for place in set(places) if (codes := _place_codes(*place))}
        if bad:
            for line, place in zip(block.lines, places, strict=True):
                for code in bad.get(place, ()):
                    add(self._report, code, block.file, line=line, term="decimalLatitude")

    def _check_date_parts(self, block: Block, values: Mapping[str, Sequence[str]]) -> None:
        if "eventDate" not in values or not {"year", "month", "day"} & values.keys():
            return
        empty = [""] * len(block.lines)
        parts = list(
            zip(*[values.get(term, empty) for term in ("eventDate", "year", "month", "day")], strict=True)
        )
        bad = {part for part in set(parts) if _date_disagrees(*part)}
        if bad:
            for line, part in zip(block.lines, parts, strict=True):
                if part in bad:
                    add(self._report, "date_contradiction", block.file, line=line, term="eventDate",
                        value=part[0])  # fmt: skip


def judge_of(column: Column) -> Callable[[str], Verdict] | None:
    """Return the check of one column's values; None where any text is good."""
    term = column.term
    judges = [
        judge
        for is_asked, judge in (
            (column.is_required, _required),
            (term in vocabularies.VOCABULARIES, _vocabulary(term)),
            (term in vocabularies.INTEGERS or column.kind == "integer", _integer),
            (term in vocabularies.RANGES or column.kind == "number", _number(term)),
            (term in vocabularies.DATES, _date),
            (term in vocabularies.BOOLEANS or column.kind == "boolean", _boolean),
            (term == "countryCode", _country),
        )
        if is_asked
    ]
    if not judges:
        return None

    def judge_all(value: str) -> Verdict:
        for judge in judges:
            verdict = judge(value)
            if verdict is not None:
                return verdict
        return None

    return judge_all


def _required(value: str) -> Verdict:
    return None if value else ("required_value", "")


def _vocabulary(term: str) -> Callable[[str], Verdict]:
    allowed = vocabularies.VOCABULARIES.get(term, ())
    values = {vocabularies.folded(value) for value in allowed}
    superseded = {vocabularies.folded(value) for value in vocabularies.SUPERSEDED_VALUES.get(term, ())}
    names = ", ".join(allowed)

    def judge(value: str) -> Verdict:
        name = vocabularies.folded(value)
        if name in {"notdetected", "detected"} and term == "occurrenceStatus":
            return ("not_detected", "") if name == "notdetected" else ("superseded_value", "present, absent")
        if not value or name in values:
            return None
        return ("superseded_value" if name in superseded else "vocabulary", names)

    return judge


def as_number(value: str) -> float | None:
    """Read a number as Darwin Core writes it: a decimal point, no separators; None where it is not one."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in value and value == value.strip() else None


def _number(term: str) -> Callable[[str], Verdict]:
    low, high = vocabularies.RANGES.get(term, (-math.inf, math.inf))

    def judge(value: str) -> Verdict:
        if not value:
            return None
        number = as_number(value)
        if number is None:
            return "not_a_number", ""
        if number == 0 and term == "coordinateUncertaintyInMeters":
            return "uncertainty_zero", ""
        return None if low <= number <= high else ("out_of_range", f"{low:g} to {high:g}")

    return judge


def _integer(value: str) -> Verdict:
    return None if not value or (value.isascii() and value.isdigit()) else ("not_an_integer", "")


def _date(value: str) -> Verdict:
    if not value:
        return None
    span = date_span(value)
    if span is None:
        return "not_a_date", ""
    ends = moments(value)
    return ("date_order", "") if span[1] < span[0] or (ends and ends[1] < ends[0]) else None


def _boolean(value: str) -> Verdict:
    return None if value in {"", "true", "false"} else ("not_boolean", "")


def _country(value: str) -> Verdict:
    return None if not value or value in vocabularies.countries() else ("not_a_country", "")


def _is_ordered(low: str, high: str) -> bool:
    first, second = as_number(low), as_number(high)
    return first is None or second is None or first <= second


def _contradicts(status: str, quantity: str) -> bool:
    number = as_number(quantity) if quantity else None
    if number is None:
        return False
    is_absent = vocabularies.folded(status) in {"absent", "notdetected"}
    return (is_absent and number != 0) or (
        vocabularies.folded(status) in {"present", "detected"} and number == 0
    )


def _place_codes(latitude: str, longitude: str, datum: str, uncertainty: str) -> tuple[str, ...]:
    if not latitude and not longitude:
        return ()
    if not (latitude and longitude):
        return ("coordinate_pair",)
    is_zero = as_number(latitude) == 0 and as_number(longitude) == 0
    codes = (
        ("datum_missing", not datum),
        ("uncertainty_missing", not uncertainty),
        ("zero_coordinates", is_zero),
    )
    return tuple(code for code, holds in codes if holds)


def _date_disagrees(text: str, year: str, month: str, day: str) -> bool:
    span = date_span(text) if text else None
    if span is None:
        return False
    for part, first, last in (
        (year, span[0].year, span[1].year),
        (month, span[0].month, span[1].month),
        (day, span[0].day, span[1].day),
    ):
        if part and first == last and part.isdigit() and int(part) != first:
            return True
    return False
