"""What is kept of an agreement, and the status of it and of its parties' keys on a day: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from sera_coalition.agreements.statements import day_of_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_coalition.agreements.statements import KeyChange, Revocation, StolenKey
    from sera_coalition.agreements.terms import Agreement


class AgreementStatus(StrEnum):
    """Whether an agreement gives anything."""

    AHEAD = "ahead"
    IN_FORCE = "in_force"
    NOTICE = "notice"
    REVIEW = "review"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """An agreement as it is kept here: signed by both sides.

    Parameters
    ----------
    agreement
        Its fields.
    digest
        SHA-256 of the signed document, by which bundles and receipts name it.
    number
        Its entry in the chronicle.
    revocation, revocation_digest
        Its end, where one side said so, and SHA-256 of that document.
    ends_on
        Day from which on nothing holds here by that end, ISO 8601; empty without one.
    ends
        SHA-256 of every end: both sides may say one before either hears of the other.
    """

    agreement: Agreement
    digest: str
    number: int
    revocation: Revocation | None = None
    revocation_digest: str = ""
    ends_on: str = ""
    ends: tuple[str, ...] = ()

    def ended_by(self, revocation: Revocation, digest: str, received_on: date) -> StoredAgreement:
        """Return it with an end that came in on some day; where both sides said one, the earlier holds."""
        ends, ends_on = (*self.ends, digest), day_of_end(revocation, received_on)
        if self.revocation is not None and (self.ends_on, self.revocation_digest) <= (ends_on, digest):
            return replace(self, ends=ends)
        return replace(self, revocation=revocation, revocation_digest=digest, ends_on=ends_on, ends=ends)

    def status_on(self, day: date) -> AgreementStatus:
        """Return where it stands on a day; an end goes before everything."""
        if self.revocation is not None and day >= date.fromisoformat(self.ends_on):
            return AgreementStatus.REVOKED
        if day < date.fromisoformat(self.agreement.begins):
            return AgreementStatus.AHEAD
        if not self.agreement.holds_on(day):
            return AgreementStatus.REVIEW
        return AgreementStatus.IN_FORCE if self.revocation is None else AgreementStatus.NOTICE

    def gives_on(self, day: date) -> bool:
        """Return whether anything may be given or taken on a day."""
        return self.status_on(day) in (AgreementStatus.IN_FORCE, AgreementStatus.NOTICE)


@dataclass(frozen=True, slots=True)
class KeyInForce:
    """A key by which a community signed or signs.

    Parameters
    ----------
    key
        Public half, 64 hexadecimal digits.
    until
        Last day for which it signs, ISO 8601; empty for the present one.
    stolen
        Day since which it is in wrong hands; empty where it is not.
    """

    key: str
    until: str = ""
    stolen: str = ""


def keys_of(
    first: str, community: str, changes: Sequence[KeyChange], stolen: Sequence[StolenKey]
) -> list[KeyInForce]:
    """Follow the keys of a community from the one in its agreement to the present one, which comes last.

    Notes
    -----
    A thief changes a key as its owner does, so that the keys behind a stolen one are stolen too: which of
    them was the owner's, two people find out by voice.
    """
    days = {statement.key: statement.day for statement in stolen if statement.community == community}
    by_old = {change.old: change for change in changes if change.community == community}
    keys, key, visited, since = [], first, {first}, days.get(first, "")
    while (change := by_old.get(key)) is not None and change.new not in visited:
        keys.append(KeyInForce(key, change.day, since))
        key = change.new
        visited.add(key)
        since = since or days.get(key, "")
    return [*keys, KeyInForce(key, "", since)]
