"""`sera ingest`: recorded readings end as records, figures, a pack and a mural; twice changes nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from real_parts import wait_until
from sera_gateway.importers.recording import name_epoch
from sera_store.results.results import Result
from sera_store.store import Store
from store_parts import keys_in

TMS = "".join(
    f"{index};2020.10.{6 + index // 96:02d} {index // 4 % 24:02d}:{index % 4 * 15:02d};"
    f"4;10.5;10;12;{1200 + index};202;0\n"
    for index in range(400)
)
MESSAGE = [{"family": "tasmota", "topic": "tele/kitchen/SENSOR", "payload": '{"Time":"2020-01-01T00:00:00"}'}]


def sera(*words: str | Path, expect: int = 0) -> Any:
    """Run a verb with --json and give its answer."""
    ran = subprocess.run(
        [sys.executable, "-m", "sera_command", *map(str, words)], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == expect, ran.stderr
    return json.loads(ran.stdout) if "--json" in words else ran.stderr


@pytest.fixture
def logger_file(tmp_path: Path) -> Path:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(TMS, encoding="utf-8")
    return path


def place(tmp_path: Path) -> list[str | Path]:
    return ["--data", tmp_path / "data", "--latitude", "50.1", "--longitude", "14.4", "--json"]


def test_a_second_ingest_changes_nothing(tmp_path: Path, logger_file: Path) -> None:
    messages = tmp_path / "messages.json"
    messages.write_text(json.dumps(MESSAGE), encoding="utf-8")

    first = sera("ingest", logger_file, messages, *place(tmp_path))
    second = sera("ingest", logger_file, messages, *place(tmp_path))

    assert first["recordings"][0]["stored"] == second["recordings"][0]["stored"] == 400
    assert first["refused_messages"] == 1
    assert second["refused_messages"] == 0
    assert second["recordings"][0]["repeated"] == 400
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400
        assert store.dead_letters.counts() == {("no_mapping", ""): 1}


def test_an_import_that_is_told_to_end_leaves_no_process_and_the_next_one_goes_on(
    tmp_path: Path, logger_file: Path
) -> None:
    # A job's time limit, a closing shell: SIGTERM in the midst of it.
    words = ["ingest", logger_file, *place(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sera_command", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: (tmp_path / "data/journal").is_dir() or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    # All that it started is in its session, and gone with it.
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)

    answer = sera(*words)

    assert answer["recordings"][0]["stored"] + answer["recordings"][0]["repeated"] >= 400
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400


def test_a_saved_message_keeps_a_topic_with_a_space_and_others_are_moved_and_named(tmp_path: Path) -> None:
    messages = tmp_path / "messages.json"
    saved = [
        {"family": "diy", "topic": f"home/potting{gap}shed/bed-01/state", "payload": "{}"} for gap in " \t"
    ]
    saved.append({"family": "diy", "topic": "home/+/state", "payload": "{}"})
    messages.write_text(json.dumps(saved), encoding="utf-8")

    said = sera("ingest", messages, "--data", tmp_path / "data")

    assert "message 2 is read as recorded/diy/2" in said
    assert "message 3 is read as recorded/diy/3, not as 'home/+/state'" in said
    with Store.open(tmp_path / "data/store") as store:
        assert [letter.topic for letter in store.dead_letters.list()] == [
            "home/potting shed/bed-01/state",
            "recorded/diy/2",
            "recorded/diy/3",
        ]


def test_no_id_says_what_the_source_calls_itself(tmp_path: Path, logger_file: Path) -> None:
    squares = tmp_path / "fit.csv"
    squares.write_text(
        '"X1km_square","date","insect_group","count","n_surveys"\n'
        '"SU4712","19/8/2018 00:00:00","wasps",1,4\n',
        encoding="utf-8",
    )

    said = sera("ingest", logger_file, squares, *place(tmp_path))
    again = sera("ingest", squares, logger_file, *place(tmp_path))

    names = {row["source"]: (row["node"], row["garden"]) for row in said["recordings"]}
    assert {row["source"]: (row["node"], row["garden"]) for row in again["recordings"]} == names
    with Store.open(tmp_path / "data/store") as store:
        registry = store.registry
        shown = [(garden.id, garden.name) for garden in registry.gardens()]
        shown += [(node.id, str(node.garden)) for node in registry.nodes()]
        assert registry.recorded_source("poms/SU4712") is not None
        epochs = {key.epoch for key in keys_in(store)}
    assert len(shown) == 4
    assert not [text for pair in shown for text in pair if "4712" in text or "94184102" in text]
    assert epochs.isdisjoint({name_epoch("poms/SU4712"), name_epoch("tomst/94184102")})
    exported = tmp_path / "raw.csv"
    sera("export", "raw", "--exact", "--data", tmp_path / "data", "--out", exported)
    assert "su4712" not in exported.read_text(encoding="utf-8").lower()


def test_an_assumed_soil_type_is_named_with_each_record(tmp_path: Path, logger_file: Path) -> None:
    table = tmp_path / "soil.csv"
    table.write_text("soiltype,a,b,c,ref\nloam,0,0.0003,-0.2,somebody 2020\n", encoding="utf-8")

    sera("ingest", logger_file, *place(tmp_path), "--soil-type", "loam", "--calibrations", table)

    with Store.open(tmp_path / "data/store") as store:
        [calibration] = store.registry.calibrations("94184102-1", 1_601_974_800)
        assert "assumed to be loam" in calibration.assumption
        found = store.records.table("soil", ["soil_moisture", "soil_moisture_raw"], start_s=0, end_s=2**31)
    assert found.values["soil_moisture_raw@1"][0] == 1200
    assert found.values["soil_moisture@1"][0] == pytest.approx(0.16)


def test_another_export_of_the_same_rows_at_other_times_is_a_conflict(
    tmp_path: Path, logger_file: Path
) -> None:
    export = tmp_path / "TMS94184102_CET.csv"
    export.write_text('"1",2020-10-06 00:00:00+01:00,10.5,10,12,1200\n', encoding="utf-8")

    sera("ingest", logger_file, *place(tmp_path))
    again = sera("ingest", export, *place(tmp_path))

    assert again["recordings"][0]["stored"] == 400
    assert again["refused_messages"] == 1
    with Store.open(tmp_path / "data/store") as store:
        assert store.dead_letters.counts() == {("conflict", again["recordings"][0]["node"]): 1}


def test_a_logger_without_a_place_is_refused_with_what_to_give(tmp_path: Path, logger_file: Path) -> None:
    said = sera("ingest", logger_file, "--data", tmp_path / "data", expect=3)

    assert "--latitude" in said


def test_a_line_that_cannot_be_read_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(TMS + "400;never;4;1;1;1;1;202;0\n", encoding="utf-8")

    said = sera("ingest", path, *place(tmp_path)[:-1], expect=3)

    assert "line 401" in said
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400


@pytest.fixture(scope="module")
def real_data(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A data folder with the real soil series, the real FIT counts and their figures."""
    data, real = tmp_path_factory.mktemp("real") / "data", shared / "real"
    loggers = ["--community", "bohemia", "--latitude", "50.1", "--longitude", "14.4"]
    table = real / "soil/tms_vwc_calibration_parameters.csv"
    assumed = ["--soil-type", "silt loam TMS1", "--calibrations", table]
    series = real / "soil/tms4_soil_data_94184102_0.csv"
    soil = sera("ingest", series, "--data", data, *loggers, *assumed, "--json")
    assert soil["recordings"][0]["stored"] == 17_580
    squares = ["--community", "squares", "--garden", "all-squares"]
    counts = real / "pollinators/poms_fit_counts_A.csv"
    counted = sera("ingest", counts, "--data", data, *squares, "--json")
    assert sum(row["stored"] for row in counted["recordings"]) == 126
    sera("analyse", "run", "--data", data, "--json")
    return data


