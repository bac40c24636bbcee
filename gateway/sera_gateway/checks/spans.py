"""Spans of time that are read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def join_spans(spans: Iterable[tuple[int, int]], apart_s: int) -> Iterator[tuple[int, int]]:
    """Join spans from one time to another [s] that overlap, or lie at most so far apart."""
    ordered = sorted(spans)
    first_s, last_s = ordered[0]
    for start_s, end_s in ordered[1:]:
        if start_s - last_s > apart_s:
            yield first_s, last_s
            first_s = start_s
        last_s = max(last_s, end_s)
    yield first_s, last_s
