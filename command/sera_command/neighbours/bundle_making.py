"""Make the next bundle of an agreement over a data folder, for the verb and for pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.key_files import read_key
from sera_coalition.agreements.keys import public_of
from sera_coalition.bundles.contents import SharedTables
from sera_coalition.bundles.given.salts import Salts, unknown_until
from sera_coalition.bundles.issued import (
    earlier_rows,
    enter_issued,
    issued_bundles,
    issued_count,
    items_ever,
    items_there,
)
from sera_coalition.bundles.making import check_gives, coarsest_period, gives_on, make_bundle, next_window
from sera_coalition.bundles.periods import first_whole
from sera_coalition.bundles.receiving import check_new_bundle
from sera_coalition.bundles.tables import WITHDRAWALS
from sera_coalition.errors import NoBundleError, RefusedBundleError
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.moments import date_of, now_s
from sera_command.neighbours.bundle_contents import BundleContents, gone_items, tables_of, withdrawal
from sera_commons.media.foreign import clean_media
from sera_store.release.handouts import note_handout

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.bundles.issued import IssuedBundle
    from sera_coalition.bundles.manifest import Manifest

_DAY: Final = timedelta(days=1)


class RequestedDays(NamedTuple):
    """Days that somebody asked a bundle for; empty for those that come next."""

    first: str = ""
    last: str = ""


class NextBundle(NamedTuple):
    """The bundle that was made.

    Parameters
    ----------
    manifest, content
        What was signed, and the file.
    again, left_out
        How many rows are as they were given before, and how many stay, so that no subtraction tells of few.
    """

    manifest: Manifest
    content: bytes
    again: int
    left_out: int


def make_next(
    data: Path, book: AgreementBook, stored: StoredAgreement, days: RequestedDays, *, begins_anew: bool
) -> NextBundle:
    """Make the next bundle of an agreement, and enter it in the chronicle and among what was handed out.

    Raises
    ------
    BadInputError, NoBundleError
        The days are not valid, or nothing may be given.
    """
    count, salts = issued_count(book), Salts.open(data, book.community)
    issued = issued_bundles(book.chronicle, stored.agreement.id)
    key = _key(data, book, stored)
    if gives_on(stored, book.community, book.today()):
        parts = _parts(data, book, stored, issued, days, salts, begins_anew=begins_anew)
    else:
        parts = _only_withdrawals(book, stored, issued)
    (shared, items, media), window = parts
    tables = shared.tables
    own, today = book.community, book.today()
    last = issued[-1] if issued else None
    bundle = make_bundle(stored, own, key, tables, window, today, last, begins_anew=begins_anew, media=media)
    try:
        check_new_bundle(bundle.content, stored.agreement, clean_media)
    except RefusedBundleError as error:
        raise NoBundleError(f"it would be refused there: {error.message}") from error
    rows = {name: len(table) for name, table in tables.items()}
    withdrawn = tuple(f"{item}/{version}" for _, _, item, version in tables.get(WITHDRAWALS, ()))
    grounds = shared.grounds
    digest = digest_of(bundle.signed)
    if issued_count(book) != count:
        # What left meanwhile was not looked at when rows were chosen.
        raise NoBundleError("another bundle was made at the same time; make it once more")
    # Before what is kept under them.
    salts.save()
    enter_issued(book.chronicle, bundle.manifest, digest, rows, items, withdrawn, grounds)
    dates = (bundle.manifest.first, bundle.manifest.last)
    file = Path(f"{bundle.manifest.folder}.zip")
    note_handout(data, "bundle", file, (), dates, now_s(), sha256=digest, items=items)
    return NextBundle(bundle.manifest, bundle.content, shared.again, shared.left_out)


class _Parts(NamedTuple):
    """What goes into a bundle, and the days that it is about."""

    contents: BundleContents
    window: tuple[date, date]


def _key(data: Path, book: AgreementBook, stored: StoredAgreement) -> Ed25519PrivateKey:
    """Return the signing key, where the other side knows it by this agreement.

    Where nothing is given any more, a withdrawal may be signed with one that is known by another agreement.
    """
    own = book.community
    key = read_key(data, own)
    is_over = not stored.gives_on(book.today())
    if not book.knows_own_key(stored, key) and not (is_over and book.knows_key(own, public_of(key))):
        raise BadInputError(
            f"the key of {own} is not the one of the agreement; sign it again: `sera agreement new --renews`"
        )
    return key


def _parts(
    data: Path,
    book: AgreementBook,
    stored: StoredAgreement,
    issued: list[IssuedBundle],
    days: RequestedDays,
    salts: Salts,
    *,
    begins_anew: bool,
) -> _Parts:
    """Collect what is given, and what is taken back."""
    window = _window(book, stored, days, [] if begins_anew else issued)
    before = set[str]() if begins_anew else items_there(issued)
    with open_store(data) as store:
        contents = tables_of(
            store,
            book.chronicle,
            book.community,
            stored.agreement,
            window,
            before,
            book.today(),
            earlier_rows(book, stored, window, salts, unknown_until(data)),
            salts,
        )
    return _Parts(contents, window)


def _only_withdrawals(book: AgreementBook, stored: StoredAgreement, issued: list[IssuedBundle]) -> _Parts:
    """Collect what is taken back where nothing is given any more; all of it each time, as one may get lost.

    Raises
    ------
    NoBundleError
        There is nothing to take back.
    """
    own, agreement = book.community, stored.agreement
    withdrawn = gone_items(book.chronicle, own, agreement, items_ever(issued), book.today())
    if not withdrawn:
        check_gives(stored, own, book.today())
    rows = [withdrawal(own, agreement.licence, name) for name in withdrawn]
    # Of no days, so that the next bundle that gives goes on where the last one ended.
    days = (date.fromisoformat(issued[-1].first), date.fromisoformat(issued[-1].last))
    return _Parts(BundleContents(SharedTables({WITHDRAWALS: rows}, {}, 0, 0)), days)


def _window(
    book: AgreementBook, stored: StoredAgreement, days: RequestedDays, issued: list[IssuedBundle]
) -> tuple[date, date]:
    """Choose the days asked for, else those after the last bundle, else all since the agreement began."""
    if issued:
        begin = date.fromisoformat(issued[-1].last) + _DAY
    else:
        period = coarsest_period(stored.agreement, book.community)
        begin = first_whole(date.fromisoformat(stored.agreement.begins), period)
    begin = date_of(days.first, "--from") if days.first else begin
    last = date_of(days.last, "--to") if days.last else None
    return next_window(stored.agreement, book.community, begin, book.today(), last)
