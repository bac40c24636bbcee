"""The stories and recipes of one community: kept in its chronicle, held in memory to be read and searched.

The chronicle is the truth. What is held here is made from it when a process opens it, follows its head, and
is on no disk, so that nothing of what is withdrawn stays in an index.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.items.audiences import Audience, check_audience
from sera_commons.items.guarded_plants import leads_to_garden
from sera_commons.items.item import ItemKind, check_item, decode_item, encode_item
from sera_commons.items.keepers import KeeperYes, StandingYes
from sera_commons.items.release import ReleasedItem, StoredVersion, release
from sera_commons.storage.search_index import SearchIndex
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.entries import WITHDRAWN
from sera_store.chronicle.following import Follower, hiding_draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sera_commons.items.consent import Use
    from sera_commons.items.item import Item
    from sera_commons.items.release import Reader
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.drafts import Contents
    from sera_store.chronicle.entries import Entry
    from sera_store.chronicle.following import Hiding

AUDIENCE: Final = "audience"
KEEPER_YES: Final = "keeper-yes"


class NewVersion(NamedTuple):
    """What `give` answers: by which it is named."""

    item_id: str
    version: int
    number: int


class Shelf:
    """The stories and recipes of one community.

    Parameters
    ----------
    chronicle
        Of that community, open.
    community
        Its id.

    Notes
    -----
    Threads may share it. Before each answer it looks at the head of the chronicle, so that what another
    process gave, hid or withdrew holds at once.
    """

    def __init__(self, chronicle: Chronicle, community: str) -> None:
        self.chronicle = chronicle
        self.community = community
        self._follower = Follower(
            chronicle,
            {
                **dict.fromkeys(ItemKind, self._take_item),
                AUDIENCE: self._take_audience,
                KEEPER_YES: self._take_yes,
            },
            forget=self._forget,
            hide=self._hide,
        )
        self._versions: dict[int, StoredVersion] = {}
        self._audiences: dict[int, Audience] = {}
        self._yeses: dict[int, tuple[int, StandingYes]] = {}
        self._index = SearchIndex()

    def give(
        self,
        item: Item,
        author: str,
        attachments: Sequence[Attachment] = (),
        *,
        item_id: str = "",
        version: int = 0,
        is_new: bool = True,
        in_place_of: int = 0,
        day: date | None = None,
    ) -> NewVersion:
        """Keep a new item, or a new version of one; it is on disk when this returns.

        Parameters
        ----------
        author
            Drawn id of whoever gives it.
        attachments
            Pictures and sounds, made safe before.
        item_id, version
            The item of which it is a version, and which one; drawn and counted where left out.
        is_new
            Whether it is given now; False for one that comes back from an export.
        in_place_of
            Entry of the version whose place it takes, which is erased in the same write; 0 for none.
        day
            On which it is given, in the community; that of UTC where it is left out.

        Raises
        ------
        InvalidItemError
            A field is not what it may be, or the version is there already.
        InvalidEntryError
            What it would take the place of was taken back meanwhile; nothing was kept.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        entry_day = day or self.chronicle.today()
        # The tie is cut at keeping, so that nothing is there to be found.
        if not leads_to_garden(item.plants):
            item = msgspec.structs.replace(item, gardens=())
        check_item(item, entry_day if is_new else None)
        if len(attachments) != len(item.media):
            raise InvalidItemError("media", "choose", "expected one note for each picture and sound")
        item_id = item_id or draw_item()
        version = version or self.chronicle.next_version(item_id)
        draft = Draft(item.kind, item_id, version, author, encode_item(item), tuple(attachments))
        replaced = {stored.number for stored in self._replaced(item, item_id, author)}
        replaced |= {in_place_of} if in_place_of else set()
        (entry,) = self.chronicle.append(
            [draft], erases=sorted(replaced), reason=WITHDRAWN if replaced else ""
        )
        return NewVersion(item_id, version, entry.number)

    def _replaced(self, item: Item, item_id: str, author: str) -> list[StoredVersion]:
        """List the versions whose place an item takes, of those that are here: only its own giver's."""
        if not item.replaces:
            return []
        before = [stored for stored in self.versions(item_id) if stored.version in item.replaces]
        return [stored for stored in before if stored.item is not None and stored.author == author]

    def withdraw(self, numbers: Sequence[int], reason: str = WITHDRAWN) -> None:
        """Erase versions for good: contents, giver and files; the chain and its tombstone stay.

        What keepers said to them goes along.
        """
        with self._follower.follow():
            going = [self._versions[number] for number in numbers if number in self._versions]
            about = set(numbers).union(*(self.lineage(stored) for stored in going))
            yeses = [name for name, (story, _) in self._yeses.items() if story in about]
        self.chronicle.erase([*numbers, *yeses], reason)

    def lineage(self, stored: StoredVersion) -> set[int]:
        """Return the entries of a version and of those whose place it took."""
        replaced = stored.item.replaces if stored.item is not None else ()
        before = {other.number for other in self.versions(stored.item_id) if other.version in replaced}
        return before | {stored.number}

    def withdraw_person(self, author: str) -> None:
        """Erase all that a person gave, and what they said as a keeper."""
        self.chronicle.erase([yes.number for yes in self.yeses_of(author)], WITHDRAWN)
        self.withdraw([stored.number for stored in self.by_author(author)])

    def put_audience(self, audience: Audience, author: str) -> None:
        """Keep an audience as it is from now on; who was in it before is erased.

        Raises
        ------
        InvalidItemError
            A field is not what it may be.
        """
        check_audience(audience)
        with self._follower.follow():
            before = self.chronicle.versions(audience.id)
            draft = Draft(AUDIENCE, audience.id, len(before) + 1, author, msgspec.json.encode(audience))
            standing = [number for number in before if not self.chronicle.is_erased(number)]
            self.chronicle.append([draft], erases=standing, reason=WITHDRAWN if standing else "")

    def remove_audience(self, audience_id: str) -> None:
        """Take an audience away; what was given to it is then seen by its givers alone."""
        self.chronicle.erase(self.chronicle.versions(audience_id), WITHDRAWN)

    def hide(self, number: int, author: str, *, is_hidden: bool) -> None:
        """Hide a version in every output, or show it again."""
        self.chronicle.append([hiding_draft(number, author, is_hidden=is_hidden)])

    def audiences(self) -> dict[str, Audience]:
        """Return the audiences that the community defined, by id."""
        with self._follower.follow():
            return {audience.id: audience for _, audience in sorted(self._audiences.items())}

    def versions(self, item_id: str) -> list[StoredVersion]:
        """List the versions of an item, oldest first; a withdrawn one without its contents."""
        with self._follower.follow():
            return [
                self._versions[number]
                for number in self.chronicle.versions(item_id)
                if number in self._versions
            ]

    def find(self, item_id: str, version: int) -> StoredVersion | None:
        """Return one version; None where there never was one."""
        return next((stored for stored in self.versions(item_id) if stored.version == version), None)

    def current(self, item_id: str, version: int) -> StoredVersion | None:
        """Return one version, or that which took its place with another consent."""
        stored = self.find(item_id, version)
        if stored is not None and stored.item is None:
            later = (other for other in self.versions(item_id) if other.item is not None)
            return next((other for other in later if other.item and version in other.item.replaces), stored)
        return stored

    def at(self, number: int) -> StoredVersion | None:
        """Return the version that an entry is of, or that which took its place; None where it is of none."""
        with self._follower.follow():
            stored = self._versions.get(number)
        return self.current(stored.item_id, stored.version) if stored is not None else None

    def yeses(self, number: int) -> list[StandingYes]:
        """List what keepers said to a version and did not take back, in order."""
        with self._follower.follow():
            return [yes for _, (about, yes) in sorted(self._yeses.items()) if about == number]

    def yeses_of(self, author: str) -> list[StandingYes]:
        """List what a person said as a keeper and did not take back, in order."""
        with self._follower.follow():
            return [yes for _, (_, yes) in sorted(self._yeses.items()) if yes.author == author]

    def all(self) -> list[StoredVersion]:
        """List all versions that were not withdrawn, the newest first."""
        with self._follower.follow():
            stored = [version for version in self._versions.values() if version.item is not None]
            return sorted(stored, key=lambda version: -version.number)

    def by_author(self, author: str) -> list[StoredVersion]:
        """List what a person gave and did not withdraw, the newest first."""
        return [stored for stored in self.all() if stored.author == author]

    def released(self, use: Use, reader: Reader, day: date) -> list[ReleasedItem]:
        """List what one output may show to one reader, the newest first."""
        return list(self._release(self.all(), use, reader, day))

    def search(self, words: str, use: Use, reader: Reader, day: date, most: int = 50) -> list[ReleasedItem]:
        """List what words find of what may be shown, best first.

        Notes
        -----
        Whether it may be shown is asked of everything that the words find, before any of it is counted or
        cut: a reader cannot tell from the answer that there is more.
        """
        with self._follower.follow():
            numbers = self._index.search(words)
            stored = [self._versions[number] for number in numbers if number in self._versions]
        return list(self._release(stored, use, reader, day))[:most]

    def _release(
        self, stored: Sequence[StoredVersion], use: Use, reader: Reader, day: date
    ) -> Iterator[ReleasedItem]:
        audiences = self.audiences()
        for version in stored:
            view = release(version, use, reader, day, audiences)
            if isinstance(view, ReleasedItem):
                yield view

    def _take_audience(self, entry: Entry, contents: Contents) -> None:
        if contents.body is not None:
            self._audiences[entry.number] = msgspec.json.decode(contents.body, type=Audience)

    def _take_yes(self, entry: Entry, contents: Contents) -> None:
        if contents.body is not None:
            keeper_yes = msgspec.json.decode(contents.body, type=KeeperYes)
            yes = StandingYes(entry.number, contents.author, entry.day, keeper_yes.terms)
            self._yeses[entry.number] = (keeper_yes.story, yes)

    def _take_item(self, entry: Entry, contents: Contents) -> None:
        item = None
        # What a later Sera wrote is kept in, and stays in the chronicle.
        with suppress(InvalidItemError):
            item = decode_item(contents.body or b"")
        self._versions[entry.number] = StoredVersion(
            number=entry.number,
            item_id=entry.item,
            version=entry.version,
            community=self.community,
            author=contents.author,
            day=entry.day,
            item=item,
            attachments=contents.attachments,
            is_hidden=item is not None and self._is_hidden_before(entry, item),
        )
        if item is not None:
            plants = " ".join(f"{plant.name} {plant.taxon}" for plant in item.plants)
            self._index.put(entry.number, item.title, f"{item.text()}\n{plants}")

    def _is_hidden_before(self, entry: Entry, item: Item) -> bool:
        """Return whether a moderator hides the version whose place an item takes; it stays hidden then."""
        # The last of them alone: what was hidden earlier may be shown again since.
        replaced = max(item.replaces, default=0)
        before = [self._versions.get(number) for number in self.chronicle.versions(entry.item)]
        return any(stored.is_hidden for stored in before if stored is not None and stored.version == replaced)

    def _hide(self, hiding: Hiding) -> None:
        if (stored := self._versions.get(hiding.number)) is not None:
            self._versions[hiding.number] = replace(stored, is_hidden=hiding.is_hidden)

    def _forget(self, number: int) -> None:
        self._audiences.pop(number, None)
        self._yeses.pop(number, None)
        self._index.remove(number)
        if (stored := self._versions.get(number)) is not None:
            self._versions[number] = replace(stored, author="", item=None, attachments=())
