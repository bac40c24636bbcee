"""Rows of one survey that may be two surveys: two observers of one place and day, told apart or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# What tables call the column of whoever counted, without blanks and signs.
_OBSERVERS: Final = frozenset(
    (
        *("observer", "observers", "observername", "observerid", "surveyor", "surveyors", "surveyorname"),
        *("recorder", "recorders", "recordername", "recordedby", "counter", "countedby"),
        *("collector", "collectors", "person", "volunteer"),
    )
)


class SurveyRow(NamedTuple):
    """A row of a table of surveys: its line, the survey it names, its group, all of its cells."""

    line: int
    survey: tuple[str, ...]
    group: str
    cells: Mapping[str, str]


class SurveyColumns(NamedTuple):
    """Columns by what they say.

    `divisions` are those whose rows belong to one survey and are added up; `stated` are all others whose
    meaning is stated: names of a survey, counts, effort, group. `has_counts` is false where a row is an
    insect, so that a group may stand in a survey many times.
    """

    divisions: tuple[str, ...]
    stated: tuple[str, ...]
    has_counts: bool


def check_repeats(path: Path, rows: Sequence[SurveyRow], columns: SurveyColumns) -> list[TableNote]:
    """Check that no survey is two, since the effort of one would be set against the counts of both.

    Parameters
    ----------
    path
        The table, for the message.
    rows
        Its rows, those of totals left out.
    columns
        What its columns say.

    Returns
    -------
    list of TableNote
        How many rows were added up to others of their survey and group, and what divides them.

    Raises
    ------
    BadInputError
        Where a survey has two observers, or a group stands in it twice and another column, which does not
        divide groups, differs between the two rows.

    Notes
    -----
    A column divides groups if each of its words stands with one group only, some of them in several surveys,
    in a table of two groups or more: a species below its group. Rows that differ in such a column are added
    up, with a note.
    """
    _check_observers(path, rows, columns)
    if not columns.has_counts:
        return []
    repeats = _repeats(rows)
    if not repeats:
        return []
    stated = {*columns.divisions, *columns.stated}
    open_columns = [name for name in rows[0].cells if name not in stated]
    dividing = [name for name in open_columns if divides_groups(rows, name)]
    for first, again in repeats:
        differing = [name for name in open_columns if first.cells[name] != again.cells[name]]
        if differing and not set(differing) & {*dividing}:
            raise BadInputError(_repeat_message(path, first, again, differing[0]))
    if dividing:
        return [TableNote.of("division_rows_added", rows=len(repeats), columns=dividing)]
    return [TableNote.of("survey_rows_added", rows=len(repeats))]


def divides_groups(rows: Sequence[SurveyRow], column: str) -> bool:
    """Return whether a column's words are kinds below the groups, as species are; numbers are not."""
    groups: dict[str, set[str]] = {}
    surveys: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        if row.group:
            word = row.cells[column]
            groups.setdefault(word, set()).add(row.group)
            surveys.setdefault(word, set()).add(row.survey)
    if any(len(names) > 1 for names in groups.values()) or len(set.union(set(), *groups.values())) < 2:
        return False
    is_named = all(word and not word[0].isdigit() and word[0] not in "+-." for word in groups)
    return is_named and any(len(names) > 1 for names in surveys.values())


def _check_observers(path: Path, rows: Sequence[SurveyRow], columns: SurveyColumns) -> None:
    """Raise where one survey has two observers, whatever groups each of them saw."""
    stated = {*columns.divisions, *columns.stated}
    observers = [
        name
        for name in (rows[0].cells if rows else ())
        if name not in stated and "".join(filter(str.isalnum, name.lower())) in _OBSERVERS
    ]
    for name in observers:
        firsts: dict[tuple[str, ...], SurveyRow] = {}
        for row in rows:
            first = firsts.setdefault(row.survey, row)
            if first.cells[name] != row.cells[name]:
                raise BadInputError(
                    f"{path}: row {row.line}, column {name}: {row.cells[name]!r}, but {first.cells[name]!r} "
                    f"in row {first.line} of the same survey ({', '.join(row.survey)}); {_advice(name)}"
                )


def _repeats(rows: Sequence[SurveyRow]) -> list[tuple[SurveyRow, SurveyRow]]:
    """List the rows whose group stands in their survey before, each with the first one."""
    firsts: dict[tuple[tuple[str, ...], str], SurveyRow] = {}
    pairs = [(firsts.setdefault((row.survey, row.group), row), row) for row in rows if row.group]
    return [(first, row) for first, row in pairs if first is not row]


def _repeat_message(path: Path, first: SurveyRow, again: SurveyRow, column: str) -> str:
    return (
        f"{path}: row {again.line} repeats {again.group!r} of the survey ({', '.join(again.survey)}) in row "
        f"{first.line}, and differs from it in column {column} ({first.cells[column]!r}, "
        f"{again.cells[column]!r}); {_advice(column)}"
    )


def _advice(column: str) -> str:
    return (
        f"give --watch {column!r} too if it tells surveys apart, each with its own effort, or "
        f"--division {column!r} if all of its rows are of one survey and its effort"
    )
