"""What the store's tests share: an open store, and a record to begin from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.store import Store
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_store.records.records import Record


@pytest.fixture
def air() -> Record:
    """A dated record of two values."""
    return AIR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store of the test's own."""
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def append(store: Store) -> Callable[..., list[int]]:
    """A function that appends records in one ledger transaction."""

    def write(*records: Record) -> list[int]:
        with store.ledger() as writes:
            return writes.records.append([(record, b"sixteen bytes ..") for record in records])

    return write
