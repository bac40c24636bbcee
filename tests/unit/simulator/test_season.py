"""A season is the same for the same seed, its nodes are independent, and its faults land inside it."""

from __future__ import annotations

import datetime as dt
import doctest
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.errors import InvalidPlanError
from sera_simulator.world import faults
from sera_simulator.world import season as season_module
from sera_simulator.world.characters import BEAM, CAMERA, ORDINARY
from sera_simulator.world.season import season
from sera_vocabulary import topics
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.messages import parse_column
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from sera_simulator.world.season import Season


def traces(folder: Path, **plan: int) -> dict[str, bytes]:
    """Write a season's traces and read their bytes."""
    return {node: path.read_bytes() for node, (path, _) in season(**plan).write_traces(folder).items()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = traces(tmp_path / "a", days=4, seed=3), traces(tmp_path / "b", days=4, seed=3)
    assert first == again
    assert len(set(first.values())) == 9


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    first, other = traces(tmp_path / "a", days=4, seed=3), traces(tmp_path / "b", days=4, seed=4)
    assert all(first[node] != other[node] for node in first)


def test_one_node_more_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    few, many = traces(tmp_path / "a", days=14, nodes=9), traces(tmp_path / "b", days=14, nodes=11)
    assert few.items() <= many.items()
    few_faults, many_faults = season(nodes=9), season(nodes=11)
    for node in few:
        assert few_faults.faults_of(node) == many_faults.faults_of(node)


def test_one_garden_more_leaves_the_weather_and_soil_of_the_others() -> None:
    few, many = season(gardens=2, nodes=2, days=3), season(gardens=3, nodes=3, days=3)
    for garden in few.gardens:
        assert garden in many.gardens
        np.testing.assert_array_equal(few.world(garden.id).water_mm, many.world(garden.id).water_mm)
        np.testing.assert_array_equal(few.world(garden.id).rates_per_h, many.world(garden.id).rates_per_h)


def test_a_longer_season_has_the_same_insects_while_the_shorter_one_lasts() -> None:
    short, long = season(days=5).truth("rose-court-1"), season(days=9).truth("rose-court-1")
    rows = len(short.time_s)
    np.testing.assert_array_equal(short.present, long.present[:rows])
    np.testing.assert_array_equal(short.soil_moisture, long.soil_moisture[:rows])


def test_a_trace_reads_back_and_keeps_to_the_vocabulary(tmp_path: Path) -> None:
    planned = season(days=6)
    for node, (path, header) in planned.write_traces(tmp_path).items():
        values = np.fromfile(path, "<f4").reshape(header["rows"], len(header["columns"]))
        assert header["rows"] * header["step_s"] == 6 * 86400
        assert json.loads(path.with_suffix(".json").read_text()) == header
        np.testing.assert_array_equal(values, planned.node_season(node).values)
        for index, name in enumerate(header["columns"]):
            row = COLUMNS[(parse_column(name) or ("", 0))[0]]
            good = values[:, index][~np.isnan(values[:, index])]
            assert row.lowest <= good.min(), name
            assert good.max() <= row.highest, name


def test_rows_begin_at_midnight_on_the_gardens_clocks() -> None:
    # In Bristol summer time began on 30 March 2025, a day of 23 hours.
    planned = season(start=dt.date(2025, 3, 29), days=3)
    assert planned.start_s == int(dt.datetime(2025, 3, 29, tzinfo=dt.UTC).timestamp())
    assert planned.end_s == int(dt.datetime(2025, 3, 31, 23, tzinfo=dt.UTC).timestamp())


def test_gardens_have_two_cameras_and_a_beam_and_one_weather_node() -> None:
    planned = season()
    for garden in planned.gardens:
        nodes = [node for node in planned.nodes if node.garden == garden.id]
        assert [node.detector for node in nodes] == [CAMERA, CAMERA, BEAM]
        assert [("rainfall" in node.columns) for node in nodes] == [True, False, False]


def test_ids_can_stand_in_topics_and_serials_are_unique() -> None:
    planned = season(gardens=60, nodes=200)
    ids = [
        planned.community.id,
        *(garden.id for garden in planned.gardens),
        *(node.id for node in planned.nodes),
    ]
    assert all(topics.is_name(id_) for id_ in ids)
    serials = [probe.serial for node in planned.nodes for probe in node.probes]
    assert len(set(serials)) == len(serials)
    assert len({node.id for node in planned.nodes}) == 200


def test_cameras_sleep_at_night_and_count_nothing_asleep() -> None:
    planned = season()
    columns = planned.node("rose-court-1").columns
    values = planned.node_season("rose-court-1").values
    awake = values[:, columns.index("awake_s")]
    groups = values[:, [columns.index(name) for name in columns if name in ("bumblebees", "hoverflies")]]
    dark = planned.world("rose-court").elevation_deg <= 0
    assert np.all(awake[dark] == 0)
    assert np.all(awake[~dark] == 450)
    assert groups[awake == 0].sum() == 0
    assert groups.sum() > 0


def test_a_probe_with_its_calibration_tells_the_true_moisture() -> None:
    planned = season()
    node = planned.node("rose-court-1")
    node_season = planned.node_season(node.id)
    for index, probe in enumerate(node.probes):
        counts = node_season.values[:, node.columns.index(f"soil_moisture_raw@{probe.position}")]
        read = np.polynomial.polynomial.polyval(counts, probe.calibration.coefficients)
        assert np.abs(read - node_season.truth.soil_moisture[:, index]).max() < 0.02


def test_a_stuck_sensor_stays_the_same_and_a_missing_one_gives_nothing() -> None:
    planned = season()
    for fault in planned.faults:
        if fault.kind not in (faults.STUCK_SENSOR, faults.MISSING_SENSOR):
            continue
        node_season = planned.node_season(fault.node)
        inside = (node_season.truth.time_s >= fault.start_s) & (node_season.truth.time_s < fault.end_s)
        values = node_season.values[:, planned.node(fault.node).columns.index(fault.column)]
        if fault.kind == faults.MISSING_SENSOR:
            np.testing.assert_array_equal(np.isnan(values), inside)
        else:
            assert np.ptp(values[inside]) == 0
    kinds = {fault.kind for fault in planned.faults}
    assert {faults.STUCK_SENSOR, faults.MISSING_SENSOR, faults.OUTAGE, faults.REBOOT} <= kinds


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(
    gardens=st.integers(1, 12),
    nodes=st.integers(1, 200),
    days=st.integers(1, 366),
    start=st.dates(dt.date(2001, 1, 1), dt.date(2037, 1, 1)),
    seed=st.integers(0, 2**40),
)
def test_faults_land_inside_the_season(
    gardens: int, nodes: int, days: int, start: dt.date, seed: int
) -> None:
    planned = season(gardens, nodes, days, start, seed)
    existing = {node.id: node for node in planned.nodes}
    assert planned.faults
    for fault in planned.faults:
        assert planned.start_s <= fault.start_s <= fault.end_s <= planned.end_s
        assert not fault.column or fault.column in existing[fault.node].columns
        assert fault.caption.endswith(".")
    assert planned.start_s < planned.refused.time_s < planned.end_s
    assert planned.refused.node in existing
    assert planned.refused.column not in COLUMNS


def test_captions_say_each_fault_once_with_its_days() -> None:
    captions = season(seed=1).captions
    assert len(set(captions)) == len(captions)
    assert "The network of Elm Yard was gone from 6 to 8 June; the nodes kept their readings" in " ".join(
        captions
    )


@pytest.mark.parametrize(("first", "last", "message"), [
    ("2025-06-06T10:00+01:00", "2025-06-08T10:00+01:00", "from 6 to 8 June"),
    ("2025-06-30T10:00+01:00", "2025-07-02T10:00+01:00", "from 30 June to 2 July"),
    ("2025-06-06T09:00+01:00", "2025-06-06T14:30+01:00", "on 6 June from 09:00 to 14:30"),
])  # fmt: skip
def test_spans_are_said_in_local_days(first: str, last: str, message: str) -> None:
    start, end = (int(dt.datetime.fromisoformat(text).timestamp()) for text in (first, last))
    assert faults.span_in_words(start, end, "Europe/London") == message


@pytest.mark.parametrize(
    "plan",
    [
        {"nodes": 0},
        {"nodes": 201},
        {"gardens": 0},
        {"days": 0},
        {"days": 367},
        {"seed": -1},
        {"interval_s": 7},
        {"interval_s": 7200},
    ],
)
def test_a_plan_out_of_bounds_is_refused_with_its_bounds(plan: dict[str, int]) -> None:
    with pytest.raises(InvalidPlanError, match="expected"):
        season(**plan)


def test_the_smallest_season_has_traces(tmp_path: Path) -> None:
    written = season(gardens=1, nodes=1, days=1, interval_s=3600).write_traces(tmp_path)
    [(path, header)] = written.values()
    assert header["rows"] == 24
    assert path.stat().st_size == 24 * 4 * len(header["columns"])


@settings(max_examples=examples(12))
@given(st.dates(dt.date(2001, 1, 1), dt.date(2037, 1, 1)), st.integers(0, 2**40))
def test_any_date_and_seed_makes_a_whole_trace(start: dt.date, seed: int) -> None:
    planned = season(gardens=1, nodes=3, days=3, start=start, seed=seed, interval_s=1800)
    for node in planned.nodes:
        values = planned.node_season(node.id).values
        allowed = {fault.column for fault in planned.faults_of(node.id) if fault.kind == "missing_sensor"}
        for index, name in enumerate(node.columns):
            assert name in allowed or np.all(np.isfinite(values[:, index]))


@pytest.mark.parametrize("module", [faults, season_module], ids=lambda module: module.__name__)
def test_the_examples_run(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


def test_gardens_that_differ_are_a_meadow_a_lawn_a_balcony_of_beams_and_a_yard_that_falls_silent() -> None:
    planned = season(gardens=4, nodes=14, unlike=True)
    kinds = {
        garden.id: [node.detector for node in planned.nodes if node.garden == garden.id]
        for garden in planned.gardens
    }
    assert {garden: (set(of), len(of)) for garden, of in kinds.items()} == {
        "kiln-lane": ({CAMERA}, 5),
        "elm-yard": ({CAMERA}, 4),
        "rose-court": ({BEAM}, 2),
        "heron-close": ({CAMERA}, 3),
    }
    rates = {garden.id: planned.world(garden.id).rates_per_h for garden in planned.gardens}
    by_day = {garden: rate.reshape(14, -1, 10).sum(axis=(1, 2)) for garden, rate in rates.items()}
    assert (by_day["kiln-lane"] > 4 * by_day["elm-yard"]).all()
    # Butterflies are a smaller part of what comes to a lawn.
    parts = {garden: rate[:, 6].sum() / rate.sum() for garden, rate in rates.items()}
    assert parts["elm-yard"] < parts["kiln-lane"] / 3
    mown = [action.garden for action in planned.actions() if action.kind == "mowing"]
    assert set(mown) == {"elm-yard"}


def test_covered_panels_empty_the_batteries_and_the_cameras_sleep_until_there_is_light() -> None:
    planned = season(gardens=4, nodes=14, unlike=True)
    covered = [fault for fault in planned.faults if fault.kind == faults.COVERED_PANEL]
    assert [fault.node for fault in covered] == ["heron-close-1", "heron-close-2", "heron-close-3"]
    node = planned.node("heron-close-1")

    def awake_days(of: Season) -> list[bool]:
        values = of.node_season(node.id).values[:, node.columns.index("awake_s")]
        return (values.reshape(14, -1).sum(axis=1) > 0).tolist()

    assert awake_days(replace(planned, faults=())) == [True] * 14
    first = (covered[0].start_s - planned.start_s) // 86_400
    silent = [day for day, is_awake in enumerate(awake_days(planned)) if not is_awake]
    assert silent
    assert silent == list(range(silent[0], silent[-1] + 1))
    assert first < silent[0]
    assert silent[-1] <= (covered[0].end_s - planned.start_s) // 86_400


def test_ordinary_gardens_are_as_alike_as_before_there_were_others() -> None:
    assert {garden.character for garden in season().gardens} == {ORDINARY}
    assert not [fault for fault in season().faults if fault.kind == faults.COVERED_PANEL]
