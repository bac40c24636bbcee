"""A notebook that works on the pack alone: standard library, no network, nothing to install."""

from __future__ import annotations

import json
import re
import string
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sera_workshop.packs.localized_csv import Dialect

# Each may stand behind a backslash (CommonMark 0.31, 2.4).
_PUNCTUATION: Final = re.compile(f"[{re.escape(string.punctuation)}]")
_READ: Final = '''import csv
from pathlib import Path

SEPARATOR, DECIMAL = {separator!r}, {decimal!r}


def number(text):
    """A number, or None where the cell is empty: a gap is not zero."""
    return float(text.replace(DECIMAL, ".")) if text else None


with Path("days.csv").open(encoding="utf-8-sig", newline="") as file:
    head, *rows = csv.reader(file, delimiter=SEPARATOR)
print(len(rows), "days;", ", ".join(head))'''
_DRAW: Final = """gardens = {}
for row in rows:
    gardens.setdefault(row[1], []).append((row[0], number(row[2]), number(row[4])))

highest = max((rate for days in gardens.values() for _, _, rate in days if rate), default=1)
for garden, days in gardens.items():
    print(garden)
    for day, hours, rate in days:
        bar = "(nobody watched)" if rate is None else "#" * round(40 * rate / highest)
        print(f"  {day} {bar}")"""
_SPLIT: Final = """from datetime import date

halves = {0: [], 1: []}
for row in rows:
    if row[4]:
        halves[date.fromisoformat(row[0]).isocalendar().week % 2].append(number(row[4]))
for parity, name in ((1, "odd weeks: explore"), (0, "even weeks: confirm, once")):
    rates = halves[parity]
    mean = sum(rates) / len(rates) if rates else None
    print(name, len(rates), "days", "no rate" if mean is None else f"{mean:.2f} visits per hour watched")"""


def notebook_text(title: str, question: str, dialect: Dialect) -> str:
    """Write the notebook, without results, in the form of nbformat 4.5."""
    read = _READ.format(separator=dialect.separator, decimal=dialect.decimal)
    cells = [
        _markdown("title", f"# {_escaped(title)}"),
        _code("read", read),
        _code("draw", _DRAW),
        _markdown("question", question),
        _code("halves", _SPLIT),
    ]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _escaped(text: str) -> str:
    """Return a text of one line in which Markdown finds no mark, so that no picture is fetched for it."""
    return _PUNCTUATION.sub(r"\\\g<0>", " ".join(text.split()))


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
