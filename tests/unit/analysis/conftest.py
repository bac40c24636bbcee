"""What the tests of the analysis share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis_world import GROUPS, World
from sera_store.store import Store
from sera_words.keys import Input, Part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty store with a builder of records; whatever figures a test has made say what their parts are."""
    with Store.open(tmp_path / "store") as store:
        yield World(store)
        assert keys_without_words(store) == set()


def keys_without_words(store: Store) -> set[str]:
    """Return the keys of figures that are neither codes nor names of groups, nodes, gardens."""
    registry, results = store.registry, store.results.current()
    names = {*GROUPS, *[entity.id for entity in (*registry.nodes(), *registry.gardens())]}
    parts = {key for result in results for key in result.parts} - names
    inputs = {key for result in results for key in result.inputs}
    return {key for key in parts if Part.read(key) is None} | {
        key for key in inputs if Input.read(key) is None
    }
