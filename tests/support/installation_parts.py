"""A running `sera up` for tests, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from real_parts import free_port, wait_until
from sera_command.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = ["--latitude", "51.5", "--longitude", "-0.1", "--timezone", "Europe/London"]


def with_garden(folder: Path) -> Path:
    """Begin a data folder with one community and one garden of it."""
    assert main(["community", "new", "oak", "--data", str(folder)]) == 0
    assert main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(folder)]) == 0
    return folder


def command(data: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "sera_command", "up", "--data", str(data), *words]


@contextmanager
def running(data: Path, ready: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    ready.unlink(missing_ok=True)
    words = ["--port", str(free_port()), "--page-port", "0", "--ready-file", str(ready), *more]
    process = subprocess.Popen(command(data, *words), stderr=subprocess.PIPE, start_new_session=True)
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, label="sera up")
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read().decode())
        yield process, json.loads(ready.read_text())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(120)


def sera(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sera_command", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def sera_here(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end in this process: another takes longer to load it than most verbs to run."""
    output, errors = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = main([*map(str, words)])
    return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - no path of ours
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
