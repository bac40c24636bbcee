"""How long each query of the dashboards takes on a real InfluxDB with a year of 500 nodes.

    PYTHONPATH=tests/support python bench/bench_dashboards.py [--nodes 500] [--days 365]

Points are written as the followers write them: soil and health of each node each hour, how each node stands
each hour, figures of each garden by day and week. Each query runs ten times over its dashboard's own range
and over the whole year; 95 % of the runs of a query shall take less than 200 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from real_parts import InfluxDB
from sera_command.installation import parts
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.lint.reading import drawn
from sera_dashboards.preview.answers import Source, duration_s, filled, panel_span, variable_values
from sera_vocabulary.indices import INDICES
from sera_words.dashboard_words import dashboard_words

END_S = 1_780_272_000
DAY_S, HOUR_S = 86_400, 3600
NODES_A_GARDEN = 5
GOAL_MS = 200.0
RUNS = 10
LINES_A_WRITE = 50_000


def node_lines(node: int, days: int) -> list[str]:
    """Write a node's year: soil, health and how it stands, hour by hour."""
    garden = node // NODES_A_GARDEN
    tags = f"community=oak,garden=g{garden:03},node=n{node:03}"
    lines = []
    for at_s in range(END_S - days * DAY_S, END_S, HOUR_S):
        place, ns = at_s // HOUR_S, at_s * 10**9 + node
        lines.append(
            f"soil,{tags},probe=p{node},depth=0.1 soil_moisture={0.2 + place % 97 / 1000},"
            f"soil_moisture_flag=1.0,soil_temperature={10 + place % 24} {ns}"
        )
        lines.append(f"health,{tags} battery_voltage={3.6 + place % 50 / 100},queue_length=1.0 {ns}")
        lines.append(
            f"fleet,{tags} severity=0.0,heard_ms={1000 * at_s}.0,battery_v=3.9,queue=1.0,queue_age_s=900.0,"
            f"missing=0.0,lost=0.0,undated=0.0,signal_dbm=-70.0,contacts_missed=0.5,rejected=0.0 "
            f"{at_s * 10**9}"
        )
    return lines


def place_lines(garden: int, days: int) -> list[str]:
    """Write what is expected of a garden each hour, and its figures by day and week."""
    name = f"g{garden:03}"
    lines = [
        f"places,community=oak,scope=garden,scope_id={name} expected=1.0,nodes=5.0 {at_s * 10**9}"
        for at_s in range(END_S - days * DAY_S, END_S, HOUR_S)
    ]
    for period, width in (("day", DAY_S), ("week", 7 * DAY_S)):
        for at_s in range(END_S - days * DAY_S, END_S, width):
            lines += [
                f"index,scope=garden,scope_id={name},index={row.name},period={period},target=this_garden "
                f'value=4.5,low=3.5,high=5.5,effort_h=20.0,reason="",method="{row.method}",version="5" '
                f"{at_s * 10**9}"
                for row in INDICES[:12]
            ]
    return lines


def write(url: str, token: str, organisation: str, bucket: str, lines: list[str]) -> None:
    """Write lines, some at once."""
    for start in range(0, len(lines), LINES_A_WRITE):
        request = urllib.request.Request(
            f"{url}/api/v2/write?org={organisation}&bucket={bucket}&precision=ns",
            data="\n".join(lines[start : start + LINES_A_WRITE]).encode(),
            headers={"Authorization": f"Token {token}"},
        )
        urllib.request.urlopen(request, timeout=300).close()


def measure(source: Source, dashboards: dict, days: int) -> list[tuple[float, str, str, str]]:
    """Run every query, and return the 95th percentile [ms] of each with its dashboard, panel and range."""
    measured = []
    for name, dashboard in dashboards.items():
        for label, seconds in (("its own", duration_s(dashboard["time"]["from"])), ("a year", days * DAY_S)):
            span = (END_S - seconds, END_S)
            choices = variable_values(
                dashboard, source.ask, {"community": "oak", "garden": "g001", "class": "x"}, span
            )
            for panel in drawn(dashboard):
                for target in panel["targets"]:
                    query = filled(target["query"], choices, panel_span(panel, span))
                    took = []
                    for _ in range(RUNS):
                        begun = time.perf_counter()
                        source.ask(query)
                        took.append(1000 * (time.perf_counter() - begun))
                    measured.append((statistics.quantiles(took, n=20)[-1], name, panel["title"], label))
    return measured


def main() -> None:
    """Write a year, measure, and print what is slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    part = parts.find("influxd")
    if part is None:
        sys.exit("needs influxd: python deploy/parts/install.py influxd")
    with tempfile.TemporaryDirectory() as folder:
        server = InfluxDB(part.path, Path(folder)).start()
        try:
            server.set_up()
            bucket = server.make_bucket("bench")
            begun = time.perf_counter()
            for node in range(options.nodes):
                lines = node_lines(node, options.days)
                if node % NODES_A_GARDEN == 0:
                    lines += place_lines(node // NODES_A_GARDEN, options.days)
                write(bucket.url, bucket.token, bucket.organisation, bucket.name, lines)
            print(
                f"{options.nodes} nodes, {options.days} days written in {time.perf_counter() - begun:.0f} s"
            )
            gardens = {f"g{n:03}": f"Garden {n}" for n in range(options.nodes // NODES_A_GARDEN)}
            made = build(dashboard_words(), [PublicCommunity("oak", "Oak", gardens)])
            measured = measure(Source(bucket.url, bucket.name, bucket.token), made, options.days)
        finally:
            server.stop()
    slow = [row for row in measured if row[0] > GOAL_MS]
    for took_ms, name, title, label in sorted(measured, reverse=True)[:15]:
        print(f"{took_ms:8.1f} ms  {name}, {label}: {title}")
    own = [row[0] for row in measured if row[3] == "its own"]
    print(f"{len(measured)} queries and ranges; {len(slow)} over {GOAL_MS:.0f} ms")
    print(f"slowest over its dashboard's own range: {max(own):.1f} ms")


if __name__ == "__main__":
    main()
