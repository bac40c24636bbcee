"""A cache with an end: what was asked for lately stays, what was not goes."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# Longer topics are looked at again each time, so that a cache of them has an end in bytes too.
TOPIC_CACHED_LONGEST: Final = 256


class RecentCache(Generic[K, V]):
    """Least recently used entries go first, in two generations instead of one by one.

    Plain dictionaries, so that a hit costs no more than theirs; safe for threads that may each compute the
    same value twice.

    Parameters
    ----------
    most
        So many entries are held at most.
    """

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """Return the value of a key, None where there is none (any more)."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self[key] = value
        return value

    def __setitem__(self, key: K, value: V) -> None:
        if len(self._young) >= self._half and key not in self._young:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
