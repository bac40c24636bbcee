"""A run makes only what readings touch, and ends where making everything again would end."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_world import GROUPS, MIDNIGHT_S, World, visits_of
from sera_analysis.runs.engine import PoolEngine, dask, processes
from sera_analysis.runs.jobs import analyse
from sera_store.store import Store
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import StoredRecord

DAY_S = 86_400
GARDENS = ("elm-yard", "rose-court")


def _small_world(folder: Path, days: int = 2) -> World:
    """Two gardens with a camera, air and a probe each."""
    world = World(Store.open(folder), days=days)
    for number, garden in enumerate(GARDENS):
        node = f"{garden}-0"
        world.garden(garden)
        world.node(garden, node, "camera")
        world.camera(garden, node, visits_of, awake=lambda t: t % 7200 == 0)
        world.air(garden, node)
        world.soil(garden, node, lambda t, n=number: {"soil_moisture_raw@1": 900.0 + n + t % 5000 / 100})
    return world


def _counts(world: World, garden: str, time_s: int, bumblebees: float) -> list[int]:
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {
        "bumblebees": bumblebees,
        "awake_s": 900.0,
    }
    return world.write([world.record(garden, f"{garden}-0", "counts", time_s, values)])


def _supersede(world: World, rng: np.random.Generator, change: Callable[[StoredRecord], object]) -> None:
    """Revise a record of insects that is current now."""
    current = [
        row
        for row in world.store.records.current(series="counts", start_s=0, end_s=2**40)
        if row.record.garden in GARDENS
    ]
    row = current[int(rng.integers(len(current)))]
    with world.store.ledger() as ledger:
        ledger.records.supersede(row.id, change(row))  # type: ignore[arg-type]


def _late(world: World, rng: np.random.Generator) -> None:
    time_s = MIDNIGHT_S + int(rng.integers(1, world.days * DAY_S))
    _counts(world, GARDENS[int(rng.integers(2))], time_s, float(rng.integers(9)))


def _before_all_others(world: World, rng: np.random.Generator) -> None:
    _counts(world, GARDENS[0], MIDNIGHT_S - int(rng.integers(1, 40 * DAY_S)), 1.0)


def _after_all_others(world: World, rng: np.random.Generator) -> None:
    _counts(world, GARDENS[1], MIDNIGHT_S + world.days * DAY_S + int(rng.integers(1, 9 * DAY_S)), 1.0)


def _over_midnight(world: World, rng: np.random.Generator) -> None:
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 3.0) | {"awake_s": 7200.0}
    time_s = MIDNIGHT_S + DAY_S + int(rng.integers(1, 3600))
    world.write([world.record(GARDENS[0], f"{GARDENS[0]}-0", "counts", time_s, values)])


def _flagged(world: World, rng: np.random.Generator) -> None:
    _supersede(world, rng, lambda row: replace(row.record, quality=(4,) * len(row.record.quality)))


def _redated(world: World, rng: np.random.Generator) -> None:
    shift = int(rng.integers(-3 * DAY_S, 3 * DAY_S))
    _supersede(world, rng, lambda row: replace(row.record, time_s=(row.record.time_s or 0) + shift))


def _moved(world: World, rng: np.random.Generator) -> None:
    other = {GARDENS[0]: GARDENS[1], GARDENS[1]: GARDENS[0]}
    _supersede(world, rng, lambda row: replace(row.record, garden=other[row.record.garden]))


def _colder(world: World, rng: np.random.Generator) -> None:
    time_s = MIDNIGHT_S + int(rng.integers(1, world.days * DAY_S))
    values: dict[str, float | None] = {"air_temperature": 3.0}
    world.write([world.record(GARDENS[0], f"{GARDENS[0]}-0", "air", time_s, values)])


def _wetter(world: World, rng: np.random.Generator) -> None:
    time_s = MIDNIGHT_S + int(rng.integers(1, world.days * DAY_S))
    values: dict[str, float | None] = {"soil_moisture_raw@1": 2000.0, "soil_temperature@1": 11.0}
    world.write([world.record(GARDENS[1], f"{GARDENS[1]}-0", "soil", time_s, values)])


def _new_node(world: World, rng: np.random.Generator) -> None:
    world.node(GARDENS[0], f"camera-{rng.integers(9)}", "camera", optics=str(rng.integers(3)))


def _new_class(world: World, rng: np.random.Generator) -> None:
    world.node(GARDENS[1], f"{GARDENS[1]}-0", "camera", optics=str(rng.integers(3)))


def _new_garden(world: World, rng: np.random.Generator) -> None:
    world.garden(f"new-{rng.integers(9)}")


def _new_place(world: World, rng: np.random.Generator) -> None:
    zone = ("Europe/London", "Asia/Kolkata", "America/New_York")[int(rng.integers(3))]
    world.garden(GARDENS[0], timezone=zone)


CHANGES = (
    _late,
    _before_all_others,
    _after_all_others,
    _over_midnight,
    _flagged,
    _redated,
    _moved,
    _colder,
    _wetter,
    _new_node,
    _new_class,
    _new_garden,
    _new_place,
)


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(
    runs=st.lists(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3), min_size=1, max_size=3),
    seed=st.integers(0, 999),
)
def test_after_any_changes_making_everything_again_would_write_nothing(
    runs: list[list[Callable[[World, np.random.Generator], None]]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        world = _small_world(Path(folder))
        with world.store:
            analyse(world.store)
            for changes in runs:
                for change in changes:
                    change(world, rng)
                analyse(world.store)
            whole = analyse(world.store, again=True)
            assert whole.computed > 0
            assert whole.written == 0


@pytest.mark.slow
def test_a_late_reading_touches_its_own_windows_alone(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store", days=40)
    with world.store:
        first = analyse(world.store)
        _counts(world, GARDENS[0], MIDNIGHT_S + 20 * DAY_S + 40_000, 9.0)
        again = analyse(world.store)
    # A day, a week, a month and the span, of a garden and of its community.
    assert again.windows == 8
    assert again.windows < first.windows / 10
    # A month is 1 to 31 June; the reading's neighbours lie in the same.
    assert again.months == 1


@pytest.mark.slow
def test_a_late_watch_over_the_end_of_a_month_counts_in_both(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store")
    values: dict[str, float | None] = {**dict.fromkeys(GROUPS, 1.0), "awake_s": 3600.0}
    node = f"{GARDENS[0]}-0"
    with world.store:
        # So that May is known before.
        world.write([world.record(GARDENS[0], node, "counts", MIDNIGHT_S - 7200, values)])
        analyse(world.store)
        world.write([world.record(GARDENS[0], node, "counts", MIDNIGHT_S + 1800, values)])
        analyse(world.store)
        efforts = world.store.results.current(scope_id=GARDENS[0], index="effort", period="day")
        by_day = {result.start_s: result.value for result in efforts}
        assert by_day[MIDNIGHT_S - DAY_S] == 1.5
        assert analyse(world.store, again=True).written == 0


@pytest.mark.slow
def test_a_probes_new_ends_touch_soil_figures_alone(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store", days=12)
    with world.store:
        analyse(world.store)
        values: dict[str, float | None] = {"soil_moisture_raw@1": 4000.0}
        time_s = MIDNIGHT_S + 12 * DAY_S
        node = f"{GARDENS[0]}-0"
        world.write([world.record(GARDENS[0], node, "soil", time_s - i, values) for i in range(200)])
        before = {
            result.key: result
            for result in world.store.results.current(scope_id=GARDENS[0], start_s=MIDNIGHT_S, end_s=time_s)
        }
        analyse(world.store)
        moved = {
            result.index
            for result in world.store.results.current(scope_id=GARDENS[0], period="day")
            if result.start_s < time_s - DAY_S and result != before[result.key]
        }
    assert moved == {"relative_wetness"}


@pytest.mark.slow
def test_other_gardens_and_kinds_of_window_are_not_forgotten_by_a_run_for_one(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store")
    with world.store:
        analyse(world.store)
        for garden in GARDENS:
            _counts(world, garden, MIDNIGHT_S + 40_000, 9.0)
        analyse(world.store, gardens=[GARDENS[0]], periods=("day",))
        later = analyse(world.store)
        assert later.written > 0
        assert analyse(world.store, again=True).written == 0


def test_another_seed_or_number_of_draws_makes_everything_again(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store")
    with world.store:
        first = analyse(world.store)
        assert analyse(world.store, seed=1).windows == first.windows
        assert analyse(world.store, seed=1, replicates=99).windows == first.windows
        assert analyse(world.store, seed=1, replicates=99).windows == 0


@pytest.mark.slow
def test_a_restored_table_of_records_is_noticed(tmp_path: Path) -> None:
    world = _small_world(tmp_path / "store")
    with world.store:
        world.store.backup(tmp_path / "early")
        analyse(world.store)
    for file in (tmp_path / "store").glob("re*.sqlite*"):
        file.unlink()
    for file in (tmp_path / "early").iterdir():
        file.rename(tmp_path / "store" / file.name)
    with Store.open(tmp_path / "store") as store:
        assert analyse(store).written > 0
        assert analyse(store, again=True).written == 0


def _bodies(store: Store) -> list[bytes]:
    return [result.to_json() for result in store.results.current()]


@pytest.fixture(scope="module")
def local_results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A store's backup, and its figures made in this process."""
    folder = tmp_path_factory.mktemp("engines")
    world = _small_world(folder / "store", days=9)
    with world.store:
        world.store.backup(folder / "backup")
        analyse(world.store)
        return folder / "backup", _bodies(world.store)


@pytest.mark.slow
def test_a_dask_cluster_makes_the_same_bytes(local_results: tuple[Path, list[bytes]]) -> None:
    backup, expected = local_results
    with Store.open(backup) as store, dask(workers=0, batch_cost=1) as engine:
        analyse(store, engine=engine)
        assert _bodies(store) == expected


@pytest.mark.slow
def test_other_processes_make_the_same_bytes(tmp_path: Path, local_results: tuple[Path, list[bytes]]) -> None:
    backup, expected = local_results
    shutil.copytree(backup, tmp_path / "store")
    with Store.open(tmp_path / "store") as store, processes(2, batch_cost=1) as engine:
        assert isinstance(engine, PoolEngine)
        analyse(store, engine=engine, again=True)
        assert _bodies(store) == expected
