"""Make the next bundle of an agreement over a data folder, for the verb and for pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.key_files import read_key
from sera_coalition.bundles.given import enter_given, given_bundles
from sera_coalition.bundles.making import check_gives, coarsest_period, make_bundle, next_window
from sera_coalition.bundles.periods import first_whole
from sera_coalition.bundles.receiving import check_made
from sera_coalition.errors import BundleNotMadeError, RefusedBundleError
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.moments import now_s
from sera_command.neighbours.agreement_desk import day_of
from sera_command.neighbours.bundle_contents import tables_of
from sera_store.release.handouts import note_handout

if TYPE_CHECKING:
    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.standing import HeldAgreement
    from sera_coalition.bundles.given import GivenBundle
    from sera_coalition.bundles.making import MadeBundle

_DAY: Final = timedelta(days=1)


class AskedDays(NamedTuple):
    """Days that somebody asked a bundle for; empty for those that come next."""

    first: str = ""
    last: str = ""


def make_next(
    data: Path, book: AgreementBook, held: HeldAgreement, asked: AskedDays, *, begins_anew: bool
) -> MadeBundle:
    """Make the next bundle of an agreement, and enter it in the chronicle and among what was handed out.

    Raises
    ------
    BadInputError, BundleNotMadeError
        The days are none, or nothing may be given.
    """
    today, own = book.today(), book.community
    check_gives(held, own, today)
    key = read_key(data, own)
    if not book.knows_own_key(held, key):
        raise BadInputError(
            f"the key of {own} is not the one of the agreement; sign it anew: `sera agreement new --renews`"
        )
    given = given_bundles(book.chronicle, held.agreement.id)
    window = _window(book, held, asked, [] if begins_anew else given)
    before = set() if begins_anew else {item for bundle in given for item in bundle.items}
    with open_store(data) as store:
        tables, items = tables_of(store, book.chronicle, own, held.agreement, window, before, now_s, today)
    last = given[-1] if given else None
    made = make_bundle(held, own, key, tables, window, today, last, begins_anew=begins_anew)
    try:
        check_made(made.content, held.agreement)
    except RefusedBundleError as error:
        raise BundleNotMadeError(f"it would be refused there: {error.message}") from error
    rows = {name: len(table) for name, table in tables.items()}
    bundle = enter_given(book.chronicle, made.manifest, digest_of(made.signed), rows, items)
    dates = (made.manifest.first, made.manifest.last)
    file = Path(f"{made.manifest.folder}.zip")
    note_handout(data, "bundle", file, (), dates, now_s(), sha256=bundle.digest, items=items)
    return made


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
