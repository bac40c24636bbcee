"""Results are found by place, index and group without reading the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.results.result_set import ResultSet
from strategies import results


@pytest.mark.slow
@given(st.lists(results(), max_size=8), st.data())
def test_finding_by_key_gives_what_a_scan_of_all_gives(figures, data) -> None:
    by_key = ResultSet(figures)

    assert list(by_key) == figures
    assert len(by_key) == len(figures)
    for figure in figures:
        period = data.draw(st.sampled_from((None, figure.period, "day")))
        scanned = [
            other
            for other in figures
            if (other.scope_id, other.index, other.group) == (figure.scope_id, figure.index, figure.group)
            and period in (None, other.period)
        ]
        assert list(by_key.find(figure.scope_id, figure.index, figure.group, period=period)) == scanned


def test_nothing_is_found_of_a_place_without_results() -> None:
    assert ResultSet().find("elm-yard", "effort") == ()
