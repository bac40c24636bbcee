"""Claims about inequity: lines of a text, each with what it says in fields that can be checked."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, Final

import msgspec

from sera_coalition.errors import InvalidClaimError
from sera_store.plain_text import text_problem
from sera_store.toml_text import InvalidTomlError, read_toml

LINES_MOST: Final = 40
SENTENCE_LONGEST: Final = 400
TITLE_LONGEST: Final = 120
_NAME_LONGEST: Final = 80
_BYTES_MOST: Final = 200_000


class Comparison(StrEnum):
    """What a line says of a figure."""

    ABOVE = "above"
    BELOW = "below"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUALS = "equals"
    MORE_THAN_IN = "more_than_in"
    LESS_THAN_IN = "less_than_in"
    HIGHEST = "highest"
    LOWEST = "lowest"
    BEYOND_CHANCE = "beyond_chance"


WITH_VALUE: Final = frozenset(
    {Comparison.ABOVE, Comparison.BELOW, Comparison.AT_LEAST, Comparison.AT_MOST, Comparison.EQUALS}
)
OF_TWO: Final = frozenset({Comparison.MORE_THAN_IN, Comparison.LESS_THAN_IN})
OF_ALL: Final = frozenset({Comparison.HIGHEST, Comparison.LOWEST})


class ClaimLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a claim.

    Parameters
    ----------
    sentence
        As it stands in the text.
    measure
        Name of a measure of the report.
    comparison
        What is said of it.
    district
        Id or name; empty where all districts together are meant.
    value
        In the measure's unit: percent for shares.
    than
        The other district of a comparison of two.
    reach_m
        How far people go in this claim [m]; None where it says nothing of it.
    because
        The cause that the line names, if it names one.
    """

    sentence: str
    measure: str
    comparison: Comparison
    district: str = ""
    value: float | None = None
    than: str = ""
    reach_m: float | None = None
    because: str = ""


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text of lines that say something of districts.

    Parameters
    ----------
    title
        What it is called.
    lines
        Numbered from 1 as they stand.
    is_machine_made
        Whether a program wrote it.
    """

    title: str
    lines: tuple[ClaimLine, ...]
    is_machine_made: bool = False


def read_claim(content: bytes, name: str) -> Claim:
    """Read a claim from a file in TOML or JSON.

    Parameters
    ----------
    content
        `title`, perhaps `is_machine_made`, and a table `[[line]]` for each line.
    name
        What messages call the file; JSON where it ends in `.json`.

    Raises
    ------
    InvalidClaimError
        It is no claim; the message names file and line, what stands there and what was expected.
    """
    if len(content) > _BYTES_MOST:
        raise InvalidClaimError(f"{name} has more than {_BYTES_MOST} bytes; a claim has {LINES_MOST} lines")
    fields = _fields(content, name)
    lines = fields.pop("line", None)
    if not isinstance(lines, list) or not lines:
        raise InvalidClaimError(f"{name} has no line; expected a table [[line]] for each")
    read = [_line(line, number, name) for number, line in enumerate(lines, 1)]
    try:
        claim = msgspec.convert({**fields, "lines": read}, type=Claim)
    except msgspec.ValidationError as error:
        raise InvalidClaimError(f"{name}: {error}; expected title, is_machine_made and lines") from error
    check_claim(claim, name)
    return claim


def _fields(content: bytes, name: str) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
        fields: Any = msgspec.json.decode(text) if name.endswith(".json") else read_toml(text)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError, InvalidTomlError) as error:
        raise InvalidClaimError(f"{name} cannot be read: {error}; expected TOML, or JSON in a .json") from (
            error
        )
    if not isinstance(fields, dict):
        raise InvalidClaimError(f"{name} is no table of fields; expected title and lines")
    return fields


def _line(fields: object, number: int, name: str) -> ClaimLine:
    try:
        return msgspec.convert(fields, type=ClaimLine)
    except msgspec.ValidationError as error:
        names = ", ".join(ClaimLine.__struct_fields__)
        raise InvalidClaimError(f"{name}, line {number}: {error}; its fields are {names}") from error


def check_claim(claim: Claim, name: str) -> None:
    """Check a claim by the rules that need no report.

    Raises
    ------
    InvalidClaimError
        A field is missing, too long or no number; the message names the line.
    """
    if text_problem(claim.title, TITLE_LONGEST, is_needed=True):
        raise InvalidClaimError(f"{name}: title; expected 1 to {TITLE_LONGEST} {_VISIBLE}")
    if not 0 < len(claim.lines) <= LINES_MOST:
        raise InvalidClaimError(f"{name} has {len(claim.lines)} lines; expected 1 to {LINES_MOST}")
    for number, line in enumerate(claim.lines, 1):
        field = wrong_field(line)
        if field:
            raise InvalidClaimError(
                f"{name}, line {number}: {field}; expected {_EXPECTED[field]}", number, field
            )


_VISIBLE: Final = "characters that can be seen"
_EXPECTED: Final = {
    "sentence": f"1 to {SENTENCE_LONGEST} {_VISIBLE}, as the line stands in the text",
    "measure": "the name of a measure",
    "value": "a number, in percent where the measure is a share, with this comparison and no other",
    "than": "another district, with more_than_in and less_than_in and no other",
    "district": f"the id or name of a district, of at most {_NAME_LONGEST} characters",
    "reach_m": "metres above 0",
    "because": f"at most {SENTENCE_LONGEST} {_VISIBLE}",
}


def _is_line(text: str, most: int) -> bool:
    return not text_problem(text, most)


def wrong_field(line: ClaimLine) -> str:
    """Return the first field of a line that cannot be so; the empty text if all can."""
    numbers = [number for number in (line.value, line.reach_m) if number is not None]
    rules = [
        ("sentence", not text_problem(line.sentence, SENTENCE_LONGEST, is_needed=True)),
        ("measure", 0 < len(line.measure) <= _NAME_LONGEST),
        ("value", (line.value is not None) == (line.comparison in WITH_VALUE)),
        ("value", all(math.isfinite(number) for number in numbers)),
        ("than", bool(line.than) == (line.comparison in OF_TWO) and _is_line(line.than, _NAME_LONGEST)),
        ("district", _is_line(line.district, _NAME_LONGEST)),
        ("district", bool(line.district) or line.comparison not in OF_TWO | OF_ALL),
        ("reach_m", line.reach_m is None or line.reach_m > 0),
        ("because", _is_line(line.because, SENTENCE_LONGEST)),
    ]
    return next((field for field, holds in rules if not holds), "")
