"""Which windows are stale: those whose days, garden or program differ from when they were computed."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_analysis.windows import CUSTOM, Dates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_analysis.diversity.samples import IntArray
    from sera_analysis.windows import Window


class Fingerprint(msgspec.Struct, frozen=True):
    """Digests of all that enters the figures of one garden or community.

    Parameters
    ----------
    shared
        Of what enters all windows: program, seed, place, nodes, classes.
    soil
        Of what enters soil figures alone: each probe's own ends.
    windows
        Of the days in each window, by its kind and first date.
    """

    shared: str = msgspec.field(name="standing")
    soil: str
    windows: dict[str, str]


class StaleWindows(NamedTuple):
    """Windows to compute again: whole, or only their soil figures; and whether any has vanished."""

    whole: list[Window]
    soil: list[Window]
    has_vanished: bool

    @property
    def is_empty(self) -> bool:
        """Whether no window has to be computed again."""
        return not (self.whole or self.soil or self.has_vanished)


def digest(*parts: object) -> str:
    """Digest anything that has a faithful `repr`."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def compute_fingerprint(
    windows: Iterable[Window], day_digests: IntArray, *, shared: str, soil: str
) -> Fingerprint:
    """Digest what enters the windows of a garden or community.

    Parameters
    ----------
    windows
        All windows of the place.
    day_digests : array of int, shape (gardens, days)
        A digest for each garden and day.
    shared, soil
        Digests of what enters beside the days.
    """
    return Fingerprint(
        shared,
        soil,
        {
            window_name(window): blake2b(
                repr((window.after, window.length)).encode() + day_digests[:, window.days].tobytes(),
                digest_size=8,
            ).hexdigest()
            for window in windows
        },
    )


def window_name(window: Window) -> str:
    """Name a window by its kind and first date, one of any dates also by the date after its last."""
    name = f"{window.period} {window.first.isoformat()}"
    return f"{name} {window.after.isoformat()}" if window.period == CUSTOM else name


def custom_dates(fingerprint: Fingerprint) -> list[Dates]:
    """Return the dates of the windows of any dates that a place has figures of."""
    names = [name.split(" ") for name in fingerprint.windows]
    return [
        Dates(date.fromisoformat(parts[1]), date.fromisoformat(parts[2]))
        for parts in names
        if parts[0] == CUSTOM
    ]


def find_stale_windows(
    old: Fingerprint | None, new: Fingerprint, windows: Iterable[Window], periods: tuple[str, ...]
) -> StaleWindows:
    """Compare the fingerprints of some kinds of window, and return the windows that differ."""
    if old is None or old.shared != new.shared:
        return StaleWindows(list(windows), [], has_vanished=True)
    whole: list[Window] = []
    unchanged: list[Window] = []
    for window in windows:
        name = window_name(window)
        (unchanged if old.windows.get(name) == new.windows[name] else whole).append(window)
    before = {name for name in old.windows if name.partition(" ")[0] in periods}
    return StaleWindows(
        whole, unchanged if old.soil != new.soil else [], has_vanished=not before <= new.windows.keys()
    )


def merge_fingerprints(old: Fingerprint | None, new: Fingerprint, periods: tuple[str, ...]) -> Fingerprint:
    """Merge in the digests of windows of other kinds, which this run did not look at, while they hold."""
    if old is None or old.shared != new.shared or old.soil != new.soil:
        return new
    other_windows = {
        name: window_digest
        for name, window_digest in old.windows.items()
        if name.partition(" ")[0] not in periods
    }
    return msgspec.structs.replace(new, windows=other_windows | new.windows)
