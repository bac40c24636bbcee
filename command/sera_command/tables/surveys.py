"""`sera surveys`: rates, shares and use from any table of timed watches that people keep."""

from __future__ import annotations

import json as json_text
import math
from pathlib import Path  # noqa: TC003 - Typer reads it when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sera_analysis.visits.surveys import by_group, by_level, by_sites, overall, without_effort_notes
from sera_command.errors import BadInputError
from sera_command.importers.survey_tables import Columns, SurveyTable, incidence_text, read_watches
from sera_command.tables.reasons import notes_in_words
from sera_command.terminal import echo, echo_json
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations
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
    division: Annotated[
        list[str] | None,
        typer.Option(
            help="Column whose rows are of one survey and are added up, as a species below its group."
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(help="A rate for each value of this column of --watch.")] = None,
    sites: Annotated[str | None, typer.Option(help="Column of --watch that is the site, for use.")] = None,
    incidence: Annotated[Path | None, typer.Option(help="Write which group came in which unit.")] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Columns of --watch whose surveys are one unit of intervals and lists."),
    ] = None,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate visit rates from timed surveys, the share of surveys with each group, and use of sites."""
    columns = Columns(
        tuple(watch),
        visits,
        effort,
        group,
        frozenset(none or ()),
        total,
        tuple(required or ()),
        tuple(division or ()),
    )
    for name in (by, sites, *(unit or ())):
        if name is not None and name not in watch:
            raise BadInputError(f"column {name!r} names no watch; give it as --watch too")
    survey_table = read_watches(table, columns, decimal=decimal)
    unit_columns = tuple([watch.index(name) for name in unit or watch])
    if incidence is not None:
        surveys = survey_table.watches.with_effort()
        text = incidence_text(surveys, unit_columns)
        incidence.write_text(text, encoding="utf-8")
        number = text.count("\n") - 1
        echo(f"{number} units of {len(surveys.names)} watches are in {incidence}.", err=True)
    report = _report(
        survey_table, unit_columns, watch.index(by) if by else None, watch.index(sites) if sites else None
    )
    if json:
        echo_json(json_text.dumps(report, allow_nan=False))
    else:
        _show(report)


def _report(
    survey_table: SurveyTable, unit_columns: tuple[int, ...], by: int | None, sites: int | None
) -> dict[str, Any]:
    """Build the JSON object, reasons by path."""
    surveys = survey_table.watches.with_effort()
    units = surveys.merged_by(unit_columns)
    reasons: dict[str, str] = {}
    report: dict[str, Any] = {
        **_sums(surveys),
        "units": int(units.effort.size),
        "rate": _rate(overall(units), "rate", reasons),
        "groups": {
            name: {
                "rate": _rate(figure.rate, f"groups.{name}", reasons),
                "share_of_watches": figure.share_of_watches,
            }
            for name, figure in by_group(surveys, units).items()
        },
    }
    if by is not None:
        levels = by_level(survey_table.watches, by)
        report["by"] = {level: _rate(figure, f"by.{level}", reasons) for level, figure in levels.items()}
    if sites is not None:
        uses = by_sites(surveys, sites)
        report["use"] = {name: _use(figure, f"use.{name}", reasons) for name, figure in uses.items()}
    return report | {"notes": _notes(survey_table), "reasons": reasons}


def _sums(surveys: Surveys) -> dict[str, float]:
    """Add surveys, insects and effort up."""
    counted = surveys.visits.sum(axis=1)
    return {
        "watches": int(counted.size),
        "without_visit": int((counted == 0).sum()),
        "insects": float(counted.sum()),
        "effort": float(surveys.effort.sum()),
    }


def _notes(survey_table: SurveyTable) -> list[str]:
    """Write what a reader must know of the table, and of surveys that were left out."""
    return notes_in_words([*survey_table.notes, *without_effort_notes(survey_table.watches)])


def _rate(estimate: BoutRate, path: str, reasons: dict[str, str]) -> dict[str, Any]:
    """Return a rate as JSON has it; the reason of a missing interval goes under its path."""
    if estimate.interval.reason is not None:
        reasons[path] = words().statement(estimate.interval.reason)
    return {
        "value": None if math.isnan(estimate.rate) else estimate.rate,
        "low": estimate.interval.low,
        "high": estimate.interval.high,
        "dispersion": estimate.dispersion,
        "bouts": estimate.bouts,
        "method": _method(estimate.interval),
    }


def _use(estimate: SiteUse, path: str, reasons: dict[str, str]) -> dict[str, Any]:
    """Return a share of sites as JSON has it; its reason goes under its path."""
    if estimate.interval.reason is not None:
        reasons[path] = words().statement(estimate.interval.reason)
    ends = {"low": estimate.interval.low, "high": estimate.interval.high}
    return {"value": estimate.value, **ends, "naive": estimate.naive, "sites": estimate.sites}


def _method(interval: Interval) -> str:
    return "none" if interval.method is None else words().statement(interval.method)


def _show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    echo(
        f"{report['watches']} watches, {report['without_visit']} of them without a visit; "
        f"{report['insects']:g} insects; effort {report['effort']:g}"
    )
    reasons = report["reasons"]
    echo(f"all together: {_words(report['rate'], reasons.get('rate'))}")
    for name, figure in report["groups"].items():
        share = f"on {100 * figure['share_of_watches']:.0f} % of watches"
        echo(f"{name}: {share}, {_words(figure['rate'], reasons.get(f'groups.{name}'))}")
    for level, figure in report.get("by", {}).items():
        echo(f"{level}: {_words(figure, reasons.get(f'by.{level}'))}")
    uses = report.get("use", {})
    missing_uses = {reason for name in uses if (reason := reasons.get(f"use.{name}"))}
    for name, figure in uses.items():
        if figure["value"] is not None and figure["low"] is not None:
            echo(f"{name}: used {figure['value']:.2f} of sites ({figure['low']:.2f} to {figure['high']:.2f})")
    for reason in sorted(missing_uses):
        echo(f"Use of sites: {reason}.")
    for note in report["notes"]:
        echo(note)


def _words(figure: dict[str, Any], reason: str | None) -> str:
    if figure["value"] is None:
        return "no effort"
    span = f" (no interval: {reason})"
    if figure["low"] is not None:
        span = f" ({figure['low']:.3g} to {figure['high']:.3g}; {figure['method']})"
    return f"{figure['value']:.3g} per unit of effort{span}"
