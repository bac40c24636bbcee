"""Change what was agreed to: by the giver in place, or by two keepers of what a group holds.

The version with the other consent takes the place of the one before, which is erased in the same write: no
moment has both, and no copy of the older consent is left to be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import COMMUNITY, EVERYBODY, check_consent
from sera_commons.items.keepers import (
    KeeperYes,
    agreed,
    check_giver_change,
    check_terms,
    is_keeper,
    opened,
)
from sera_commons.storage.shelf import KEEPER_YES
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.entries import WITHDRAWN
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sera_commons.items.consent import Consent
    from sera_commons.items.item import Item
    from sera_commons.items.keepers import Terms
    from sera_commons.items.release import StoredVersion
    from sera_commons.storage.shelf import NewVersion, Shelf

_GONE: Final = "was taken back or changed meanwhile; look at it again"


def change_consent(
    shelf: Shelf, stored: StoredVersion, consent: Consent, day: date | None = None
) -> NewVersion:
    """Put a version with another consent of its giver in the place of one.

    Parameters
    ----------
    day
        On which, in the community; that of UTC where it is left out.

    Raises
    ------
    InvalidItemError
        The consent is not what it may be, or a group holds the item and it would be for more.
    InvalidEntryError
        The version was taken back or changed meanwhile; nothing was kept.
    StoreUnusableError
        The disk refuses; all is as it was.
    """
    item = _item_of(stored)
    check_giver_change(item, consent)
    return _put_in_place(shelf, stored, msgspec.structs.replace(item, consent=consent), is_new=True, day=day)


def say_yes(
    shelf: Shelf, stored: StoredVersion, person: str, terms: Terms, community: Collection[str]
) -> NewVersion | None:
    """Keep a keeper's yes; with the second to the same terms the version under them takes its place.

    Parameters
    ----------
    person
        Drawn id of the keeper.
    terms
        What they agree to; a yes of theirs to other terms ends with it.
    community
        Drawn ids of those who have a role in the community.

    Returns
    -------
    NewVersion or None
        The version under the new terms; None while it waits for another keeper.

    Raises
    ------
    InvalidItemError
        The terms are not what they may be, or the person is no keeper.
    InvalidEntryError, StoreUnusableError
        As in `change_consent`.
    """
    item = _item_of(stored)
    check_terms(item, terms)
    check_consent(msgspec.structs.replace(item.consent, **msgspec.structs.asdict(terms)))
    holders = shelf.audiences()
    if terms.audience not in (COMMUNITY, EVERYBODY, *holders):
        raise InvalidItemError("audience", "choose", "expected community, everybody or an audience")
    keepers = {name for name in community if is_keeper(name, holders.get(item.held_by), community)}
    if person not in keepers:
        raise InvalidItemError("audience", "choose", "only a keeper of what a group holds may agree to this")
    _keep_yes(shelf, stored.number, person, terms)
    both = agreed(shelf.yeses(stored.number), terms, keepers)
    if not both:
        return None
    return _put_in_place(shelf, stored, opened(item, terms, both, stored.author), is_new=False)


def take_back_yes(shelf: Shelf, number: int, person: str) -> bool:
    """Erase what a keeper said to a version, while it waits; return whether there was something."""
    own = [yes.number for yes in shelf.yeses(number) if yes.author == person]
    shelf.chronicle.erase(own, WITHDRAWN)
    return bool(own)


def _keep_yes(shelf: Shelf, number: int, person: str, terms: Terms) -> None:
    own = [yes for yes in shelf.yeses(number) if yes.author == person]
    if any(yes.terms == terms for yes in own):
        return
    body = msgspec.json.encode(KeeperYes(story=number, terms=terms))
    draft = Draft(KEEPER_YES, draw_item(), 1, person, body)
    shelf.chronicle.append([draft], erases=[yes.number for yes in own], reason=WITHDRAWN)


def _item_of(stored: StoredVersion) -> Item:
    if stored.item is None:
        raise InvalidEntryError(f"version {stored.version} of {stored.item_id} {_GONE}")
    return stored.item


def _put_in_place(
    shelf: Shelf, stored: StoredVersion, item: Item, *, is_new: bool, day: date | None = None
) -> NewVersion:
    """Store the same words and files again, in the place of a version."""
    attachments = []
    for digest, media_type in stored.attachments:
        content = shelf.chronicle.attachment(digest)
        if content is None:
            raise InvalidEntryError(f"version {stored.version} of {stored.item_id} {_GONE}")
        attachments.append(Attachment(content, media_type))
    replaces = (*item.replaces, stored.version)
    changed = msgspec.structs.replace(item, replaces=replaces)
    return shelf.give(
        changed,
        stored.author,
        attachments,
        item_id=stored.item_id,
        is_new=is_new,
        in_place_of=stored.number,
        day=day,
    )
