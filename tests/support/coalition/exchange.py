"""Two neighbours with gardens and an agreement, who hand bundles to each other."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop, agree, laptop, terms
from commons_parts.stories import photo
from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.key_files import draw_key, has_key
from sera_coalition.agreements.terms import DataClass, Period
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.contents import Window, shared_tables
from sera_coalition.bundles.issued import enter_issued, issued_bundles
from sera_coalition.bundles.making import make_bundle
from sera_coalition.bundles.receiving import receive
from sera_commons.media.foreign import clean_media
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coalition.gardens import Plot
    from sera_coalition.bundles.making import NewBundle
    from sera_coalition.bundles.receiving import VerifiedBundle
    from sera_coalition.bundles.tables import Row

WEEK = (date(2027, 6, 7), date(2027, 6, 13))
GIVES = (DataClass.READINGS, DataClass.VISITS, DataClass.COUNTS)


def neighbours(folder: Path, plots: Sequence[Plot] | None = None, **fields: Any) -> tuple[Laptop, Laptop]:
    """Elm, which has gardens and gives, and oak, which takes; by an agreement with some other fields."""
    if plots is None and not fields:
        shutil.copytree(_usual_neighbours().name, folder, dirs_exist_ok=True)
        return Laptop(folder / "elm", "elm"), Laptop(folder / "oak", "oak")
    return _new_neighbours(folder, street(4) if plots is None else plots, **fields)


@cache
def _usual_neighbours() -> TemporaryDirectory[str]:
    """Return the folder of a pair that has agreed as usual, made once a process."""
    folder = TemporaryDirectory(prefix="neighbours-")
    _new_neighbours(Path(folder.name), street(4))
    return folder


def _new_neighbours(folder: Path, plots: Sequence[Plot], **fields: Any) -> tuple[Laptop, Laptop]:
    elm, oak = laptop(folder, "elm"), laptop(folder, "oak")
    plant(elm.data, "elm", plots)
    agree(elm, oak, terms(elm.party(*GIVES), oak.party(), **fields))
    return elm, oak


def rows_of(giver: Laptop, window: tuple[date, date] = WEEK, *, agreement: str = ID) -> dict[str, list[Row]]:
    """What leaves of the giver's gardens."""
    with giver.book() as book, Store.open(giver.data / "store") as store:
        stored = book.find(agreement)
        assert stored is not None
        return shared_tables(store, giver.community, stored.agreement, Window(*window)).tables


def make(
    giver: Laptop,
    tables: Mapping[str, list[Row]] | None = None,
    window: tuple[date, date] = WEEK,
    *,
    begins_anew: bool = False,
    is_entered: bool = True,
    agreement: str = ID,
    media: Mapping[str, bytes] | None = None,
) -> NewBundle:
    """Make the giver's next bundle; of other tables where a test, or somebody hostile, wants others."""
    with giver.book() as book:
        stored = book.find(agreement)
        assert stored is not None
        issued = issued_bundles(book.chronicle, stored.agreement.id)
        tables = rows_of(giver, window) if tables is None else tables
        bundle = make_bundle(
            stored,
            giver.community,
            giver.key,
            tables,
            window,
            book.today(),
            issued[-1] if issued else None,
            begins_anew=begins_anew,
            media=media,
        )
        if is_entered:
            counts = {name: len(rows) for name, rows in tables.items()}
            enter_issued(book.chronicle, bundle.manifest, digest_of(bundle.signed), counts, ())
        return bundle


def take(taker: Laptop, content: bytes) -> VerifiedBundle:
    """Take a bundle in, as it came."""
    with taker.book() as book:
        folder, files = read_container(content)
        return receive(taker.data, book, folder, files, content, clean_media)


def befriend(own: Laptop, folder: Path, monday: date) -> Laptop:
    """Sign an agreement with a new neighbour, elm; take a week of theirs, and send one."""
    elm = laptop(folder, "elm")
    elm.now_s = own.now_s
    start = int(datetime(monday.year, monday.month, monday.day, tzinfo=UTC).timestamp())
    plant(elm.data, "elm", street(4), start_s=start)
    if not has_key(own.data, own.community):
        draw_key(own.data, own.community)
    begins = monday - timedelta(days=28)
    agree(
        elm,
        own,
        terms(
            elm.party(*DataClass),
            own.party(DataClass.READINGS, language="de"),
            period=Period.WEEK,
            begins=begins.isoformat(),
            review=(begins + timedelta(days=365)).isoformat(),
        ),
    )
    window = (monday, monday + timedelta(days=6))
    story = (
        "elm", "none", "a" * 32, 1, "story", "en", begins.isoformat(), "Anna", "The elm",
        "It stood here.\n\nIt fell.",
    )  # fmt: skip
    picture = ("elm", "none", "a" * 32, 1, f"{'b' * 64}.jpg", "The <b>elm</b>, before it fell")
    tables = {
        **rows_of(elm, window),
        DataClass.STORIES.value: [story],
        DataClass.MEDIA.value: [picture],
    }
    take(own, make(elm, tables, window, media={str(picture[4]): photo(size=(640, 400))}).content)
    with own.book() as book:
        issued = make(own, {}, window, is_entered=False)
        # Its rows rest on nothing of this garden street, so that more of the same days may be given.
        digest = digest_of(issued.signed)
        enter_issued(book.chronicle, issued.manifest, digest, {"readings": 32}, (), grounds={})
    return elm
