"""Who takes part in a workshop: a number, a name if they wish, and a slip that finds what they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_pages.accounts.codes import code_hash, draw_code
from sera_pages.accounts.schema import empty_accounts_log
from sera_pages.accounts.table import CODE_LETTERS, AccountTable

if TYPE_CHECKING:
    from sera_pages.accounts.workshops import Workshop

# Twice a large school class and its parents; more is somebody who plays with the code.
MOST: Final = 120
_COLUMNS: Final = "workshop, number, person, name, joined_s, is_guest"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody, or a group with one phone, in a workshop.

    Parameters
    ----------
    workshop, number
        Which workshop, and the number in it, from 1.
    person
        Drawn id of the person of the registry.
    name
        As the screen calls them, or the empty text.
    joined_s
        When they came in, Unix time [s]; what they entered before is not part of it.
    is_guest
        Whether they came in by the workshop's code; else they were of the community before.
    """

    workshop: str
    number: int
    person: str
    name: str
    joined_s: int
    is_guest: bool


class Participants(AccountTable):
    """The participants of all workshops. Of a slip's code only its hash is kept."""

    def enter(self, workshop: str, person: str, name: str, *, is_guest: bool) -> str | None:
        """Enter a person and return the code of their slip; None where the workshop is full."""
        slip = draw_code(CODE_LETTERS)
        with self._database.transaction() as connection:
            count = connection.execute(
                "SELECT count(*) FROM participants WHERE workshop=?", (workshop,)
            ).fetchone()[0]
            if count >= MOST:
                return None
            connection.execute(
                "INSERT INTO participants VALUES (?,?,?,?,?,?,?)",
                (workshop, count + 1, person, name, code_hash(slip), int(self._clock()), is_guest),
            )
            _note_change(connection, workshop)
        return slip

    def of(self, workshop: str) -> list[Participant]:
        """List who takes part, by number."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM participants WHERE workshop=? ORDER BY number",  # noqa: S608
            (workshop,),
        )
        return [_participant(row) for row in rows]

    def find(self, workshop: str, person: str) -> Participant | None:
        """Return a person's part in a workshop, or None."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM participants WHERE workshop=? AND person=?",  # noqa: S608
            (workshop, person),
        )
        return _participant(rows[0]) if rows else None

    def parts_of(self, person: str) -> list[Participant]:
        """List the parts that a person takes, or took, in workshops."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM participants WHERE person=? ORDER BY joined_s, workshop",  # noqa: S608
            (person,),
        )
        return [_participant(row) for row in rows]

    def guests(self) -> frozenset[str]:
        """Return the drawn ids of all who came in by the code of a workshop, and no other way."""
        rows = self._database.rows("SELECT DISTINCT person FROM participants WHERE is_guest")
        return frozenset(person for (person,) in rows)

    def draw_slip(self, participant: Participant) -> str:
        """Draw a new slip in place of one that was lost, which opens nothing from now on."""
        slip = draw_code(CODE_LETTERS)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE participants SET slip=? WHERE workshop=? AND number=?",
                (code_hash(slip), participant.workshop, participant.number),
            )
        return slip

    def rename(self, workshop: str, number: int, name: str) -> None:
        """Call a participant by another name; the empty text by their number alone."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE participants SET name=? WHERE workshop=? AND number=?", (name, workshop, number)
            )
            _note_change(connection, workshop)
        empty_accounts_log(self._database)

    def forget_names(self, workshop: Workshop) -> list[Participant]:
        """Forget the names of a workshop, and leave none in the file; return who came in by its code.

        Raises
        ------
        StoreUnusableError
            The file is being read, so that names might be left in it: it is to be tried again.
        """
        guests = [participant for participant in self.of(workshop.id) if participant.is_guest]
        with self._database.transaction() as connection:
            connection.execute("UPDATE participants SET name='' WHERE workshop=?", (workshop.id,))
        self._database.compact()
        return guests

    def note_forgotten(self, workshop: str) -> None:
        """Note that names and sessions of a workshop are gone."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE workshops SET is_forgotten=1 WHERE id=?", (workshop,))
            _note_change(connection, workshop)


def _note_change(connection: Any, workshop: str) -> None:
    connection.execute("UPDATE workshops SET version=version+1 WHERE id=?", (workshop,))


def _participant(row: tuple[Any, ...]) -> Participant:
    workshop, number, person, name, joined_s, is_guest = row
    return Participant(workshop, number, person, name, joined_s, bool(is_guest))
