"""What one community gave by bundles: entries of its chronicle, so that a restored copy gives itself away."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.chronicle.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_coalition.bundles.manifest import Manifest
    from sera_store.chronicle.chronicle import Chronicle

KIND: Final = "bundle"


class GivenBundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bundle that was given.

    Parameters
    ----------
    agreement, sequence, digest
        By which agreement, as the how manieth, and SHA-256 of its signed manifest.
    made, first, last
        When it was made; first and last day that it is about, ISO 8601.
    rows
        How many rows it had, by table.
    items, withdrawn
        Stories that were in it, and those that it took back, each as `id/version`.
    begins_anew
        Whether it stood for all that was given before.
    """

    agreement: str
    sequence: int
    digest: str
    made: str
    first: str
    last: str
    rows: dict[str, int]
    items: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    begins_anew: bool = False


def items_there(given: Iterable[GivenBundle]) -> set[str]:
    """Return the stories that the other side has once all of these came in: given, and not taken back since.

    Examples
    --------
    >>> first = GivenBundle(
    ...     agreement="", sequence=1, digest="", made="", first="", last="", rows={}, items=("a/1", "b/1")
    ... )
    >>> sorted(items_there([first, msgspec.structs.replace(first, items=(), withdrawn=("a/1",))]))
    ['b/1']
    """
    there: set[str] = set()
    for bundle in given:
        before = set() if bundle.begins_anew else there
        there = (before | set(bundle.items)) - set(bundle.withdrawn)
    return there


def items_ever(given: Iterable[GivenBundle]) -> set[str]:
    """Return the stories that were ever given."""
    return {item for bundle in given for item in bundle.items}


def given_bundles(chronicle: Chronicle, agreement: str) -> list[GivenBundle]:
    """List what was given by an agreement, in order."""
    contents = [chronicle.contents(number) for number in chronicle.versions(_item(agreement))]
    return [
        msgspec.json.decode(content.body, type=GivenBundle)
        for content in contents
        if content is not None and content.body is not None
    ]


def enter_given(
    chronicle: Chronicle,
    manifest: Manifest,
    digest: str,
    rows: dict[str, int],
    items: tuple[str, ...],
    withdrawn: tuple[str, ...] = (),
) -> GivenBundle:
    """Enter a bundle before it leaves; it is on disk when this returns.

    Raises
    ------
    sqlite3.IntegrityError
        Somebody else entered one of this sequence meanwhile.
    """
    given = GivenBundle(
        agreement=manifest.agreement,
        sequence=manifest.sequence,
        digest=digest,
        made=manifest.made,
        first=manifest.first,
        last=manifest.last,
        rows=rows,
        items=items,
        withdrawn=withdrawn,
        begins_anew=manifest.begins_anew,
    )
    item = _item(manifest.agreement)
    chronicle.append([Draft(KIND, item, manifest.sequence, manifest.giver, msgspec.json.encode(given))])
    return given


def _item(agreement: str) -> str:
    """Return the item whose versions are the bundles of an agreement."""
    return hashlib.sha256(b"sera bundles 1\n" + agreement.encode()).hexdigest()[:32]
