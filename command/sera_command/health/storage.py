"""Checks of what lies on the disk: databases, journal, room, and who may read it."""

from __future__ import annotations

import os
import shutil
import stat
import time
from typing import TYPE_CHECKING, Final

from sera_command.health.check import Check, State
from sera_command.health.limits import LIMITS, MIB
from sera_gateway.errors import JournalUnusableError
from sera_gateway.journal.journal import JournalReader
from sera_gateway.process.disk_space import shortage
from sera_pages.accounts.schema import APPLICATION_ID, FILE, FOLDER, STEPS
from sera_store.database.inspection import inspect_database
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.store import DATABASES
from sera_vocabulary.durations import DAY_S, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sera_command.health.check import Examined

_PACE_DAYS: Final = 30
_NAMES_MOST: Final = 3
_RESTORE: Final = (
    "stop Sera, keep a copy of the folder, then bring the last good backup back with `sera restore`"
)
_RECORDS_AGAIN: Final = (
    "stop Sera, keep a copy of the folder, then restore with `sera restore --without-records`: records are "
    "made again from the journal"
)


def databases(examined: Examined) -> Iterator[Check]:
    """Read every database of the store through, and compare its schema with the one that is known."""
    databases: list[tuple[Path, Sequence[str], int]] = [
        (examined.store / name, steps, mark) for name, steps, mark, _ in DATABASES
    ]
    accounts = examined.folder / FOLDER / FILE
    if accounts.exists():
        databases.append((accounts, STEPS, APPLICATION_ID))
    for path, steps, application_id in databases:
        name = path.name
        if not path.exists():
            yield Check(name, State.OK, "not there yet; made at the next start")
            continue
        began = time.monotonic()
        condition = inspect_database(path, application_id, len(steps))
        if condition.problem:
            newer = "a newer one wrote it" in condition.problem
            step = "install that version of Sera again" if newer else _remedy(name)
            yield Check(name, State.FAIL, condition.problem, step)
        elif condition.schema < len(steps):
            yield Check(
                name,
                State.WARN,
                f"has schema {condition.schema}; the next start makes it {len(steps)}, for good",
                "make a backup first: `sera backup FILE`",
            )
        else:
            size = path.stat().st_size / MIB
            yield Check(name, State.OK, f"whole, {size:.0f} MiB read in {time.monotonic() - began:.1f} s")


def journal(examined: Examined) -> Iterator[Check]:
    """Read every message of the journal, and look for holes between their numbers."""
    with JournalReader(examined.journal) as reader:
        verification = reader.verify()
    if verification.problems:
        more = len(verification.problems) - 1
        text = verification.problems[0] + (f", and {more} more" if more else "")
        yield Check("journal", State.FAIL, text, f"see all with `sera journal verify`; {_RESTORE}")
    else:
        yield Check(
            "journal", State.OK, f"{verification.messages} messages to number {verification.last}, no holes"
        )


def disk(examined: Examined) -> Iterator[Check]:
    """Compare the room on the disk with what a backup needs and with the pace of the journal."""
    full = shortage(examined.folder)
    if full is not None:
        step = "make room; nothing is acknowledged until then, and the broker keeps messages"
        yield Check("disk", State.FAIL, f"cannot be written ({full.strerror})", step)
        return
    free, largest = shutil.disk_usage(examined.folder).free, _largest(examined.store)
    pace = bytes_a_day(examined)
    text = f"{free / MIB:.0f} MiB free"
    limit, days = LIMITS["free space"], LIMITS["space left"]
    left = free / pace if pace else None
    if left is not None:
        text += f", about {min(left, 9_999):.0f} days at the pace of the last {_PACE_DAYS} days"
    state = State.OK
    if free < limit.warn * MIB + largest or (left is not None and left < days.warn):
        state = State.WARN
    if free < limit.fail * MIB or (left is not None and left < days.fail):
        state = State.FAIL
    step = "" if state is State.OK else "make room, or move the data folder to a larger disk"
    if free < largest:
        text += f"; a backup needs {largest / MIB:.0f} MiB for a copy of the largest database"
    yield Check("disk", state, text, step)


def rights(examined: Examined) -> Iterator[Check]:
    """Look for files that others of this machine may read, or that belong to somebody else."""
    if os.name != "posix":
        yield Check(
            "file rights", State.OK, "this system has no file modes; the folder's own rights protect it"
        )
        return
    if os.geteuid() == 0:
        step = "run Sera as a user of its own: docs/how-to/run-as-a-service.md"
        yield Check("user", State.WARN, "Sera runs as root, which it never needs", step)
    readable_files, strange = _wrong_files(examined.folder)
    if strange:
        step = f"give them back: `sudo chown -R $(id -un) {examined.folder}`"
        yield Check("file rights", State.FAIL, f"belong to another user: {_names(strange)}", step)
    elif readable_files:
        step = f"close them: `chmod -R go-rwx {examined.folder}`"
        yield Check("file rights", State.FAIL, f"other users may read: {_names(readable_files)}", step)
    else:
        yield Check("file rights", State.OK, "all files are for their owner alone")


def _remedy(name: str) -> str:
    return _RESTORE if name in (REGISTRY_FILE, FILE) else _RECORDS_AGAIN


def _largest(store: Path) -> int:
    return max((path.stat().st_size for path in store.glob("*.sqlite")), default=0)


def bytes_a_day(examined: Examined) -> float:
    """Return how fast the journal grew lately [bytes a day]; the store grows along with it."""
    since_ns = int(examined.now_s - _PACE_DAYS * DAY_S) * SECOND_NS
    try:
        with JournalReader(examined.journal) as reader:
            last, months = reader.last_number(), reader.month_summaries()
            recent = [month for month in months if (month.last_received_s or 0) * SECOND_NS >= since_ns]
    except JournalUnusableError:
        return 0.0
    if not last or not recent:
        return 0.0
    first_s = min(month.first_received_s or examined.now_s for month in recent)
    days = max((examined.now_s - first_s) / DAY_S, 1.0)
    journal_bytes = sum(month.bytes for month in recent)
    total = sum(month.bytes for month in months) or 1
    store_bytes = sum(path.stat().st_size for path in examined.store.glob("*.sqlite"))
    return journal_bytes * (1 + store_bytes / total) / days


def _wrong_files(folder: Path) -> tuple[list[str], list[str]]:
    """List what is open to others, and what belongs to somebody else, relative to the folder."""
    top = folder.stat()
    if stat.S_IMODE(top.st_mode) & 0o077:
        return [str(folder)], []
    readable_files, strange = [], []
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(root, name)  # noqa: PTH118 - a large folder is walked as text
            status = os.lstat(path)
            if status.st_uid != top.st_uid:
                strange.append(os.path.relpath(path, folder))
            elif stat.S_ISREG(status.st_mode) and _is_open(path, status.st_mode):
                readable_files.append(os.path.relpath(path, folder))
    return readable_files, strange


def _is_open(path: str, mode: int) -> bool:
    """Return whether others may write a file, or read one that is a key: the folder above is closed."""
    return bool(mode & 0o022) or (path.endswith((".key", ".pem")) and bool(mode & 0o044))


def _names(names: list[str]) -> str:
    more = len(names) - _NAMES_MOST
    return ", ".join(names[:_NAMES_MOST]) + (f" and {more} more" if more > 0 else "")
