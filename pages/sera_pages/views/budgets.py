"""How often one device may offer, reserve and guess, and one person say something; kept in memory alone."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from sera_pages.errors import RefusedRequestError
from sera_pages.security.limits import Bucket, Rate, client_of
from sera_store.database.recent_cache import RecentCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_pages.views.visit import Visit

OFFERING: Final = "offering"
RESERVING: Final = "reserving"
LOOKING: Final = "looking"
# Wrong words alone are counted: by device, and at an offer by all devices together. What its giver types is
# counted apart, or guests who guess would keep the giver from handing over.
GUESSING: Final = "guessing"
GUESSING_AT: Final = "guessing at an offer"
HANDING_OVER: Final = "handing over"
# What one person says in decisions and claims, in whichever session: each is an entry that stays.
SAYING: Final = "saying"
RATES: Final = {
    OFFERING: Rate(10, 1 / 60),
    RESERVING: Rate(20, 1 / 30),
    LOOKING: Rate(6, 1 / 600),
    GUESSING: Rate(6, 1 / 60),
    GUESSING_AT: Rate(30, 1 / 20),
    HANDING_OVER: Rate(30, 1 / 20),
    SAYING: Rate(30, 1 / 60),
}
_REMEMBERED: Final = 4_096


class Budgets:
    """What is left to each device, and at each offer.

    Parameters
    ----------
    clock_s
        The clock of intervals [s].
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._buckets: RecentCache[tuple[str, str], Bucket] = RecentCache(_REMEMBERED)

    def spend(self, kind: str, name: str) -> None:
        """Take one.

        Raises
        ------
        RefusedRequestError
            None is left (429).
        """
        with self._lock:
            now_s = self._clock_s()
            bucket = self._buckets.get((kind, name))
            if bucket is None:
                bucket = self._buckets[kind, name] = Bucket(RATES[kind].at_once, now_s)
            if not bucket.take(RATES[kind], now_s):
                raise RefusedRequestError(429, "surplus.too_often")

    def give_back(self, kind: str, name: str) -> None:
        """Return an attempt that was counted and not used."""
        with self._lock:
            bucket = self._buckets.get((kind, name))
            if bucket is not None:
                bucket.left = min(RATES[kind].at_once, bucket.left + 1)


def budgets_of(visit: Visit) -> Budgets:
    """Return the budgets of the application."""
    budgets: Budgets = visit.request.app.state.surplus_budgets
    return budgets


def spend(visit: Visit, kind: str) -> None:
    """Take one of what is left to the device of a request; raise RefusedRequestError where none is."""
    budgets_of(visit).spend(kind, client_of(visit.request.scope))


def say_once_more(visit: Visit, person: str) -> str:
    """Take one of what is left to a person to say; return the sentence that says that none is, or nothing."""
    try:
        budgets_of(visit).spend(SAYING, person)
    except RefusedRequestError as error:
        return visit.words.say(error.sentence)
    return ""


class Guess:
    """A word that is tried: it counts until it turns out to be right.

    Parameters
    ----------
    visit
        The request.
    offer
        Id of the offer at which it is tried.
    is_giver
        Whether it comes from the page of its giver, which opens by a link that nobody guesses.

    Raises
    ------
    RefusedRequestError
        Too many wrong words came from this device, or at this offer (429).
    """

    def __init__(self, visit: Visit, offer: str, *, is_giver: bool = False) -> None:
        self._budgets = budgets_of(visit)
        of_guest = ((GUESSING, client_of(visit.request.scope)), (GUESSING_AT, offer))
        self._names = ((HANDING_OVER, offer),) if is_giver else of_guest
        for kind, name in self._names:
            self._budgets.spend(kind, name)

    def was_right(self) -> None:
        """Note that the word was right, and so no guess."""
        for kind, name in self._names:
            self._budgets.give_back(kind, name)
