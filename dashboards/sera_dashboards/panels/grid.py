"""The grid of a dashboard: where each panel stands, and its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_dashboards.panels.drawn import row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_dashboards.style import Json

COLUMNS: Final = 24


class Row(NamedTuple):
    """A headline, lines of panels that share the width evenly, and the height of each line.

    Parameters
    ----------
    headline
        Empty for panels that need none above them.
    """

    headline: str
    lines: Sequence[Sequence[Json]]
    height: int = 8


def arrange(rows: Sequence[Row]) -> list[Json]:
    """Assign positions and numbers to panels.

    Returns
    -------
    list of dict
        All panels, numbered from 1, none over another.
    """
    placed: list[Json] = []
    y = 0
    for headline, lines, height in rows:
        if headline:
            placed.append({**row(headline), "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
            y += 1
        for line in lines:
            width = COLUMNS // len(line)
            for index, panel in enumerate(line):
                placed.append({**panel, "gridPos": {"x": index * width, "y": y, "w": width, "h": height}})
            y += height
    return [{**panel, "id": number} for number, panel in enumerate(placed, start=1)]
