"""Caches that have an end, and the names of a store that are cached in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_store.database import names
from sera_store.database.recent_cache import RecentCache
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_it_never_holds_more_than_it_may() -> None:
    cache: RecentCache[int, str] = RecentCache(10)
    for number in range(1_000):
        cache[number] = str(number)
        assert len(cache) <= 10
    assert cache.get(999) == "999"
    assert cache.get(0) is None


def test_what_is_asked_for_stays_while_others_go() -> None:
    cache: RecentCache[str, int] = RecentCache(10)
    cache["asked for"] = 1
    cache["forgotten"] = 2
    for number in range(100):
        cache[f"made up {number}"] = number
        assert cache.get("asked for") == 1
    assert cache.get("forgotten") is None


def test_clearing_forgets_both_generations() -> None:
    cache: RecentCache[int, int] = RecentCache(4)
    for number in range(4):
        cache[number] = number
    cache.clear()
    assert (len(cache), cache.get(0), cache.get(3)) == (0, None, None)


def test_no_cache_of_names_grows_with_what_one_node_makes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "NAMES_MOST", 64)
    with Store.open(tmp_path) as store:
        with store.ledger():
            for number in range(300):
                node, columns = f"node-{number}", (f"column_{number}",)
                origin = store.names.origin((node, "9f2c01aa", "avon", "elm-yard", "air"))
                layout, detail = store.names.layout(columns), store.names.detail({"note": node})
                assert store.names.origin_of(origin).node == node
                assert store.names.columns_of(layout) == columns
                assert store.names.detail_of(detail) == {"note": node}
        caches = [value for value in vars(store.names).values() if isinstance(value, RecentCache)]
        assert len(caches) == 7
        assert max(map(len, caches)) <= 64
        assert not [value for value in vars(store.names).values() if isinstance(value, dict)]
        # What was forgotten is found again, under the same number.
        with store.ledger():
            assert store.names.columns_of(store.names.layout(("column_0",))) == ("column_0",)
            assert store.names.find_source("node-0", "9f2c01aa") == 1


@pytest.mark.parametrize("part", ["gateway/sera_gateway", "store/sera_store"])
def test_every_cache_of_a_function_with_arguments_has_an_end(root: Path, part: str) -> None:
    endless = re.compile(r"@(functools\.)?(cache|lru_cache\((maxsize=)?None\))\ndef \w+\((?!\))")
    result = [path.name for path in (root / part).rglob("*.py") if endless.search(path.read_text("utf-8"))]
    assert result == []
