"""Rows straight from the database as lines, by templates that `line_protocol` itself has written.

Most rows of one origin differ in their numbers alone. The line of the first is made point by point, with
numbers that occur nowhere else; where they stand in its text is where the numbers of the others go.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.database.recent_cache import RecentCache
from sera_store.outputs.line_protocol import UNCERTAIN_S, encode, points, time_ns
from sera_store.records.rows import stored_record, values_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.names import Names

# Values choose the quality that is part of the key; a long template has some 3 kB.
TEMPLATES_MOST: Final = 8_192
# Numbers that stand for what differs from row to row; a text that holds one by chance gets no template.
_TIME_S: Final = 8_675_309_867
_SEQ: Final = 867_530_986
_UNCERTAINTY_S: Final = 7_919_867_530_986
_VALUE: Final = 7_933_867_530_986.0

# Places in a row read with `ROW_COLUMNS`.
_ID, _SUPERSEDES, _LAYOUT = 0, 1, 3


Lines = tuple[int, str, int]
"""Change number of a row, its lines, and how many they are."""


class _Template(NamedTuple):
    """A text with places for numbers, which of them go there, and how many lines it has.

    Where `places` is None, all values go there in their order, and then the time.
    """

    text: str
    places: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None
    lines: int


# Of rows for which there is no template.
_NO_TEMPLATE: Final = _Template("", None, 0)


class LineTemplates:
    """Makes the lines of rows that revise nothing; the same lines as `encode` of each of their points."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._templates: RecentCache[tuple[Any, ...], _Template] = RecentCache(TEMPLATES_MOST)

    def fits(self, row: tuple[Any, ...]) -> bool:
        """Return whether a row, read with `ROW_COLUMNS`, is a record that revises nothing."""
        return row[_SUPERSEDES] is None and row[_LAYOUT] is not None

    def lines(self, row: tuple[Any, ...]) -> Lines | None:
        """Write a record's row, read with `ROW_COLUMNS`, as lines; None where it has no time."""
        number, _, origin, layout, seq, _, _, time_s, uncertainty_s, flags, body, _, _, detail = row
        if time_s is None:
            return None
        count = len(body) // 9
        values, quality = values_form(count).unpack_from(body), body[8 * count :]
        # A sum of finite numbers that is not finite is rare, and only costs a look at each.
        finite = None if isfinite(sum(values)) else tuple([isfinite(value) for value in values])
        is_uncertain = uncertainty_s >= UNCERTAIN_S
        key = (origin, layout, detail, flags, quality, finite, is_uncertain)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = _template(row, self._names) or _NO_TEMPLATE
        if template is _NO_TEMPLATE:
            return _plain(row, self._names)
        places = template.places
        if places is None:
            return number, template.text % (*values, time_ns(time_s, seq)), template.lines
        arguments = (*values, time_ns(time_s, seq), float(uncertainty_s))
        return number, template.text % places(arguments), template.lines


def _plain(row: tuple[Any, ...], names: Names) -> Lines:
    lines = [encode(point) for point in points(stored_record(row, names))]
    return row[_ID], "\n".join(lines), len(lines)


def _template(row: tuple[Any, ...], names: Names) -> _Template | None:
    """Write a row with numbers that stand for its own, and find where they have gone."""
    stored = stored_record(row, names)
    record = stored.record
    templated = replace(
        record,
        time_s=_TIME_S,
        seq=_SEQ,
        uncertainty_s=_UNCERTAINTY_S if record.uncertainty_s >= UNCERTAIN_S else 0,
        values=tuple(
            [
                None if value is None or not isfinite(value) else _VALUE + index
                for index, value in enumerate(record.values)
            ]
        ),
    )
    lines = [encode(point) for point in points(replace(stored, record=templated))]
    text = "\n".join(lines)
    placeholders = {
        repr(_VALUE + index): index for index, value in enumerate(templated.values) if value is not None
    }
    last = len(templated.values)
    every_line = {str(time_ns(_TIME_S, _SEQ)): last}
    if templated.uncertainty_s:
        every_line[repr(float(_UNCERTAINTY_S))] = last + 1
    placeholders |= every_line
    occurrences = sorted(
        (at, placeholder) for placeholder in placeholders for at in _positions_of(text, placeholder)
    )
    # Each value once, and what every point has once a line: otherwise some text holds a mark too.
    if len(occurrences) != last - templated.values.count(None) + len(every_line) * len(lines):
        return None
    pieces, end = [], 0
    for at, placeholder in occurrences:
        pieces.append(text[end:at].replace("%", "%%"))
        end = at + len(placeholder)
    pieces.append(text[end:].replace("%", "%%"))
    order = [placeholders[placeholder] for _, placeholder in occurrences]
    places = None if order == list(range(last + 1)) else itemgetter(*order)
    return _Template("%r".join(pieces), places, len(lines))


def _positions_of(text: str, placeholder: str) -> list[int]:
    positions, at = [], text.find(placeholder)
    while at >= 0:
        positions.append(at)
        at = text.find(placeholder, at + 1)
    return positions
