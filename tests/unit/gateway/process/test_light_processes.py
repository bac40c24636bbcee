"""What runs all the time loads nothing that it does not need: each library is memory in each process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "typer", "rich", "babel", "cryptography", "influxdb_client", "sera_command")


@pytest.mark.slow
def test_the_receiving_process_loads_no_heavy_library() -> None:
    script = f"import sera_gateway.serving, sys; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
