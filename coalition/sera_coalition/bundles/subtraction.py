"""Which rows may leave beside those that left before, so that no sums and differences tell of fewer.

Whoever has some rows knows every sum and difference of them. What no such sum can tell apart is an atom: the
things that gardens said and that stand in exactly the same rows. Whatever is worked out of the rows is about
whole atoms. So a row may leave if it makes no atom of fewer gardens, or persons, than agreed. A garden whose
record came late says another thing than before.

References
----------
Chin, Ozsoyoglu (1982), Auditing and inference control in statistical databases, IEEE Transactions on Software
Engineering SE-8(6), 574-582, https://doi.org/10.1109/TSE.1982.236161 (what users can know by sums; kept there
exactly, here by atoms, which admit fewer rows and take less time).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_coalition.bundles.aggregation import released_rows
from sera_coalition.bundles.earlier import GivenRow, Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sera_coalition.bundles.aggregation import Cell, GardenSum, Group, RowKey
    from sera_coalition.bundles.earlier import EarlierTable
    from sera_coalition.bundles.tables import Row

_DIGITS = 16


class Said(NamedTuple):
    """One thing that was said: by which garden and persons, and its digest."""

    garden: str
    what: str
    persons: tuple[str, ...] = ()


class Partition:
    """What can be told apart by somebody who knows some rows.

    Parameters
    ----------
    rows
        Those that are known, each by what it rests on.

    Examples
    --------
    >>> first = frozenset(Said(garden, "1") for garden in "abcd")
    >>> known = Partition([first])
    >>> known.admits(first | {Said("e", "1")}, 3), known.admits(first, 3)
    (False, True)
    """

    def __init__(self, rows: Iterable[frozenset[Said]] = ()) -> None:
        self._atoms: list[frozenset[Said]] = []
        for row in rows:
            self.learn(row)

    def admits(self, row: frozenset[Said], smallest: int) -> bool:
        """Return whether a row more tells of no fewer gardens, or persons, than the smallest cell."""
        _, changed = self._split(row)
        return all(_size(atom) >= smallest for atom in changed)

    def learn(self, row: frozenset[Said]) -> None:
        """Take a row in."""
        kept, changed = self._split(row)
        self._atoms = kept + changed

    def _split(self, row: frozenset[Said]) -> tuple[list[frozenset[Said]], list[frozenset[Said]]]:
        """Return the atoms that stay, and those that a row makes of others and of what is new."""
        kept, changed, new = [], [], row
        for atom in self._atoms:
            inside = atom & row
            new -= inside
            if inside and len(inside) < len(atom):
                changed += [inside, atom - inside]
            else:
                kept.append(atom)
        return kept, [*changed, new] if new else changed


def _size(atom: frozenset[Said]) -> int:
    gardens = {said.garden for said in atom}
    persons = {person for said in atom for person in said.persons}
    return min(len(gardens), len(persons)) if persons else len(gardens)


class ChosenRow(NamedTuple):
    """A row that leaves: period and name, cell, the gardens behind it, whether its hours are told."""

    key: RowKey
    cell: Cell
    group: Group
    tells_hours: bool = False


@dataclass(slots=True)
class Choice:
    """What leaves of one table.

    Parameters
    ----------
    chosen
        Rows that leave.
    again
        Rows that are given as they were before, since fewer gardens than agreed said something else since.
    left_out
        How many rows stay, since with those given before they would tell of fewer.
    """

    chosen: list[ChosenRow] = field(default_factory=list)
    again: list[GivenRow] = field(default_factory=list)
    left_out: int = 0


def choose(
    sums: Mapping[RowKey, Sequence[GardenSum]],
    smallest: int,
    earlier: EarlierTable,
    head: Row,
    *,
    has_hours: bool,
) -> Choice:
    """Choose the rows of one table.

    Parameters
    ----------
    sums
        What each garden says, by period and name.
    smallest
        Fewest gardens, and fewest persons, that anything may be about.
    earlier
        What was given before to somebody who knows of it.
    head
        First cells of each row: origin, licence, whether it is simulated.
    has_hours
        Whether hours watched are among the cells.
    """
    choice = Choice()
    for key, groups in sorted(released_rows(sums, smallest).items()):
        if earlier.has_other_days(key.span, key.name):
            choice.left_out += len(groups)
            continue
        before = earlier.rows(key.span, key.name)
        known = Partition(_said(row.members) for row in before)
        present = {member_of(garden).garden: garden for garden in sums[key]}
        for cell, group in sorted(groups.items(), key=_largest_first):
            said = _said(map(member_of, group.members))
            if known.admits(said, smallest):
                known.learn(said)
                choice.chosen.append(ChosenRow(key, cell, group))
            elif row := _again(before, cell, present, head):
                choice.again.append(row)
            else:
                choice.left_out += 1
    if has_hours:
        choice.chosen = list(_with_hours(choice.chosen, smallest, earlier))
    return choice


def choose_figures(rows: Iterable[Row], earlier: EarlierTable) -> tuple[Choice, list[GivenRow]]:
    """Choose among figures of the community, of which it is not known what single gardens said in them.

    Returns
    -------
    Choice
        How many were given before with another value, and are given as they were then; and how many stay.
    list of GivenRow
        Those that leave.
    """
    choice, chosen = Choice(), []
    for row in rows:
        simulated, first, last, index, group, target = (str(cell) for cell in row[2:8])
        name = f"{index} {group} {target} {simulated}"
        before = earlier.rows((first, last), name)
        if earlier.has_other_days((first, last), name):
            choice.left_out += 1
        elif not before or any(given.row[3:] == row[3:] for given in before):
            chosen.append(GivenRow(first, last, name, row))
        else:
            choice.again.append(msgspec.structs.replace(before[-1], row=(*row[:3], *before[-1].row[3:])))
    return choice, [*chosen, *choice.again]


def _largest_first(row: tuple[Cell, Group]) -> tuple[bool, int, Cell]:
    cell, group = row
    return cell is not None, -group.gardens, cell or (0.0, 0.0, 0.0)


def _again(
    before: Sequence[GivenRow], cell: Cell, present: Mapping[str, GardenSum], head: Row
) -> GivenRow | None:
    """Return the last row of a cell that was given, where all behind it would still be in one of today."""
    place = cell or (None, None, None)
    width = len(head)
    for row in reversed(before):
        is_alike = row.row[width - 1] == head[-1] and row.row[width + 2 : width + 5] == place
        if is_alike and all(_is_there(member, cell, present) for member in row.members):
            return msgspec.structs.replace(row, row=(*head, *row.row[width:]))
    return None


def _is_there(member: Member, cell: Cell, present: Mapping[str, GardenSum]) -> bool:
    garden = present.get(member.garden)
    return (
        garden is not None
        and cell in (None, garden.cell)
        and set(member.persons) <= set(member_of(garden).persons)
    )


def _with_hours(rows: Iterable[ChosenRow], smallest: int, earlier: EarlierTable) -> Iterator[ChosenRow]:
    """Choose of which rows the hours watched may leave.

    Notes
    -----
    Two names have the same hours where the same watched for both. Where one more garden did, or one more
    person, the difference would be the hours of that one.
    """
    by_span: defaultdict[tuple[str, str], list[ChosenRow]] = defaultdict(list)
    for row in rows:
        by_span[row.key.span].append(row)
    for span, together in by_span.items():
        before = earlier.releasable_hours(span)
        known = Partition(_watched(row.members) for row in before or ())
        # Those of most gardens come first, and keep their hours.
        for row in sorted(together, key=lambda row: (-row.group.gardens, row.key, row.cell or ())):
            watched = _watched(map(member_of, row.group.members))
            tells = before is not None and known.admits(watched, smallest)
            if tells:
                known.learn(watched)
            yield row._replace(tells_hours=tells)


def _said(members: Iterable[Member]) -> frozenset[Said]:
    return frozenset(Said(member.garden, member.said, member.persons) for member in members)


def _watched(members: Iterable[Member]) -> frozenset[Said]:
    return frozenset(Said(member.garden, member.watched, member.persons) for member in members)


def member_of(garden: GardenSum) -> Member:
    """Return what is kept of what one garden said: digests, from which it is not worked out again."""
    mean = "" if garden.mean is None else f"{garden.mean:.9g}"
    persons = tuple(sorted(garden.persons))
    return Member(
        _digest("garden", garden.garden),
        _digest("said", mean, f"{garden.total:.9g}", *persons),
        _digest("watched", f"{garden.effort_h:.9g}", *persons),
        tuple(_digest("person", person) for person in persons),
    )


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(("sera bundle grounds 1", *words)).encode()).hexdigest()[:_DIGITS]


def grounds_of(choice: Choice, rows: Sequence[Row]) -> list[GivenRow]:
    """Return what is kept of the rows of a table; `rows` are those of `chosen`, in their order."""
    chosen = [
        GivenRow(*row.key.span, row.key.name, cells, frozenset(map(member_of, row.group.members)))
        for row, cells in zip(choice.chosen, rows, strict=True)
    ]
    return [*chosen, *choice.again]
