"""What goes into a bundle, of gardens and of stories: composed here, where the rooms meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.terms import LICENCES, Agreement, DataClass
from sera_coalition.bundles.contents import SharedTables, Window, shared_tables
from sera_coalition.bundles.tables import WITHDRAWALS
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER
from sera_commons.media.foreign import MEDIA_TYPES
from sera_commons.storage.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sera_coalition.bundles.earlier import Earlier
    from sera_coalition.bundles.given.salts import Salts
    from sera_coalition.bundles.tables import Row
    from sera_commons.items.release import ReleasedItem
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.store import Store

_PARAGRAPH: Final = "\n\n"
# Room for pictures and sounds in one bundle, of its 64 MiB and hundred files.
MEDIA_BYTES_MOST: Final = 40 << 20
MEDIA_FILES_MOST: Final = 80


class BundleContents(NamedTuple):
    """What goes into a bundle.

    Parameters
    ----------
    shared
        Tables, and what rows of gardens rest on.
    items
        Stories that are in it, each as `id/version`.
    media
        Pictures and sounds by the name of their file.
    """

    shared: SharedTables
    items: tuple[str, ...] = ()
    media: Mapping[str, bytes] = {}


def tables_of(
    store: Store,
    chronicle: Chronicle,
    community: str,
    agreement: Agreement,
    window: tuple[date, date],
    before: Collection[str],
    today: date,
    earlier: Earlier,
    salts: Salts,
) -> BundleContents:
    """Return what goes into a bundle.

    Parameters
    ----------
    before
        Stories that the other side has, and that are not given again.
    earlier
        What was given before of these days.
    salts
        Under which it is kept what rows rest on.
    """
    shared = shared_tables(store, community, agreement, Window(*window), earlier, salts)
    tables = shared.tables
    released = _released(chronicle, community, agreement, today)
    new = [item for item in released if item.name not in before]
    gives = party.gives if (party := agreement.party(community)) is not None else ()
    media: dict[str, bytes] = {}
    if DataClass.MEDIA in gives:
        new, tables[DataClass.MEDIA], media = _with_media(chronicle, community, new)
    if DataClass.STORIES in gives:
        tables[DataClass.STORIES] = [_story(community, item) for item in new]
    withdrawn = _gone(released, before)
    if withdrawn or DataClass.STORIES in gives:
        tables[WITHDRAWALS] = [withdrawal(community, agreement.licence, name) for name in withdrawn]
    return BundleContents(shared, tuple(sorted(item.name for item in new)), media)


def _with_media(
    chronicle: Chronicle, community: str, items: Sequence[ReleasedItem]
) -> tuple[list[ReleasedItem], list[Row], dict[str, bytes]]:
    """Collect pictures and sounds, each under its salted digest; a story without room waits for the next one.

    A story that has more by itself than a bundle holds is given with those that fit.
    """
    taken: list[ReleasedItem] = []
    rows: list[Row] = []
    media: dict[str, bytes] = {}
    size = 0
    for item in items:
        own: dict[str, bytes] = {}
        own_rows: list[Row] = []
        own_size = 0
        for file in item.files:
            ending, content = file.name.rpartition(".")[2], chronicle.attachment(file.digest)
            if content is None or ending not in MEDIA_TYPES or own_size + len(content) > MEDIA_BYTES_MOST:
                continue
            name = f"{file.digest}.{ending}"
            own[name] = content
            own_size += len(content)
            own_rows.append((community, item.licence, item.item_id, item.version, name, file.description))
        if media and (size + own_size > MEDIA_BYTES_MOST or len(media) + len(own) > MEDIA_FILES_MOST):
            continue
        taken.append(item)
        rows += own_rows
        media |= own
        size += own_size
    return taken, rows, media


def gone_items(
    chronicle: Chronicle,
    community: str,
    agreement: Agreement,
    before: Collection[str],
    today: date,
) -> list[str]:
    """Return which stories that were given before may be there no longer, in order."""
    return _gone(_released(chronicle, community, agreement, today), before)


def _gone(released: Collection[ReleasedItem], before: Collection[str]) -> list[str]:
    return sorted(set(before) - {item.name for item in released})


def _released(chronicle: Chronicle, community: str, agreement: Agreement, today: date) -> list[ReleasedItem]:
    """List the stories that an agreement gives; none where it gives stories no longer."""
    party = agreement.party(community)
    if party is None or DataClass.STORIES not in party.gives:
        return []
    return [
        item
        for item in Shelf(chronicle, community).released(Use.FEDERATION, STRANGER, today)
        if _may_be_under(item.licence, agreement.licence)
    ]


def _may_be_under(licence: str, agreed: str) -> bool:
    """Return whether what was given under a licence may be in a bundle under another; `none` is narrowest."""
    return LICENCES.index(licence) <= LICENCES.index(agreed)


def withdrawal(community: str, licence: str, name: str) -> Row:
    """Return the row that takes a story back."""
    item, _, version = name.partition("/")
    return community, licence, item, int(version)


def _story(community: str, item: ReleasedItem) -> Row:
    return (
        community,
        item.licence,
        item.item_id,
        item.version,
        item.kind.value,
        item.language,
        item.day,
        item.giver,
        item.title,
        _PARAGRAPH.join(statement.text for statement in item.statements),
    )
