"""What `sera up` with an empty garden costs while nothing happens: memory and processor of all its processes.

Memory is the proportional share (PSS), so that a library that several processes map counts once. It is
started twice, since the first start compiles what later ones read compiled, and keeps what that took. Linux
alone. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

PLACE: Final = ("--latitude", "51.5", "--longitude", "-0.1", "--timezone", "Europe/London")
# Of broker, gateway, store and pages together.
PSS_LIMIT_MB: Final = 150.0
BUSY_LIMIT: Final = 0.005
START_WITHIN_S: Final = 120.0
# Nodes that were told what they need and followers that took their first step are at rest by then.
SETTLE_S: Final = 15.0
# As an installation has it: what is compiled is kept.
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
SERA: Final = (sys.executable, "-m", "sera_command")


class Process(NamedTuple):
    """One process: its command line, its share of memory [MB] and its processor time so far [s]."""

    pid: int
    name: str
    pss_mb: float
    busy_s: float


def tree(pid: int) -> list[int]:
    """List a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    threads = [path.name for path in Path(f"/proc/{pid}/task").iterdir() if path.name != str(pid)]
    children += [
        child
        for thread in threads
        for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    ]
    return [pid, *[below for child in children for below in tree(int(child))]]


def process(pid: int) -> Process:
    """Read what one process has."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    name = " ".join(Path(word).name for word in words if word and not word.startswith("--"))[:44]
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss_kb = int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
    # Of all threads, in nanoseconds: the ticks of `stat` are too coarse for what is nearly nothing.
    busy_ns = sum(
        int((thread / "schedstat").read_text().split()[0]) for thread in Path(f"/proc/{pid}/task").iterdir()
    )
    return Process(pid, name, pss_kb / 1024, busy_ns / 1e9)


def enter_garden(data: Path) -> None:
    """Enter one garden that has no node."""
    for words in (["community", "new", "oak"], ["garden", "new", "elm-yard", "--community", "oak", *PLACE]):
        subprocess.run([*SERA, *words, "--data", str(data)], check=True, capture_output=True, env=ENVIRONMENT)


def start(data: Path) -> subprocess.Popen[bytes]:
    """Start an installation, and wait until all answers."""
    ready = data.parent / "ready.json"
    ready.unlink(missing_ok=True)
    port = random.SystemRandom().randrange(10_000, 32_000)
    words = ["--port", str(port), "--page-port", "0", "--ready-file", str(ready)]
    up = subprocess.Popen(
        [*SERA, "up", "--data", str(data), *words], stderr=subprocess.DEVNULL, env=ENVIRONMENT
    )
    until = time.monotonic() + START_WITHIN_S
    while not (ready.exists() and ready.read_text().endswith("\n")):
        if up.poll() is not None or time.monotonic() > until:
            up.kill()
            raise SystemExit("`sera up` did not start")
        time.sleep(0.1)
    json.loads(ready.read_text())
    return up


def end(up: subprocess.Popen[bytes]) -> None:
    """End an installation as Ctrl-C does."""
    up.send_signal(signal.SIGINT)
    up.wait(60)


def main() -> None:
    """Print a line a process, and their sum beside the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="How long to watch.")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        enter_garden(data)
        end(start(data))
        up = start(data)
        try:
            time.sleep(SETTLE_S)
            before = {pid: process(pid) for pid in tree(up.pid)}
            began = time.monotonic()
            time.sleep(seconds)
            took_s = time.monotonic() - began
            after = [process(pid) for pid in tree(up.pid)]
        finally:
            end(up)
    print(
        f"`sera up`, an empty garden, idle for {took_s:.0f} s ({platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}), load {os.getloadavg()[0]:.1f}"
    )
    busy = {
        usage.pid: (usage.busy_s - before[usage.pid].busy_s) / took_s
        for usage in after
        if usage.pid in before
    }
    for usage in after:
        print(f"  {usage.pss_mb:6.1f} MB {busy.get(usage.pid, 0):6.2%} of a core  {usage.name}")
    print(
        f"  {sum(usage.pss_mb for usage in after):6.1f} MB {sum(busy.values()):6.2%} of a core  together; "
        f"limits {PSS_LIMIT_MB:.0f} MB and {BUSY_LIMIT:.1%}"
    )


if __name__ == "__main__":
    main()
