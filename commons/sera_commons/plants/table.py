"""The table of plants: a loader that refuses a cell without a form, a unit or a source.

An absent cell is unknown and never a zero: a plant without a `poison` is not a harmless one.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping  # noqa: TC003 - a dataclass field's type
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from sera_commons.errors import PlantTableError
from sera_vocabulary.measurements import GROUP_NAMES

HABITS: Final = frozenset({"annual", "biennial", "perennial", "bulb", "shrub", "climber", "tree"})
LIGHT: Final = ("full", "partial", "shade")
WATER: Final = ("low", "medium", "high")
POISONS: Final = ("deadly", "poisonous", "slight", "raw", "skin")
_MONTHS: Final = tuple(str(month) for month in range(1, 13))
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "habit": tuple(HABITS),
    "sun": LIGHT,
    "water": WATER,
    "poison": POISONS,
    "insect_groups": GROUP_NAMES,
    "flower_first_month": _MONTHS,
    "flower_last_month": _MONTHS,
}
_MANY: Final = frozenset({"sun", "water", "insect_groups"})
_LENGTHS: Final = frozenset({"height_min_cm", "height_max_cm", "spread_min_cm", "spread_max_cm"})
_TEXTS: Final = frozenset(
    {"family", "name_en", "name_de", "name_fr", "name_es", "poison_note", "edible_part", "origin"}
)
_TALLEST_CM: Final = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts were read, under which licence."""

    citation: str
    licence: str
    address: str


@dataclass(frozen=True, slots=True)
class Plant:
    """What is known of one taxon; what is unknown is None or empty.

    Parameters
    ----------
    taxon
        Scientific name, which is the id of the plant everywhere.
    names
        Common names by language.
    height_m, spread_m
        Smallest and largest height and width of a grown plant [m].
    flower_months
        Months of flower, 1 to 12, in their order from the first.
    sun, water
        What it stands: of `LIGHT`, and of `WATER`.
    insect_groups
        Groups that were seen at its flowers, in the vocabulary's words.
    poison
        One of `POISONS`; None means that no source was opened that warns, not that it is harmless.
    sources
        Key of the source by field.
    """

    taxon: str
    family: str | None
    names: Mapping[str, str]
    habit: str | None
    height_m: tuple[float | None, float | None]
    spread_m: tuple[float | None, float | None]
    flower_months: tuple[int, ...]
    sun: frozenset[str]
    water: frozenset[str]
    insect_groups: frozenset[str]
    poison: str | None
    poison_note: str | None
    edible_part: str | None
    origin: str | None
    sources: Mapping[str, str]

    @property
    def width_m(self) -> float | None:
        """Width of a grown plant [m]: middle of the range, or None where no source gives one."""
        smallest, largest = self.spread_m
        if smallest is None or largest is None:
            return None
        return (smallest + largest) / 2


@cache
def load_sources() -> dict[str, Source]:
    """Return the sources of the table by key."""
    return {
        row["source"]: Source(row["citation"], row["licence"], row["address"]) for row in _rows("sources.csv")
    }


@cache
def load_plants() -> dict[str, Plant]:
    """Return the plants of the table by taxon, in the order of their names.

    Raises
    ------
    PlantTableError
        A cell has no source, or another form than its column.
    """
    return parse_plants(_rows("facts.csv"), frozenset(load_sources()))


def parse_plants(rows: list[dict[str, str]], sources: frozenset[str]) -> dict[str, Plant]:
    """Return the plants that rows of `taxon, field, value, source` describe.

    Raises
    ------
    PlantTableError
        As in `load_plants`, naming the taxon and the field.
    """
    cells: dict[str, dict[str, tuple[str, str]]] = {}
    for row in rows:
        taxon, field, text, source = row["taxon"], row["field"], row["value"], row["source"]
        place = f"table of plants, {taxon}, {field}"
        if source not in sources:
            raise PlantTableError(
                f"{place}: source {source!r} is not in sources.csv; add it, or empty the cell"
            )
        _check(field, text, place)
        if field in cells.setdefault(taxon, {}):
            raise PlantTableError(f"{place}: written twice; leave one row")
        cells[taxon][field] = text, source
    return {taxon: _plant(taxon, fields) for taxon, fields in sorted(cells.items())}


def months_between(first: int, last: int) -> tuple[int, ...]:
    """Return the months from the first to the last, also over the turn of the year.

    Examples
    --------
    >>> months_between(11, 2)
    (11, 12, 1, 2)
    """
    count = (last - first) % 12 + 1
    return tuple((first - 1 + step) % 12 + 1 for step in range(count))


def _rows(name: str) -> list[dict[str, str]]:
    text = files("sera_commons.plants").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _check(field: str, text: str, place: str) -> None:
    if field in _WORDS:
        words = text.split("|") if field in _MANY else [text]
        wrong = [word for word in words if word not in _WORDS[field]]
        if wrong:
            raise PlantTableError(f"{place}: {wrong[0]!r} is none of {', '.join(_WORDS[field])}")
    elif field in _LENGTHS:
        if not text.isdigit() or not 0 < int(text) <= _TALLEST_CM:
            raise PlantTableError(f"{place}: {text!r} is no whole number of centimetres up to {_TALLEST_CM}")
    elif field not in _TEXTS or not text.strip():
        raise PlantTableError(f"{place}: no column of that name, or an empty text")


def _plant(taxon: str, fields: dict[str, tuple[str, str]]) -> Plant:
    texts = {field: text for field, (text, _) in fields.items()}

    def length_m(field: str) -> float | None:
        return int(texts[field]) / 100 if field in texts else None

    def words(field: str) -> frozenset[str]:
        return frozenset(texts[field].split("|")) if field in texts else frozenset()

    first, last = texts.get("flower_first_month"), texts.get("flower_last_month")
    return Plant(
        taxon=taxon,
        family=texts.get("family"),
        names={code: texts[f"name_{code}"] for code in ("en", "de", "fr", "es") if f"name_{code}" in texts},
        habit=texts.get("habit"),
        height_m=(length_m("height_min_cm"), length_m("height_max_cm")),
        spread_m=(length_m("spread_min_cm"), length_m("spread_max_cm")),
        flower_months=months_between(int(first), int(last)) if first and last else (),
        sun=words("sun"),
        water=words("water"),
        insect_groups=words("insect_groups"),
        poison=texts.get("poison"),
        poison_note=texts.get("poison_note"),
        edible_part=texts.get("edible_part"),
        origin=texts.get("origin"),
        sources={field: source for field, (_, source) in fields.items()},
    )
