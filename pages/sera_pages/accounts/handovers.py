"""Handing over: a steward offers, the next one accepts, and only then anything changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sera_pages.accounts.table import AccountTable
from sera_vocabulary.durations import DAY_S

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Handover:
    """An offer: from whom to whom (drawn ids), and whether who offers stays a steward."""

    community: str
    giver: str
    taker: str
    stays: bool
    ends_s: int


class Handovers(AccountTable):
    """The open offers of an installation, one a community at a time."""

    def offer(self, community: str, giver: str, taker: str, *, stays: bool) -> None:
        """Offer to hand over, in place of an offer that was open; it ends after seven days."""
        ends_s = int(self._clock()) + DAYS * DAY_S
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO handovers VALUES (?,?,?,?,?)",
                (community, giver, taker, stays, ends_s),
            )

    def of(self, community: str) -> Handover | None:
        """Return the open offer of a community, or None."""
        rows = self._database.rows(
            "SELECT community, giver, taker, stays, ends_s FROM handovers WHERE community=? AND ends_s>?",
            (community, int(self._clock())),
        )
        if not rows:
            return None
        name, giver, taker, stays, ends_s = rows[0]
        return Handover(name, giver, taker, bool(stays), ends_s)

    def close(self, community: str) -> None:
        """End the offer of a community, however it was answered."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM handovers WHERE community=?", (community,))
