"""`sera dashboards`: Grafana's dashboards as files, checked against their rules, drawn without a Grafana."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation import parts
from sera_command.installation.alerting import silence_codes
from sera_command.installation.data import open_store
from sera_command.installation.installation import Installation
from sera_command.installation.moments import moment_s, now_s
from sera_command.share.languages import Language, readers_locale
from sera_command.terminal import echo, quantity_text
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.files import read_dashboard, write_dashboards, write_texts
from sera_dashboards.frame import ZONES
from sera_dashboards.lint.findings import all_findings
from sera_dashboards.preview.answers import Source
from sera_dashboards.preview.bundle import make_bundle
from sera_dashboards.preview.drawing import open_drawer
from sera_dashboards.preview.gallery import write_gallery
from sera_dashboards.preview.states import pictures
from sera_dashboards.provisioning.alerts import runbook_text, woken
from sera_dashboards.provisioning.folders import ALERTING_FILE, Rules, provisioning_texts
from sera_dashboards.provisioning.push import GrafanaServer, Outcome, diff, push
from sera_gateway.config import TOKEN_VARIABLE
from sera_store.release.places import released_gardens
from sera_words.dashboard_words import dashboard_words
from sera_words.translations import ENGLISH

if TYPE_CHECKING:
    from sera_dashboards.style import Json

app = typer.Typer(no_args_is_help=True, help="Write, check, draw and push Grafana's dashboards.")

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder whose communities get a public dashboard; a sample without."),
]
Zones = Annotated[
    list[str] | None,
    typer.Option("--timezone", help="IANA time zone to choose from, the first is the default."),
]


GrafanaUrl = Annotated[
    str, typer.Option("--grafana", envvar="GRAFANA_URL", help="Address of the Grafana server.")
]
GRAFANA_TOKEN: Final = "GRAFANA_TOKEN"  # noqa: S105 - the name of a variable, no secret


class Alerts(StrEnum):
    """Who wakes people: one of both, so that nobody is woken twice."""

    SERA = "sera"
    GRAFANA = "grafana"


@app.command("build")
def build_files(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    data: Data = None,
    zones: Zones = None,
    language: Language = ENGLISH,
) -> None:
    """Write all dashboards: for Grafana's import, or for a folder that it reads by itself."""
    paths = write_dashboards(out, dashboards_of(data, zones, language))
    echo(f"{out}: {quantity_text(len(paths), 'dashboards')}", err=True)
    for path in paths:
        echo(str(path))


@app.command("provision")
def provision(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    data: Annotated[Path, typer.Option("--data", help="Data folder of the installation.")],
    bucket: Annotated[str, typer.Option(help="Name of InfluxDB's bucket.")] = "sera",
    alerts: Annotated[
        Alerts, typer.Option(help="Who wakes people; with `grafana`, `sera alerts` is silent.")
    ] = Alerts.SERA,
    language: Language = ENGLISH,
) -> None:
    """Write files for the folders that Grafana reads at its start: data source, dashboards, alerts.

    Grafana takes SERA_INFLUXDB_URL and SERA_INFLUXDB_TOKEN from its own environment; no file holds them.
    """
    words = dashboard_words(readers_locale(language))
    dashboards = dashboards_of(data, None, language)
    installation, at_s = Installation.existing(data), now_s()
    if alerts is Alerts.GRAFANA:
        rules = Rules.ACTIVE
    else:
        did_before = silence_codes(installation, [], at_s) or (out / ALERTING_FILE).exists()
        rules = Rules.PAUSED if did_before else Rules.NONE
    paths = write_texts(out, provisioning_texts(dashboards, words, bucket, rules=rules))
    if alerts is Alerts.GRAFANA:
        # Once the rules are there, and not before: somebody must be woken.
        silence_codes(installation, [alert.code for alert in woken()], at_s)
    echo(f"{out}: {quantity_text(len(paths), 'files')}; {alerts} wakes people", err=True)
    if rules is Rules.PAUSED:
        echo(
            f"{out / ALERTING_FILE} pauses the rules in Grafana: copy it there, or both wake people", err=True
        )


@app.command("push")
def push_dashboards(
    url: GrafanaUrl,
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what was changed by hand.")] = False,
    language: Language = ENGLISH,
) -> None:
    """Push dashboards to a Grafana; what people changed there is left, and exits with 1.

    The token of a service account stands in GRAFANA_TOKEN.
    """
    grafana = GrafanaServer(url, _grafana_token())
    left = False
    for name, outcome in push(grafana, dashboards_of(data, None, language), force=force):
        echo(f"{name}: {outcome}")
        left |= outcome is Outcome.CHANGED_BY_HAND
    if left:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("diff")
