"""Nodes that are entered at once: what they touch is found by reading the registry once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway_parts import GARDEN, plant
from sera_gateway.checks.limits_in_force import LimitsInForce, crowded_gardens
from sera_gateway.ledger.revision import enter_changes
from sera_quality.limits import COMPARED_MOST
from sera_store.database.database import Database
from sera_store.registry.entities import PERSON, Node
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def reads_of_entering(folder: Path, count: int) -> int:
    """Count the reads of a database that it takes to enter so many nodes of one garden."""
    reads: list[str] = []
    rows = Database.rows

    def noted(self: Database, statement: str, *values: Any) -> list[Any]:
        reads.append(statement)
        return rows(self, statement, *values)

    with Store.open(folder) as store, pytest.MonkeyPatch.context() as patch:
        plant(store, [f"gdn-{number:03}" for number in range(count)])
        patch.setattr(Database, "rows", noted)
        with store.ledger() as transaction:
            assert enter_changes(transaction, store.registry)
    return len(reads)


def test_twice_as_many_nodes_of_one_garden_take_twice_as_many_reads(tmp_path: Path) -> None:
    once, twice, fourfold = (reads_of_entering(tmp_path / str(count), count) for count in (20, 40, 80))
    assert fourfold - twice == 2 * (twice - once)


def test_a_garden_is_crowded_by_nodes_that_have_ever_stood_there_and_not_by_persons(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        limits = LimitsInForce(store.registry)
        plant(store, [f"gdn-{number:03}" for number in range(COMPARED_MOST)])
        store.registry.put(Node("someone", GARDEN, detector=PERSON), since_s=0, by="a test")
        limits.renew()
        assert limits.is_compared(GARDEN)
        store.registry.put(Node("one-more", GARDEN), since_s=0, by="a test")
        store.registry.put(Node("one-more", None), since_s=100, by="a test")
        limits.renew()
        assert not limits.is_compared(GARDEN)
        assert crowded_gardens(store.registry) == {GARDEN}
