"""`sera dashboards write`: the Grafana dashboard of a garden as a file to import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sera_command.terminal import echo
from sera_dashboards.files import write_dashboard
from sera_dashboards.garden import ZONES, dashboard

app = typer.Typer(no_args_is_help=True, help="Write the Grafana dashboard.")

Out = Annotated[Path, typer.Option("--out", help="File for the dashboard's JSON.")]


@app.callback()
def _group() -> None:
    """Keep `write` a word of its own while it is the only one."""


@app.command("write")
def write(
    out: Out,
    zones: Annotated[
        list[str] | None,
        typer.Option("--timezone", help="IANA time zone to choose from, the first is the default."),
    ] = None,
) -> None:
    """Write the garden dashboard; import it in Grafana with an InfluxDB data source in InfluxQL."""
    write_dashboard(out, dashboard(tuple(zones or ZONES)))
    echo(f"The dashboard is {out}. In Grafana: Dashboards, New, Import.")
