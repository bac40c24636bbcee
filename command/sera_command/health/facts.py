"""What alerts have to know of an installation, gathered as `sera doctor` gathers it, each ten minutes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sera_command.health.certificates import certificate_ends
from sera_command.health.check import State
from sera_command.health.connections import own_broker
from sera_command.health.copies import newest_backup
from sera_command.health.examination import examined
from sera_command.health.limits import MIB
from sera_command.health.progress import is_running, records_rows
from sera_command.health.storage import bytes_a_day
from sera_gateway.errors import AuthorityError
from sera_gateway.journal.journal import JournalReader
from sera_quality.installation import InstallationFacts
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.follower_status import ALARMS
from sera_vocabulary import services
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from pathlib import Path

    from sera_command.health.check import Examined

_LETTERS = "SELECT count(*) FROM dead_letters WHERE state='waiting' AND received_s >= ?"


def installation_facts(folder: Path, at_s: int) -> InstallationFacts:
    """Gather what is known of the installation in a data folder at a time [s]; nothing in it is changed."""
    installation = examined(folder, at_s)
    free, pace = shutil.disk_usage(folder).free, bytes_a_day(installation)
    backup = newest_backup(installation)
    letters = records_rows(installation, _LETTERS, at_s - DAY_S)
    return InstallationFacts(
        free_mib=free / MIB,
        days_left=free / pace if pace else None,
        silent_broker=_silent_broker(installation),
        backup_days=None if backup is None else max(0.0, (at_s - backup.created_s) / DAY_S),
        certificate_days=_certificate_days(installation),
        ledger_behind=_ledger_behind(installation),
        new_dead_letters=int(letters[0][0]) if letters else 0,
        waiting_outputs=tuple(
            [
                name
                for name, state in records_rows(installation, "SELECT name, state FROM followers")
                if state in ALARMS
            ]
        ),
    )


def _silent_broker(installation: Examined) -> str:
    """Return the address of the own broker where an installation runs that it does not answer."""
    if installation.settings is None or not is_running(installation):
        return ""
    failed = any(check.state is State.FAIL for check in own_broker(installation))
    return installation.settings.broker.url if failed else ""


def _certificate_days(installation: Examined) -> tuple[tuple[str, float], ...]:
    """Return by holder in how many days certificates end; nodes have a rule of their own."""
    try:
        ends = list(certificate_ends(installation))
    except (AuthorityError, ValueError, OSError):
        return ()
    return tuple(
        (name, (end.timestamp() - installation.now_s) / DAY_S)
        for name, end in ends
        if services.kind_of(name) is not None or name.startswith(("authority-", "/"))
    )


def _ledger_behind(installation: Examined) -> int:
    with JournalReader(installation.journal) as reader:
        last = reader.last_number()
    rows = records_rows(installation, "SELECT position FROM cursors WHERE name=?", LEDGER_CURSOR)
    return max(0, last - int(rows[0][0])) if rows else 0
