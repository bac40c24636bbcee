"""One community's table: offers, reservations and wishes, each forgotten when its time is over.

What is deleted is overwritten and taken out of the write-ahead log before the call returns, so that no
file of the data folder holds it. Nothing here is in the chronicle, in a backup or in a log.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.asking import check_ask
from sera_coalition.surplus.drawing import draw_due, is_draw_due
from sera_coalition.surplus.forgetting import delete_expired, is_anything_over, limits_of
from sera_coalition.surplus.moving import has_moved, move_offer
from sera_coalition.surplus.reserving import put_reservation
from sera_coalition.surplus.rows import OFFER_QUERY, RESERVATION_QUERY, Reservation, open_offer
from sera_coalition.surplus.schema import APPLICATION_ID, STEPS, table_path
from sera_coalition.surplus.sharing import seed_of
from sera_coalition.surplus.wish_list import WishList
from sera_store.database.database import Database
from sera_store.errors import StoreUnusableError
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from sera_coalition.surplus.offer import Offer
    from sera_coalition.surplus.rows import OpenOffer
    from sera_coalition.surplus.rule import SurplusRule
    from sera_coalition.surplus.word_key import WordKey

OFFERS_MOST: Final = 200
"""Open at once in a community."""
OFFERS_OF_ONE_MOST: Final = 20
_ID_BYTES: Final = 8


class SurplusTable:
    """The table of a community; made by `SurplusTable.open`."""

    def __init__(
        self,
        database: Database,
        community: str,
        key: WordKey,
        rule: Callable[[], SurplusRule],
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self.community = community
        self.key = key
        self.rule = rule
        self.wishes = WishList(database, rule, clock)
        self._clock = clock

    @classmethod
    def open(
        cls,
        data: Path,
        community: str,
        key: WordKey,
        rule: Callable[[], SurplusRule],
        *,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the table of a community, which is begun where there is none.

        Parameters
        ----------
        data
            The data folder; `WordKey.open` has made the table's own folder in it.
        key
            Makes digests of words and givers.
        rule
            Reads the community's rule, each time it is asked.
        clock
            Unix time [s].

        Raises
        ------
        StoreUnusableError
            It cannot be used; the message names the path and the remedy.
        """
        database = Database(
            table_path(data, community),
            steps=STEPS,
            application_id=APPLICATION_ID,
            synchronous="FULL",
            overwrites_deleted=True,
        )
        return cls(database, community, key, rule, clock)

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    # What is given.

    def give(self, offer: Offer, person: str, head: str = "") -> str:
        """Put an offer on the table; return its drawn id.

        Parameters
        ----------
        offer
            Checked by `offer_problems`.
        person
            Who gives, of whom a keyed digest is kept as long as the offer.
        head
            Hash of the chronicle's newest entry, for the seed of a draw.

        Raises
        ------
        InvalidSurplusError
            The table is full, or this giver has as many open offers as one may have.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        name, giver = secrets.token_hex(_ID_BYTES), self.key.giver(self.community, person)
        seed = seed_of(head, name, offer.draw_s) if offer.draw_s is not None else ""
        allergens = None if offer.allergens is None else json.dumps(offer.allergens)
        sharing = self.rule().sharing if offer.draw_s is not None else None
        values = (
            name, offer.kind, offer.what, offer.amount, offer.unit, offer.portions, offer.place, offer.from_s,
            offer.until_s, offer.ground, allergens, offer.draw_s, giver, self._now_s(), 0, seed, None,
            None if sharing is None else msgspec.json.encode(sharing).decode(),
        )  # fmt: skip
        with self._database.transaction() as connection:
            self._check_room(connection, giver)
            connection.execute("INSERT INTO offers VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", values)
        return name

    def _check_room(self, connection: sqlite3.Connection, giver: bytes) -> None:
        [(own, count)] = connection.execute(
            "SELECT coalesce(sum(giver=?), 0), count(*) FROM offers WHERE until_s>?", (giver, self._now_s())
        )
        if own >= OFFERS_OF_ONE_MOST or count >= OFFERS_MOST:
            raise InvalidSurplusError(
                "kind", "full", "there are as many open offers as there may be; wait until one has ended"
            )

    def offers(self) -> list[OpenOffer]:
        """List what can be had, the first to end first."""
        self.forget_before_reading()
        rows = self._database.rows(OFFER_QUERY + "until_s>? ORDER BY until_s, id", (self._now_s(),))
        offers = [open_offer(row) for row in rows]
        return [offer for offer in offers if offer.left or offer.is_asked]

    def by_giver(self, person: str) -> list[OpenOffer]:
        """List the open offers of a giver."""
        self.forget_before_reading()
        rows = self._database.rows(
            OFFER_QUERY + "giver=? AND until_s>? ORDER BY until_s, id",
            (self.key.giver(self.community, person), self._now_s()),
        )
        return [open_offer(row) for row in rows]

    def find(self, name: str) -> OpenOffer:
        """Return an offer that stands.

        Raises
        ------
        SurplusMissingError
            It has ended, was taken back, or never was.
        """
        self.forget_before_reading()
        return self._find(name)

    def _find(self, name: str) -> OpenOffer:
        rows = self._database.rows(OFFER_QUERY + "id=? AND until_s>?", (name, self._now_s()))
        if not rows:
            raise SurplusMissingError(f"offer {name[:16]} has ended, was taken back, or never was")
        return open_offer(rows[0])

    def change(self, name: str, place: str, from_s: int, until_s: int) -> None:
        """Move an offer to another place or time; who reserved sees it beside what it was before."""
        with self._database.transaction() as connection:
            move_offer(connection, name, place, (from_s, until_s), self._hold_s())
        self._database.empty_log_if_free()

    def take_back(self, name: str) -> None:
        """Delete an offer with all that was reserved of it, for good."""
        self._delete("DELETE FROM offers WHERE id=?", (name,))

    def take_back_all(self, person: str) -> int:
        """Delete all offers of a giver, for good; return how many there were."""
        return self._delete("DELETE FROM offers WHERE giver=?", (self.key.giver(self.community, person),))

    # What is reserved.

    @staticmethod
    def draw_id() -> str:
        """Draw an id for a reservation."""
        return secrets.token_hex(_ID_BYTES)

    def reserve(
        self,
        name: str,
        portions: int,
        word: str,
        number: int | None = None,
        *,
        mark: str = "",
    ) -> str:
        """Reserve portions, or ask for a share of what is drawn; return the drawn id.

        Of two who want the last portion at the same moment one gets it, and the other is told what is left.

        Parameters
        ----------
        number
            Of a share, where the rule has turns.
        mark
            `whereabouts_mark` of the offer as it was shown; empty where it was not shown before.

        Raises
        ------
        InvalidSurplusError
            The offer moved since it was shown; the word is taken at this offer, too short or too long; there
            are fewer portions; the share's number is missing, taken or none.
        SurplusMissingError
            The offer has ended.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        self.find(name)
        # Before the lock, since it takes a while.
        digest = self.key.word(name, word)
        with self._database.transaction() as connection:
            current = self._find(name)
            if has_moved(current.offer, mark):
                raise InvalidSurplusError("place", "moved", "it moved; look where and when it is now")
            check_ask(current, portions, number, self.rule().reservation.portions_most)
            own = self.draw_id()
            put_reservation(
                connection, own, current, digest, (portions, number), self._reserved_until_s(current)
            )
        return own

    def _reserved_until_s(self, current: OpenOffer) -> int:
        offer = current.offer
        if current.is_asked:
            return offer.until_s
        return min(offer.until_s, max(self._now_s(), offer.from_s) + self._hold_s())

    def _hold_s(self) -> int:
        return self.rule().reservation.hold_hours * HOUR_S

    def reservation(self, ticket: str) -> Reservation:
        """Return what waits under an id.

        Raises
        ------
        SurplusMissingError
            It was handed over, given up, or its time is over.
        """
        self.forget_before_reading()
        return self._reservation("id=?", (ticket,))

    def reservation_of(self, name: str, word: str) -> Reservation:
        """Return what waits at an offer for whoever knows a word.

        Raises
        ------
        SurplusMissingError
            Nothing waits there for this word.
        InvalidSurplusError
            No word is as short or as long.
        """
        self.forget_before_reading()
        return self._reservation("offer=? AND word=?", (name, self.key.word(name, word)))

    def _reservation(self, condition: str, values: tuple[Any, ...]) -> Reservation:
        condition = f"{condition} AND reserved_until_s>?"
        rows = self._database.rows(RESERVATION_QUERY + condition, (*values, self._now_s()))
        if not rows:
            raise SurplusMissingError(
                "nothing waits there: it was handed over, given up, or its time is over"
            )
        return Reservation(*rows[0])

    def note_change_read(self, ticket: str, mark: str = "") -> None:
        """Note that the holder of a reservation saw where and when it is, unless it moved since then.

        Parameters
        ----------
        mark
            `whereabouts_mark` of the offer as its holder saw it; empty for as it is now.
        """
        with self._database.transaction() as connection:
            current = self._find(self._reservation("id=?", (ticket,)).offer)
            if has_moved(current.offer, mark):
                return
            connection.execute(
                "UPDATE reservations SET (place, from_s, until_s) = "
                "(SELECT place, from_s, until_s FROM offers WHERE offers.id=reservations.offer) WHERE id=?",
                (ticket,),
            )
        self._database.empty_log_if_free()

    def give_up(self, ticket: str) -> None:
        """Delete a reservation, so that others can have it."""
        self._delete("DELETE FROM reservations WHERE id=?", (ticket,))

    def hand_over(self, name: str, word: str) -> int:
        """Hand over what waits for a word, and forget it at once; return how many portions it was.

        Raises
        ------
        SurplusMissingError
            Nothing waits there for this word.
        InvalidSurplusError
            The draw is still to come, or gave it nothing; or no word is as short or as long.
        """
        waiting = self.reservation_of(name, word)
        if not waiting.granted:
            raise InvalidSurplusError("word", "no_share", "no portion waits for this word; look at the draw")
        with self._database.transaction() as connection:
            # Two phones of one giver: only one of them deletes the row, and only that one hands it over.
            if not connection.execute("DELETE FROM reservations WHERE id=?", (waiting.id,)).rowcount:
                raise SurplusMissingError("it was handed over a moment ago")
            connection.execute(
                "UPDATE offers SET handed_over=handed_over+? WHERE id=?", (waiting.granted, name)
            )
            # Nothing of an offer is kept of which all was handed over.
            connection.execute("DELETE FROM offers WHERE id=? AND handed_over>=portions", (name,))
        self._database.empty_log_if_free()
        return waiting.granted

    # Drawing and forgetting.

    def forget_due(self) -> int:
        """Draw what is due, and delete for good what is over; return how many rows were deleted.

        Over is a reservation that nobody fetched in its time, an offer some hours after its end (the rule's
        `forget_hours`), a wish after its day, and whatever a wrong clock dated into the future.

        Raises
        ------
        StoreUnusableError
            Something could not be written or overwritten; it is tried again the next time.
        """
        self._draw_due()
        limits = limits_of(self.rule(), self._now_s())
        if not is_anything_over(self._database, limits):
            return 0
        with self._database.transaction() as connection:
            count = delete_expired(connection, limits)
        self._database.empty_log()
        return count

    def empty_log(self) -> None:
        """Take out of the log what was deleted, also by a process that died or was held up before it could.

        Raises
        ------
        StoreUnusableError
            Somebody reads the file; it is tried again the next time.
        """
        self._database.empty_log()

    def forget_before_reading(self) -> None:
        """Draw and delete what is due, if the disk lets it; what is over is not read in any case."""
        with suppress(StoreUnusableError):
            self.forget_due()

    def _draw_due(self) -> None:
        now_s = self._now_s()
        if is_draw_due(self._database, now_s):
            with self._database.transaction() as connection:
                draw_due(connection, now_s, self._hold_s())
            self._database.empty_log()

    def _delete(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._database.transaction() as connection:
            count = connection.execute(statement, values).rowcount
        self._database.empty_log_if_free()
        return count

    def _now_s(self) -> int:
        return int(self._clock())
