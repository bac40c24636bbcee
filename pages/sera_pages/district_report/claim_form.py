"""The form of a claim: its lines as they were typed, read into fields that can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_coalition.report.answers import find_district
from sera_coalition.report.claims import (
    LINES_MOST,
    SENTENCE_LONGEST,
    TITLE_LONGEST,
    Claim,
    ClaimLine,
    Comparison,
    read_claim,
    wrong_field,
)
from sera_coalition.report.measures import WITHOUT_OUTLET
from sera_store.plain_text import DECIMAL_POINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_coalition.report.report import Report
    from sera_pages.views.forms import Form, Upload

FIRST_LINES: Final = 3
FIELDS: Final = ("sentence", "measure", "district", "comparison", "value", "than", "reach_m", "because")
_WRONG: Final = {
    "value": "claim.wrong_value",
    "than": "claim.wrong_than",
    "district": "claim.wrong_district",
    "reach_m": "claim.wrong_reach",
}
# Longer than anything that is kept, so that what is too long is said and not cut.
_LONGEST: Final = 2 * SENTENCE_LONGEST
# A comma and the Arabic decimal separator; digits of any script are digits already.


class ClaimFields:
    """What was typed: a title, whether a program wrote it, and lines of texts by field.

    Parameters
    ----------
    title, is_machine_made
        As typed.
    lines
        For each line its texts by the names of `FIELDS`.
    """

    def __init__(self, title: str, lines: list[dict[str, str]], *, is_machine_made: bool) -> None:
        self.title = title
        self.lines = lines
        self.is_machine_made = is_machine_made
        self.problems: dict[str, tuple[str, dict[str, int]]] = {}

    def claim(self) -> Claim | None:
        """Return the claim; None where something is wrong, which `problems` then has by field."""
        if not 0 < len(self.title) <= TITLE_LONGEST:
            self.problems["title"] = ("claim.wrong_name", {"most": TITLE_LONGEST})
        written = [(number, line) for number, line in enumerate(self.lines, 1) if not _is_blank(line)]
        if not written:
            self.problems["sentence-1"] = ("claim.wrong_lines", {})
        lines = [self._line(number, line) for number, line in written]
        if self.problems:
            return None
        read = tuple(line for line in lines if line is not None)
        return Claim(title=self.title, lines=read, is_machine_made=self.is_machine_made)

    def words(self, say: Callable[..., str]) -> dict[str, str]:
        """Write what is wrong with fields, by field."""
        return {name: say(sentence, **arguments) for name, (sentence, arguments) in self.problems.items()}

    def _line(self, number: int, texts: dict[str, str]) -> ClaimLine | None:
        value, reach_m = self._number(number, texts, "value"), self._number(number, texts, "reach_m")
        if texts["comparison"] not in list(Comparison):
            self.problems[f"value-{number}"] = ("claim.wrong_value", {})
        if self.problems:
            return None
        line = ClaimLine(
            sentence=texts["sentence"],
            measure=texts["measure"],
            comparison=Comparison(texts["comparison"]),
            district=texts["district"],
            value=value,
            than=texts["than"],
            reach_m=reach_m,
            because=texts["because"],
        )
        wrong = wrong_field(line)
        if wrong in _WRONG:
            self.problems[f"{wrong}-{number}"] = (_WRONG[wrong], {})
        elif wrong:
            name = wrong if wrong == "because" else "sentence"
            self.problems[f"{name}-{number}"] = ("claim.wrong_sentence", {"most": SENTENCE_LONGEST})
        return line

    def _number(self, number: int, texts: dict[str, str], name: str) -> float | None:
        """Read a number; None where the field is empty, or what is in it is noted as a problem."""
        try:
            return float(texts[name].translate(DECIMAL_POINTS)) if texts[name] else None
        except ValueError:
            self.problems[f"{name}-{number}"] = (_WRONG[name], {})
            return None


def _is_blank(line: dict[str, str]) -> bool:
    return not any(line[name] for name in ("sentence", "value", "because"))


def blank_line() -> dict[str, str]:
    """Return a line before anything was typed."""
    return dict.fromkeys(FIELDS, "") | {"measure": WITHOUT_OUTLET, "comparison": Comparison.ABOVE.value}


def empty_fields() -> ClaimFields:
    """Return the fields before anything was typed."""
    return ClaimFields("", [blank_line() for _ in range(FIRST_LINES)], is_machine_made=False)


def read_fields(form: Form) -> ClaimFields:
    """Return all fields of a form as they were typed, with three more lines where it asks for them."""
    numbers = [number for number in range(1, LINES_MOST + 1) if form.texts(f"measure-{number}")]
    lines = [{name: form.text(f"{name}-{number}", _LONGEST) for name in FIELDS} for number in numbers] or [
        blank_line()
    ]
    if form.text("go") == "more":
        lines += [blank_line() for _ in range(min(FIRST_LINES, LINES_MOST - len(lines)))]
    title = form.text("title", 2 * TITLE_LONGEST)
    return ClaimFields(title, lines, is_machine_made=bool(form.text("machine")))


def fields_of_file(upload: Upload, typed: ClaimFields, report: Report) -> ClaimFields:
    """Return the fields of a file in TOML or JSON in place of those that were typed.

    Districts stand in them by their ids, as the form has them; one that the report does not have stays as it
    is written.

    Raises
    ------
    InvalidClaimError
        It is no claim.
    """
    claim = read_claim(upload.content, upload.name)
    lines = [
        {name: _text(getattr(line, name)) for name in FIELDS}
        | {"comparison": line.comparison.value}
        | {name: find_district(report, name_in) or name_in for name, name_in in _districts(line)}
        for line in claim.lines
    ]
    is_machine_made = claim.is_machine_made or typed.is_machine_made
    return ClaimFields(claim.title, lines, is_machine_made=is_machine_made)


def _districts(line: ClaimLine) -> tuple[tuple[str, str], ...]:
    return ("district", line.district), ("than", line.than)


def _text(value: object) -> str:
    if value is None:
        return ""
    # All digits that a number has: a claim that is kept says what its file says.
    return f"{value:.15g}" if isinstance(value, float) else str(value)
