"""`sera up` lives as long as the installation: it loads nothing of what serves pages or makes figures."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "numpy",
    "scipy",
    "babel",
    "starlette",
    "anyio",
    "asyncio",
    "jinja2",
    "pydantic",
    "sera_workshop",
    "sera_analysis",
)


def test_up_loads_no_library_of_the_pages() -> None:
    script = f"import sera_command.start.up_process, sys; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
