"""Which windows must be made again: those whose days, place or program differ from when they were made."""

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


class Made(msgspec.Struct, frozen=True):
    """From what the figures of one place were made: digests of all that enters them.

    Parameters
    ----------
    standing
        Of what enters all windows: program, seed, place, nodes, classes.
    soil
        Of what enters soil figures alone: each probe's own ends.
    windows
        Of the days in each window, by its kind and first date.
    """

    standing: str
    soil: str
    windows: dict[str, str]


class Touched(NamedTuple):
    """Windows that are made again: whole, or only their soil figures; and whether any has gone."""

    whole: list[Window]
    soil: list[Window]
    gone: bool

    @property
    def nothing(self) -> bool:
        """Tell whether nothing is to be done."""
        return not (self.whole or self.soil or self.gone)


def digest(*parts: object) -> str:
    """Digest anything that has a faithful `repr`."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def made_from(windows: Iterable[Window], marks: IntArray, *, standing: str, soil: str) -> Made:
    """Write down from what a place's windows are made.

    Parameters
    ----------
    windows
        All windows of the place.
    marks : array of int, shape (gardens, days)
        A mark for each garden and day.
    standing, soil
        Digests of what enters beside the days.
    """
    return Made(
        standing,
        soil,
        {
            window_name(window): blake2b(
                repr((window.after, window.length)).encode() + marks[:, window.days].tobytes(), digest_size=8
            ).hexdigest()
            for window in windows
        },
    )


def window_name(window: Window) -> str:
    """Name a window by its kind and first date, one of any dates also by the date after its last."""
    name = f"{window.period} {window.first.isoformat()}"
    return f"{name} {window.after.isoformat()}" if window.period == CUSTOM else name


def custom_dates(made: Made) -> list[Dates]:
    """Return the dates of the windows of any dates that a place has figures of."""
    names = [name.split(" ") for name in made.windows]
    return [
        Dates(date.fromisoformat(parts[1]), date.fromisoformat(parts[2]))
        for parts in names
        if parts[0] == CUSTOM
    ]


def touched(old: Made | None, new: Made, windows: Iterable[Window], periods: tuple[str, ...]) -> Touched:
    """Compare from what the windows of some kinds would be made with from what they were made."""
    if old is None or old.standing != new.standing:
        return Touched(list(windows), [], gone=True)
    whole: list[Window] = []
    rest: list[Window] = []
    for window in windows:
        name = window_name(window)
        (rest if old.windows.get(name) == new.windows[name] else whole).append(window)
    before = {name for name in old.windows if name.partition(" ")[0] in periods}
    return Touched(whole, rest if old.soil != new.soil else [], gone=not before <= new.windows.keys())


def kept_beside(old: Made | None, new: Made, periods: tuple[str, ...]) -> Made:
    """Keep what is known of windows of other kinds, which this run did not look at, while it holds."""
    if old is None or old.standing != new.standing or old.soil != new.soil:
        return new
    others = {name: mark for name, mark in old.windows.items() if name.partition(" ")[0] not in periods}
    return msgspec.structs.replace(new, windows=others | new.windows)
