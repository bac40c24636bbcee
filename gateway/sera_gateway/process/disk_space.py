"""Begin only where the disk has room, and wait for it otherwise: nothing is acknowledged meanwhile."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from sera_gateway.errors import NoRoomError
from sera_store.backoff import Backoff

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog


# The databases map files into memory as they open. Where a block is smaller than a page, writing there on a
# full disk is no error but SIGBUS: room for all of them is asked for first.
START_BYTES: Final = 1_048_576
RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 5.0
# No block left, none left for this user, none left under the limit of this process.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_Begun = TypeVar("_Begun")


def shortage(folder: Path) -> OSError | None:
    """Try to write what a start may need where a folder is, or will be: what a full disk answers, or None."""
    try:
        while not folder.exists():
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(START_BYTES))
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return error if error.errno in _FULL else None
    return None


@contextmanager
def require_disk_space(folder: Path) -> Iterator[None]:
    """Raise NoRoomError if the disk is full before or during the body.

    Raises
    ------
    NoRoomError
        The disk is full, or the quota or limit used up; whatever else may be wrong shows once it is not.
    """
    cause = shortage(folder)
    if cause is not None:
        raise NoRoomError(folder, cause)
    try:
        yield
    except Exception as error:
        cause = _cause(error) or shortage(folder)
        if cause is None:
            raise
        raise NoRoomError(folder, cause) from error


def wait_for_disk_space(
    folder: Path, begin: Callable[[], _Begun], stop: threading.Event, reports: JsonLog
) -> _Begun | None:
    """Begin, on a full disk as soon as it has room.

    Parameters
    ----------
    folder
        Lies on the disk that has to have room.
    begin
        Called again where it fails for want of room; it leaves nothing open then.
    stop
        Ends the waiting.
    reports
        Where each try in vain is reported: what is full and what to do.

    Returns
    -------
    object
        What `begin` returns, or None where `stop` came first.
    """
    backoff, has_waited = Backoff(RETRY_FIRST_S, RETRY_MOST_S), False
    while not stop.is_set():
        try:
            with require_disk_space(folder):
                if has_waited:
                    reports.info("room_again", folder=str(folder))
                return begin()
        except NoRoomError as error:
            wait_s, has_waited = backoff.next_s(), True
            reports.error("waiting_for_room", detail=str(error), retry_s=wait_s)
            stop.wait(wait_s)
    return None


def _cause(error: BaseException | None) -> OSError | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error
        error = error.__cause__
    return None
