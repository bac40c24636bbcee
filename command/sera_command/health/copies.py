"""Check of backups: how old the newest is, whether it is where it was written, and when one was tried."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sera_command.backups.container import KEYS
from sera_command.backups.drill import read_drill
from sera_command.health.check import Check, State, graded
from sera_command.health.limits import LIMITS
from sera_store.registry.opening import REGISTRY_FILE
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined


class _Noted(NamedTuple):
    path: str
    created_s: int
    is_encrypted: bool


def backups(examined: Examined) -> Iterator[Check]:
    """Report how old the newest backup of the records is, and when one was last restored for a trial."""
    noted = newest_backup(examined)
    if noted is None:
        step = "make one: `sera backup FILE --encrypt`, or by a timer: docs/how-to/run-as-a-service.md"
        yield Check("backups", State.WARN, "there is none of this installation", step)
        return
    limit, days = LIMITS["backup"], max(0.0, (examined.now_s - noted.created_s) / DAY_S)
    state = graded(days, limit.warn, limit.fail)
    sealed = "encrypted" if noted.is_encrypted else "not encrypted"
    text = f"the newest is {days:.1f} days old ({noted.path}, {sealed})"
    step = "" if state is State.OK else "make one: `sera backup FILE`; see why the timer made none"
    if not Path(noted.path).exists():
        state = State.WARN if state is State.OK else state
        text += ", and it is not there now"
        step = step or "see that it was moved to a safe place, and not lost"
    yield Check("backups", state, text, step)
    yield from _drills(examined)


def _drills(examined: Examined) -> Iterator[Check]:
    drill = read_drill(examined.folder)
    limit = LIMITS["drill"]
    step = "try one: `sera backup drill FILE`; it touches nothing of the installation"
    if drill is None:
        yield Check("restore drill", State.WARN, "no backup was ever restored for a trial", step)
        return
    days = max(0.0, (examined.now_s - drill.at_s) / DAY_S)
    state = graded(days, limit.warn, limit.fail)
    text = f"{days:.0f} days ago, {drill.messages} messages and {drill.records} rows came back"
    yield Check("restore drill", state, text, "" if state is State.OK else step)


def newest_backup(examined: Examined) -> _Noted | None:
    """Return the newest backup of the records that the registry knows of."""
    path = examined.store / REGISTRY_FILE
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(
                "SELECT path, created_s, is_encrypted FROM backups WHERE holds<>? "
                "ORDER BY created_s DESC LIMIT 1",
                (KEYS,),
            ).fetchone()
    except sqlite3.Error:
        # The check of the databases says what is wrong with it.
        return None
    return _Noted(str(row[0]), int(row[1]), bool(row[2])) if row else None
