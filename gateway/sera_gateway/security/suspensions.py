"""Shut a certificate out of the embedded broker for a while, if it brings far more than a node can.

The gateway's own budgets refuse what is beyond them, but each refused message has passed the broker's queue
and delayed those of others there. So whoever exceeds twice the budget is let in again only later.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.config import BudgetSettings
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FIRST_S: Final = 60.0
LONGEST_S: Final = 3_600.0
# Beyond this multiple of the gateway's budget, so that the gateway refuses and reports first.
TOLERANCE: Final = 2


class Traffic(NamedTuple):
    """What a connection has brought since it was opened: messages, and their bytes."""

    messages: int
    total_bytes: int


class _Allowance:
    """How many messages and bytes a certificate may still bring; both fill up again with time."""

    __slots__ = ("at_s", "bytes_left", "messages_left")

    def __init__(self, limits: BudgetSettings, at_s: float) -> None:
        self.messages_left = float(TOLERANCE * limits.messages_at_once)
        self.bytes_left = float(TOLERANCE * limits.bytes_a_day)
        self.at_s = at_s

    def take(self, limits: BudgetSettings, now_s: float, traffic: Traffic) -> bool:
        """Subtract traffic, and return whether there was enough left."""
        elapsed_s = now_s - self.at_s
        self.at_s = now_s
        self.messages_left = _remaining(
            self.messages_left,
            traffic.messages,
            TOLERANCE * limits.messages_at_once,
            TOLERANCE * limits.messages_a_second * elapsed_s,
        )
        self.bytes_left = _remaining(
            self.bytes_left,
            traffic.total_bytes,
            TOLERANCE * limits.bytes_a_day,
            TOLERANCE * limits.bytes_a_day * elapsed_s / DAY_S,
        )
        return self.messages_left >= 0 and self.bytes_left >= 0


class _Suspension(NamedTuple):
    ends_s: float
    lasts_s: float


class Suspensions:
    """The certificates that are shut out for now. Safe to use from several threads.

    Parameters
    ----------
    limits
        The gateway's budget of one sender.
    clock_s
        The clock of intervals [s].
    """

    def __init__(
        self, limits: BudgetSettings | None = None, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or BudgetSettings()
        self._clock_s = clock_s
        # One for each certificate that ever connected, so bounded by what the authority has issued.
        self._allowances: dict[str, _Allowance] = {}
        self._counted: dict[int, Traffic] = {}
        self._suspensions: dict[str, _Suspension] = {}
        self._lock = threading.Lock()

    def names(self) -> frozenset[str]:
        """Return the certificates that may not connect now."""
        now_s = self._clock_s()
        with self._lock:
            return frozenset(
                name for name, suspension in self._suspensions.items() if suspension.ends_s > now_s
            )

    def is_recent(self) -> bool:
        """Return whether somebody is suspended, or was within the last hour."""
        now_s = self._clock_s()
        with self._lock:
            return any(now_s - suspension.ends_s < LONGEST_S for suspension in self._suspensions.values())

    def count(self, connections: Iterable[tuple[int, str, Traffic]]) -> dict[str, float]:
        """Count what connections have brought since the last call, and suspend who brought too much.

        Parameters
        ----------
        connections
            Of each connection that the broker lists: its number, the common name of
            its certificate, and all its traffic.

        Returns
        -------
        dict of str to float
            The certificates that are newly suspended, and for how long [s]: a minute first, twice as long
            each time it happens again within an hour after, an hour at most.
        """
        now_s = self._clock_s()
        brought: dict[str, Traffic] = {}
        counted: dict[int, Traffic] = {}
        for number, name, traffic in connections:
            counted[number] = traffic
            before = self._counted.get(number, Traffic(0, 0))
            sums = brought.get(name, Traffic(0, 0))
            brought[name] = Traffic(
                sums.messages + max(0, traffic.messages - before.messages),
                sums.total_bytes + max(0, traffic.total_bytes - before.total_bytes),
            )
        self._counted = counted
        return {
            name: self._suspend(name, now_s)
            for name, traffic in brought.items()
            if not self._allowance(name, now_s).take(self._limits, now_s, traffic)
        }

    def forget_connections(self) -> None:
        """Forget the numbers of connections, which a broker that was started again gives again."""
        self._counted.clear()

    def _allowance(self, name: str, now_s: float) -> _Allowance:
        return self._allowances.setdefault(name, _Allowance(self._limits, now_s))

    def _suspend(self, name: str, now_s: float) -> float:
        with self._lock:
            before = self._suspensions.get(name)
            lasts_s = FIRST_S
            if before is not None and now_s - before.ends_s < LONGEST_S:
                lasts_s = min(LONGEST_S, 2 * before.lasts_s)
            self._suspensions[name] = _Suspension(now_s + lasts_s, lasts_s)
            return lasts_s


def _remaining(left: float, used: float, most: float, refill: float) -> float:
    """Refill an allowance and subtract what was taken; debts of the past do not add up."""
    return max(min(most, max(0.0, left) + refill) - used, -1.0)
