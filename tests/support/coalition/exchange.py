"""Two neighbours with gardens and an agreement, who hand bundles to each other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop, agree, laptop, terms
from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.contents import Window, given_rows
from sera_coalition.bundles.given import enter_given, given_bundles
from sera_coalition.bundles.making import make_bundle
from sera_coalition.bundles.receiving import receive
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coalition.gardens import Plot
    from sera_coalition.bundles.making import MadeBundle
    from sera_coalition.bundles.receiving import VerifiedBundle
    from sera_coalition.bundles.tables import Row

WEEK = (date(2027, 6, 7), date(2027, 6, 13))
GIVES = (DataClass.READINGS, DataClass.VISITS, DataClass.COUNTS)


def neighbours(folder: Path, plots: Sequence[Plot] | None = None, **fields: Any) -> tuple[Laptop, Laptop]:
    """Elm, which has gardens and gives, and oak, which takes; by an agreement with some other fields."""
    elm, oak = laptop(folder, "elm"), laptop(folder, "oak")
    plant(elm.data, "elm", street(4) if plots is None else plots)
    agree(elm, oak, terms(elm.party(*GIVES), oak.party(), **fields))
    return elm, oak


def rows_of(giver: Laptop, window: tuple[date, date] = WEEK, *, agreement: str = ID) -> dict[str, list[Row]]:
    """What leaves of the giver's gardens."""
    with giver.book() as book, Store.open(giver.data / "store") as store:
        held = book.find(agreement)
        assert held is not None
        return given_rows(store, giver.community, held.agreement, Window(*window))


def make(
    giver: Laptop,
    tables: Mapping[str, list[Row]] | None = None,
    window: tuple[date, date] = WEEK,
    *,
    begins_anew: bool = False,
    is_entered: bool = True,
    agreement: str = ID,
) -> MadeBundle:
    """Make the giver's next bundle; of other tables where a test, or somebody hostile, wants others."""
    with giver.book() as book:
        held = book.find(agreement)
        assert held is not None
        given = given_bundles(book.chronicle, held.agreement.id)
        tables = rows_of(giver, window) if tables is None else tables
        made = make_bundle(
            held,
            giver.community,
            giver.key,
            tables,
            window,
            book.today(),
            given[-1] if given else None,
            begins_anew=begins_anew,
        )
        if is_entered:
            enter_given(book.chronicle, made.manifest, digest_of(made.signed), {}, ())
        return made


def take(taker: Laptop, content: bytes) -> VerifiedBundle:
    """Take a bundle in, as it came."""
    with taker.book() as book:
        folder, files = read_container(content)
        return receive(taker.data, book, folder, files, content)
