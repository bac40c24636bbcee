"""Findings name what is to be looked at, by plant; they change nothing, and nothing is dropped."""

from __future__ import annotations

import random

from garden_designs.drawings import BED_OF_TWO, Phone, drawn, new_phone
from sera_commons.designs.checks import BLOCKING, CODES, findings
from sera_commons.designs.document import PLANTS_MOST, Bed, Design, Point, rectangle

LAVENDER, BORAGE, FOXGLOVE = "Lavandula angustifolia", "Borago officinalis", "Digitalis purpurea"


def codes(design: Design) -> list[str]:
    return [finding.code for finding in findings(design)]


def test_a_plant_with_room_light_and_water_in_its_bed_gives_no_finding() -> None:
    assert findings(drawn((LAVENDER, 1, 0.5))) == []


def test_a_plant_outside_and_one_over_the_edge_are_named_by_id() -> None:
    outside, over_edge = findings(drawn((LAVENDER, 1, 1.4), (LAVENDER, 0.1, 0.5)))
    assert (outside.code, outside.ids) == ("outside", ("00000000",))
    assert (over_edge.code, over_edge.ids) == ("over_edge", ("00000001",))


def test_two_that_grow_into_one_another_are_named_together_and_two_that_touch_are_not() -> None:
    [close] = findings(drawn((LAVENDER, 0.5, 0.5), (LAVENDER, 0.7, 0.5)))
    assert (close.code, close.taxa, close.ids) == (
        "too_close",
        (LAVENDER, LAVENDER),
        ("00000000", "00000001"),
    )
    assert findings(drawn((LAVENDER, 0.5, 0.5), (LAVENDER, 1.1, 0.5))) == []


def test_light_and_water_are_held_against_the_table_only_where_both_are_known() -> None:
    shady = Bed(rectangle(2, 1), light="shade", water="high")
    assert codes(drawn((LAVENDER, 1, 0.5), bed=shady)) == ["light", "water"]
    assert codes(drawn((LAVENDER, 1, 0.5), bed=Bed(rectangle(2, 1)))) == []


def test_no_plant_of_the_poison_column_is_without_its_warning_at_the_path_or_elsewhere() -> None:
    wide = rectangle(4, 4)
    assert codes(drawn((BORAGE, 2, 2), bed=Bed(wide))) == ["poison"]
    assert codes(drawn((BORAGE, 2, 0.6), bed=Bed(wide, paths=("front",)))) == ["near_path"]
    assert codes(drawn((BORAGE, 2, 2), bed=Bed(wide, paths=("front",)))) == ["poison"]


def test_a_stand_in_for_an_unknown_width_is_called_so() -> None:
    assert "width_unknown" in codes(drawn((FOXGLOVE, 1, 0.5)))


def test_two_hundred_plants_on_a_square_metre_get_one_clear_answer() -> None:
    draw = random.Random(5)
    square = Bed(rectangle(1, 1))
    crowd = drawn(*((LAVENDER, draw.random(), draw.random()) for _ in range(200)), bed=square)
    crowded = findings(crowd)[0]
    assert (crowded.code, crowded.number, crowded.room) == ("crowded", 200, 5)
    assert len(crowd.plants) == 200


def test_what_two_phones_brought_together_beyond_two_hundred_is_all_there_and_said() -> None:
    first = new_phone()
    second = Phone(first.document.get_update())
    for phone, letter in ((first, "a"), (second, "b")):
        with phone.document.transaction():
            for number in range(150):
                phone.put(f"{letter}{number:07x}", LAVENDER, 1, 0.5)
    first.document.apply_update(second.document.get_update())
    finding = findings(first.design())[0]
    assert (finding.code, finding.number, finding.room) == ("too_many", 300, PLANTS_MOST)
    assert finding.is_blocking
    assert len(first.design().plants) == 300


def test_an_outline_that_crosses_itself_or_is_none_blocks_and_a_finding_changes_nothing() -> None:
    bow = Bed((Point(0, 0), Point(2, 1), Point(2, 0), Point(0, 1)))
    assert codes(drawn(bed=bow)) == ["crossing"]
    phone = Phone()
    phone.put("aaaaaaaa", LAVENDER, 0, 0)
    before = phone.document.get_update()
    assert codes(phone.design()) == ["no_bed"]
    assert phone.document.get_update() == before
    assert set(CODES) >= BLOCKING
    assert codes(drawn(bed=BED_OF_TWO)) == []
