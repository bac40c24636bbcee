"""Claims that people entered: entries of the community's chronicle, read back from it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.report.claims import Claim, check_claim
from sera_store.chronicle.drafts import Draft, draw_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.chronicle.chronicle import Chronicle

CLAIM: Final = "claim"


class ClaimBody(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry holds: the claim, and the SHA-256 of the report that it was held against then."""

    form: int = 1
    claim: Claim
    report: str


@dataclass(frozen=True, slots=True)
class EnteredClaim:
    """A claim as it was entered: number of its entry, day, drawn id of whoever entered it, and its body."""

    number: int
    day: str
    author: str
    claim: Claim
    report: str


class ClaimBook:
    """The claims of one community.

    Parameters
    ----------
    chronicle
        Of that community, open.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle

    def enter(self, claim: Claim, author: str, report: str) -> int:
        """Keep a claim; it is on disk when this returns.

        Parameters
        ----------
        author
            Drawn id of whoever enters it.
        report
            SHA-256 of the report that it is held against.

        Returns
        -------
        int
            The number of its entry.

        Raises
        ------
        InvalidClaimError
            It is not valid.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        check_claim(claim, claim.title)
        body = msgspec.json.encode(ClaimBody(claim=claim, report=report))
        (entry,) = self._chronicle.append([Draft(CLAIM, draw_item(), 1, author, body)])
        return entry.number

    def all(self) -> list[EnteredClaim]:
        """List the claims that were not taken back, the newest first."""
        numbers = [entry.number for entry in self._chronicle.entries() if entry.kind == CLAIM]
        return [claim for number in reversed(numbers) if (claim := self.find(number)) is not None]

    def entered_by(self, author: str) -> list[EnteredClaim]:
        """List what a person entered and did not take back, the newest first."""
        numbers = reversed(self._chronicle.by_author(author))
        return [claim for number in numbers if (claim := self.find(number)) is not None]

    def find(self, number: int) -> EnteredClaim | None:
        """Return a claim; None where there is none of this number, or it was taken back."""
        entry = self._chronicle.entry(number)
        contents = self._chronicle.contents(number) if entry is not None and entry.kind == CLAIM else None
        if entry is None or contents is None or contents.body is None:
            return None
        # What a later Sera wrote stays in the chronicle, and is shown to nobody here.
        with suppress(msgspec.MsgspecError):
            body = msgspec.json.decode(contents.body, type=ClaimBody)
            return EnteredClaim(number, entry.day, contents.author, body.claim, body.report)
        return None

    def withdraw(self, numbers: Sequence[int], reason: str) -> None:
        """Erase claims for good; the chain and their tombstones stay.

        Parameters
        ----------
        reason
            One of `sera_store.chronicle.entries.REASONS`.
        """
        self._chronicle.erase(numbers, reason)
