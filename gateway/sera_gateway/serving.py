"""The process of a gateway below `sera up` and `sera demo`: `python -m sera_gateway.serving SETTINGS_FILE`.

It is `sera gateway run` without the command line's library, for an owner of the data folder that starts it
again; on a full disk it ends, and its owner waits for room.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Final

from sera_gateway.config import read_settings
from sera_gateway.errors import (
    FolderInUseError,
    FolderUnwritableError,
    GatewayError,
    JournalFullError,
    JournalUnusableError,
    NoRoomError,
)
from sera_gateway.process.logs import json_log
from sera_gateway.process.stopping import stopping_at_signals
from sera_gateway.service import serve
from sera_store.errors import StoreError, StoreUnusableError

# As the command line ends, which this process does not load.
_CANNOT_WRITE: Final = 5
_UNWRITABLE: Final = (
    FolderInUseError,
    FolderUnwritableError,
    JournalFullError,
    JournalUnusableError,
    NoRoomError,
    StoreUnusableError,
)


def main(settings_file: Path) -> int:
    """Run a gateway until a signal ends it; return the exit code: 5 where it cannot write, 1 for all else."""
    settings = read_settings(settings_file)
    log = json_log(gateway=settings.gateway.id)
    stop = threading.Event()
    with stopping_at_signals(stop):
        try:
            serve(settings, log, stop, waits=False, owns=False)
        except (GatewayError, StoreError) as error:
            log.critical("gateway_ended", detail=str(error))
            return _CANNOT_WRITE if isinstance(error, _UNWRITABLE) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
