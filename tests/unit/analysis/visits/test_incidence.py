"""Node-days put together into units that are nearly independent."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.visits.incidence import blocked_units


def test_a_group_that_came_to_one_node_on_one_day_is_in_the_block_of_the_garden() -> None:
    visits, observed = np.zeros((2, 10, 2)), np.ones((2, 10), dtype=bool)
    visits[0, 3, 0] = 1
    visits[1, [2, 8], 1] = 5
    blocks = blocked_units(visits, observed)
    assert (blocks.units.item(), blocks.frequencies.tolist()) == (2.0, [1.0, 2.0])


def test_what_came_on_a_day_that_does_not_count_is_in_no_block_and_empty_blocks_are_none() -> None:
    visits, observed = np.ones((1, 15, 1)), np.ones((1, 15), dtype=bool)
    observed[0, 5:10] = False
    blocks = blocked_units(visits, observed)
    assert (blocks.units.item(), blocks.frequencies.tolist()) == (2.0, [2.0])


@given(st.integers(1, 4), st.integers(0, 40), st.integers(1, 7))
def test_a_second_node_that_sees_the_same_adds_no_unit(nodes: int, days: int, length_d: int) -> None:
    visits = np.random.default_rng(days).poisson(0.5, (1, days, 3)).astype(float)
    observed = np.ones((1, days), dtype=bool)
    units = blocked_units(visits, observed, length_d)
    more = blocked_units(np.repeat(visits, nodes, axis=0), np.repeat(observed, nodes, axis=0), length_d)
    assert more.units == units.units == -(-days // length_d)
    assert more.frequencies.tolist() == units.frequencies.tolist()
