"""`sera ingest`: recorded readings end as records, figures, a pack and a mural; twice changes nothing."""

import csv
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from real_parts import wait_until
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


def is_group_alive(group: int) -> bool:
    """Return whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


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

    assert [answer["recordings"][0]["new"] for answer in (first, second)] == [400, 0]
    assert [answer["recordings"][0]["already_stored"] for answer in (first, second)] == [0, 400]
    assert first["refused_messages"] == 1
    assert second["refused_messages"] == 0
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
    process.wait(120)
    # All that it started is in its session, and goes with it; what watches for leftovers goes last.
    wait_until(lambda: not is_group_alive(process.pid))

    answer = sera(*words)

    assert answer["recordings"][0]["new"] + answer["recordings"][0]["already_stored"] == 400
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400


def test_a_saved_message_keeps_a_topic_with_a_space_and_others_are_moved_and_named(tmp_path: Path) -> None:
    messages = tmp_path / "messages.json"
    saved = [
        {"family": "diy", "topic": f"home/potting{gap}shed/bed-01/state", "payload": "{}"} for gap in " \t"
    ]
    saved.append({"family": "diy", "topic": "home/+/state", "payload": "{}"})
    messages.write_text(json.dumps(saved), encoding="utf-8")

    message = sera("ingest", messages, "--data", tmp_path / "data")

    assert "message 2 is read as recorded/diy/2" in message
    assert "message 3 is read as recorded/diy/3, not as 'home/+/state'" in message
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

    message = sera("ingest", logger_file, squares, *place(tmp_path))
    again = sera("ingest", squares, logger_file, *place(tmp_path))

    names = {row["source"]: (row["node"], row["garden"]) for row in message["recordings"]}
    assert {row["source"]: (row["node"], row["garden"]) for row in again["recordings"]} == names
    with Store.open(tmp_path / "data/store") as store:
        registry = store.registry
        output = [(garden.id, garden.name) for garden in registry.gardens()]
        output += [(node.id, str(node.garden)) for node in registry.nodes()]
        assert registry.recorded_source("poms/SU4712") is not None
        epochs = {key.epoch for key in keys_in(store)}
    assert len(output) == 4
    assert not [text for pair in output for text in pair if "4712" in text or "94184102" in text]
    assert epochs == {"recorded-counts", "recorded-soil"}
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
        message = store.records.table("soil", ["soil_moisture", "soil_moisture_raw"], start_s=0, end_s=2**31)
    assert message.values["soil_moisture_raw@1"][0] == 1200
    assert message.values["soil_moisture@1"][0] == pytest.approx(0.16)


def test_an_index_that_begins_again_loses_no_season(tmp_path: Path, logger_file: Path) -> None:
    cleared = tmp_path / "second" / logger_file.name
    cleared.parent.mkdir()
    cleared.write_text(TMS.replace("2020.", "2021."), encoding="utf-8")

    first = sera("ingest", logger_file, *place(tmp_path))
    second = sera("ingest", cleared, *place(tmp_path))

    assert first["recordings"][0]["node"] == second["recordings"][0]["node"]
    assert [answer["recordings"][0]["new"] for answer in (first, second)] == [400, 400]
    with Store.open(tmp_path / "data/store") as store:
        [account] = store.completeness()
    # What lies between the two seasons was never made, and so is not missing.
    assert (account.stored, account.missing, account.lost, account.conflict) == (800, 0, 0, 0)


def test_a_longer_download_with_names_adds_only_what_is_new(tmp_path: Path, logger_file: Path) -> None:
    lines = TMS.splitlines(keepends=True)
    joined = tmp_path / "joined_94184102.csv"
    names = "index;datetime;timezone;T1;T2;T3;moisture;shake;errFlag\n"
    joined.write_text(names + "".join(lines[350:]) + names + "".join(lines[:10]), encoding="utf-8")
    logger_file.write_text("".join(lines[:370]), encoding="utf-8")

    sera("ingest", logger_file, *place(tmp_path))
    again = sera("ingest", joined, *place(tmp_path))

    [row] = again["recordings"]
    assert (row["rows"], row["new"], row["already_stored"], row["conflicts"]) == (60, 30, 30, 0)


def test_rows_of_one_time_with_other_values_are_named_and_dead_letters(
    tmp_path: Path, logger_file: Path
) -> None:
    logger_file.write_text(TMS + "400;2020.10.06 00:15;4;1;1;1;1300;202;0\n", encoding="utf-8")
    other = tmp_path / "TMS94184102_CET.csv"
    other.write_text('"1",2020-10-06 01:00:00+01:00,10.5,10,12,1201\n', encoding="utf-8")
    log = tmp_path / "faults.csv"

    first = sera("ingest", logger_file, *place(tmp_path), expect=3)
    again = sera("ingest", logger_file, other, *place(tmp_path), "--fault-log", log, expect=3)

    [row] = first["recordings"]
    assert (row["rows"], row["new"], row["already_stored"], row["conflicts"]) == (401, 400, 0, 1)
    assert [result["row"] for result in first["findings"] if result["kind"] == "two_at_one_time"] == [401]
    same, shifted = again["recordings"]
    assert (same["new"], same["already_stored"], same["conflicts"]) == (0, 400, 1)
    assert (shifted["new"], shifted["already_stored"], shifted["conflicts"]) == (0, 0, 1)
    rows = list(csv.DictReader(log.open(encoding="utf-8")))
    assert [(row["file"], row["row"], row["kind"]) for row in rows] == [
        (logger_file.name, "401", "two_at_one_time"),
        (other.name, "", "time_offset"),
        (other.name, "1", "conflict"),
    ]
    with Store.open(tmp_path / "data/store") as store:
        # One a run that first brought it: the same file again makes no more of them.
        assert store.dead_letters.counts() == {("conflict", row["node"]): 2}
        assert store.records.counts().stored == 400


def test_an_export_that_calls_utc_by_the_sites_offset_is_refused_beside_its_download(
    tmp_path: Path, logger_file: Path
) -> None:
    raw = [line.split(";") for line in TMS.splitlines()[:20]]
    exports = [tmp_path / f"TMS94184102_{name}.csv" for name in ("wrong", "right")]
    for export, shift_h in zip(exports, (0, 1), strict=True):
        stamps = [datetime.strptime(f"{row[1]} +0000", "%Y.%m.%d %H:%M %z") for row in raw]
        texts = [f"{stamp + timedelta(hours=shift_h):%Y-%m-%d %H:%M:%S}+01:00" for stamp in stamps]
        lines = [",".join([f'"{row[0]}"', text, *row[3:7]]) for row, text in zip(raw, texts, strict=True)]
        export.write_text("\n".join(lines) + "\n", encoding="utf-8")

    sera("ingest", logger_file, *place(tmp_path))
    wrong = sera("ingest", exports[0], *place(tmp_path), expect=3)
    right = sera("ingest", exports[1], *place(tmp_path))

    assert wrong["recordings"] == []
    assert "20 of its 20 rows are stored already, each 1 h later" in wrong["findings"][0]["problem"]
    assert (right["recordings"][0]["new"], right["recordings"][0]["already_stored"]) == (0, 20)
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400


def test_an_erased_reading_does_not_come_back_with_its_file(tmp_path: Path, logger_file: Path) -> None:
    sera("ingest", logger_file, *place(tmp_path))
    [node] = {row["node"] for row in sera("ingest", logger_file, *place(tmp_path))["recordings"]}
    data = ["--data", tmp_path / "data"]
    span = ["--from", "2020-10-06", "--to", "2020-10-07"]
    sera("erase", "--node", node, *span, "--reason", "asked for", "--apply", *data)

    again = sera("ingest", logger_file, *place(tmp_path))

    assert again["recordings"][0]["new"] == 0
    with Store.open(tmp_path / "data/store") as store:
        [account] = store.completeness()
        assert (account.stored, account.erased, account.missing) == (304, 96, 0)


def test_a_file_that_cannot_be_read_keeps_no_other_out_and_ends_with_3(
    tmp_path: Path, logger_file: Path
) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("hello;world\n", encoding="utf-8")
    empty = tmp_path / "fit.csv"
    empty.write_text('"X1km_square","date","insect_group","count","n_surveys"\n', encoding="utf-8")
    log = tmp_path / "faults.csv"

    words = ["ingest", odd, empty, tmp_path / "absent.csv", logger_file, *place(tmp_path)[:-1]]
    message = sera(*words, "--fault-log", log, expect=3)

    assert "fault of Sera" not in message
    assert "odd.csv: its first line 'hello;world' is of no family that can be read" in message
    assert "fit.csv: there is no row below the columns' names" in message
    assert "absent.csv: No such file or directory" in message
    assert [row["kind"] for row in csv.DictReader(log.open(encoding="utf-8"))] == ["file_unreadable"] * 3
    with Store.open(tmp_path / "data/store") as store:
        assert store.records.counts().stored == 400


def test_a_row_of_the_future_is_refused_by_its_row_and_the_others_go_in(
    tmp_path: Path, logger_file: Path
) -> None:
    logger_file.write_text(TMS + "400;2060.01.01 0:00;4;1;2;3;9;202;0\n", encoding="utf-8")

    answer = sera("ingest", logger_file, *place(tmp_path), expect=3)

    [row] = answer["recordings"]
    assert (row["rows"], row["new"], row["refused"], row["conflicts"]) == (401, 400, 1, 0)
    [finding] = answer["findings"]
    assert (finding["kind"], finding["row"], finding["action"]) == ("refused", 401, "kept as a dead letter")
    assert "time_out_of_range" in finding["problem"]


def test_no_cell_of_a_fault_log_is_a_formula(tmp_path: Path, logger_file: Path) -> None:
    logger_file.write_text(TMS + "400;=1+1;4;@x;-200;1;1300;202;0\n401;2021.01.01 0:00;4;@x;-200;1;9;2;0\n")
    log = tmp_path / "faults.csv"

    sera("ingest", logger_file, *place(tmp_path), "--fault-log", log, expect=3)

    values = {row["kind"]: row["value"] for row in csv.DictReader(log.open(encoding="utf-8"))}
    assert values == {"time_unreadable": "'=1+1", "not_a_number": "'@x", "sensor_absent": "-200"}


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--offset", "Prague", "expected one as +02:00"),
        ("--half-days", "dop.", "expected the word before noon, a comma"),
        ("--fault-log", "nowhere/faults.csv", "make it first"),
    ],
)
def test_an_option_that_cannot_be_read_says_what_was_expected(
    tmp_path: Path, logger_file: Path, option: str, value: str, message: str
) -> None:
    assert message in sera("ingest", logger_file, *place(tmp_path)[:-1], option, value, expect=3)
    assert not (tmp_path / "data").exists()


def test_a_logger_without_a_place_is_refused_with_what_to_give(tmp_path: Path, logger_file: Path) -> None:
    message = sera("ingest", logger_file, "--data", tmp_path / "data", expect=3)

    assert "--latitude" in message


def test_a_line_that_cannot_be_read_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(TMS + "400;never;4;1;1;1;1;202;0\n", encoding="utf-8")

    message = sera("ingest", path, *place(tmp_path)[:-1], expect=3)

    assert "row 401, column 'time', 'never': expected a date of three numbers" in message
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
    assert soil["recordings"][0]["new"] == 17_580
    squares = ["--community", "squares", "--garden", "all-squares"]
    counts = real / "pollinators/poms_fit_counts_A.csv"
    counted = sera("ingest", counts, "--data", data, *squares, "--json")
    assert sum(row["new"] for row in counted["recordings"]) == 126
    sera("analyse", "run", "--data", data, "--json")
    return data


def figures(data: Path, garden: str) -> dict[str, Result]:
    with Store.open(data / "store") as store:
        current = store.results.current(scope_id=garden, period="span")
    return {result.index: result for result in current if not result.group}


@pytest.mark.shared
def test_real_counts_give_figures_with_inferred_effort_and_no_rate_by_the_hour(real_data: Path) -> None:
    result = figures(real_data, "all-squares")

    # 338 counts of ten minutes; the total row of the table would have doubled the visits.
    assert result["effort"].value == pytest.approx(338 / 6)
    assert result["total_activity"].value == 3971
    assert any("inferred" in str(note) for note in result["effort"].notes)
    assert result["visits_per_hour"].value is None
    assert "hour" in str(result["visits_per_hour"].reason)
    assert 1 < result["effective_groups_q2"].value <= result["effective_groups_q1"].value <= 10


@pytest.mark.shared
def test_the_real_soil_series_gives_moisture_under_the_assumed_soil_type(real_data: Path) -> None:
    with Store.open(real_data / "store") as store:
        source = store.registry.recorded_source("tomst/94184102")
    assert source is not None
    result = figures(real_data, source.garden)

    assert result["soil_moisture_mean"].value == pytest.approx(0.4848, abs=1e-3)
    assert -5 < result["soil_temperature_mean"].value < 15


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

    message = sera("ingest", logger_file, "--garden", "yard", *data, expect=3)

    assert "expected --community oak" in message
    with Store.open(tmp_path / "data/store") as store:
        assert store.registry.nodes() == []
