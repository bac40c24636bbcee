"""Which backups of a folder are kept: the newest of the last days, weeks and months that have one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME: Final = re.compile(r"sera-(\d{4}-\d{2}-\d{2}T\d{6}Z)\.backup")
_STAMP: Final = "%Y-%m-%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class RotationRule:
    """How many days, weeks and months keep their newest backup; all in UTC, weeks from Monday."""

    days: int = 7
    weeks: int = 5
    months: int = 12


class DatedBackup(NamedTuple):
    """A backup that a rotation wrote: its time, and its file."""

    at: datetime
    path: Path


def name_at(at: datetime) -> str:
    """Write the name of a backup that is made at a time.

    Examples
    --------
    >>> name_at(datetime(2026, 6, 1, 2, 20, tzinfo=UTC))
    'sera-2026-06-01T022000Z.backup'
    """
    return f"sera-{at.astimezone(UTC):{_STAMP}}.backup"


def free_name(folder: Path, at: datetime) -> str:
    """Write the name of the next backup of a folder: at a time, or at the next second without one."""
    while (folder / name_at(at)).exists():
        at += timedelta(seconds=1)
    return name_at(at)


def dated_backups(folder: Path) -> list[DatedBackup]:
    """List the backups of a folder that a rotation wrote, oldest first; other files are not its own.

    Raises
    ------
    BadInputError
        The folder is not there.
    """
    if not folder.is_dir():
        raise BadInputError(
            f"{folder} is no folder; make it first, so that nothing is written where a disk is not mounted"
        )
    matches = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir() if path.is_file())
    return sorted(DatedBackup(_time(match[1]), path) for path, match in matches if match)


def newest_backup(folder: Path) -> Path:
    """Return the newest backup of a folder that a rotation wrote.

    Raises
    ------
    BadInputError
        There is none.
    """
    backups = dated_backups(folder)
    if not backups:
        raise BadInputError(f"{folder} holds no backup of `sera backup rotate`; name a file, or make one")
    return backups[-1].path


def retained_times(times: Iterable[datetime], rule: RotationRule) -> set[datetime]:
    """Choose the backups that are kept.

    Parameters
    ----------
    times
        When each was made, with their time zone.
    rule
        How many days, weeks and months keep one.

    Returns
    -------
    set of datetime
        Of the last days that have a backup the newest one each, likewise of weeks and months. The newest
        of all is among them, whatever the rule.

    Notes
    -----
    A period without a backup counts for none: after a long outage the old ones are still there. Whether
    the rule is used after each backup or once after all of them makes no difference.

    Examples
    --------
    >>> times = [datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 11)]
    >>> sorted(time.day for time in retained_times(times, RotationRule(days=2, weeks=2, months=1)))
    [7, 9, 10]
    """
    ordered = sorted(times)
    retained = set(ordered[-1:])
    for period, most in ((_day, rule.days), (_week, rule.weeks), (_month, rule.months)):
        # Of several with the same period the last one, the newest, stays.
        newest = {period(time.astimezone(UTC)): time for time in ordered}
        retained |= set(sorted(newest.values())[max(0, len(newest) - most) :])
    return retained


def surplus(backups: list[DatedBackup], rule: RotationRule) -> list[DatedBackup]:
    """List the backups that the rule keeps no longer, oldest first."""
    retained = retained_times((backup.at for backup in backups), rule)
    return [backup for backup in backups if backup.at not in retained]


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInputError(f"sera-{text}.backup: {text} is no time; move the file away") from error


def _day(time: datetime) -> tuple[int, ...]:
    return (time.year, time.month, time.day)


def _week(time: datetime) -> tuple[int, ...]:
    return tuple(time.isocalendar())[:2]


def _month(time: datetime) -> tuple[int, ...]:
    return (time.year, time.month)
