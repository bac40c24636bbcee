"""`sera readings`: what was measured, on each garden's clock; value by value, rolled up, or the newest."""

from __future__ import annotations

import json as json_format
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import FIRST_DATE, LAST_DATE, date_of
from sera_command.terminal import echo, echo_json
from sera_store.aggregates.rollup_tables import DAY, HOUR
from sera_store.exports.local_readings import local_readings, series_of
from sera_store.local_clock import NO_TIMEZONE, local_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sera_store.store import Store

app = typer.Typer()

Row = dict[str, Any]
Where = dict[str, str | None]


@app.command()
def readings(
    measurement: Annotated[str, typer.Argument(help="soil_moisture, passages, bumblebees, soil_ph@2 ...")],
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = DEFAULT_FOLDER,
    first: Annotated[str | None, typer.Option("--from", help="First date, on each garden's clock.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last date, included.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Roll up by hour or day.")] = None,
    node: Annotated[str | None, typer.Option("--node", help="Only this node.")] = None,
    garden: Annotated[str | None, typer.Option("--garden", help="Only this garden.")] = None,
    community: Annotated[str | None, typer.Option("--community", help="Only this community.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show what was measured; without dates the newest value of each node.

    Exit 1 where there is nothing to show.
    """
    if by not in (None, HOUR, DAY):
        raise BadInputError(f"--by {by!r} is not known; expected {HOUR} or {DAY}")
    where = {"node": node, "garden": garden, "community": community}
    with open_store(data) as store:
        series = series_of(measurement)
        if first is None and last is None and by is None:
            rows = _newest(store, series, measurement, where)
        else:
            dates = (
                date_of(first, "--from") if first is not None else FIRST_DATE,
                date_of(last, "--to") if last is not None else LAST_DATE,
            )
            rows = (
                _values(store, measurement, dates, where)
                if by is None
                else _rolled_up(store, series, measurement, dates, where, by)
            )
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007 - counted for the exit code
            echo_json(json_format.dumps(row) if json else "  ".join(map(_as_text, row.values())))
        if not count:
            _print_no_readings(store, measurement, where)
            raise typer.Exit(ExitCode.CHECK_FAILED)


def _print_no_readings(store: Store, measurement: str, where: Where) -> None:
    """Print that there is nothing, or raise where a name is in no registry."""
    registry = store.registry
    entities: dict[str, list[Any]] = {
        "node": registry.nodes(),
        "garden": registry.gardens(),
        "community": registry.communities(),
    }
    for kind, name in where.items():
        if name is not None and not registry.history(kind, name):
            names = ", ".join(entity.id for entity in entities[kind])
            raise BadInputError(f"{kind} {name!r} is not registered; expected {names or 'one that is'}")
    echo(f"nothing to show: no {measurement} was measured there and then", err=True)


def _newest(store: Store, series: list[str], measurement: str, where: Where) -> Iterator[Row]:
    for name in series:
        for reading in store.records.latest(name, [measurement], **where):
            home = store.registry.garden(reading.garden)
            timezone = home.timezone if home else NO_TIMEZONE
            yield {
                "time": local_time(reading.time_s, timezone).isoformat(),
                "garden": reading.garden,
                "node": reading.node,
                "name": reading.name,
                "value": reading.value,
                "flag": reading.flag,
            }


def _values(store: Store, measurement: str, dates: tuple[date, date], where: Where) -> Iterator[Row]:
    for readings in local_readings(store, measurement, first=dates[0], last=dates[1], **where):
        table = readings.table
        for name in table.values:
            for row in np.flatnonzero(table.quality[name]):
                value = float(table.values[name][row])
                yield {
                    "time": local_time(int(table.time_s[row]), readings.timezone).isoformat(),
                    "garden": readings.garden,
                    "node": table.nodes[table.node[row]],
                    "name": name,
                    "value": value if np.isfinite(value) else None,
                    "flag": int(table.quality[name][row]),
                }


def _rolled_up(
    store: Store, series: list[str], measurement: str, dates: tuple[date, date], where: Where, by: str
) -> Iterator[Row]:
    store.rollups.catch_up()
    for name in series:
        table = store.rollups.read(
            name,
            [measurement],
            width=by,  # type: ignore[arg-type]
            first=dates[0],
            last=dates[1],
            **where,
        )
        for key, cells in table.cells.items():
            mean, good = table.mean(key), table.good_share(key)
            for row in np.flatnonzero(cells["records"]):
                place, cell = table.places[table.place[row]], cells[row]
                start = local_time(int(table.start_s[row]), place.timezone)
                yield {
                    "time": str(table.date[row]) if by == DAY else start.isoformat(),
                    "garden": place.garden,
                    "node": place.node,
                    "name": key,
                    "mean": _number(mean[row]),
                    "minimum": _number(cell["minimum"]),
                    "maximum": _number(cell["maximum"]),
                    "sum": _number(cell["sum"]),
                    "count": int(cell["count"]),
                    "good_share": _number(good[row]),
                    "effort_s": _number(cell["effort_s"]),
                }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _as_text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)
