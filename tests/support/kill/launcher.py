"""The gateway as `sera gateway run` starts it, but with a clock that a test can set: CONFIG OFFSET_FILE.

The file holds seconds that are added to the time: clocks of machines jump.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from sera_gateway.config import read_settings
from sera_gateway.process.logs import json_log
from sera_gateway.process.stopping import stopping_at_signals
from sera_gateway.service import serve


def main() -> None:
    """Run until SIGTERM."""
    settings, offset = read_settings(Path(sys.argv[1])), Path(sys.argv[2])
    stop = threading.Event()

    def clock_ns() -> int:
        return time.time_ns() + int(offset.read_text(encoding="utf-8") or 0) * 1_000_000_000

    with stopping_at_signals(stop):
        serve(settings, json_log(gateway=settings.gateway.id), stop, clock_ns)


if __name__ == "__main__":
    main()