def figures(data: Path, garden: str) -> dict[str, Result]:
    with Store.open(data / "store") as store:
        found = store.results.current(scope_id=garden, period="span")
    return {result.index: result for result in found if not result.group}


@pytest.mark.shared
def test_real_counts_give_figures_with_inferred_effort_and_no_rate_by_the_hour(real_data: Path) -> None:
    found = figures(real_data, "all-squares")

    # 338 counts of ten minutes; the total row of the table would have doubled the visits.
    assert found["effort"].value == pytest.approx(338 / 6)
    assert found["total_activity"].value == 3971
    assert any("inferred" in str(note) for note in found["effort"].notes)
    assert found["visits_per_hour"].value is None
    assert "hour" in str(found["visits_per_hour"].reason)
    assert 1 < found["effective_groups_q2"].value <= found["effective_groups_q1"].value <= 10


@pytest.mark.shared
def test_the_real_soil_series_gives_moisture_under_the_assumed_soil_type(real_data: Path) -> None:
    with Store.open(real_data / "store") as store:
        source = store.registry.recorded_source("tomst/94184102")
    assert source is not None
    found = figures(real_data, source.garden)

    assert found["soil_moisture_mean"].value == pytest.approx(0.4848, abs=1e-3)
    assert -5 < found["soil_temperature_mean"].value < 15


@pytest.mark.shared
def test_real_counts_end_in_a_pack_and_a_mural(real_data: Path, tmp_path: Path) -> None:
    dates = ["--from", "2017-01-01", "--to", "2022-12-31"]

    sera("pack", "--data", real_data, "--garden", "all-squares", *dates, "--out", tmp_path / "pack")

    assert "<svg" in (tmp_path / "pack/mural.svg").read_text(encoding="utf-8")
    assert (tmp_path / "pack/handout.html").is_file()


def test_a_garden_of_another_community_is_refused_with_what_to_give(
    tmp_path: Path, logger_file: Path
) -> None:
    data = ["--data", tmp_path / "data"]
    where = ["--latitude", "50.1", "--longitude", "14.4", "--timezone", "UTC"]
    sera("community", "new", "oak", *data)
    sera("garden", "new", "yard", "--community", "oak", *where, *data)

    said = sera("ingest", logger_file, "--garden", "yard", *data, expect=3)

    assert "expected --community oak" in said
    with Store.open(tmp_path / "data/store") as store:
        assert store.registry.nodes() == []
