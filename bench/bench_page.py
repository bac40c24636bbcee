"""How long the page of many gardens takes, read from a store and written, beside choosing by scanning.

Each garden has a year: its days, weeks, months, seasons and the whole span. Run by `make bench`.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_store.results.results import Result
from sera_store.store import Store
from sera_vocabulary import indices
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_workshop.report.page import write_page
from sera_workshop.views.display_results import DISPLAY_INDICES, display_results
from sera_workshop.views.facts import GardenFacts
from sera_workshop.views.figures import MAIN_FIGURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GARDENS: Final = (10, 20, 40, 80)
# Choosing by scanning takes quadratic time; so many gardens of so many results are enough to see it.
SCANNED_GARDENS: Final = (5, 10, 20)
SCANNED_RESULTS: Final = 1_000
ROUNDS: Final = 3
FIRST_S: Final = 1_767_225_600  # 1 January 2026 in London
DAY_S: Final = 86_400
# Kind of window, its days, and what is computed for it.
WINDOWS: Final = (
    ("day", 1, (indices.TOTAL_ACTIVITY, indices.EFFORT, indices.SOIL_TEMPERATURE_MEAN)),
    ("week", 7, DISPLAY_INDICES),
    ("month", 30, (*DISPLAY_INDICES, indices.TEMPERATURE_SUM, indices.FROST_DAYS)),
    ("season", 91, (*DISPLAY_INDICES, indices.TEMPERATURE_SUM, indices.FROST_DAYS)),
    ("span", 365, (*DISPLAY_INDICES, indices.TEMPERATURE_SUM, indices.FROST_DAYS)),
)


def year(garden: str) -> Iterator[Result]:
    """Make the figures of one garden and year."""
    for period, days, names in WINDOWS:
        for start_s in range(FIRST_S, FIRST_S + 365 * DAY_S, days * DAY_S):
            end_s = min(start_s + days * DAY_S, FIRST_S + 365 * DAY_S)
            for index in names:
                groups = [group.name for group in INSECT_GROUPS] if index == indices.GROUP_INCIDENCE else [""]
                for group in groups:
                    yield figure(garden, index, period, (start_s, end_s), group)


def figure(garden: str, index: str, period: str, window_s: tuple[int, int], group: str) -> Result:
    """Make one figure with an interval."""
    value = 0.25 + window_s[0] % 7 / 10
    return Result(
        scope="garden",
        scope_id=garden,
        index=index,
        period=period,
        start_s=window_s[0],
        end_s=window_s[1],
        unit=indices.INDICES_BY_NAME[index].unit,
        method="bench",
        version="1",
        group=group,
        value=value,
        low=value / 2,
        high=value * 1.5,
        effort_h=12.0,
        n=3,
        n_of="nodes",
        parts={"camera": 12.0},
    )


def scan_for(results: Sequence[Result], scope_id: str, index: str, group: str = "") -> Result | None:
    """Choose a figure as pages did before results had keys: from all results, for each question."""
    return max(
        [r for r in results if (r.scope_id, r.index, r.group) == (scope_id, index, group)],
        key=lambda result: (result.period == "span", result.end_s - result.start_s),
        default=None,
    )


def page_by_scanning(results: Sequence[Result], gardens: Sequence[str]) -> None:
    """Run the queries of the former page for each garden: its card, and its plant three times."""
    for garden in gardens:
        for _ in range(4):
            for index in MAIN_FIGURES:
                scan_for(results, garden, index)
            for group in INSECT_GROUPS:
                scan_for(results, garden, indices.GROUP_INCIDENCE, group.name)


def best_s(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest of some runs, and the least processor time [s]."""
    times = []
    for _ in range(ROUNDS):
        began, began_busy = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - began, time.process_time() - began_busy))
    return min(wall for wall, _ in times), min(busy for _, busy in times)


def print_page(store: Store, folder: Path, count: int) -> None:
    """Print how long the page of some gardens takes, read and written."""
    facts = [
        GardenFacts(f"garden-{number:02}", f"Garden {number}", "Europe/London") for number in range(count)
    ]
    names = [garden.id for garden in facts]

    def write() -> None:
        write_page(
            folder,
            community="Bench",
            gardens=facts,
            results=display_results(store, names),
            accounts={},
            files={},
        )

    read_s, _ = best_s(lambda: display_results(store, names))
    all_s, busy_s = best_s(write)
    print(
        f"  {count:3} gardens and a year: {all_s:5.2f} s ({busy_s:5.2f} s of processor), "
        f"of that {read_s:5.2f} s reading; {1000 * busy_s / count:5.1f} ms of processor a garden"
    )


def main() -> None:
    """Print a line for each number of gardens, then those of scanning."""
    print(
        f"the page, best of {ROUNDS} ({platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}), load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "store") as store:
        results: list[Result] = []
        for number in range(max(GARDENS)):
            own = list(year(f"garden-{number:02}"))
            store.results.put(own)
            results += own[-SCANNED_RESULTS:] if number < max(SCANNED_GARDENS) else []
        print(f"  {len(own):,} results a garden")
        for count in GARDENS:
            print_page(store, Path(name) / f"{count}", count)
    print(f"choosing by scanning, as before, of {SCANNED_RESULTS:,} results a garden")
    for count in SCANNED_GARDENS:
        part = results[: count * SCANNED_RESULTS]
        began = time.process_time()
        page_by_scanning(part, [f"garden-{number:02}" for number in range(count)])
        took_s = time.process_time() - began
        print(f"  {count:3} gardens: {took_s:6.2f} s of processor, {1000 * took_s / count:5.1f} ms a garden")


if __name__ == "__main__":
    main()
