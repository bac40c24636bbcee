"""Each table of counts and plants in ../shared/real goes through its how-to, and adds up by hand."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.tables.reader import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.shared

Row = dict[str, str]
NOT_NOTED = ("", "NA")


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a verb with --json and return what it says."""

    def run(*arguments: str | Path) -> Any:
        capsys.readouterr()
        code = main([*map(str, arguments), "--json"])
        output = capsys.readouterr()
        assert code == ExitCode.DONE, output.err
        return json.loads(output.out)

    return run


def rows_of(path: Path) -> list[Row]:
    """Read a file by the csv module alone."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def pollinators(shared: Path) -> Path:
    return shared / "real" / "pollinators"


def test_pan_traps_are_units_of_squares_and_catches_of_traps(
    pollinators: Path, answer: Callable[..., Any]
) -> None:
    path = pollinators / "poms_pan_traps_A.csv"
    rows = rows_of(path)
    result = answer(
        "diversity", path, "--incidence", "--site", "X1km_square", "--unit", "date",
        "--kind", "taxon_aggregated",
    )["sites"]  # fmt: skip
    dates, units = defaultdict(set), defaultdict(lambda: defaultdict(set))
    for row in rows:
        dates[row["X1km_square"]].add(row["date"])
        units[row["X1km_square"]][row["taxon_aggregated"]].add(row["date"])
    assert {square: site["n"] for square, site in result.items()} == {
        square: len(days) for square, days in dates.items()
    }
    assert {square: site["richness_observed"] for square, site in result.items()} == {
        square: len(taxa) for square, taxa in units.items()
    }
    once = {square: sum(len(days) == 1 for days in taxa.values()) for square, taxa in units.items()}
    assert {square: site["singletons"] for square, site in result.items()} == once

    caught = answer(
        "surveys", path, "--watch", "X1km_square", "--watch", "date", "--group", "taxon_aggregated",
        "--visits", "n_traps_present", "--effort", "n_traps",
    )  # fmt: skip
    traps = {(row["X1km_square"], row["date"]): int(row["n_traps"]) for row in rows}
    total = sum(int(row["n_traps_present"]) for row in rows)
    assert (caught["watches"], caught["effort"], caught["insects"]) == (128, sum(traps.values()), total)
    assert caught["rate"]["value"] == pytest.approx(1632 / 639)


def test_the_watches_of_the_gorge_add_up_by_hand(pollinators: Path, answer: Callable[..., Any]) -> None:
    path = pollinators / "avon_gorge_2004_timed_observations_A.csv"
    effort: dict[tuple[str, str], float] = {}
    visits: Counter[str] = Counter()
    for row in rows_of(path):
        effort[row["Period"], row["Plant"]] = float(row["Total.sampling.effort..fu_x_min."])
        visits[row["Plant"]] += float(row["Visitation.frequency.original"])  # type: ignore[assignment]
    result = answer(
        "surveys", path, "--watch", "Period", "--watch", "Plant", "--visits",
        "Visitation.frequency.original", "--effort", "Total.sampling.effort..fu_x_min.", "--group",
        "Visitor_type", "--none", "no visits", "--by", "Plant",
    )  # fmt: skip
    assert result["effort"] == pytest.approx(sum(effort.values()))
    assert result["insects"] == pytest.approx(sum(visits.values()))
    assert len(result["by"]) == len(visits) == 62
    for plant, rate in result["by"].items():
        hours = sum(number for (_, name), number in effort.items() if name == plant)
        assert rate["value"] == pytest.approx(visits[plant] / hours), plant


def _netted(path: Path) -> list[Row]:
    return [row for row in rows_of(path) if row["DATE"] != "NA"]


@pytest.mark.slow
def test_each_netted_insect_is_one_and_visits_without_any_are_units(
    pollinators: Path, answer: Callable[..., Any]
) -> None:
    path = pollinators / "vancouver_parks_pollinators_2021_2022.csv"
    options = ("--site", "SITE", "--kind", "SPECIES", "--none", "NA", "--required", "DATE")
    rows = _netted(path)
    result = answer("diversity", path, *options)
    counts = Counter(row["SITE"] for row in rows if row["SPECIES"] != "NA")
    assert sum(counts.values()) == 4887
    assert {name: site["n"] for name, site in result["sites"].items()} == dict(counts)
    assert result["notes"] == ["12 rows left out: DATE not noted; that is no zero."]

    units = answer("diversity", path, "--incidence", "--unit", "DATE", *options)["sites"]
    visits = {(row["SITE"], row["DATE"]) for row in rows}
    assert len(visits) == 222
    assert {name: site["n"] for name, site in units.items()} == dict(Counter(site for site, _ in visits))
    matrix = answer("dissimilarity", path, *options, "--measure", "sorensen")["matrix"]
    species = defaultdict(set)
    for row in rows:
        if row["SPECIES"] != "NA":
            species[row["SITE"]].add(row["SPECIES"])
    own, other = species["balaclava"], species["rupert"]
    assert matrix["balaclava"]["rupert"] == pytest.approx(1 - 2 * len(own & other) / (len(own) + len(other)))


@pytest.mark.parametrize(("name", "units"), [("herb", 270_299), ("woody", 8_538_077)])
def test_floral_units_are_those_of_the_rows_that_were_noted(
    pollinators: Path, answer: Callable[..., Any], name: str, units: int
) -> None:
    path = pollinators / f"vancouver_parks_flowers_{name}_2021_2022.csv"
    by_park: Counter[str] = Counter()
    for row in rows_of(path):
        if row["NUM_FLORAL_UNITS"] not in NOT_NOTED:
            by_park[row["SITE"]] += int(row["NUM_FLORAL_UNITS"])
    result = answer(
        "diversity", path, "--site", "SITE", "--kind", "SPECIES", "--count", "NUM_FLORAL_UNITS",
        "--required", "NUM_FLORAL_UNITS", "--add-repeats",
    )["sites"]  # fmt: skip
    assert sum(by_park.values()) == units
    assert {park: site["n"] for park, site in result.items()} == dict(by_park)


def test_the_canopy_of_the_parks_has_the_gini_of_its_definition(
    pollinators: Path, answer: Callable[..., Any]
) -> None:
    path = pollinators / "vancouver_parks_sites.csv"
    canopy = np.array([float(row["canopy_standardized"]) for row in rows_of(path)])
    result = answer("equity", path, "--value", "canopy_standardized")
    differences = np.abs(canopy[:, np.newaxis] - canopy).mean()
    assert len(canopy) == 18
    assert result["gini"] == pytest.approx(differences / (2 * canopy.mean()))


@pytest.mark.parametrize(
    ("name", "count", "column", "words"),
    [
        ("pollinators/poms_species_lookup.csv", 167, "insect_group", 4),
        ("plants/garden_plants_facts.csv", 1202, "scientific_name", 81),
        ("plants/garden_plants_sources.csv", 162, "source_key", 162),
    ],
)
def test_lists_are_read_whole(shared: Path, name: str, count: int, column: str, words: int) -> None:
    path = shared / "real" / name
    table = read_table(path)
    assert [dict(zip(table.titles, row, strict=True)) for row in table.rows] == rows_of(path)
    assert len(table.rows) == count
    assert len({*table.cells(table.column(column))}) == words
    assert not table.notes


def test_archives_are_named_and_their_tables_are_read(
    shared: Path, tmp_path: Path, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    tables = 0
    for archive in sorted((shared / "real" / "dwca").glob("*.zip")):
        assert main(["diversity", str(archive)]) == ExitCode.BAD_INPUT
        assert "unpack it" in capsys.readouterr().err
        with zipfile.ZipFile(archive) as unpacked:
            for member in unpacked.namelist():
                if member.startswith("__MACOSX") or not member.endswith((".txt", ".csv")):
                    continue
                path = tmp_path / f"{archive.stem}-{member}"
                path.write_bytes(unpacked.read(member))
                text = path.read_text(encoding="utf-8")
                by_hand = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
                assert len(read_table(path).rows) == len(by_hand) - 1, path.name
                tables += 1
    assert tables == 8

    core = tmp_path / "dwca-simple-test-archive-occurrence.txt"
    result = answer("diversity", core, "--site", "locality", "--kind", "scientificName")["sites"]
    assert {name: site["n"] for name, site in result.items()} == {"Borneo": 1, "Mumbai": 1}
    nameless = tmp_path / "dwca-test-default-occurrence.txt"
    columns = ("--site", "locality", "--kind", "scientificName")
    assert main(["diversity", str(nameless), *columns]) == ExitCode.BAD_INPUT
    assert "has no column 'locality'" in capsys.readouterr().err
