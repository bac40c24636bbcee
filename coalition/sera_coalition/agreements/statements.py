"""What one side signs alone: an end of an agreement, a change or theft of a key, a receipt of erasure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.agreements.days import AHEAD, read_day
from sera_coalition.agreements.keys import is_key
from sera_coalition.errors import InvalidEnvelopeError

if TYPE_CHECKING:
    from sera_coalition.agreements.terms import Agreement

FORM: Final = 1
AGREEMENT: Final = "agreement"
REVOCATION: Final = "agreement-end"
KEY_CHANGE: Final = "key-change"
KEY_STOLEN: Final = "key-stolen"
RECEIPT: Final = "receipt"


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side ends an agreement.

    Parameters
    ----------
    agreement, version
        Which one.
    by
        Community that ends it.
    day, ends
        Day on which it said so, and from which on nothing holds: the notice later.
    """

    form: int = FORM
    agreement: str
    version: int
    by: str
    day: str
    ends: str


class KeyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A community signs with another key from a day on; signed by the old key and by the new."""

    form: int = FORM
    community: str
    old: str
    new: str
    day: str


class StolenKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key is in wrong hands since a day; signed by itself, or, for its own use, by whoever learnt of it."""

    form: int = FORM
    community: str
    key: str
    day: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A community erased what it had received.

    Parameters
    ----------
    agreement
        By which it had been received.
    by
        Community that erased.
    revocation
        SHA-256 of the revocation that asked for it.
    bundles
        Digests of the bundles that had come in, in order of their sequence.
    rows
        How many rows were still there and are gone.
    day
        When it was done.
    """

    form: int = FORM
    agreement: str
    by: str
    revocation: str
    bundles: tuple[str, ...]
    rows: int
    day: str


Statement = Revocation | KeyChange | StolenKey | Receipt
FORMS: Final[dict[str, type[Statement]]] = {
    REVOCATION: Revocation,
    KEY_CHANGE: KeyChange,
    KEY_STOLEN: StolenKey,
    RECEIPT: Receipt,
}


def revoke(agreement: Agreement, by: str, day: date) -> Revocation:
    """Write the end of an agreement, said on a day by one side."""
    ends = day + timedelta(days=agreement.notice_days)
    return Revocation(
        agreement=agreement.id,
        version=agreement.version,
        by=by,
        day=day.isoformat(),
        ends=ends.isoformat(),
    )


def day_of_end(revocation: Revocation, received_on: date) -> str:
    """Return from which day on nothing holds for a community that learnt of an end on some day, ISO 8601.

    Notes
    -----
    The notice protects the side that did not end it. An end that was brought late, or dated back, takes none
    of it away: then the notice begins when it came in. The clocks of two laptops may differ by two days.
    """
    day, ends = date.fromisoformat(revocation.day), date.fromisoformat(revocation.ends)
    return revocation.ends if received_on - day <= AHEAD else (received_on + (ends - day)).isoformat()


def check_statement(statement: Statement) -> None:
    """Check the fields of a statement.

    Raises
    ------
    InvalidEnvelopeError
        It names the field and what was expected.
    """
    if statement.form != FORM:
        raise InvalidEnvelopeError(f"form {statement.form} is not known, this Sera knows {FORM}; update Sera")
    names = ("day", "ends") if isinstance(statement, Revocation) else ("day",)
    for name in names:
        try:
            read_day(getattr(statement, name))
        except ValueError as error:
            raise InvalidEnvelopeError(f"{name}: expected a day as 2027-06-30") from error
    if isinstance(statement, KeyChange) and (
        not is_key(statement.old) or not is_key(statement.new) or statement.old == statement.new
    ):
        raise InvalidEnvelopeError("old, new: expected two different keys of 64 hexadecimal digits")
    if isinstance(statement, StolenKey) and not is_key(statement.key):
        raise InvalidEnvelopeError("key: expected a key of 64 hexadecimal digits")
