"""Entries that are offered together are entered all or not at all, and none that says what holds already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.errors import RejectedEntriesError
from sera_store.registry.entities import Community, Garden, Node, ProbePlace
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.registry.entities import Entity

ELM = Garden("elm-yard", "oak", None, "Elm", 51.5, -0.1, "Europe/London")


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty store."""
    with Store.open(tmp_path_factory.mktemp("store") / "store", clock=lambda: 1_000.0) as store:
        yield store


def test_later_ones_may_name_earlier_ones(store: Store) -> None:
    entries: list[tuple[Entity, int]] = [(Community("oak"), 5), (ELM, 5), (Node("elm-1", "elm-yard"), 5)]
    assert store.registry.put_all(entries, by="a test") == 3
    assert store.registry.put_all(entries, by="a test") == 0
    assert store.registry.put_all([(ELM, 900)], by="a test") == 0
    assert store.registry.place_of("elm-1") == ("oak", "elm-yard")


def test_one_that_cannot_be_takes_all_back_and_each_is_named(store: Store) -> None:
    entries: list[tuple[Entity, int]] = [
        (Community("oak"), 5),
        (Node("elm-1", "nowhere"), 5),
        (ELM, 5),
        (ProbePlace("c-1", "elm-9", 1), 5),
    ]
    with pytest.raises(RejectedEntriesError, match="nothing was entered") as raised:
        store.registry.put_all(entries, by="a test")
    assert sorted(raised.value.problems) == [1, 3]
    assert "garden 'nowhere' is not in the registry" in raised.value.problems[1]
    assert store.registry.communities() == []
    assert store.registry.version() == 0


def test_a_probe_at_no_node_is_listed_at_none(store: Store) -> None:
    store.registry.put_all([(Community("oak"), 0), (ELM, 0), (Node("elm-1", "elm-yard"), 0)], by="a test")
    store.registry.put_all([(ProbePlace("c-1", "elm-1", 1), 10)], by="a test")
    store.registry.put_all([(ProbePlace("c-1", None, 1), 20)], by="a test")
    assert [probe.serial for probe in store.registry.probes("elm-1", 15)] == ["c-1"]
    assert store.registry.probes("elm-1") == []


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(
                [Node("elm-1", None), Node("elm-1", None, "camera"), Node("elm-1", None, "beam")]
            ),
            st.integers(0, 5),
        ),
        max_size=8,
    ),
    at_s=st.integers(0, 6),
)
def test_leaving_out_what_holds_already_changes_no_answer(
    entries: list[tuple[Node, int]], at_s: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    with Store.open(folder / "together") as joint, Store.open(folder / "singly") as singly:
        # In the order of their dates: an entry for an earlier one would reach as far as the next.
        ordered = sorted(entries, key=lambda entry: entry[1])
        joint.registry.put_all(ordered, by="a test")
        for node, since_s in ordered:
            singly.registry.put(node, since_s=since_s, by="a test")
        assert joint.registry.node("elm-1", at_s) == singly.registry.node("elm-1", at_s)
