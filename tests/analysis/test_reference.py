"""Against the exact tables beside the project: computed from the papers with 60 digits (see their README)."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_analysis.coverage import sample_coverage
from sera_analysis.hill import hill_number
from sera_analysis.samples import Abundance, Incidence

if TYPE_CHECKING:
    from pathlib import Path


def _rows(path: Path) -> dict[str, list[int]]:
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return {name: [int(count) for count in row] for name, *row in rows}


def _same(sample: Abundance | Incidence, expected: dict[str, Any]) -> None:
    for q, value in expected["observed"].items():
        assert hill_number(sample, float(q)).item() == pytest.approx(float(value), rel=1e-9), q
    assert sample_coverage(sample).item() == pytest.approx(float(expected["coverage"]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("dataset", ["synth_gardens", "edge_cases"])
def test_abundances_agree_with_the_exact_tables(shared: Path, dataset: str) -> None:
    folder = shared / "reference"
    sites = json.loads((folder / f"exact_abundance_{dataset}.json").read_text(encoding="utf-8"))["sites"]
    rows = _rows(folder / "inputs" / f"{dataset}.csv")
    assert sites.keys() <= rows.keys()
    for name, expected in sites.items():
        _same(Abundance(rows[name]), expected)


def test_incidence_agrees_with_the_exact_table(shared: Path) -> None:
    folder = shared / "reference"
    tables = json.loads((folder / "exact_incidence.json").read_text(encoding="utf-8"))["assemblages"]
    units = list(_rows(folder / "inputs" / "synth_incidence_D1_units_x_species.csv").values())
    _same(Incidence.of_units(units), tables["synth_incidence_D1"])
