"""What the tests of the analysis share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis_world import World
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty store with a builder of records."""
    with Store.open(tmp_path / "store") as store:
        yield World(store)
