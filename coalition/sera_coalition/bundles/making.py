"""Make a bundle: tables into files, a manifest signed, one file that is the same whenever it is made so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sera_coalition.agreements.envelope import unsigned
from sera_coalition.agreements.keys import public_of
from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.bundles.container import BYTES_MOST, write_container
from sera_coalition.bundles.manifest import BUNDLE, Manifest, bag_files, file_of
from sera_coalition.bundles.periods import is_whole, last_whole, period_around
from sera_coalition.bundles.tables import DESCRIPTOR, descriptor, file_name, period_of, write_table
from sera_coalition.errors import NoBundleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.agreements.terms import Agreement, Period
    from sera_coalition.bundles.issued import IssuedBundle
    from sera_coalition.bundles.tables import Row

# What is live is seen a day later, by neighbours too.
_OVER = timedelta(days=2)


class NewBundle(NamedTuple):
    """A bundle: its manifest, SHA-256 of its signed manifest, and the file."""

    manifest: Manifest
    signed: bytes
    content: bytes


def gives_on(stored: StoredAgreement, giver: str, day: date) -> bool:
    """Return whether one side gives anything by an agreement on a day; else only withdrawals leave."""
    party = stored.agreement.party(giver)
    return stored.gives_on(day) and party is not None and bool(party.gives)


def check_gives(stored: StoredAgreement, giver: str, day: date) -> None:
    """Check that an agreement lets something be given on a day.

    Raises
    ------
    NoBundleError
        Nothing holds on that day, or this side gives nothing.
    """
    if stored.status_on(day) == AgreementStatus.AHEAD:
        raise NoBundleError(
            f"agreement {stored.agreement.id[:8]} begins on {stored.agreement.begins}; until then nothing "
            "is given"
        )
    if not stored.gives_on(day):
        raise NoBundleError(
            f"agreement {stored.agreement.id[:8]} gives nothing today ({stored.status_on(day)}), and "
            f"nothing is to be taken back: talk to {stored.agreement.other(giver).community}, and sign it "
            "anew with `sera agreement new --renews`"
        )
    party = stored.agreement.party(giver)
    if party is None or not party.gives:
        raise NoBundleError(f"{giver} gives nothing by agreement {stored.agreement.id[:8]}")


def coarsest_period(agreement: Agreement, giver: str) -> Period:
    """Return the coarsest period of what one side gives: bundles hold whole ones of it."""
    party = agreement.party(giver)
    periods = [period_of(name, agreement) for name in (party.gives if party is not None else ())]
    return max(periods, key=list(type(agreement.period)).index, default=agreement.period)


def next_window(
    agreement: Agreement, giver: str, begin: date, today: date, last: date | None = None
) -> tuple[date, date]:
    """Choose the days of the next bundle: whole periods, over for a day.

    Parameters
    ----------
    begin
        First day that was not given yet.
    last
        Last day, where it is asked for; else the last that is over.

    Raises
    ------
    NoBundleError
        No period is over yet, or the days asked for are no whole periods.
    """
    period = coarsest_period(agreement, giver)
    over = last_whole(today - _OVER, period)
    end = over if last is None else last
    if last is None and end < begin:
        first_end = period_around(begin, period)[1]
        raise NoBundleError(
            f"no {period} of this agreement that was not given yet is over: {begin} to {first_end} can be "
            f"given from {first_end + _OVER} on"
        )
    if not is_whole(begin, end, period):
        raise NoBundleError(
            f"{begin} to {end} are no whole {period}s; a bundle of this agreement begins and ends with one "
            f"(name other days with --from and --to, or wait: the last {period} that is over ends on {over})"
        )
    if end > over:
        raise NoBundleError(f"{end} is not over for a day yet; the last day that is is {over}")
    return begin, end


def make_bundle(
    stored: StoredAgreement,
    giver: str,
    key: Ed25519PrivateKey,
    tables: Mapping[str, Sequence[Row]],
    window: tuple[date, date],
    today: date,
    before: IssuedBundle | None,
    *,
    begins_anew: bool = False,
    media: Mapping[str, bytes] | None = None,
) -> NewBundle:
    """Make the next bundle of an agreement.

    Parameters
    ----------
    stored
        The agreement.
    giver, key
        The community and its signing key.
    tables
        Rows by table.
    window
        First and last day that they are about.
    today
        The present day.
    before
        The bundle given before; None for the first.
    begins_anew
        Whether it stands for all that was given before.
    media
        Pictures and sounds by the name of their file.

    Raises
    ------
    NoBundleError
        It is larger than a bundle may be.
    """
    agreement = stored.agreement
    files = {file_name(name): write_table(name, rows) for name, rows in tables.items()} | dict(media or {})
    sequence = before.sequence + 1 if before is not None else 1
    name = f"{giver}-{agreement.id[:8]}-{sequence}"
    files[DESCRIPTOR] = descriptor(name, sorted(tables), agreement.licence)
    manifest = Manifest(
        agreement=agreement.id,
        version=agreement.version,
        agreement_digest=stored.digest,
        giver=giver,
        receiver=agreement.other(giver).community,
        sequence=sequence,
        previous=before.digest if before is not None else "",
        begins_anew=begins_anew,
        made=today.isoformat(),
        first=window[0].isoformat(),
        last=window[1].isoformat(),
        rows=sum(len(rows) for rows in tables.values()),
        files=tuple(file_of(path, content) for path, content in sorted(files.items())),
    )
    signed = unsigned(BUNDLE, manifest).signed_with(key, public_of(key)).encode()
    content = write_container(manifest.folder, bag_files(manifest, signed, files))
    if len(content) > BYTES_MOST:
        raise NoBundleError(f"it would have {len(content)} bytes, and may have {BYTES_MOST}; name fewer days")
    return NewBundle(manifest, signed, content)
