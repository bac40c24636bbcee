"""How long a pack of a season takes, beside making its figures; and that it is the same bytes twice.

PYTHONPATH=tests/support python bench/bench_packs.py [GARDENS] [DAYS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from analysis_world import MIDNIGHT_S, World, visits_of
from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import CUSTOM, Dates
from sera_store.store import Store
from sera_workshop.packs.pack import write_pack

GARDENS, DAYS = 10, 90
_FIRST = date(2026, 6, 1)


def fill(store: Store, gardens: int, days: int) -> list[str]:
    """Write a season of cameras, air and soil."""
    world = World(store, days=days)
    names = [f"garden-{number}" for number in range(gardens)]
    for name in names:
        world.garden(name)
        world.node(name, f"{name}-1", "camera", target_flower="lavender")
        world.camera(name, f"{name}-1", visits_of)
        world.air(name, f"{name}-1")
        world.soil(name, f"{name}-1", lambda time_s: {"soil_temperature@1": 12.0 + time_s % 7})
    return names


def main(gardens: int = GARDENS, days: int = DAYS) -> None:
    """Print seconds of a processor."""
    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "store") as store:
        names = fill(store, gardens, days)
        span_s = (MIDNIGHT_S, MIDNIGHT_S + days * 86_400)
        times = []
        start = time.process_time()
        analyse(store, gardens=names, periods=(CUSTOM,), dates=Dates(_FIRST, _FIRST + timedelta(days=days)))
        times.append(time.process_time() - start)
        packs = []
        for number in range(2):
            start = time.process_time()
            pack = write_pack(Path(name) / str(number), store, names, *span_s)
            times.append(time.process_time() - start)
            packs.append({file: path.read_bytes() for file, path in pack.files.items()})
        assert packs[0] == packs[1]
        size = sum(len(content) for content in packs[0].values())
        print(f"{gardens} gardens, {days} days: figures {times[0]:.1f} s, pack {times[1]:.1f} s, again "
              f"{times[2]:.1f} s of a processor; {len(packs[0])} files, {size / 1e6:.1f} MB")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
