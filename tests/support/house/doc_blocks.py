"""Fenced blocks of the documentation: the commands in them, and whether what is shown is printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tree import text_of

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(r"^```(\S*)[ \t]*(.*)$")


class Block(NamedTuple):
    """A fenced block: the page, its line, the words after the fence, and what is in it."""

    page: Path
    line: int
    words: tuple[str, ...]
    lines: list[str]


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page."""
    durations: list[Block] = []
    inside: Block | None = None
    for number, line in enumerate(text_of(page).splitlines(), 1):
        fence = FENCE.match(line)
        if fence and inside is None:
            inside = Block(page, number, (fence[1], *fence[2].split()), [])
        elif fence and inside is not None:
            durations.append(inside)
            inside = None
        elif inside is not None:
            inside.lines.append(line)
    return durations


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Each command of a block with the lines that it is said to print."""
    messages: list[tuple[str, list[str]]] = []
    for line in block.lines:
        if line.startswith("$ "):
            messages.append((line[2:], []))
        elif line.strip() and messages:
            messages[-1][1].append(line)
    return messages


def assert_prints(printed: str, expected: list[str]) -> None:
    """Fail unless the lines that a page shows stand in what was printed, in order."""
    pattern = ".*".join(
        re.escape(line.strip()).replace(re.escape("..."), ".*") for line in expected if line.strip() != "..."
    )
    assert re.search(pattern, printed, re.DOTALL), printed
