"""A drawing is read as far as it can be read; what cannot is named, and nothing in it is changed."""

from __future__ import annotations

import math

import pytest
from pycrdt import Doc, Map, Text

from garden_designs.drawings import BED_OF_TWO, Phone, drawn, new_phone
from sera_commons.designs.document import (
    READ_MOST,
    Bed,
    Point,
    apply,
    first_update,
    open_document,
    read_bed,
    read_design,
    rectangle,
)
from sera_commons.errors import DesignError

LAVENDER = "Lavandula angustifolia"


def test_what_two_phones_drew_apart_is_one_drawing_whichever_comes_first() -> None:
    first = new_phone()
    second = Phone(first.document.get_update())
    first.put("aaaaaaaa", LAVENDER, 0.5, 0.5)
    second.put("bbbbbbbb", "Borago officinalis", 1.5, 0.5)
    one_way = open_document([first.document.get_update(), second.document.get_update()])
    other_way = open_document([second.document.get_update(), first.document.get_update()])
    assert read_design(one_way) == read_design(other_way)
    assert [plant.id for plant in read_design(one_way).plants] == ["aaaaaaaa", "bbbbbbbb"]


def test_a_plant_that_two_move_at_once_stands_where_one_of_them_put_it_and_never_between() -> None:
    first = new_phone()
    first.put("aaaaaaaa", LAVENDER, 0.1, 0.1)
    second = Phone(first.document.get_update())
    first.move("aaaaaaaa", 0.2, 0.2)
    second.move("aaaaaaaa", 1.8, 0.8)
    first.document.apply_update(second.document.get_update())
    second.document.apply_update(first.document.get_update())
    [plant] = first.design().plants
    assert plant.at in (Point(0.2, 0.2), Point(1.8, 0.8))
    assert second.design() == first.design()


@pytest.mark.parametrize(
    "cells",
    [
        {"taxon": LAVENDER},
        {"taxon": LAVENDER, "at": [1]},
        {"taxon": LAVENDER, "at": [1, "2"]},
        {"taxon": LAVENDER, "at": [math.nan, 0]},
        {"taxon": LAVENDER, "at": [1e9, 0]},
        {"taxon": LAVENDER, "at": [True, 0]},
        {"taxon": "<script>alert(1)</script>", "at": [1, 0]},
        {"taxon": 5, "at": [1, 0]},
        {"taxon": Text("Borago"), "at": [1, 0]},
    ],
)
def test_a_plant_of_another_form_is_named_and_drawn_nowhere(cells: dict[str, object]) -> None:
    phone = new_phone()
    phone.plants["cccccccc"] = Map(cells)
    design = phone.design()
    assert design.unreadable == ("cccccccc",)
    assert design.plants == ()
    assert design.count == 1


def test_a_plant_that_is_no_map_or_has_another_id_is_named() -> None:
    phone = new_phone()
    phone.plants["dddddddd"] = 7
    phone.put("=cmd()", LAVENDER, 0.5, 0.5)
    assert phone.design().unreadable == ("=cmd()", "dddddddd")


def test_of_a_drawing_of_thousands_a_thousand_are_read_and_the_rest_is_counted() -> None:
    phone = new_phone()
    with phone.document.transaction():
        for number in range(READ_MOST + 5):
            phone.plants[f"{number:08x}"] = 1
    assert phone.design().left_out == 5
    assert phone.design().count == READ_MOST + 5


@pytest.mark.parametrize(
    "outline",
    [None, "square", [], [[0, 0], [1, 0]], [[0, 0], [1, 0], [1]], [[0, 0], [0.1, 0], [0.1, 0.1]],
     [[0, 0], [31, 0], [31, 1]], [[0, 0], [math.inf, 0], [1, 1]], [[0, 0]] * 41],
)  # fmt: skip
def test_an_outline_that_is_none_is_no_bed(outline: object) -> None:
    assert read_bed({"outline": outline}) is None


def test_words_of_a_bed_that_are_none_of_ours_are_left_out() -> None:
    bed = read_bed(
        {
            "outline": [[0, 0], [1, 0], [1, 1]],
            "title": "x" * 200,
            "light": "moon",
            "water": 3,
            "paths": "front",
        }
    )
    assert bed == Bed((Point(0, 0), Point(1, 0), Point(1, 1)), "x" * 80)


def test_a_bed_is_read_as_it_was_begun_and_one_of_another_size_is_refused() -> None:
    assert read_design(open_document([first_update(BED_OF_TWO)])).bed == BED_OF_TWO
    with pytest.raises(DesignError, match=r"0\.2 to 30\.0 m wide"):
        first_update(Bed(rectangle(0.1, 1)))
    with pytest.raises(DesignError, match="characters of title"):
        first_update(Bed(rectangle(1, 1), "x" * 81))


@pytest.mark.parametrize("update", [b"", b"\x01", b"\xff" * 40, b"{}", b"\x01\x01\xac\xad\x00"])
def test_bytes_that_are_no_update_are_refused(update: bytes) -> None:
    with pytest.raises(DesignError, match="not an update of a drawing"):
        apply(Doc(), update)


def test_a_width_is_taken_where_people_stated_one_that_a_plant_can_have() -> None:
    phone = new_phone()
    phone.put("aaaaaaaa", LAVENDER, 1, 0.5, width_m=0.7)
    phone.put("bbbbbbbb", LAVENDER, 1, 0.5, width_m=-1)
    phone.put("cccccccc", LAVENDER, 1, 0.5, width_m=900)
    assert [plant.width_m for plant in phone.design().plants] == [0.7, None, None]
    assert drawn((LAVENDER, 1, 0.5)).plants[0].width_m is None
