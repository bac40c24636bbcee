"""Texts of people within sentences: what stands beside them keeps its place, whichever way either runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def isolated(text: str) -> str:
    """Return a text set apart from what stands beside it; the empty text as it is.

    Notes
    -----
    Between the characters FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE of Unicode's annex 9.
    """
    return f"\u2068{text}\u2069" if text else ""


def without_isolates(text: str) -> str:
    """Return a sentence without the marks of `isolated`, for a terminal or a machine, which have none."""
    return text.replace("\u2068", "").replace("\u2069", "")


def side_by_side(texts: Iterable[str], most: int | None = None) -> str:
    """Put several texts of people in a row, each set apart, each cut to so many characters."""
    lines = [" ".join(text.split()) for text in texts]
    shown = [line if most is None or len(line) <= most else f"{line[: most - 1]}…" for line in lines if line]
    return " · ".join(isolated(line) for line in shown)
