"""`sera archive`: build archives for science, and check anybody's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import date_of, now_s
from sera_command.share.pack import First, Gardens, Last, LicenceOption, gardens_of, gardens_under
from sera_command.terminal import echo, echo_json
from sera_store.licence import Licence
from sera_store.release.handouts import note_handout
from sera_workshop.archives.build import FORMS, build_archive
from sera_workshop.archives.checks.check import check_archive
from sera_workshop.archives.contents import collect

if TYPE_CHECKING:
    from sera_workshop.archives.checks.report import Finding, Report

app = typer.Typer(no_args_is_help=True, help="Build and check Darwin Core archives.")

Community = Annotated[str, typer.Option("--community", help="All gardens of this community.")]
Archive = Annotated[
    Path, typer.Argument(exists=True, help="Zip file or folder with meta.xml or datapackage.json.")
]


@app.command("build")
def build(
    first: First,
    last: Last,
    out: Annotated[Path, typer.Option("--out", help="File for the archive, or the cube's table.")],
    form: Annotated[str, typer.Option("--form", help=f"One of {', '.join(FORMS)}.")] = FORMS[0],
    gardens: Gardens = None,
    community: Community = "",
    licence: LicenceOption = Licence.CC_BY,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Build an archive of some gardens and dates, and check it; the same data give the same bytes.

    dwca is a Darwin Core Archive, dwc-dp a Darwin Core Data Package (its table schemas are a draft), cube a
    table of occurrences by month, grid cell and insect group with their hours of watching. Places are as
    coarse as their hosts ask; what people counted has its day, and no person. What was given under a
    narrower licence is not in it: build a second archive of that under its licence.
    """
    if form not in FORMS:
        raise BadInputError(f"--form {form!r} is not known; expected one of {', '.join(FORMS)}")
    with open_store(data) as store:
        names = gardens_under(store, gardens_of(store, gardens, community), licence)
        contents = collect(store, names, date_of(first, "--from"), date_of(last, "--to"), licence)
    report = build_archive(contents, form, out)
    note_handout(data, form, out, names, (first, last), now_s())
    counted = [survey for survey in contents.surveys if survey.is_watched]
    echo(
        f"{out}: {len(contents.gardens)} gardens, {len(contents.surveys)} events, {len(counted)} of them "
        f"surveys with effort, {sum(len(survey.present) for survey in contents.surveys)} presences, "
        f"{sum(len(survey.absent) for survey in contents.surveys)} absences"
    )
    if report is not None and not report.is_good:
        _print(report)
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("check")
def check(
    archive: Archive,
    as_json: Annotated[bool, typer.Option("--json", help="Print problems and warnings as JSON.")] = False,
) -> None:
    """Check a Darwin Core Archive or Data Package, strictly and without a network.

    Exit code 0: good, maybe with warnings; 1: it has problems.
    """
    report = check_archive(archive)
    if as_json:
        echo_json(json.dumps(report.as_dict()))
    else:
        _print(report)
    if not report.is_good:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _print(report: Report) -> None:
    for title, findings in (("problem", report.problems), ("warning", report.warnings)):
        for finding in findings:
            echo(f"{title}: {_place(finding)}{finding.message} [{finding.code}]")
    for code, count in sorted(report.unlisted.items()):
        echo(f"and {count} more of {code}")
    rows = ", ".join(f"{name} {count}" for name, count in report.rows.items()) or "none"
    echo(
        f"{report.form or 'no archive'}: {len(report.problems)} problems, {len(report.warnings)} warnings; "
        f"rows read: {rows}"
    )


def _place(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line is not None else finding.file
    return " ".join(part for part in (place, finding.term) if part) + (": " if place or finding.term else "")
