"""Advice counts taxa by month and insect group; every gain can be added up by hand, and weights move it."""

from __future__ import annotations

import pytest

from sera_commons.designs.advice import ENOUGH, GROUPS, MONTHS, Weights, cover, proposals
from sera_commons.designs.document import Bed, rectangle
from sera_commons.plants.table import load_plants

LAVENDER, BORAGE = "Lavandula angustifolia", "Borago officinalis"


def test_an_empty_bed_covers_nothing_and_a_taxon_named_twice_counts_once() -> None:
    assert cover([]).share == 0
    assert cover([LAVENDER, LAVENDER]) == cover([LAVENDER])


def test_the_cover_of_one_taxon_is_its_cells_by_hand() -> None:
    plant = load_plants()[LAVENDER]
    cells = len(set(plant.flower_months) & set(MONTHS)) * len(plant.insect_groups & set(GROUPS))
    assert cover([LAVENDER]).share == pytest.approx(cells / (ENOUGH * len(MONTHS) * len(GROUPS)))
    assert cover([LAVENDER]).cells[plant.flower_months[0], "bumblebees"] == (LAVENDER,)


def test_the_gain_of_a_proposal_is_what_the_cover_rises_by() -> None:
    for proposal in proposals([BORAGE], most=80):
        raised, before = cover([BORAGE, proposal.taxon]).share, cover([BORAGE]).share
        assert raised is not None
        assert before is not None
        assert proposal.gain == pytest.approx(raised - before)
        assert proposal.fills


def test_a_weight_of_zero_takes_groups_and_months_out_and_all_zero_is_no_share() -> None:
    only = Weights({group: int(group == "beetles") for group in GROUPS}, {})
    assert all("beetles" in load_plants()[p.taxon].insect_groups for p in proposals([], weights=only))
    assert all(group == "beetles" for p in proposals([], weights=only) for _, group in p.fills)
    none = Weights(dict.fromkeys(GROUPS, 0), {})
    assert cover([BORAGE], none).share is None
    assert proposals([], weights=none) == []


def test_early_months_that_matter_more_bring_early_flowers_first() -> None:
    early = Weights({}, dict.fromkeys((2, 3), 5))
    first = proposals([], weights=early)[0]
    assert {2, 3} & set(load_plants()[first.taxon].flower_months)


def test_what_speaks_against_a_taxon_stands_beside_it() -> None:
    shady = Bed(rectangle(1, 1), light="shade", water="high")
    against = {proposal.taxon: proposal.against for proposal in proposals([], shady, most=80)}
    assert {"light", "water"} <= set(against[LAVENDER])
    assert "poison" in against[BORAGE]


def test_a_taxon_without_months_or_groups_is_named_and_counts_nowhere() -> None:
    unknown = next(t for t, plant in load_plants().items() if not plant.flower_months)
    assert cover([unknown]).unknown == (unknown,)
    assert cover([unknown]).share == 0
