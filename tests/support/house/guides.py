"""The commands of a guide, as they stand there, one after the other beside a running `sera up`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from house.doc_blocks import assert_prints, blocks, commands

if TYPE_CHECKING:
    from collections.abc import Iterator


def in_place(text: str, names: dict[str, str]) -> str:
    """Write what a guide shows as an example with what is there in its place."""
    for text_shown, actual in names.items():
        text = text.replace(text_shown, actual)
    return text


def follow(
    page: Path, kind: str, folder: Path, names: dict[str, str], **more: str
) -> Iterator[tuple[str, str]]:
    """Run the commands of a page's blocks of a kind, each of which must succeed and print what is shown.

    Parameters
    ----------
    names
        What stands in the guide as an example, and what is there in its place; it may grow meanwhile.
    more
        Further variables of the environment.

    Yields
    ------
    tuple
        A command and what it printed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, **more}
    steps = [step for block in blocks(page) if block.words == ("console", kind) for step in commands(block)]
    assert len(steps) >= 5
    for command, message in steps:
        done = subprocess.run(
            ("bash", "-c", in_place(command, names)),
            cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        yield command, done.stdout
        assert_prints(done.stdout + done.stderr, [in_place(line, names) for line in message])
