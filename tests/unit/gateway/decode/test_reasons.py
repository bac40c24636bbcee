"""The page about the gateway names every reason, in the words of the table in the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sera_gateway.decode.reasons import IGNORED, REASONS

if TYPE_CHECKING:
    from pathlib import Path


def _rows(page: Path) -> list[list[str]]:
    # A reason is one word; the page has other tables, of commands for example.
    lines = [
        line
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| `[a-z0-9_]+` \|", line)
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_has_each_reason_with_its_meaning_and_what_to_do(root: Path) -> None:
    expected = [[f"`{reason.code}`", reason.meaning, reason.what_to_do] for reason in REASONS.values()]
    assert [row for row in _rows(root / "docs/gateway.md") if len(row) == 3] == expected


def test_the_page_has_each_kind_of_message_that_is_no_reading(root: Path) -> None:
    expected = [[f"`{code}`", meaning] for code, meaning in IGNORED.items()]
    assert [row for row in _rows(root / "docs/gateway.md") if len(row) == 2] == expected
