"""What a group holds is opened by its keepers: two of them, each by a yes of their own, to the same terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import Consent, Naming, Use, is_for_no_more
from sera_commons.items.item import KEEPERS_NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_commons.items.audiences import Audience
    from sera_commons.items.item import Item


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What keepers agree to: who may see it, what it may be used for, and under which licence."""

    audience: str
    uses: tuple[Use, ...]
    licence: str


class KeeperYes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A keeper's yes, as the body of an entry.

    Parameters
    ----------
    story
        Number of the entry of the version that it is about: a later version needs a yes of its own.
    terms
        What the keeper agrees to, whole.
    """

    story: int
    terms: Terms


class StandingYes(NamedTuple):
    """A yes that was not taken back: its entry, who said it (drawn id) on which day, and to what."""

    number: int
    author: str
    day: str
    terms: Terms


def terms_of(consent: Consent) -> Terms:
    """Return what a consent says of audience, uses and licence."""
    return Terms(audience=consent.audience, uses=consent.uses, licence=consent.licence)


def is_keeper(person: str, audience: Audience | None, community: Iterable[str]) -> bool:
    """Return whether a person is one of those who hold something: a member of the audience.

    Parameters
    ----------
    person
        Drawn id.
    audience
        That which holds it; None where it was taken away, and then nobody is a keeper.
    community
        Drawn ids of those who have a role in the community: where the audience is all of it, and as nobody is
        a keeper who has left.
    """
    if audience is None or person not in set(community):
        return False
    return audience.is_whole_community or person in audience.members


def agreed(yeses: Iterable[StandingYes], terms: Terms, keepers: Iterable[str]) -> tuple[StandingYes, ...]:
    """Return the yeses of two keepers to these terms, the oldest first; nothing while there are fewer.

    Parameters
    ----------
    yeses
        To one version, in order of their entries.
    keepers
        Who is a keeper now: the yes of a former keeper does not count.

    Examples
    --------
    >>> terms = Terms(audience="community", uses=(), licence="none")
    >>> one, other = StandingYes(7, "anna", "2026-06-20", terms), StandingYes(8, "bo", "2026-06-21", terms)
    >>> [yes.number for yes in agreed([one, other], terms, {"anna", "bo"})], agreed([one], terms, {"anna"})
    ([7, 8], ())
    """
    keeper_names = set(keepers)
    by_author = {yes.author: yes for yes in yeses if yes.terms == terms and yes.author in keeper_names}
    both = sorted(by_author.values())[:KEEPERS_NEEDED]
    return tuple(both) if len(both) == KEEPERS_NEEDED else ()


def opened(item: Item, terms: Terms, yeses: tuple[StandingYes, ...], giver: str) -> Item:
    """Return an item under the terms that its keepers agreed to.

    Notes
    -----
    The giver agreed to be named before those who could see it then. Where more can, the name stays only if
    the giver is one of those who agreed.
    """
    consent = msgspec.structs.replace(item.consent, **msgspec.structs.asdict(terms))
    if not is_for_no_more(consent, item.consent) and giver not in {yes.author for yes in yeses}:
        consent = msgspec.structs.replace(consent, naming=Naming.NONE, name="")
    return msgspec.structs.replace(item, consent=consent, agreed=tuple(yes.number for yes in yeses))


def check_terms(item: Item, terms: Terms) -> None:
    """Check that keepers may agree to some terms.

    Raises
    ------
    InvalidItemError
        No group holds the item, a child gave it and it would be for more, or nothing would change.
    """
    if not item.held_by:
        raise InvalidItemError("audience", "choose", "no group holds this; its giver alone changes it")
    if terms == terms_of(item.consent):
        raise InvalidItemError("audience", "same", "nothing would change; choose something else")
    wider = msgspec.structs.replace(item.consent, **msgspec.structs.asdict(terms))
    if item.consent.is_child and not is_for_no_more(wider, item.consent):
        raise InvalidItemError(
            "audience",
            "child_held",
            "a child gave this, and a grown-up agreed for the group; it is given again to be for more",
        )


def check_giver_change(item: Item, consent: Consent) -> None:
    """Check that a giver alone makes what a group holds narrower, never wider.

    Raises
    ------
    InvalidItemError
        It would be for more people or uses, or under a wider licence.
    """
    if item.held_by and not is_for_no_more(consent, item.consent):
        raise InvalidItemError(
            "audience",
            "held_wider",
            "a group holds this: two of its keepers agree before it is for more; choose less, or leave it",
        )
