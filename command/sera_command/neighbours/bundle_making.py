"""Make the next bundle of an agreement over a data folder, for the verb and for pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.key_files import read_key
from sera_coalition.agreements.keys import public_of
from sera_coalition.bundles.contents import GivenTables
from sera_coalition.bundles.given import earlier_given, enter_given, given_bundles, items_ever, items_there
from sera_coalition.bundles.making import check_gives, coarsest_period, gives_on, make_bundle, next_window
from sera_coalition.bundles.periods import first_whole
from sera_coalition.bundles.receiving import check_made
from sera_coalition.bundles.tables import WITHDRAWALS
from sera_coalition.errors import BundleNotMadeError, RefusedBundleError
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.moments import now_s
from sera_command.neighbours.agreement_desk import day_of
from sera_command.neighbours.bundle_contents import gone_items, tables_of, withdrawal
from sera_store.release.handouts import note_handout

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.standing import HeldAgreement
    from sera_coalition.bundles.given import GivenBundle
    from sera_coalition.bundles.manifest import Manifest

_DAY: Final = timedelta(days=1)


class AskedDays(NamedTuple):
    """Days that somebody asked a bundle for; empty for those that come next."""

    first: str = ""
    last: str = ""


class MadeNext(NamedTuple):
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
    data: Path, book: AgreementBook, held: HeldAgreement, asked: AskedDays, *, begins_anew: bool
) -> MadeNext:
    """Make the next bundle of an agreement, and enter it in the chronicle and among what was handed out.

    Raises
    ------
    BadInputError, BundleNotMadeError
        The days are none, or nothing may be given.
    """
    given = given_bundles(book.chronicle, held.agreement.id)
    key = _key(data, book, held)
    if gives_on(held, book.community, book.today()):
        parts = _parts(data, book, held, given, asked, begins_anew=begins_anew)
    else:
        parts = _only_withdrawals(book, held, given)
    given_tables, items, window = parts
    tables = given_tables.tables
    own, today = book.community, book.today()
    last = given[-1] if given else None
    made = make_bundle(held, own, key, tables, window, today, last, begins_anew=begins_anew)
    try:
        check_made(made.content, held.agreement)
    except RefusedBundleError as error:
        raise BundleNotMadeError(f"it would be refused there: {error.message}") from error
    rows = {name: len(table) for name, table in tables.items()}
    gone = tuple(f"{item}/{version}" for _, _, item, version in tables.get(WITHDRAWALS, ()))
    grounds = given_tables.grounds
    bundle = enter_given(book.chronicle, made.manifest, digest_of(made.signed), rows, items, gone, grounds)
    dates = (made.manifest.first, made.manifest.last)
    file = Path(f"{made.manifest.folder}.zip")
    note_handout(data, "bundle", file, (), dates, now_s(), sha256=bundle.digest, items=items)
    return MadeNext(made.manifest, made.content, given_tables.again, given_tables.left_out)


class _Parts(NamedTuple):
    """What goes into a bundle: rows by table, the stories among them, and the days that they are about."""

    tables: GivenTables
    items: tuple[str, ...]
    window: tuple[date, date]


def _key(data: Path, book: AgreementBook, held: HeldAgreement) -> Ed25519PrivateKey:
    """Return the signing key, where the other side knows it by this agreement.

    Where nothing is given any more, a withdrawal may be signed with one that is known by another agreement.
    """
    own = book.community
    key = read_key(data, own)
    is_over = not held.gives_on(book.today())
    if not book.knows_own_key(held, key) and not (is_over and book.knows_key(own, public_of(key))):
        raise BadInputError(
            f"the key of {own} is not the one of the agreement; sign it anew: `sera agreement new --renews`"
        )
    return key


def _parts(
    data: Path,
    book: AgreementBook,
    held: HeldAgreement,
    given: list[GivenBundle],
    asked: AskedDays,
    *,
    begins_anew: bool,
) -> _Parts:
    """Collect what is given, and what is taken back."""
    window = _window(book, held, asked, [] if begins_anew else given)
    before = set[str]() if begins_anew else items_there(given)
    with open_store(data) as store:
        tables, items = tables_of(
            store,
            book.chronicle,
            book.community,
            held.agreement,
            window,
            before,
            now_s,
            book.today(),
            earlier_given(book, held, window),
        )
    return _Parts(tables, items, window)


def _only_withdrawals(book: AgreementBook, held: HeldAgreement, given: list[GivenBundle]) -> _Parts:
    """Collect what is taken back where nothing is given any more; all of it each time, as one may get lost.

    Raises
    ------
    BundleNotMadeError
        There is nothing to take back.
    """
    own, agreement = book.community, held.agreement
    gone = gone_items(book.chronicle, own, agreement, items_ever(given), now_s, book.today())
    if not gone:
        check_gives(held, own, book.today())
    rows = [withdrawal(own, agreement.licence, name) for name in gone]
    # Of no days, so that the next bundle that gives goes on where the last one ended.
    days = (date.fromisoformat(given[-1].first), date.fromisoformat(given[-1].last))
    return _Parts(GivenTables({WITHDRAWALS: rows}, {}, 0, 0), (), days)


def _window(
    book: AgreementBook, held: HeldAgreement, asked: AskedDays, given: list[GivenBundle]
) -> tuple[date, date]:
    """Choose the days asked for, else those after the last bundle, else all since the agreement began."""
    if given:
        begin = date.fromisoformat(given[-1].last) + _DAY
    else:
        period = coarsest_period(held.agreement, book.community)
        begin = first_whole(date.fromisoformat(held.agreement.begins), period)
    begin = day_of(asked.first, "--from", begin)
    last = day_of(asked.last, "--to", begin) if asked.last else None
    return next_window(held.agreement, book.community, begin, book.today(), last)
