"""Checks of how far an installation is: who runs it, the ledger, followers, dead letters."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from sera_command.health.check import Check, State, graded
from sera_command.health.limits import LIMITS
from sera_gateway.journal.journal import JournalReader
from sera_gateway.process.leftovers import command_line
from sera_gateway.process.ownership import OWNER_FILE
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.follower_status import ALARMS
from sera_store.database.schema import RECORDS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined


_PROGRAMS: Final = ("sera", "sera_command")
# `sera up` goes on as a module of its own, `python -m sera_command.start.up_process`.
_MODULES: Final = "sera_command."


def configuration(examined: Examined) -> Iterator[Check]:
    """Report whether the gateway's settings can be read."""
    file = examined.settings_file
    if examined.settings_problem:
        step = "mend it; gateway/sera-gateway.sample.toml shows every setting"
        yield Check("configuration", State.FAIL, examined.settings_problem, step)
    elif examined.settings is None:
        yield Check("configuration", State.OK, f"{file} is not there yet; `sera up` writes it")
    else:
        yield Check("configuration", State.OK, f"{file} can be read")


def owner(examined: Examined) -> Iterator[Check]:
    """Report which process runs the installation."""
    verb, pid = _owner(examined)
    if is_running(examined):
        yield Check("processes", State.OK, f"`sera {verb}` runs as process {pid}")
    elif pid:
        step = "start it again; it goes on where it was"
        yield Check("processes", State.FAIL, f"`sera {verb}` was killed: process {pid} is gone", step)
    else:
        yield Check("processes", State.WARN, "nothing runs here", "start it with `sera up`")


def is_running(examined: Examined) -> bool:
    """Return whether the process that owns the data folder is alive."""
    _, pid = _owner(examined)
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # On a system that tells command lines: a number may have gone to another program.
    words = command_line(pid).split()
    return not words or any(PurePath(word).name in _PROGRAMS or word.startswith(_MODULES) for word in words)


def ledger(examined: Examined) -> Iterator[Check]:
    """Compare how far the ledger has come with the end of the journal."""
    with JournalReader(examined.journal) as reader:
        last = reader.last_number()
    rows = records_rows(examined, "SELECT position FROM cursors WHERE name=?", LEDGER_CURSOR)
    position = int(rows[0][0]) if rows else 0
    if position > last:
        step = "the store is newer than its journal: start the gateway, which goes back to what both know"
        yield Check("ledger", State.FAIL, f"has read message {position}; the journal ends with {last}", step)
        return
    limit = LIMITS["ledger"]
    state = graded(last - position, limit.warn, limit.fail)
    step = "" if state is State.OK else "let it run; where it does not come nearer, read gateway.log"
    yield Check("ledger", state, f"{last - position} messages behind the journal", step)


def followers(examined: Examined) -> Iterator[Check]:
    """Name followers that wait for a person."""
    rows = records_rows(examined, "SELECT name, state, reason FROM followers")
    alarms = [(name, reason) for name, state, reason in rows if state in ALARMS]
    for name, reason in alarms:
        yield Check("followers", State.FAIL, f"{name}: {reason}", "mend it; `sera follower list` shows more")
    if rows and not alarms:
        states = ", ".join(f"{name} {state}" for name, state, _ in rows)
        yield Check("followers", State.OK, states)


def dead_letters(examined: Examined) -> Iterator[Check]:
    """Count what was rejected and waits for a person."""
    rows = records_rows(examined, "SELECT count(*) FROM dead_letters WHERE state='waiting'")
    count = int(rows[0][0]) if rows else 0
    limit = LIMITS["waiting dead letters"]
    state = graded(count, limit.warn, limit.fail)
    step = "" if state is State.OK else "`sera deadletters list` has the reason of each, and what to do"
    yield Check("dead letters", state, f"{count} wait", step)


def records_rows(examined: Examined, statement: str, *values: Any) -> list[Any]:
    """Read rows of the table of records, whatever its schema; none where there is none or it is damaged."""
    path = examined.store / RECORDS_FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, values).fetchall()
    except sqlite3.Error:
        # The check of the databases says what is wrong with it.
        return []


def _owner(examined: Examined) -> tuple[str, int]:
    try:
        owner = json.loads((examined.folder / OWNER_FILE).read_text(encoding="utf-8"))
        return str(owner["verb"]), int(owner["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0
