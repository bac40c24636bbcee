"""All checks of an installation in their order, and which of them are quick enough for every minute."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_command.health.addresses import addresses
from sera_command.health.certificates import certificates
from sera_command.health.check import Check, Examined, State
from sera_command.health.clocks import clock
from sera_command.health.connections import broker, influxdb, pages
from sera_command.health.copies import backups
from sera_command.health.progress import configuration, dead_letters, followers, ledger, owner
from sera_command.health.storage import databases, disk, journal, rights
from sera_gateway.config import read_settings
from sera_gateway.errors import JournalUnusableError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


class Examination(NamedTuple):
    """One check: what it is called where it fails itself, the function, and whether it is quick."""

    name: str
    look: Callable[[Examined], Iterable[Check]]
    is_quick: bool = False


EXAMINATIONS: Final = (
    Examination("configuration", configuration, is_quick=True),
    Examination("processes", owner, is_quick=True),
    Examination("broker", broker, is_quick=True),
    Examination("pages", pages, is_quick=True),
    Examination("addresses", addresses),
    Examination("influxdb", influxdb),
    Examination("databases", databases),
    Examination("journal", journal),
    Examination("ledger", ledger, is_quick=True),
    Examination("followers", followers, is_quick=True),
    Examination("dead letters", dead_letters),
    # Not quick, since it tries by writing: once a minute would wear a card.
    Examination("disk", disk),
    Examination("file rights", rights),
    Examination("certificates", certificates),
    Examination("clock", clock, is_quick=True),
    Examination("backups", backups),
)


def examined(folder: Path, now_s: float, settings_file: Path | None = None) -> Examined:
    """Take up an installation for looking at it, without changing or making anything.

    Parameters
    ----------
    folder
        Its data folder.
    now_s
        The present time, Unix time [s].
    settings_file
        That of its gateway; by default the one that `sera up` writes.

    Raises
    ------
    BadInputError
        There is no installation in the folder.
    """
    if not any((folder / name).is_dir() for name in ("store", "journal", "authority")):
        raise BadInputError(
            f"{folder} holds no installation; name the data folder of `sera up` or of a gateway with --data"
        )
    file = settings_file or folder / "gateway.toml"
    if settings_file is None and not file.exists():
        return Examined(folder.absolute(), now_s, settings_file=file)
    try:
        return Examined(folder.absolute(), now_s, read_settings(file), settings_file=file)
    except SettingsError as error:
        return Examined(folder.absolute(), now_s, settings_problem=str(error), settings_file=file)


def examine(installation: Examined, *, quick: bool = False) -> list[Check]:
    """Check everything, or what can be checked within a second.

    Parameters
    ----------
    quick
        Leave out what reads databases or the journal through, and take an installation that does not run
        for a failure: for a health check.
    """
    checks: list[Check] = []
    for examination in EXAMINATIONS:
        if quick and not examination.is_quick:
            continue
        try:
            checks += examination.look(installation)
        except (OSError, JournalUnusableError) as error:
            step = "mend what it names, then look again"
            checks.append(Check(examination.name, State.FAIL, f"could not be looked at: {error}", step))
    return [_required(check) for check in checks] if quick else checks


def _required(check: Check) -> Check:
    """Take an installation that does not run for a failure."""
    is_idle = check.name == "processes" and check.state is State.WARN
    return replace(check, state=State.FAIL) if is_idle else check
