"""Waits between attempts: each twice as long as the one before, up to a longest one."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 0.5
MOST_S: Final = 30.0


class Backoff:
    """How long to wait before the next attempt.

    Parameters
    ----------
    first_s, most_s
        First and longest wait [s].

    Examples
    --------
    >>> backoff = Backoff(1.0, 5.0)
    >>> [backoff.next_s() for _ in range(4)]
    [1.0, 2.0, 4.0, 5.0]
    >>> backoff.reset()
    >>> backoff.next_s()
    1.0
    """

    def __init__(self, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self.first_s = first_s
        self.most_s = most_s
        self._wait_s = first_s

    def next_s(self) -> float:
        """Return the wait [s] after a failure, and double the one after that."""
        wait_s = self._wait_s
        self._wait_s = min(2 * wait_s, self.most_s)
        return wait_s

    def reset(self) -> None:
        """Begin with the first wait again, after a success."""
        self._wait_s = self.first_s
