"""`sera archive`: check archives for science, anybody's, and build one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import ExitCode
from sera_command.terminal import echo, echo_json
from sera_workshop.archives.checks.check import check_archive

if TYPE_CHECKING:
    from sera_workshop.archives.checks.report import Finding, Report

app = typer.Typer(no_args_is_help=True, help="Check Darwin Core archives.")

Archive = Annotated[
    Path, typer.Argument(exists=True, help="Zip file or folder with meta.xml or datapackage.json.")
]


@app.callback()
def _group() -> None:
    """Keep the commands words of their own."""


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
