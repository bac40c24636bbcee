"""How long each query of the dashboards takes on a real InfluxDB with a year of 500 nodes.

    PYTHONPATH=tests/support python bench/bench_dashboards.py [--nodes 500] [--days 365] [--shard-days 7]

The year is made once for its parameters, by `dashboard_year.py`, and kept in the user's cache. Each query of
panels, variables and annotations runs twenty times over its dashboard's own range and over the whole year,
with the windows that Grafana would choose; 95 % of the runs of a query shall take less than 200 ms.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashboard_year import COMMUNITY, DAY_S, END_S, VARIABLES, Year, opened
from sera_command.installation import parts
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.lint.reading import annotation_queries_of
from sera_dashboards.preview.answers import Source, duration_s, filled, panel_queries, variable_values
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_dashboards.style import Json

GOAL_MS = 200.0
RUNS = 20
SHARE = 0.95
OWN, YEAR = "its own", "a year"


class Measured(NamedTuple):
    """How long a query took [ms] in 95 % and half of its runs, and at first; processor time of a run [ms].

    Time by the clock depends on what else the machine does, InfluxDB's processor time hardly.
    """

    p95: float
    median: float
    first: float
    processor: float
    values: int
    dashboard: str
    title: str
    span: str
    query: str


def dashboard_queries(dashboard: Json, source: Source, span: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """Iterate over what a dashboard asks when it is opened: (what for, query)."""
    variables = variable_values(dashboard, source.ask, VARIABLES, span)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", filled(variable["query"], {**VARIABLES, **variables}, span)
    for name, query in annotation_queries_of(dashboard):
        yield f"annotation {name}", filled(query, variables, span)
    for panel, queries in panel_queries(dashboard, variables, span):
        for query in queries.values():
            yield panel["title"], query


def processor_ms(pid: int) -> float:
    """Return the processor time of a process so far [ms]."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(source: Source, dashboards: dict[str, Json], year: Year, pid: int) -> Iterator[Measured]:
    """Run every query of every dashboard over its own range and over the year."""
    for name, dashboard in dashboards.items():
        own_s = duration_s(dashboard["time"]["from"])
        for label, seconds in ((OWN, own_s), (YEAR, year.days * DAY_S)):
            for title, query in dashboard_queries(dashboard, source, (END_S - seconds, END_S)):
                took = []
                spent = processor_ms(pid)
                for _ in range(RUNS):
                    begun = time.perf_counter()
                    answer = source.ask(query)
                    took.append(1000 * (time.perf_counter() - begun))
                spent = (processor_ms(pid) - spent) / RUNS
                ranked = sorted(took)
                p95 = ranked[math.ceil(SHARE * RUNS) - 1]
                values = sum(
                    cell is not None
                    for result in answer["results"]
                    for answer_series in result.get("series", [])
                    for row in answer_series["values"]
                    for cell in row[1:]
                )
                yield Measured(
                    p95, statistics.median(took), took[0], spent, values, name, title, label, query
                )


def main() -> None:
    """Open a year, measure, and print what is slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--shard-days", type=int, default=7)
    parser.add_argument("--only", default="", help="dashboards with this in their name")
    parser.add_argument("--queries", action="store_true", help="print the queries that are slow")
    options = parser.parse_args()
    part = parts.find("influxd")
    if part is None:
        sys.exit("needs influxd: python deploy/parts/install.py influxd")
    year = Year(options.nodes, options.days, options.shard_days)
    gardens = {garden: garden for garden in year.gardens}
    dashboards = build(dashboard_words(), [PublicCommunity(COMMUNITY, "Oak", gardens)])
    server, bucket = opened(part.path, year)
    try:
        print(f"load before: {os.getloadavg()[0]:.1f}")
        source = Source(bucket.url, bucket.name, bucket.token)
        selected = {name: dashboard for name, dashboard in dashboards.items() if options.only in name}
        measured = sorted(measure(source, selected, year, server.pid), reverse=True)
    finally:
        server.stop()
    print(f"load after: {os.getloadavg()[0]:.1f}")
    _print(measured, queries=options.queries)


def _print(measured: list[Measured], *, queries: bool) -> None:
    for row in measured[:25]:
        print(
            f"{row.p95:7.0f} ms (median {row.median:5.0f}, first {row.first:5.0f}, "
            f"processor {row.processor:5.0f}), {row.values:7,} values  "
            f"{row.dashboard}, {row.span}: {row.title}"
        )
        if queries:
            print(f"        {row.query}")
    for label in (OWN, YEAR):
        rows = [row for row in measured if row.span == label]
        if not rows:
            continue
        under = sum(row.p95 < GOAL_MS for row in rows)
        costly = max(rows, key=lambda row: row.processor)
        cheap = sum(row.processor < GOAL_MS for row in rows)
        print(f"{label}: {under} of {len(rows)} queries under {GOAL_MS:.0f} ms (95 %)")
        print(
            f"  {cheap} under {GOAL_MS:.0f} ms of processor time; most {costly.processor:.0f}: {costly.title}"
        )
    without = sorted({f"{row.dashboard}: {row.title}" for row in measured if not row.values})
    print(f"without an answer: {', '.join(without) or 'none'}")


if __name__ == "__main__":
    main()
