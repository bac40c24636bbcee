"""How long a demo takes as a whole, and how many records a second that is.

Run by `make bench`. Bounded: two demos of seven days, on loopback.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RUNS = 2
DAYS = 7


def run_demo(out: Path) -> dict[str, Any]:
    """Run one demo and return what it printed."""
    words = ["demo", "--days", str(DAYS), "--out", str(out), "--no-serve", "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "sera_command", *words], capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def main() -> None:
    """Print one line a run."""
    print(f"demo of {DAYS} days and fourteen nodes, from broker to page")
    for number in range(1, RUNS + 1):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_demo(Path(folder) / "out")
        rate = outcome["made"] / outcome["seconds"]
        print(
            f"  run {number}: {outcome['seconds']:6.1f} s, {outcome['made']:,} records, "
            f"{rate:,.0f} records/s, {outcome['interpreter']}"
        )


if __name__ == "__main__":
    main()
