"""The one function that answers until when a reader may see what is live: soil, waterings, counts, figures.

What is shown at once says who is at home. So host and steward see it at once, and everybody else a day later,
unless the host says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.registry.entities import Delay
from sera_store.registry.simulation import simulation_of
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.registry.registry import Registry

LATER_S: Final = DAY_S


def readable_until_s(
    registry: Registry, gardens: Iterable[str], now_s: int, *, is_live: bool = False
) -> int | None:
    """Return until when a reader may see what is live in some gardens, all of them in one output.

    Parameters
    ----------
    registry
        Knows what each host says, by date: what holds now decides, also about days before.
    gardens
        Ids of the gardens; one whose host waits a day holds them all back.
    now_s
        Present Unix time [s].
    is_live
        Whether the reader is host or steward of all of them.

    Returns
    -------
    int or None
        Unix time [s] after which nothing is shown; None for no limit. A garden in which all is simulated has
        none: nobody is at home there.
    """
    if is_live or not any(_waits(registry, garden, now_s) for garden in gardens):
        return None
    return now_s - LATER_S


def released_until_s(registry: Registry, gardens: Iterable[str], now_s: int) -> dict[str, int | None]:
    """Return until when each garden may be seen by everybody, for outputs that show one by one."""
    return {garden: readable_until_s(registry, [garden], now_s) for garden in gardens}


def _waits(registry: Registry, garden: str, now_s: int) -> bool:
    entity = registry.garden(garden, now_s) or registry.garden(garden)
    is_day = entity is None or entity.delay is Delay.DAY
    return is_day and not simulation_of(registry, garden).is_whole
