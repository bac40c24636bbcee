"""Cases: what somebody reported, what a moderator decided and why, and what who gave it answered.

Who reported is kept nowhere. Steps are only ever added.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_pages.accounts.schema import empty_accounts_log
from sera_pages.accounts.table import AccountTable

if TYPE_CHECKING:
    from typing import Any


# What may be reported: an entry, the name of a group in a workshop, the title of a garden, a story, a step of
# a decision.
ENTRY: Final = "entry"
NAME: Final = "name"
TITLE: Final = "title"
STORY: Final = "story"
EVENT: Final = "event"
DECISION: Final = "decision"
KINDS: Final = (ENTRY, NAME, TITLE, STORY, EVENT, DECISION)

REPORTED: Final = "reported"
HIDDEN: Final = "hidden"
APPEALED: Final = "appealed"
VISIBLE: Final = "visible"
# States in which somebody has to decide, and those in which a subject is hidden.
UNDECIDED: Final = (REPORTED, APPEALED)
HIDING: Final = (HIDDEN, APPEALED)

REPORT: Final = "report"
HIDE: Final = "hide"
LEAVE: Final = "leave"
RESTORE: Final = "restore"
CONFIRM: Final = "confirm"
ANSWER: Final = "answer"
APPEAL: Final = "appeal"
# The state after each step; an answer changes none.
AFTER: Final = {
    REPORT: REPORTED, HIDE: HIDDEN, LEAVE: VISIBLE, RESTORE: VISIBLE, CONFIRM: HIDDEN, APPEAL: APPEALED,
}  # fmt: skip
DECISIONS: Final = (HIDE, LEAVE, RESTORE, CONFIRM)
# Which steps may follow in a state.
MAY_FOLLOW: Final = {
    REPORTED: (REPORT, HIDE, LEAVE, ANSWER),
    HIDDEN: (ANSWER, APPEAL, RESTORE),
    APPEALED: (ANSWER, RESTORE, CONFIRM),
    VISIBLE: (REPORT,),
}
_ID_BYTES: Final = 5
_STEPS_MOST: Final = 200
_COLUMNS: Final = "id, community, kind, subject, garden, person, state, opened_s, content"


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Parameters
    ----------
    id, community
        By which it is found, and where.
    kind, subject
        One of `KINDS`, and what of it: an entry's key, a workshop and number, a garden.
    garden, person
        The garden that it is about, or the empty text; the drawn id of whoever gave it, or the empty text.
    state
        `reported`, `hidden`, `appealed` or `visible`.
    opened_s
        When it was reported first, Unix time [s].
    content
        What was hidden, so that it can be put back; None before, and once it is forgotten.
    """

    id: str
    community: str
    kind: str
    subject: str
    garden: str
    person: str
    state: str
    opened_s: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: when [s], which, by whom (the empty text for whoever reported), and their words."""

    at_s: int
    kind: str
    author: str
    text: str


class Cases(AccountTable):
    """The cases of an installation."""

    def report(
        self, community: str, kind: str, subject: str, text: str, *, garden: str = "", person: str = ""
    ) -> str:
        """Report something, and return the id of its case: of one subject there is one."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT id, state FROM cases WHERE kind=? AND subject=?", (kind, subject)
            ).fetchone()
            name, state = row if row is not None else (secrets.token_hex(_ID_BYTES), REPORTED)
            if row is None:
                connection.execute(
                    "INSERT INTO cases VALUES (?,?,?,?,?,?,?,?,NULL)",
                    (name, community, kind, subject, garden, person, REPORTED, int(self._clock())),
                )
            elif state == VISIBLE:
                connection.execute("UPDATE cases SET state=? WHERE id=?", (REPORTED, name))
            steps = connection.execute("SELECT count(*) FROM case_steps WHERE case_id=?", (name,)).fetchone()
            # Who reports the same thing a thousand times fills no disk.
            if steps[0] < _STEPS_MOST:
                self._add(connection, name, REPORT, "", text)
        return str(name)

    def take_step(self, name: str, kind: str, author: str, text: str, content: bytes | None = None) -> bool:
        """Take a step of a case; return whether it may follow where the case is."""
        with self._database.transaction() as connection:
            case = self.read(name)
            if case is None or kind not in MAY_FOLLOW[case.state]:
                return False
            connection.execute(
                "UPDATE cases SET state=?, content=coalesce(?, content) WHERE id=?",
                (AFTER.get(kind, case.state), content, name),
            )
            self._add(connection, name, kind, author, text)
        return True

    def _add(self, connection: Any, name: str, kind: str, author: str, text: str) -> None:
        connection.execute(
            "INSERT INTO case_steps (case_id, at_s, kind, author, text) VALUES (?,?,?,?,?)",
            (name, int(self._clock()), kind, author, text),
        )

    def read(self, name: str) -> Case | None:
        """Return a case by its id, or None."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM cases WHERE id=?", (name,))  # noqa: S608
        return Case(*rows[0]) if rows else None

    def of(self, community: str) -> list[Case]:
        """List the cases of a community: those to be decided first, then the newest."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM cases WHERE community=? "  # noqa: S608
            "ORDER BY state NOT IN ('reported','appealed'), opened_s DESC, id",
            (community,),
        )
        return [Case(*row) for row in rows]

    def about(self, person: str, gardens: tuple[str, ...] = ()) -> list[Case]:
        """List the cases about what a person gave, and about the titles of gardens that they host."""
        marks = ",".join("?" * len(gardens)) or "''"
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM cases WHERE (person=? AND person<>'') "  # noqa: S608 - marks alone
            f"OR (kind='title' AND subject IN ({marks})) ORDER BY opened_s DESC, id",
            (person, *gardens),
        )
        return [Case(*row) for row in rows]

    def steps(self, name: str) -> list[Step]:
        """List the steps of a case, the first one first."""
        rows = self._database.rows(
            "SELECT at_s, kind, author, text FROM case_steps WHERE case_id=? ORDER BY number", (name,)
        )
        return [Step(*row) for row in rows]

    def hidden_subjects(self, kind: str) -> frozenset[str]:
        """Return the subjects of a kind that are hidden now."""
        rows = self._database.rows(
            "SELECT subject FROM cases WHERE kind=? AND state IN ('hidden','appealed')", (kind,)
        )
        return frozenset(row[0] for row in rows)

    def hidden_in(self, garden: str) -> int:
        """Count the entries of a garden that are hidden."""
        rows = self._database.rows(
            "SELECT count(*) FROM cases WHERE kind='entry' AND garden=? AND state IN ('hidden','appealed')",
            (garden,),
        )
        return int(rows[0][0])

    def forget_person(self, person: str) -> None:
        """Forget entries and names of a person that were hidden, and their answers: who leaves takes them."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE case_steps SET text='' WHERE author=? AND kind IN (?,?)", (person, ANSWER, APPEAL)
            )
            connection.execute(
                "UPDATE cases SET content=NULL WHERE kind IN (?,?) AND person=?", (ENTRY, NAME, person)
            )
        empty_accounts_log(self._database)

    def forget_names(self, workshop: str) -> None:
        """Forget the names that were hidden in a workshop, since its names go."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE cases SET content=NULL WHERE kind='name' AND subject LIKE ? || '/%'", (workshop,)
            )
