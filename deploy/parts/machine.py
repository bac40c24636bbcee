"""What the recipes share: say what is done, run a program and fail with its words."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class RecipeError(Exception):
    """A part cannot be set up on this machine; the message says why and what to do instead."""


def say(text: str) -> None:
    """Print what is being done, for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def alone(lock: Path, name: str) -> Iterator[None]:
    """Wait until no other process sets up this part, and keep others waiting meanwhile."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another process sets it up; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(
    command: Sequence[str | Path], folder: Path | None = None, extra: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end and return what it wrote on stdout.

    Raises
    ------
    RecipeError
        It is not there or failed; the message holds the last lines it wrote.
    """
    words = [str(word) for word in command]
    try:
        completed = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise RecipeError(f"cannot run {words[0]}: {error.strerror}") from error
    if completed.returncode:
        output = "\n".join((completed.stdout + completed.stderr).strip().splitlines()[-15:])
        raise RecipeError(f"`{shlex.join(words)}` ended with {completed.returncode}:\n{output}")
    return completed.stdout


def write_program(path: Path, text: str) -> None:
    """Write a script that can be run, in one step, so that half of it is never there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o755)
    new.replace(path)
