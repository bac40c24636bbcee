"""Keep one follower in step with the store, with pauses, backoff and alarms, apart from all others."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sera_store.backoff import Backoff
from sera_store.database.follower_status import FollowerState, FollowerStatus
from sera_store.errors import FollowerAwayError, FollowerPausedError, StoreUnusableError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from sera_store.store import Store

GLANCE_S: Final = 0.2


class Following:
    """Runs one follower until told to stop.

    Parameters
    ----------
    store
        Where wishes of people and the follower's state are kept.
    name
        The follower's name.
    step
        Does the next piece of work and returns how many rows that was.
    report
        Told of each change of state.
    rest
        Called when a person has paused it, before it waits.
    problem
        Returns what a person has to mend although steps succeed, or an empty text.
    glance_s
        How long to wait where there was nothing more to do [s].
    full_step
        How many rows a step has done where the next one begins at once; after fewer it waits.
    rest_ratio
        So many times as long as a step took it waits at least before the next one that is not begun at once.
    clock
        Unix time [s].
    """

    def __init__(
        self,
        store: Store,
        name: str,
        step: Callable[[], int],
        report: Callable[[str, FollowerState, str], None],
        *,
        rest: Callable[[], None] = lambda: None,
        problem: Callable[[], str] = str,
        glance_s: float = GLANCE_S,
        full_step: int = 1,
        rest_ratio: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._name = name
        self._step = step
        self._report = report
        self._rest = rest
        self._problem = problem
        self._glance_s = glance_s
        self._full_step = full_step
        self._rest_ratio = rest_ratio
        self._clock = clock
        self._state: tuple[FollowerState, str] | None = None
        self._backoff = Backoff()

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop; a target that is away or refuses us is tried again for ever."""
        while not stop.is_set():
            self._wait(stop, self.once())

    def once(self) -> float:
        """Take one step unless paused, and return how long to wait before the next one [s]."""
        try:
            if self._store.followers.is_paused(self._name):
                self._rest()
                self._note_state(FollowerState.PAUSED, "a person asked for it", write=False)
                return self._glance_s
            began_s = time.monotonic()
            done = self._step()
            lasted_s = time.monotonic() - began_s
            problem = self._problem()
            self._note_state(FollowerState.INCOMPLETE if problem else FollowerState.FOLLOWING, problem)
        except FollowerAwayError as error:
            return self._again(FollowerState.AWAY, error)
        except FollowerPausedError as error:
            return self._again(FollowerState.REFUSED, error)
        except Exception as error:  # noqa: BLE001 - tried again for ever; the cursor says from where
            return self._again(FollowerState.FAILED, error)
        self._backoff.reset()
        return 0.0 if done >= self._full_step else max(self._glance_s, self._rest_ratio * lasted_s)

    def _again(self, state: FollowerState, error: Exception) -> float:
        self._note_state(state, str(error))
        return self._backoff.next_s()

    def _wait(self, stop: threading.Event, wait_s: float) -> None:
        """Wait, but not when a person has resumed the follower meanwhile."""
        until = time.monotonic() + wait_s
        waiting = self._state is not None and self._state[0] is not FollowerState.FOLLOWING
        longest_s = GLANCE_S if waiting else wait_s
        while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, longest_s)):
            if waiting and self._stored_state() is FollowerState.FOLLOWING:
                self._backoff.reset()
                return

    def _stored_state(self) -> FollowerState | None:
        statuses: list[FollowerStatus] = [
            status for status in self._store.followers.statuses() if status.name == self._name
        ]
        return statuses[0].state if statuses else None

    def _note_state(self, state: FollowerState, reason: str, *, write: bool = True) -> None:
        changed = self._state != (state, reason)
        # What a person asked for may have overwritten a failure, but nothing overwrites good order.
        if write and (changed or state is not FollowerState.FOLLOWING):
            with suppress(StoreUnusableError):
                self._store.followers.note(self._name, state, reason, int(self._clock()))
        if changed:
            self._state = (state, reason)
            self._report(self._name, state, reason)
