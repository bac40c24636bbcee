"""How long the simulated world takes: seconds a garden-year, and the demo's fortnight."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path

from sera_simulator.world.season import season

# Name of the plan, gardens, nodes, days, step [s].
PLANS = (
    ("a garden-year of three nodes, 900 s steps", 1, 3, 365, 900),
    ("the demo's fortnight of nine nodes, 300 s steps", 3, 9, 14, 300),
    ("a summer of forty nodes, 900 s steps", 8, 40, 92, 900),
)


def seconds(gardens: int, nodes: int, days: int, interval_s: int) -> float:
    """Plan a season and write its traces."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        season(gardens, nodes, days, dt.date(2025, 6, 2), 1, interval_s).write_traces(Path(folder))
        return time.perf_counter() - began


def main() -> None:
    """Print one line a plan, the best of three runs."""
    for name, *plan in PLANS:
        print(f"{min(seconds(*plan) for _ in range(3)):8.3f} s  {name}")


if __name__ == "__main__":
    main()
