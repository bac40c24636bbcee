"""The one function through which stories and recipes leave: consent, audience, season, sensitivity.

Every page, search, exhibit, print, export and mural asks it, and takes what it returns: the title, ids of
plants and gardens, names of files and pictures are in that, and nowhere else. What it does not know it keeps
in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sera_commons.items.consent import COMMUNITY, EVERYBODY, ONLY_ME, Naming, Use
from sera_commons.items.guarded_plants import leads_to_garden

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sera_commons.items.audiences import Audience
    from sera_commons.items.consent import Consent
    from sera_commons.items.item import Item, ItemKind, PlantName, Statement


@dataclass(frozen=True, slots=True)
class Reader:
    """Who would see it: a person, or an output that is made for a community or one of its audiences.

    Parameters
    ----------
    person, community
        Drawn id, and where the person has a role; empty for a stranger.
    audiences
        Ids of the audiences that an output is made for.
    """

    person: str = ""
    community: str = ""
    audiences: frozenset[str] = frozenset()


STRANGER: Final = Reader()


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version as the chronicle has it.

    Parameters
    ----------
    number
        Of its entry in the chronicle.
    item_id, version
        By which it is named for ever.
    community, author, day
        Where, by whom (drawn id), on which day (ISO 8601) it was given.
    item
        What was given; None where it was withdrawn.
    attachments
        Digest and media type of each.
    is_hidden
        Whether a moderator hides it.
    """

    number: int
    item_id: str
    version: int
    community: str
    author: str
    day: str
    item: Item | None
    attachments: tuple[tuple[str, str], ...] = ()
    is_hidden: bool = False

    @property
    def name(self) -> str:
        """Item and version, as outputs are noted."""
        return f"{self.item_id}/{self.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """By which outputs name it (`item/version`): its own, and of the versions whose place it took."""
        replaced = self.item.replaces if self.item is not None else ()
        return tuple(f"{self.item_id}/{version}" for version in (*replaced, self.version))


class Reason(StrEnum):
    """Why something is not released; for its giver and for tests, never for whoever may not see it."""

    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"
    OTHER_USE = "other_use"
    AUDIENCE = "audience"
    SEASON = "season"
    REVIEW = "review"
    GROWN_UP = "grown_up"


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A picture or sound that may be shown: where it is kept, under which name, and what it shows."""

    digest: str
    media_type: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class ReleasedItem:
    """What an output may show of one version; all that it may know of it."""

    item_id: str
    version: int
    kind: ItemKind
    title: str
    language: str
    day: str
    statements: tuple[Statement, ...]
    version_note: str
    based_on: int
    plants: tuple[PlantName, ...]
    gardens: tuple[str, ...]
    allergens: tuple[str, ...] | None
    files: tuple[ReleasedFile, ...]
    giver: str
    licence: str
    local_contexts: str
    is_own: bool
    # What a moderator hid is released to its giver alone.
    is_hidden: bool

    @property
    def name(self) -> str:
        """Item and version, as outputs are noted."""
        return f"{self.item_id}/{self.version}"


def release(
    stored: StoredVersion, use: Use, reader: Reader, day: date, audiences: Mapping[str, Audience]
) -> ReleasedItem | Reason:
    """Decide what one output may show of one version to one reader on one day.

    Parameters
    ----------
    stored
        The version.
    use
        What the output is; pages and their search are `Use.PAGE`.
    reader
        Who would see it.
    day
        On which, in the community.
    audiences
        Those that the community defined, by id.

    Returns
    -------
    ReleasedItem or Reason
        What may be shown; or why nothing of it may.

    Notes
    -----
    Withdrawal wins over all. The giver sees on pages what is theirs, whatever they agreed to for others.
    Otherwise every condition has to hold: the use is named, the reader is in the audience, the audience is
    open on that day, the day of review has not passed, and what a child gave has a grown-up's yes.
    """
    if stored.item is None:
        return Reason.WITHDRAWN
    is_own = bool(reader.person) and reader.person == stored.author
    if is_own and use == Use.PAGE:
        return _view(stored, stored.item, is_own=True)
    if stored.is_hidden:
        return Reason.HIDDEN
    reason = refusal_of(stored.item.consent, stored.community, use, reader, day, audiences)
    return reason if reason is not None else _view(stored, stored.item, is_own=False)


def refusal_of(
    consent: Consent,
    community: str,
    use: Use,
    reader: Reader,
    day: date,
    audiences: Mapping[str, Audience],
) -> Reason | None:
    """Return why a consent does not let something be shown; None where it does.

    Parameters
    ----------
    consent
        What its giver agreed to.
    community
        In which it was given.
    use, reader, day, audiences
        As of `release`.
    """
    if use not in consent.uses:
        return Reason.OTHER_USE
    if consent.is_child and not consent.grown_up_agrees:
        return Reason.GROWN_UP
    audience = audiences.get(consent.audience)
    if not _is_in_audience(community, consent.audience, audience, reader):
        return Reason.AUDIENCE
    if audience is not None and not audience.is_open_on(day):
        return Reason.SEASON
    return None if consent.holds_on(day) else Reason.REVIEW


def _is_in_audience(community: str, name: str, audience: Audience | None, reader: Reader) -> bool:
    if name == EVERYBODY:
        return True
    is_here = bool(reader.community) and reader.community == community
    if name == ONLY_ME or not is_here:
        return False
    if name == COMMUNITY:
        return True
    if audience is None:
        return False
    is_member = bool(reader.person) and reader.person in audience.members
    return audience.is_whole_community or is_member or audience.id in reader.audiences


def _view(stored: StoredVersion, item: Item, *, is_own: bool) -> ReleasedItem:
    # The table of plants may have changed since it was kept: the tie to a garden is asked for again.
    gardens = item.gardens if leads_to_garden(item.plants) else ()
    consent = item.consent
    return ReleasedItem(
        item_id=stored.item_id,
        version=stored.version,
        kind=item.kind,
        title=item.title,
        language=item.language,
        day=stored.day,
        statements=item.statements,
        version_note=item.version_note,
        based_on=item.based_on,
        plants=item.plants,
        gardens=gardens,
        allergens=item.allergens,
        files=tuple(_files(stored, item)),
        giver=consent.name if consent.naming == Naming.NAME else "",
        licence=consent.licence,
        local_contexts=consent.local_contexts,
        is_own=is_own,
        is_hidden=stored.is_hidden,
    )


_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
}


def _files(stored: StoredVersion, item: Item) -> list[ReleasedFile]:
    """Name files by their position alone: what somebody called a file can tell who or where they are."""
    notes = [note.description for note in item.media]
    notes += [""] * (len(stored.attachments) - len(notes))
    return [
        ReleasedFile(digest, media_type, f"{position}.{_ENDINGS[media_type]}", note)
        for position, ((digest, media_type), note) in enumerate(
            zip(stored.attachments, notes, strict=False), 1
        )
        if media_type in _ENDINGS
    ]
