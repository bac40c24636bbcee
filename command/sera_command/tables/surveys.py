"""`sera surveys`: rates, shares and use from any table of timed watches that people keep."""

from __future__ import annotations

import json as json_text
import math
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sera_analysis.visits.surveys import by_group, by_level, by_sites, overall
from sera_command.errors import BadInputError
from sera_command.importers.survey_tables import Columns, Read, incidence_text, read_watches
from sera_command.terminal import echo, echo_json
from sera_words.words import words

if TYPE_CHECKING:
    from sera_analysis.statistics.bouts import BoutRate
    from sera_analysis.statistics.intervals import Interval
    from sera_analysis.visits.surveys import SiteUse, Surveys

app = typer.Typer()


@app.command()
def watches(
    table: Annotated[Path, typer.Argument(help="A CSV with a row for each group, species or insect.")],
    watch: Annotated[list[str], typer.Option(help="Column that identifies a survey; may be repeated.")],
    visits: Annotated[
        str | None, typer.Option(help="Column of counts; without it, a row is one insect.")
    ] = None,
    effort: Annotated[str | None, typer.Option(help="Column of effort; without it, 1 a survey.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of groups or species.")] = None,
    none: Annotated[
        list[str] | None, typer.Option(help="Word in the group's column for a survey without insects.")
    ] = None,
    total: Annotated[str | None, typer.Option(help="Group that sums the others up.")] = None,
    required: Annotated[
        list[str] | None, typer.Option(help="Leave rows out where this is not noted.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="A rate for each value of this column of --watch.")] = None,
    sites: Annotated[str | None, typer.Option(help="Column of --watch that is the site, for use.")] = None,
    incidence: Annotated[Path | None, typer.Option(help="Write which group came in which unit.")] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Columns of --watch whose surveys are one unit of intervals and lists."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate visit rates from timed surveys, the share of surveys with each group, and use of sites."""
    columns = Columns(
        tuple(watch), visits, effort, group, frozenset(none or ()), total, tuple(required or ())
    )
    for name in (by, sites, *(unit or ())):
        if name is not None and name not in watch:
            raise BadInputError(f"column {name!r} names no watch; give it as --watch too")
    found = read_watches(table, columns)
    if incidence is not None:
        text = incidence_text(found.watches, tuple([watch.index(name) for name in unit or watch]))
        incidence.write_text(text, encoding="utf-8")
        number = text.count("\n") - 1
        echo(f"{number} units of {len(found.watches.names)} watches are in {incidence}.", err=True)
    units = found.watches.merged_by(tuple([watch.index(name) for name in unit or watch]))
    report = _report(found, units, watch.index(by) if by else None, watch.index(sites) if sites else None)
    if json:
        echo_json(json_text.dumps(report, allow_nan=False))
    else:
        _show(report)


def _report(found: Read, units: Surveys, by: int | None, sites: int | None) -> dict[str, Any]:
    """Build the JSON object, reasons by path."""
    watched, reasons = found.watches, {}
    counted = watched.visits.sum(axis=1)

    def rate(one: BoutRate, path: str) -> dict[str, Any]:
        if one.interval.reason is not None:
            reasons[path] = words().statement(one.interval.reason)
        return {
            "value": None if math.isnan(one.rate) else one.rate,
            "low": one.interval.low,
            "high": one.interval.high,
            "dispersion": one.dispersion,
            "bouts": one.bouts,
            "method": _method(one.interval),
        }

    def use(one: SiteUse, path: str) -> dict[str, Any]:
        if one.interval.reason is not None:
            reasons[path] = words().statement(one.interval.reason)
        ends = {"low": one.interval.low, "high": one.interval.high}
        return {"value": one.value, **ends, "naive": one.naive, "sites": one.sites}

    report: dict[str, Any] = {
        "watches": int(counted.size),
        "without_visit": int((counted == 0).sum()),
        "insects": float(counted.sum()),
        "effort": float(watched.effort.sum()),
        "units": int(units.effort.size),
        "rate": rate(overall(units), "rate"),
        "groups": {
            name: {"rate": rate(one.rate, f"groups.{name}"), "share_of_watches": one.share_of_watches}
            for name, one in by_group(watched, units).items()
        },
    }
    if by is not None:
        levels = by_level(watched, by)
        report["by"] = {level: rate(one, f"by.{level}") for level, one in levels.items()}
    if sites is not None:
        report["use"] = {name: use(one, f"use.{name}") for name, one in by_sites(watched, sites).items()}
    return report | {"notes": list(found.notes), "reasons": reasons}


def _method(interval: Interval) -> str:
    return "none" if interval.method is None else words().statement(interval.method)


def _show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    echo(
        f"{report['watches']} watches, {report['without_visit']} of them without a visit; "
        f"{report['insects']:g} insects; effort {report['effort']:g}"
    )
    echo(f"all together: {_words(report['rate'])}")
    for name, one in report["groups"].items():
        share = f"on {100 * one['share_of_watches']:.0f} % of watches"
        echo(f"{name}: {share}, {_words(one['rate'])}")
    for level, one in report.get("by", {}).items():
        echo(f"{level}: {_words(one)}")
    uses = report.get("use", {})
    told = {reason for name in uses if (reason := report["reasons"].get(f"use.{name}"))}
    for name, one in uses.items():
        if one["value"] is not None and one["low"] is not None:
            echo(f"{name}: used {one['value']:.2f} of sites ({one['low']:.2f} to {one['high']:.2f})")
    for reason in sorted(told):
        echo(f"Use of sites: {reason}.")
    for note in report["notes"]:
        echo(note)


def _words(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "no effort"
    span = "" if one["low"] is None else f" ({one['low']:.3g} to {one['high']:.3g}; {one['method']})"
    return f"{one['value']:.3g} per unit of effort{span}"
