"""Write the rows of archives: tab-separated without quotes, or CSV; no cell holds what ends a row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def plain_cell(text: str) -> str:
    """Make a text one line: whatever ends lines or cells becomes a space, control characters go."""
    return "".join([char if char.isprintable() else " " for char in text]).strip()


def tab_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table with its head line, cells between tabs."""
    lines = ["\t".join(columns), *["\t".join(map(plain_cell, row)) for row in rows]]
    return "\n".join(lines) + "\n"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table with its head line as CSV, lines ended by a line feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([plain_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