def diff_dashboards(url: GrafanaUrl, data: Data = None, language: Language = ENGLISH) -> None:
    """Show by which lines the dashboards of a Grafana differ from these; exits with 1 where any does."""
    lines = list(diff(GrafanaServer(url, _grafana_token()), dashboards_of(data, None, language)))
    for line in lines:
        echo(line)
    if lines:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _grafana_token() -> str:
    token = os.environ.get(GRAFANA_TOKEN, "").strip()
    if not token:
        raise BadInputError(f"{GRAFANA_TOKEN} is empty; put the token of a service account into it")
    return token


@app.command("runbook")
def runbook(
    out: Annotated[Path, typer.Option("--out", help="File for the page.")],
    language: Language = ENGLISH,
) -> None:
    """Write what to do when an alert comes, a section each, from the table of rules."""
    [path] = write_texts(out.parent, {out.name: runbook_text(dashboard_words(readers_locale(language)))})
    echo(str(path))


@app.command("lint")
def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Dashboards; those of Sera by default.")] = None,
    data: Data = None,
    language: Language = ENGLISH,
) -> None:
    """Check dashboards against their rules; exits with 1 where one is broken."""
    if files:
        dashboards = {str(path): read_dashboard(path) for path in files}
    else:
        dashboards = dashboards_of(data, None, language)
    findings = all_findings(dashboards)
    for finding in findings:
        echo(finding)
    echo(
        f"{quantity_text(len(dashboards), 'dashboards')}, {quantity_text(len(findings), 'findings')}",
        err=True,
    )
    if findings:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("preview")
def preview(
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and their page.")],
    url: Annotated[str, typer.Option("--influxdb", help="Server to ask.")] = "http://127.0.0.1:8086",
    bucket: Annotated[str, typer.Option(help="Bucket to ask.")] = "sera",
    at: Annotated[str, typer.Option(help="Until when to look back, UTC: 2026-06-01; now by default.")] = "",
    choose: Annotated[
        list[str] | None, typer.Option("--choose", help="What is chosen at the top: garden=elm-yard.")
    ] = None,
    data: Data = None,
    language: Language = ENGLISH,
) -> None:
    """Draw all dashboards with Grafana's own packages in a browser, from what InfluxDB answers.

    The token stands in SERA_INFLUXDB_TOKEN. No Grafana is asked, and no network beside InfluxDB.
    """
    choices = dict([_choice(text) for text in choose or []])
    source = Source(url, bucket, os.environ.get(TOKEN_VARIABLE, "").strip())
    at_s = moment_s(at, "--at") if at else int(time.time())
    bundle = make_bundle(parts.require("grafana-ui"), parts.cache_folder())
    with open_drawer(parts.require("chromium"), bundle) as drawer:
        drawn = pictures(drawer, dashboards_of(data, None, language), source, at_s, choices)
        paths = write_gallery(out, drawn)
    echo(f"{len(paths) - 1} pictures are in {out}; open {paths[-1]}", err=True)


def _choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise BadInputError(
            f"--choose {text!r} chooses nothing; expected a variable and a value: garden=elm-yard"
        )
    return name, value


def dashboards_of(data: Path | None, zones: list[str] | None, language: str) -> dict[str, Json]:
    """Make all dashboards; of a data folder, public ones for its communities, and its time zones."""
    communities, registered_zones = _registered(data) if data is not None else ([], [])
    return build(dashboard_words(readers_locale(language)), communities, zones or registered_zones or ZONES)


def _registered(data: Path) -> tuple[list[PublicCommunity], list[str]]:
    """Return the communities of a data folder with what their gardens are called, and the time zones."""
    with open_store(data) as store:
        released = released_gardens(store.registry)
        names: dict[str, dict[str, str]] = {community.id: {} for community in store.registry.communities()}
        for garden in released:
            names.setdefault(garden.community, {})[garden.id] = garden.name or garden.id
        titles = {community.id: community.name or community.id for community in store.registry.communities()}
    communities = [PublicCommunity(name, titles.get(name, name), names[name]) for name in sorted(names)]
    return communities, sorted({garden.timezone for garden in released})
