"""What a cell holds where a number belongs, and what to write instead.

People's tables have bounds, shares, units, dates that a spreadsheet made of `3-4`, and errors of its
formulas. None of them is turned into a number here: which number was meant only whoever wrote it knows. The
message says what the cell is, so that it can be put right at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# Names of months in English, French, German, Italian, Portuguese and Spanish begin so.
_MONTH: Final = (
    "(?:jan|ene|gen|feb|f\u00e9v|fev|mar|m\u00e4r|mrz|apr|avr|abr|may|mai|mag|jun|juin|giu|jul|juil|lug|"
    "aug|ao\u00fb|ago|sep|set|oct|okt|ott|out|nov|dec|dez|d\u00e9c|dic)[^\\W\\d_]{0,6}"
)
# As a part of a pattern that minds no case: 3-Apr, 3. April 2026, Apr 26, April 3, 2026.
DATE_WITH_MONTH: Final = (
    rf"[0-9]{{1,2}}[-. ]{{0,2}}{_MONTH}\.?(?:[-. ]{{1,2}}[0-9]{{2,4}})?|"
    rf"{_MONTH}\.?[-. ]{{1,2}}[0-9]{{1,4}}(?:, ?[0-9]{{4}})?"
)
_DIGITS: Final = r"[0-9][0-9.,'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ]*"
_BEFORE: Final = (
    r"(?:[<>\N{LESS-THAN OR EQUAL TO}\N{GREATER-THAN OR EQUAL TO}~\N{ALMOST EQUAL TO}]=?|ca\.?|about|c\.)"
)
_BOUND: Final = re.compile(rf"{_BEFORE}\s*{_DIGITS}|{_DIGITS}[+?]", re.IGNORECASE)
_DASH: Final = re.compile(r"[-\N{EN DASH}\N{EM DASH}./?]+")
_NOT_NOTED: Final = re.compile(r"<?na>?|nan|null|#n/?[av]|n/a|n\.? ?[abde]\.|k\.? ?a\.", re.IGNORECASE)
_SHARE: Final = re.compile(rf"[+-]?{_DIGITS}%")
_ERROR: Final = re.compile(
    r"#[\w/\N{INVERTED EXCLAMATION MARK}\N{INVERTED QUESTION MARK}]+[!?]|(?:Err|Fehler):[0-9]{3}",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(r"[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:\s*[ap]\.?m\.?)?", re.IGNORECASE)
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}.*|"
    rf"{DATE_WITH_MONTH}",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"[0-9]+\s*(?:[-\N{EN DASH}/]|to|bis)\s*[0-9]+")
_PARTED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[ ][0-9]{3})+(?:[.,][0-9]+)?")
_WITH_UNIT: Final = re.compile(
    rf"(?P<before>[€$£])?\s*(?P<number>[+-]?{_DIGITS})(?P<unit>[^\W\d_µ°]*[^\d\s.,;:+?]{{0,7}})"
)


def _of_parted(cell: str) -> str:
    return f"a number with blanks between its digits; write {cell.replace(' ', '')} if they part thousands"


_ERROR_ADVICE: Final = "an error of a spreadsheet's formula; mend the formula there, and save the table again"
_NOT_NOTED_ADVICE: Final = (
    "a mark for what was not noted, which is no zero; write 0 where somebody looked and found none, and else "
    "leave the row or column out"
)
_DASH_ADVICE: Final = (
    "a mark that can mean none or not noted; write 0 where somebody looked and found none. What was not "
    "noted is no zero"
)
_BOUND_ADVICE: Final = (
    "a bound or a guess, and is read as no number; write what was counted or measured, or leave the row out"
)
_SHARE_ADVICE: Final = (
    "a share in percent; where shares are meant write all of the column as parts of one, as 0.41 for 41%. No "
    "count can be worked out of it"
)
_DATE_ADVICE: Final = (
    "a date; spreadsheets make one of 3-4 or 3/4. Write the number again, or leave the column out if it "
    "holds dates"
)
_CLOCK_ADVICE: Final = (
    "a time or duration of hours and minutes; write a number in one unit, as 10 for ten minutes"
)
_KINDS: Final[tuple[tuple[re.Pattern[str], str | Callable[[str], str]], ...]] = (
    (_ERROR, _ERROR_ADVICE),
    (_NOT_NOTED, _NOT_NOTED_ADVICE),
    (_DASH, _DASH_ADVICE),
    (_SHARE, _SHARE_ADVICE),
    (_BOUND, _BOUND_ADVICE),
    (_DATE, _DATE_ADVICE),
    (_RANGE, "two numbers; write the one that was counted or measured"),
    (_CLOCK, _CLOCK_ADVICE),
    (_PARTED, _of_parted),
)


def explain_no_number(cell: str) -> str:
    """Describe a cell that holds no number, and what to write; the empty text where that is not known.

    Parameters
    ----------
    cell
        Without blanks at its ends.

    Returns
    -------
    str
        The rest of a sentence that begins with `found '41%'`.

    Examples
    --------
    >>> explain_no_number("1 200")
    'a number with blanks between its digits; write 1200 if they part thousands'
    >>> explain_no_number("many"), explain_no_number("")
    ('', '')
    """
    for pattern, kind in _KINDS:
        if pattern.fullmatch(cell):
            return kind if isinstance(kind, str) else kind(cell)
    match = _WITH_UNIT.fullmatch(cell)
    if match is None or not (match["before"] or match["unit"]):
        return ""
    number, unit = match["number"].strip(), match["before"] or match["unit"]
    return (
        f"a number with a unit; write {number} alone, and the unit behind the column's name, as in "
        f"'name [{unit}]'; one unit a column"
    )
