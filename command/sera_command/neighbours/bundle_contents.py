"""What goes into a bundle, of gardens and of stories: composed here, where the rooms meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_coalition.agreements.terms import LICENCES, Agreement, DataClass
from sera_coalition.bundles.contents import Window, given_rows
from sera_coalition.bundles.tables import WITHDRAWALS
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER
from sera_commons.keeping.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from sera_coalition.bundles.tables import Row
    from sera_commons.items.release import ReleasedItem
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.store import Store

_PARAGRAPH: Final = "\n\n"


def tables_of(
    store: Store,
    chronicle: Chronicle,
    community: str,
    agreement: Agreement,
    window: tuple[date, date],
    before: Collection[str],
    clock: Callable[[], float],
    today: date,
) -> tuple[dict[str, list[Row]], tuple[str, ...]]:
    """Return the tables of a bundle, and the stories that are in it, each as `id/version`.

    Parameters
    ----------
    before
        Stories that were given before, and not to be given again.
    """
    tables = given_rows(store, community, agreement, Window(*window))
    party = agreement.party(community)
    licence = agreement.licence
    if party is None or DataClass.STORIES not in party.gives:
        # Stories were given by a version before, and are no longer.
        if before:
            tables[WITHDRAWALS] = [_withdrawal(community, licence, name) for name in sorted(before)]
        return tables, ()
    shelf = Shelf(chronicle, community, clock)
    released = [
        item
        for item in shelf.released(Use.FEDERATION, STRANGER, today)
        if _may_be_under(item.licence, licence)
    ]
    names = {_name(item) for item in released}
    new = [item for item in released if _name(item) not in before]
    tables[DataClass.STORIES] = [_story(community, item) for item in new]
    gone = sorted(set(before) - names)
    tables[WITHDRAWALS] = [_withdrawal(community, licence, name) for name in gone]
    return tables, tuple(sorted(_name(item) for item in new))


def _may_be_under(given: str, agreed: str) -> bool:
    """Return whether what was given under a licence may be in a bundle under another; `none` is narrowest."""
    return LICENCES.index(given) <= LICENCES.index(agreed)


def _withdrawal(community: str, licence: str, name: str) -> Row:
    item, _, version = name.partition("/")
    return community, licence, item, int(version)


def _name(item: ReleasedItem) -> str:
    return f"{item.item_id}/{item.version}"


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
