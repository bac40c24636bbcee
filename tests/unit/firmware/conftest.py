"""A small heap for the node's tests: a node calls `gc.collect` in each wake, as on a board."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def _small_heap() -> None:
    """Keep what other tests have left out of the search for garbage."""
    gc.collect()
    gc.freeze()
