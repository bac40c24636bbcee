"""Means of soil quantities over the days of a window: of a probe, and of a node over its probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_vocabulary import indices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray

FIELDS = {
    indices.RELATIVE_WETNESS: "wetness",
    indices.SOIL_MOISTURE_MEAN: "moisture",
    indices.SOIL_TEMPERATURE_MEAN: "temperature",
}


def probe_mean(daily: FloatArray, days: slice) -> float:
    """Mean of a probe's daily means over the days of a window that has any, not a number without."""
    values = daily[days]
    measured = values[values == values]
    return float(measured.sum()) / measured.size if measured.size else np.nan


def means_by_node(nodes: Sequence[str], means: Sequence[float]) -> dict[str, float]:
    """Mean over each node's probes, given each probe's node and mean; nodes without any are left out."""
    by_node: dict[str, list[float]] = {}
    for node, mean in zip(nodes, means, strict=True):
        if mean == mean:
            by_node.setdefault(node, []).append(mean)
    return {node: sum(probe_means) / len(probe_means) for node, probe_means in by_node.items()}
