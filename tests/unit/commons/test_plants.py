"""Every cell of the table of plants has the form of its column and a source; what is unknown stays empty."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sera_commons.errors import PlantTableError
from sera_commons.items import guarded_plants
from sera_commons.plants.table import load_plants, load_sources, months_between, parse_plants

SOURCE = frozenset({"flora"})


def row(field: str, text: str, source: str = "flora") -> list[dict[str, str]]:
    return [{"taxon": "Borago officinalis", "field": field, "value": text, "source": source}]


def test_about_eighty_taxa_are_there_and_each_cell_names_a_source_with_citation_licence_and_address() -> None:
    plants, sources = load_plants(), load_sources()
    assert 75 <= len(plants) <= 90
    for plant in plants.values():
        for key in plant.sources.values():
            source = sources[key]
            assert source.citation
            assert source.licence
            assert source.address


def test_no_source_stands_in_the_list_that_no_cell_names() -> None:
    cited = {key for plant in load_plants().values() for key in plant.sources.values()}
    assert set(load_sources()) == cited


def test_ranges_run_upwards_and_months_come_in_pairs_of_one_source() -> None:
    for plant in load_plants().values():
        for smallest, largest in (plant.height_m, plant.spread_m):
            assert smallest is None or largest is None or smallest <= largest, plant.taxon
        months = [plant.sources.get(f"flower_{end}_month") for end in ("first", "last")]
        assert months[0] == months[1], plant.taxon


def test_a_poison_comes_with_the_words_of_its_source() -> None:
    for plant in load_plants().values():
        assert (plant.poison is None) == (plant.poison_note is None), plant.taxon
    assert load_plants()["Digitalis purpurea"].poison == "deadly"


def test_of_sources_that_keep_their_copyright_single_facts_alone_are_used() -> None:
    cited = [key for plant in load_plants().values() for key in plant.sources.values()]
    assert sum(key.startswith("clinitox") for key in cited) <= 60
    assert not any(field.startswith("nectar") for plant in load_plants().values() for field in plant.sources)


def test_what_is_unknown_is_empty_and_no_zero() -> None:
    [plant] = parse_plants(row("family", "Boraginaceae"), SOURCE).values()
    assert plant.width_m is None
    assert plant.poison is None
    assert plant.flower_months == ()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (row("height_max_cm", "0.5 m"), "no whole number of centimetres"),
        (row("height_max_cm", "0"), "no whole number of centimetres"),
        (row("flower_first_month", "13"), "'13' is none of"),
        (row("insect_groups", "bumblebees|bees"), "'bees' is none of"),
        (row("poison", "non-toxic"), "'non-toxic' is none of"),
        (row("colour", "blue"), "no column of that name"),
        (row("family", " "), "empty text"),
        (row("family", "Boraginaceae", "hearsay"), "source 'hearsay' is not in sources.csv"),
        (row("family", "Boraginaceae") * 2, "written twice"),
    ],
)
def test_a_cell_of_another_form_or_without_a_source_is_refused_by_name(
    rows: list[dict[str, str]], problem: str
) -> None:
    with pytest.raises(PlantTableError, match=problem) as refusal:
        parse_plants(rows, SOURCE)
    assert "Borago officinalis" in str(refusal.value)


def test_months_go_over_the_turn_of_the_year() -> None:
    assert months_between(12, 2) == (12, 1, 2)
    assert months_between(5, 5) == (5,)


def test_each_plant_that_heals_or_is_mistaken_has_a_source_and_its_licence() -> None:
    folder = Path(guarded_plants.__file__).parent
    for name in ("medicinal.csv", "look_alikes.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) > 5
        for row in rows:
            assert row["source"].startswith(("https://", "http://")), row
            assert row["licence"], row
            assert len(row["taxon"].split()) == 2, row
    assert {"Melissa officinalis", "Salvia rosmarinus", "Sambucus nigra"} <= guarded_plants.medicinal().keys()
    assert {row.mistaken_for for row in guarded_plants.look_alikes("Allium ursinum")} >= {"Arum maculatum"}
