"""Whatever phones draw apart, in any order and however often it comes: all copies and the log agree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garden_designs.drawings import BED_OF_TWO, START, Phone, drawn
from sera_commons.designs.checks import findings
from sera_commons.designs.document import Design, first_update, open_document, read_design
from sera_commons.designs.forms import scene_of
from sera_commons.designs.glb import glb
from sera_commons.designs.update_log import UpdateLog
from sera_commons.designs.usdz import usda
from sera_commons.errors import DesignError
from sera_commons.plants.table import load_plants
from strategies import examples

TAXA = sorted(load_plants())
IDS = [f"{number:08x}" for number in range(6)]
PLACES = st.floats(-1, 3)
EDITS = st.tuples(
    st.sampled_from(("put", "move", "remove")), st.sampled_from(IDS), st.sampled_from(TAXA), PLACES, PLACES
)


def edit(phone: Phone, step: tuple[str, str, str, float, float]) -> None:
    action, plant, taxon, x, y = step
    if action == "put" or plant not in phone.plants.to_py():
        phone.put(plant, taxon, x, y)
    elif action == "move":
        phone.move(plant, x, y)
    else:
        phone.remove(plant)


@given(st.lists(st.lists(EDITS, max_size=12), min_size=2, max_size=3), st.randoms())
@settings(max_examples=examples(60), deadline=None)
def test_copies_that_were_drawn_apart_agree_whatever_comes_first_and_however_often(scripts, order) -> None:
    start = first_update(BED_OF_TWO)
    phones = [Phone(start) for _ in scripts]
    for phone, script in zip(phones, scripts, strict=True):
        for step in script:
            edit(phone, step)
    updates = [start, *(phone.document.get_update() for phone in phones)]
    designs = []
    for _ in range(3):
        shuffled = updates + [order.choice(updates) for _ in range(2)]
        order.shuffle(shuffled)
        designs.append(read_design(open_document(shuffled)))
    assert designs[0] == designs[1] == designs[2]


@given(st.lists(EDITS, max_size=20), st.integers(0, 20))
@settings(max_examples=examples(30), deadline=None)
def test_a_log_squashed_anywhere_is_the_same_drawing(script, place) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = UpdateLog.open(Path(folder))
        row = log.begin("elm-yard", "elm", START)
        phone = Phone(*log.updates(row.id))
        for step in script:
            edit(phone, step)
        for number, update in enumerate(phone.sent):
            log.append(row.id, row.generation, update)
            if number == place:
                log.squash(row.id)
        assert read_design(open_document(log.updates(row.id))) == phone.design()
        log.close()


@given(st.lists(st.tuples(st.sampled_from(TAXA), PLACES, PLACES), max_size=30))
@settings(max_examples=examples(40), deadline=None)
def test_every_drawing_has_its_findings_and_its_forms_and_each_plant_one(plants) -> None:
    design = drawn(*plants)
    for finding in findings(design):
        assert set(finding.ids) <= {plant.id for plant in design.plants}
    assert len(scene_of(design).stems) == len(plants)
    assert glb(design)[:4] == b"glTF"
    assert usda(design).count("def Mesh") == len(plants) + 1


@pytest.mark.slow
@given(st.binary(max_size=300), st.integers(0, 200), st.integers(0, 255))
@settings(max_examples=examples(200), deadline=None)
def test_no_bytes_do_more_than_be_refused_or_read(rubbish, place, byte) -> None:
    phone = Phone(first_update(BED_OF_TWO))
    phone.put("aaaaaaaa", TAXA[0], 1, 0.5)
    spoiled = bytearray(phone.document.get_update())
    spoiled[place % len(spoiled)] = byte
    for update in (rubbish, bytes(spoiled)):
        try:
            design = read_design(open_document([update]))
        except DesignError:
            continue
        assert isinstance(design, Design)
        findings(design)
