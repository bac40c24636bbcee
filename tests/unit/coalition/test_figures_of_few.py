"""Figures of the community in a bundle, from real records: none about fewer gardens or persons."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from analysis_world import COMMUNITY, MIDNIGHT_S, World, visits_of
from coalition.laptops import Laptop, laptop, terms
from sera_coalition.agreements.terms import DataClass, Period
from sera_coalition.bundles.contents import Window, shared_tables
from sera_coalition.bundles.tables import TABLES
from sera_command.main import main
from sera_store.store import Store
from sera_vocabulary import indices

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_S = 86_400
SECOND_WEEK_S = MIDNIGHT_S + 7 * DAY_S
WINDOW = Window(date(2026, 6, 1), date(2026, 6, 14))
GARDENS = ("elm", "fir", "oak", "yew")


def figures_of(folder: Path, build: Callable[[World], None], **fields: Any) -> list[dict[str, Any]]:
    """What leaves of figures by an agreement of whole weeks that gives all that there is."""
    own, other = laptop(folder, COMMUNITY), laptop(folder, "neighbour")
    with Store.open(own.data / "store") as store:
        world = World(store)
        for name in GARDENS:
            world.garden(name)
        build(world)
    assert main(["analyse", "run", "--data", str(own.data), "--workers", "1"]) == 0
    return tables_of(own, other, **fields)["indices"]


def tables_of(own: Laptop, other: Laptop, **fields: Any) -> dict[str, list[dict[str, Any]]]:
    agreement = terms(own.party(*DataClass), other.party(), **{"period": Period.WEEK, **fields})
    with Store.open(own.data / "store") as store:
        tables = shared_tables(store, COMMUNITY, agreement, WINDOW).tables
    return {
        name: [dict(zip([column.name for column in TABLES[name]], row, strict=True)) for row in rows]
        for name, rows in tables.items()
    }


def cameras(world: World, awake: Callable[[str, int], bool] = lambda _name, _time_s: True) -> None:
    for name in GARDENS:
        world.node(name, f"{name}-camera", "camera")
        world.air(name, f"{name}-camera")
        world.camera(name, f"{name}-camera", visits_of, awake=lambda time_s, name=name: awake(name, time_s))


def weeks(rows: list[dict[str, Any]], index: str) -> set[tuple[str, int]]:
    return {(row["first_day"], row["gardens"]) for row in rows if row["index"] == index}


def test_figures_of_all_gardens_leave(tmp_path: Path) -> None:
    """So that the tests below can fail."""
    rows = figures_of(tmp_path, cameras)
    both = {("2026-06-01", 4), ("2026-06-08", 4)}
    assert weeks(rows, indices.TOTAL_ACTIVITY) == weeks(rows, indices.VISITS_PER_HOUR) == both


def test_a_week_of_a_single_garden_is_no_figure_of_four(tmp_path: Path) -> None:
    def one_goes_on(name: str, time_s: int) -> bool:
        return name == "elm" or time_s <= SECOND_WEEK_S

    rows = figures_of(tmp_path, lambda world: cameras(world, one_goes_on))
    assert weeks(rows, indices.TOTAL_ACTIVITY) == {("2026-06-01", 4)}


def test_a_person_who_counts_in_all_gardens_is_no_figure(tmp_path: Path) -> None:
    def counts(world: World) -> None:
        world.node("elm", "person-one", "person")
        noons = [MIDNIGHT_S + day * DAY_S + DAY_S // 2 for day in range(7)]
        world.write([
            world.record(name, "person-one", "counts", noon + 3_600 * number,
                         {"bumblebees": 5.0, "awake_s": 600.0})
            for number, name in enumerate(GARDENS)
            for noon in noons
        ])  # fmt: skip

    assert figures_of(tmp_path, counts) == []


def test_figures_are_no_finer_than_what_nodes_noticed(tmp_path: Path) -> None:
    rows = figures_of(tmp_path, cameras, period=Period.DAY)
    assert {row["first_day"] for row in rows} == {"2026-06-01", "2026-06-08"}


WARMTH = {"elm": 11.0, "fir": 14.0, "oak": 12.0, "yew": 30.0}


def probes(world: World) -> None:
    for name, warmth in WARMTH.items():
        world.node(name, f"{name}-probe", "none")
        world.soil(name, f"{name}-probe", lambda _, warmth=warmth: {"soil_temperature": warmth})


def few_readings(world: World) -> None:
    """Three gardens as always, and one whose probe wakes once a day: too little for a day of a figure."""
    for name, warmth in WARMTH.items():
        world.node(name, f"{name}-probe", "none")
        noon = [MIDNIGHT_S + day * DAY_S + DAY_S // 2 for day in range(14)]
        times = noon if name == "yew" else [int(time_s) for time_s in world.times()[::4]]
        world.write([
            world.record(name, f"{name}-probe", "soil", time_s, {"soil_temperature": warmth})
            for time_s in times
        ])  # fmt: skip


def test_a_figure_and_a_mean_of_the_same_days_are_of_the_same_gardens(tmp_path: Path) -> None:
    """Four times the mean of four less three times the figure of three was what the fourth measured."""
    figures_of(tmp_path, few_readings)
    own, other = Laptop(tmp_path / COMMUNITY, COMMUNITY), Laptop(tmp_path / "neighbour", "neighbour")
    tables = tables_of(own, other)
    means = [row for row in tables["readings"] if row["grid_deg"] is None]
    figures = [row for row in tables["indices"] if row["index"] == indices.SOIL_TEMPERATURE_MEAN]
    found = {
        mean["gardens"] * mean["value"] - figure["gardens"] * figure["value"]
        for mean in means
        for figure in figures
        if mean["first_day"] == figure["first_day"] and mean["gardens"] == figure["gardens"] + 1
    }
    assert {row["gardens"] for row in means} == {4}
    assert found == set()


@pytest.mark.parametrize(("smallest", "intervals"), [(3, {True}), (4, {False})])
def test_of_the_smallest_cell_no_interval_is_told(
    tmp_path: Path, smallest: int, intervals: set[bool]
) -> None:
    rows = figures_of(tmp_path, probes, smallest_cell=smallest)
    means = [row for row in rows if row["index"] == indices.SOIL_TEMPERATURE_MEAN]
    assert {row["low"] is not None for row in means} == intervals
