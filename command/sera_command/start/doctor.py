"""`sera doctor`: which real parts this machine has, and what is missing for what."""

from __future__ import annotations

import json as json_format
import platform
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Annotated, Final

import typer

from sera_command import __version__
from sera_command.errors import ExitCode, PartUnusableError
from sera_command.installation import parts
from sera_command.terminal import echo, echo_json

app = typer.Typer()

DISTRIBUTION: Final = "sera-gardens"


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is known of one part: found or not, where, which version, and what to do next."""

    name: str
    found: bool
    path: str = ""
    where: str = ""
    version: str = ""
    needed_for: tuple[str, ...] = ()
    without: str = ""
    next_step: str = ""


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List the real parts on this machine, where they are, and what is missing for what.

    Exits with 0 when the demo can run, with 4 otherwise.
    """
    diagnoses = [diagnose(name) for name in parts.PARTS]
    packages = package_versions()
    ready = readiness(diagnoses, packages)
    if json:
        echo_json(json_format.dumps(_as_object(diagnoses, packages, ready), indent=2))
    else:
        _show(diagnoses, packages, ready)
    if not ready[parts.DEMO]:
        raise typer.Exit(ExitCode.PART_MISSING)


def diagnose(name: str) -> Diagnosis:
    """Look for one part and ask it for its version."""
    part = parts.PARTS[name]
    missing = Diagnosis(name=name, found=False, needed_for=part.needed_for, without=part.without)
    try:
        installed = parts.find(name)
    except PartUnusableError as error:
        return Diagnosis(**{**asdict(missing), "next_step": str(error)})
    if installed is None:
        return Diagnosis(**{**asdict(missing), "next_step": parts.next_step(name)})
    return Diagnosis(
        name=name,
        found=True,
        path=str(installed.path),
        where=installed.where,
        version=installed.version,
        needed_for=part.needed_for,
    )


def package_versions(distribution: str = DISTRIBUTION) -> dict[str, str]:
    """Return the version of each Python package that Sera depends on; the empty text where it is missing."""
    try:
        requirements = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return {distribution: ""}
    names = [_package_name(line) for line in requirements if "extra ==" not in line]
    return {distribution: metadata.version(distribution)} | {name: _version(name) for name in sorted(names)}


def readiness(diagnoses: list[Diagnosis], packages: dict[str, str]) -> dict[str, bool]:
    """Return whether all is there that the demo, the tests and the benchmark need."""
    complete = all(packages.values())
    return {
        use: complete and all(diagnosis.found for diagnosis in diagnoses if use in diagnosis.needed_for)
        for use in (parts.DEMO, parts.TESTS, parts.BENCH)
    }


def _package_name(requirement: str) -> str:
    end = next(
        (at for at, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")), None
    )
    return requirement[:end]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _as_object(
    diagnoses: list[Diagnosis], packages: dict[str, str], ready: dict[str, bool]
) -> dict[str, object]:
    return {
        "sera": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "parts": [asdict(diagnosis) for diagnosis in diagnoses],
        "packages": packages,
        "ready": ready,
    }


def _show(diagnoses: list[Diagnosis], packages: dict[str, str], ready: dict[str, bool]) -> None:
    echo(f"Sera {__version__} on Python {platform.python_version()} ({sys.executable})")
    echo()
    for diagnosis in diagnoses:
        if diagnosis.found:
            echo(f"  {diagnosis.name:<12} {diagnosis.version:<12} {diagnosis.where:<12} {diagnosis.path}")
        else:
            echo(f"  {diagnosis.name:<12} missing      {diagnosis.without}")
            echo(f"  {'':<12} next: {diagnosis.next_step}")
    lacking = [name for name, version in packages.items() if not version]
    echo()
    echo(f"  {len(packages) - len(lacking)} of {len(packages)} Python packages are installed")
    if lacking:
        echo(f"  missing: {', '.join(lacking)}; next: `pip install {DISTRIBUTION}`")
    echo()
    echo("  ".join(f"{use}: {'ready' if is_ready else 'not ready'}" for use, is_ready in ready.items()))
