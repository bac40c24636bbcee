"""Plants that never lead to a garden, and those that are mistaken for a poisonous one, each with its source.

Two small tables beside this module. What is in neither is not thereby safe: a plant that was not identified,
that the table of plants does not have, or whose giver says that it heals or is rare, leads to no garden
either.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sera_commons.plants.table import load_plants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_commons.items.item import PlantName

_FOLDER = Path(__file__).parent


class LookAlike(NamedTuple):
    """A poisonous plant for which one is mistaken, and the address of whoever says so."""

    taxon: str
    mistaken_for: str
    source: str


def leads_to_garden(plants: Iterable[PlantName]) -> bool:
    """Return whether an item with these plants may be tied to gardens: not where one of them is guarded.

    Examples
    --------
    >>> from sera_commons.items.item import PlantName
    >>> bean = PlantName(name="bean", language="en", taxon="Vicia faba")
    >>> leads_to_garden([bean]), leads_to_garden([PlantName(name="that herb", language="en")])
    (True, False)
    """
    return all(
        plant.taxon in load_plants() and not plant.is_guarded and _species(plant.taxon) not in medicinal()
        for plant in plants
    )


@cache
def medicinal() -> dict[str, str]:
    """Return plants that are used as medicine, with the address of whoever says so."""
    return {row["taxon"]: row["source"] for row in _rows("medicinal.csv")}


@cache
def _all_look_alikes() -> tuple[LookAlike, ...]:
    rows = _rows("look_alikes.csv")
    return tuple(LookAlike(row["taxon"], row["mistaken_for"], row["source"]) for row in rows)


def look_alikes(taxon: str) -> list[LookAlike]:
    """List the poisonous plants for which a plant is mistaken."""
    return [row for row in _all_look_alikes() if row.taxon == _species(taxon)]


def _species(taxon: str) -> str:
    return " ".join(taxon.split()[:2])


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
