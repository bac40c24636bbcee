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
from sera_store.outputs.line_protocol import UNCERTAIN_S, encode, points, time_ns, write_numbers
from sera_store.records.rows import line_record, values_form
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sera_store.database.names import Names

# Values choose the quality that is part of the key; a long template has some 3 kB.
TEMPLATES_MOST: Final = 8_192
# Numbers that stand for what differs from row to row; a text that holds one by chance gets no template.
_TIME_S: Final = 8_675_309_867
_SEQ: Final = 867_530_986
_UNCERTAINTY_S: Final = 7_919_867_530_986
_VALUE: Final = 7_933_867_530_986.0


class Piece(NamedTuple):
    """Lines for one request, and the index of the row behind the last one that they come from."""

    text: str
    end: int


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

    def pieces(self, rows: Sequence[tuple[Any, ...]], most: int) -> Iterator[Piece]:
        """Write rows read with `LINE_COLUMNS` as lines, up to the first one that does not only add.

        Parameters
        ----------
        most
            So many lines a piece at most, but for those of a single row.
        """
        texts: list[str] = []
        numbers: list[float] = []
        count = end = 0
        # This is done for every value that anybody measures: one loop, and no call that is not needed.
        get = self._templates.get
        for row in rows:
            _, layout, origin, seq, time_s, uncertainty_s, flags, body, detail = row
            if layout is None:
                break
            if time_s is None:
                end += 1
                continue
            size = len(body) // 9
            values, quality = values_form(size).unpack_from(body), body[8 * size :]
            # A sum of finite numbers that is not finite is rare, and only costs a look at each.
            finite = None if isfinite(sum(values)) else tuple([isfinite(value) for value in values])
            key = (origin, layout, detail, flags, quality, finite, uncertainty_s >= UNCERTAIN_S)
            template = get(key) or self._new_template(key, row)
            if template is _NO_TEMPLATE:
                template = _plain(row, self._names)
            if count + template.lines > most and texts:
                yield Piece(_written(texts, numbers), end)
                texts, numbers, count = [], [], 0
            time_ns = seq % SECOND_NS + time_s * SECOND_NS
            if template.places is None:
                numbers += values
                numbers.append(time_ns)
            else:
                numbers += template.places((*values, time_ns, float(uncertainty_s)))
            texts.append(template.text)
            count += template.lines
            end += 1
        if texts:
            yield Piece(_written(texts, numbers), end)

    def _new_template(self, key: tuple[Any, ...], row: tuple[Any, ...]) -> _Template:
        template = self._templates[key] = _template(row, self._names) or _NO_TEMPLATE
        return template


def _written(texts: Sequence[str], numbers: Sequence[float]) -> str:
    """Put numbers into the places of texts, all at once."""
    return "\n".join(texts) % tuple(write_numbers(numbers))


def _plain(row: tuple[Any, ...], names: Names) -> _Template:
    """Write the lines of one row as a text without places."""
    lines = [encode(point) for point in points(line_record(row, names))]
    return _Template("\n".join(lines).replace("%", "%%"), _take_none, len(lines))


def _take_none(_: tuple[Any, ...]) -> tuple[Any, ...]:
    return ()


def _getter(places: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return what takes the numbers at some places, as a tuple also where that is one."""
    return itemgetter(*places) if len(places) > 1 else lambda numbers: (numbers[places[0]],)


def _template(row: tuple[Any, ...], names: Names) -> _Template | None:
    """Write a row with numbers that stand for its own, and find where they have gone."""
    stored = line_record(row, names)
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
        write_numbers([_VALUE + index])[0]: index
        for index, value in enumerate(templated.values)
        if value is not None
    }
    last = len(templated.values)
    every_line = {str(time_ns(_TIME_S, _SEQ)): last}
    if templated.uncertainty_s:
        every_line[write_numbers([float(_UNCERTAINTY_S)])[0]] = last + 1
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
    places = None if order == list(range(last + 1)) else _getter(order)
    return _Template("%s".join(pieces), places, len(lines))


def _positions_of(text: str, placeholder: str) -> list[int]:
    positions, at = [], text.find(placeholder)
    while at >= 0:
        positions.append(at)
        at = text.find(placeholder, at + 1)
    return positions
