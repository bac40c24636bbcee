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
from sera_coalition.bundles.earlier import IssuedRow, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sera_coalition.bundles.aggregation import Cell, GardenSum, Group, RowKey
    from sera_coalition.bundles.earlier import EarlierTable
    from sera_coalition.bundles.tables import Row

    FigureCheck = Callable[[RowKey, frozenset[Member]], bool]

_DIGITS = 16


class Contribution(NamedTuple):
    """One thing that was said: by which garden and persons, and its digest."""

    garden: str
    digest: str
    persons: tuple[str, ...] = ()


class Partition:
    """What can be told apart by somebody who knows some rows.

    Parameters
    ----------
    rows
        Those that are known, each by what it rests on.

    Examples
    --------
    >>> first = frozenset(Contribution(garden, "1") for garden in "abcd")
    >>> partition = Partition([first])
    >>> partition.admits(first | {Contribution("e", "1")}, 3), partition.admits(first, 3)
    (False, True)
    """

    def __init__(self, rows: Iterable[frozenset[Contribution]] = ()) -> None:
        self._atoms: list[frozenset[Contribution]] = []
        for row in rows:
            self.learn(row)

    def admits(self, row: frozenset[Contribution], smallest: int) -> bool:
        """Return whether a row more tells of no fewer gardens, or persons, than the smallest cell."""
        _, changed = self._split(row)
        return all(_size(atom) >= smallest for atom in changed)

    def learn(self, row: frozenset[Contribution]) -> None:
        """Take a row in."""
        unchanged, changed = self._split(row)
        self._atoms = unchanged + changed

    def has_only(self, smallest: int) -> bool:
        """Return whether no atom is of fewer gardens, or persons, than the smallest cell."""
        return all(_size(atom) >= smallest for atom in self._atoms)

    def _split(
        self, row: frozenset[Contribution]
    ) -> tuple[list[frozenset[Contribution]], list[frozenset[Contribution]]]:
        """Return the atoms that stay, and those that a row makes of others and of what is new."""
        unchanged, changed, new = [], [], row
        for atom in self._atoms:
            inside = atom & row
            new -= inside
            if inside and len(inside) < len(atom):
                changed += [inside, atom - inside]
            else:
                unchanged.append(atom)
        return unchanged, [*changed, new] if new else changed


def _size(atom: frozenset[Contribution]) -> int:
    gardens = {contribution.garden for contribution in atom}
    persons = {person for contribution in atom for person in contribution.persons}
    return min(len(gardens), len(persons)) if persons else len(gardens)


class ReleasedRow(NamedTuple):
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
    released
        Rows that leave.
    again
        Rows that are given as they were before, since fewer gardens than agreed said something else since.
    left_out
        How many rows stay, since with those given before they would tell of fewer.
    """

    released: list[ReleasedRow] = field(default_factory=list)
    again: list[IssuedRow] = field(default_factory=list)
    left_out: int = 0


def choose(
    sums: Mapping[RowKey, Sequence[GardenSum]],
    smallest: int,
    earlier: EarlierTable,
    head: Row,
    *,
    has_hours: bool,
    figures: FigureCheck | None = None,
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
    figures
        Returns whether a row may leave beside figures of the community that were given before.
    """
    choice = Choice()
    for key, groups in sorted(released_rows(sums, smallest).items()):
        if earlier.has_other_days(key.span, key.name):
            choice.left_out += len(groups)
            continue
        before = earlier.rows(key.span, key.name)
        partition = Partition(_values(row.members) for row in before)
        present = {member_of(garden).garden: garden for garden in sums[key]}
        for cell, group in sorted(groups.items(), key=_largest_first):
            values = _values(map(member_of, group.members))
            is_admitted = partition.admits(values, smallest)
            if is_admitted and (figures is None or figures(key, frozenset(map(member_of, group.members)))):
                partition.learn(values)
                choice.released.append(ReleasedRow(key, cell, group))
            elif row := _again(before, cell, present, head):
                choice.again.append(row)
            else:
                choice.left_out += 1
    if has_hours:
        choice.released = list(_with_hours(choice.released, smallest, earlier))
    return choice


def _largest_first(row: tuple[Cell, Group]) -> tuple[bool, int, Cell]:
    cell, group = row
    return cell is not None, -group.gardens, cell or (0.0, 0.0, 0.0)


def _again(
    before: Sequence[IssuedRow], cell: Cell, present: Mapping[str, GardenSum], head: Row
) -> IssuedRow | None:
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


def _with_hours(rows: Iterable[ReleasedRow], smallest: int, earlier: EarlierTable) -> Iterator[ReleasedRow]:
    """Choose of which rows the hours watched may leave.

    Notes
    -----
    Two names have the same hours where the same watched for both. Where one more garden did, or one more
    person, the difference would be the hours of that one.
    """
    by_span: defaultdict[tuple[str, str], list[ReleasedRow]] = defaultdict(list)
    for row in rows:
        by_span[row.key.span].append(row)
    for span, same_span in by_span.items():
        before = earlier.releasable_hours(span)
        partition = Partition(_hours(row.members) for row in before or ())
        # Those of most gardens come first, and keep their hours.
        for row in sorted(same_span, key=lambda row: (-row.group.gardens, row.key, row.cell or ())):
            hours = _hours(map(member_of, row.group.members))
            tells = before is not None and partition.admits(hours, smallest)
            if tells:
                partition.learn(hours)
            yield row._replace(tells_hours=tells)


def _values(members: Iterable[Member]) -> frozenset[Contribution]:
    return frozenset(Contribution(member.garden, member.value, member.persons) for member in members)


def _hours(members: Iterable[Member]) -> frozenset[Contribution]:
    return frozenset(Contribution(member.garden, member.hours, member.persons) for member in members)


def member_of(garden: GardenSum) -> Member:
    """Return what is kept of what one garden said: digests, from which it is not worked out again."""
    mean = "" if garden.mean is None else f"{garden.mean:.9g}"
    persons = tuple(sorted(garden.persons))
    return Member(
        digest("garden", garden.garden),
        # What stands for a garden is kept nowhere, so that a number cannot be guessed without its salt.
        digest("said", garden.garden, mean, f"{garden.total:.9g}", *persons),
        digest("watched", garden.garden, f"{garden.effort_h:.9g}", *persons),
        tuple(digest("person", person) for person in persons),
    )


def digest(*words: str) -> str:
    """Return what is kept in place of words."""
    return hashlib.sha256("\n".join(("sera bundle grounds 2", *words)).encode()).hexdigest()[:_DIGITS]


def grounds_of(choice: Choice, rows: Sequence[Row]) -> list[IssuedRow]:
    """Return what is kept of the rows of a table; `rows` are those of `released`, in their order."""
    released = [
        IssuedRow(*row.key.span, row.key.name, cells, frozenset(map(member_of, row.group.members)))
        for row, cells in zip(choice.released, rows, strict=True)
    ]
    return [*released, *choice.again]
