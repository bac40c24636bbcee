"""`sera doctor`: whether an installation is well, and which real parts this machine has."""

from __future__ import annotations

import json as json_format
import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command import __version__
from sera_command.errors import BadInputError, ExitCode, PartUnusableError
from sera_command.installation import parts
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.terminal import echo, echo_json

if TYPE_CHECKING:
    from sera_command.health.check import Check

app = typer.Typer()

DISTRIBUTION: Final = "sera-gardens"
# What `make demo` leaves out, since no module of the demo imports it.
NOT_FOR_DEMO: Final = frozenset(
    {
        "apprise",
        "influxdb-client",
        "mnemonic",
        "paho-mqtt",
        "pillow",
        "pint",
        "prometheus-client",
        "pycrdt",
        "rfc8785",
        "segno",
        "websockets",
    }
)


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is known of one part: found or not, where, which version, and what to do next."""

    name: str
    is_present: bool
    path: str = ""
    where: str = ""
    version: str = ""
    needed_for: tuple[str, ...] = ()
    without: str = ""
    next_step: str = ""


@app.command()
def doctor(
    data: Annotated[
        Path | None, typer.Option("--data", help="The installation's folder; sera-data where it is there.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings of a gateway that runs without `sera up`.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what takes a second: for a health check every minute.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Check an installation and this machine, and say what to do; nothing is changed.

    Exits with 0 when nothing failed, 1 when a check failed, 4 when the broker that all runs on is missing.
    """
    checks = _checks(data, config, quick=quick)
    diagnoses = [] if quick else [diagnose(name) for name in parts.PARTS]
    packages = {} if quick else package_versions()
    ready = {} if quick else readiness(diagnoses, packages)
    if json:
        echo_json(json_format.dumps(_as_object(diagnoses, packages, ready, checks), indent=2))
    else:
        _show_checks(checks)
        if not quick:
            _show(diagnoses, packages, ready)
    if not ready.get(parts.DEMO, True):
        raise typer.Exit(ExitCode.PART_MISSING)
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _checks(data: Path | None, config: Path | None, *, quick: bool) -> list[Check]:
    """Check the installation that is named, or the usual one where it is there."""
    # Here: a machine without an installation is asked for its parts alone.
    from sera_command.health.examination import examine, examined  # noqa: PLC0415
    from sera_gateway.config import read_settings  # noqa: PLC0415

    if data is None and config is not None:
        data = Path(read_settings(config).data.folder)
    if data is None:
        if not DEFAULT_FOLDER.is_dir():
            if quick:
                raise BadInputError("--quick looks at an installation; name its folder with --data")
            return []
        data = DEFAULT_FOLDER
    return examine(examined(data, time.time(), config), quick=quick)


def diagnose(name: str) -> Diagnosis:
    """Look for one part and ask it for its version."""
    part = parts.PARTS[name]
    missing = Diagnosis(name=name, is_present=False, needed_for=part.needed_for, without=part.without)
    try:
        installed = parts.find(name)
    except PartUnusableError as error:
        return Diagnosis(**{**asdict(missing), "next_step": str(error)})
    if installed is None:
        return Diagnosis(**{**asdict(missing), "next_step": parts.next_step(name)})
    return Diagnosis(
        name=name,
        is_present=True,
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
    missing = {name for name, version in packages.items() if not version}
    return {
        use: not (missing - NOT_FOR_DEMO if use == parts.DEMO else missing)
        and all(diagnosis.is_present for diagnosis in diagnoses if use in diagnosis.needed_for)
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
    diagnoses: list[Diagnosis], packages: dict[str, str], ready: dict[str, bool], checks: list[Check]
) -> dict[str, Any]:
    return {
        "sera": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "parts": [asdict(diagnosis) for diagnosis in diagnoses],
        "packages": packages,
        "ready": ready,
        "checks": [asdict(check) for check in checks],
        "failed": [check.name for check in checks if check.state == "fail"],
    }


def _show_checks(checks: list[Check]) -> None:
    width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        echo(f"  {check.state:<4}  {check.name:<{width}}  {check.finding}", most=None)
        if check.next_step:
            echo(f"  {'':<4}  {'':<{width}}  next: {check.next_step}", most=None)
    if checks:
        counts = {state: sum(check.state == state for check in checks) for state in ("ok", "warn", "fail")}
        echo(", ".join(f"{count} {state}" for state, count in counts.items()))


def _show(diagnoses: list[Diagnosis], packages: dict[str, str], ready: dict[str, bool]) -> None:
    echo()
    echo(f"Sera {__version__} on Python {platform.python_version()} ({sys.executable})")
    for diagnosis in diagnoses:
        if diagnosis.is_present:
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
