"""The reference tables in tests/reference/tables, and those beside the project, read as samples."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

from sera_analysis.diversity.samples import Abundance, Incidence, Sample

OWN = Path(__file__).parents[1] / "reference" / "tables"
UNITS = "synth_incidence_D1_units_x_species.csv"


class Case(NamedTuple):
    """A sample, its name, and what the papers say of it."""

    name: str
    sample: Sample
    exact: dict[str, Any]


def rows(path: Path) -> dict[str, list[int]]:
    """Counts by row of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        _, *read = csv.reader(file)
    return {name: [int(count) for count in row] for name, *row in read}


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file says."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def exact_cases(folder: Path, dataset: str, inputs: Path) -> list[Case]:
    """Sites of a table with their exact values."""
    counts = rows(inputs / f"{dataset}.csv")
    sites = read_json(folder / f"exact_abundance_{dataset}.json")["sites"]
    return [Case(name, Abundance(counts[name]), exact) for name, exact in sites.items()]


def units_case() -> Case:
    """The incidence table with its exact values."""
    exact = read_json(OWN / "exact_incidence.json")["assemblages"]["synth_incidence_D1"]
    return Case("synth_incidence_D1", Incidence.of_units(list(rows(OWN / UNITS).values())), exact)


def own_cases() -> list[Case]:
    """All cases that lie in the project."""
    own = [case for name in ("synth_gardens", "edge_cases") for case in exact_cases(OWN, name, OWN)]
    return [*own, units_case()]
