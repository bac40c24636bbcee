"""Every real logger file goes through `sera ingest` as the guide says, and is counted by hand beside it.

The other count is made here with `csv`, `datetime` and numpy, from columns that the file's README names, and
shares no code with the importers.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared

PLACE = ["--latitude", "50.1", "--longitude", "14.4"]


def ingest(*words: str | Path, expect: int = 0) -> Any:
    command = [sys.executable, "-m", "sera_command", "ingest", *map(str, words), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert ran.returncode == expect, ran.stderr
    return json.loads(ran.stdout)


def stored(data: Path, series: str, node: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times and columns of all records of a node."""
    with Store.open(data / "store") as store:
        table = store.records.table(series, COLUMNS[series], node=node, start_s=0, end_s=2**32)
    return np.asarray(table.time_s), {name: np.asarray(values) for name, values in table.values.items()}


COLUMNS = {
    "soil": [
        "soil_moisture_raw@1",
        "soil_temperature@1",
        "surface_temperature@2",
        "near_ground_temperature@3",
        "soil_moisture@1",
    ],
    "air": ["air_temperature", "air_humidity", "illuminance", "sound_level", "air_pressure"],
    "health": ["battery_charge"],
}


def seconds(text: str, form: str) -> int:
    return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())


def lines(path: Path, separator: str) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=separator))


def gaps(times_s: np.ndarray, step_s: int) -> int:
    return int((np.diff(times_s) // step_s - 1).sum())


def test_the_tms_series_and_its_export_with_an_offset(shared: Path, tmp_path: Path) -> None:
    folder, data = shared / "real/soil", tmp_path / "data"
    path = folder / "tms4_soil_data_94184102_0.csv"
    rows = lines(path, ";")
    expected = np.array([[float(cell) for cell in row[3:7]] for row in rows])
    expected_s = np.array([seconds(row[1], "%Y.%m.%d %H:%M") for row in rows])
    soil = ["--soil-type", "silt loam TMS1", "--calibrations", folder / "tms_vwc_calibration_parameters.csv"]

    answer = ingest(path, "--data", data, *PLACE, *soil)

    # 17,580 lines, as the README says: a quarter of an hour apart, without a gap.
    assert [answer["recordings"][0][key] for key in ("rows", "new", "conflicts")] == [17_580, 17_580, 0]
    node = answer["recordings"][0]["node"]
    times_s, values = stored(data, "soil", node)
    assert np.array_equal(times_s, expected_s)
    assert gaps(times_s, 900) == gaps(expected_s, 900) == 0
    for column, name in enumerate(COLUMNS["soil"][1:4]):
        assert values[name].sum() == pytest.approx(expected[:, column].sum())
    raw = expected[:, 3]
    assert np.array_equal(values["soil_moisture_raw@1"], raw)
    # The row of the parameters' table: a 0, b 0.00038, c -0.29427.
    assert values["soil_moisture@1"] == pytest.approx(0.00038 * raw - 0.29427, abs=1e-9)


def test_an_export_with_an_offset_on_utc_is_told_by_its_raw_download(shared: Path, tmp_path: Path) -> None:
    folder, data = shared / "real/soil", tmp_path / "data"
    export = folder / "tms4_export_with_offset_TMS94184102_CET.csv"
    raw = folder / "tms4_soil_data_94184102_0.csv"
    rows = lines(export, ",")
    # Row for row the readings of the raw download, whose UTC it calls +01:00.
    same = lines(raw, ";")[: len(rows)]
    assert [row[2:6] for row in rows] == [row[3:7] for row in same]
    assert {row[1][:16].replace("-", ".") for row in rows} == {row[1] for row in same}

    single = ingest(export, "--data", tmp_path / "alone", *PLACE)
    ingest(raw, "--data", data, *PLACE)
    beside = ingest(export, "--data", data, *PLACE, expect=3)

    # Alone it is taken at its word, with a warning; beside the download nothing of it is.
    assert single["recordings"][0]["new"] == len(rows)
    assert "time_offset" in {result["kind"] for result in single["findings"]}
    assert beside["recordings"] == []
    [finding] = beside["findings"]
    assert finding["kind"] == "file_unreadable"
    assert "1 h later: its offset stands on times that were UTC" in finding["problem"]
    with Store.open(data / "store") as store:
        assert store.records.counts().stored == 17_580


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("thermologger_data_91184101_0_first3000.csv", "%Y.%m.%d %H:%M"),
        ("thermologger_dd.mm.yyyy_data_91171153_2023_11_14_0.csv", "%d.%m.%Y %H:%M:%S"),
    ],
)
def test_thermologgers_have_one_thermometer(shared: Path, tmp_path: Path, name: str, form: str) -> None:
    path, data = shared / "real/soil" / name, tmp_path / "data"
    rows = lines(path, ";")
    bare = [row for row in rows if " " not in row[1]]
    times = [seconds(row[1] if " " in row[1] else row[1] + " 00:00:00", form) for row in rows]

    answer = ingest(path, "--data", data, *PLACE)

    [row] = answer["recordings"]
    assert (row["rows"], row["new"]) == (len(rows), len(rows))
    times_s, values = stored(data, "soil", row["node"])
    assert times_s.tolist() == times
    assert values["soil_temperature@1"].sum() == pytest.approx(sum(float(row[3]) for row in rows))
    kinds = [result["kind"] for result in answer["findings"]]
    assert kinds.count("time_without_hour") == len(bare)
    assert kinds.count("column_left_out") == 3


def test_one_hobo_logger_in_three_settings_is_one_series(shared: Path, tmp_path: Path) -> None:
    folder, data = shared / "real/soil", tmp_path / "data"
    rows = [row for row in lines(folder / "hobo_20024354.txt", ";")[1:] if row[1]]
    expected = {seconds(row[0], "%d.%m.%Y %H:%M:%S"): (float(row[1]), float(row[2])) for row in rows}
    with_comma = [row for row in lines(folder / "hobo_20024354_comma.csv", ",")[2:] if row[2]]
    shifted = {
        seconds(row[1], "%y.%m.%d %H:%M:%S") - int(timedelta(hours=2).total_seconds()) for row in with_comma
    }
    assert shifted < set(expected)

    names = ["hobo_20024354.txt", "hobo_20024354_comma.csv", "hobo_20024354_fahrenheit.csv"]
    answer = ingest(*[folder / name for name in names], "--data", data, *PLACE)

    # Degrees of Fahrenheit, two date orders and two offsets give the very same readings.
    assert [(row["rows"], row["new"], row["already_stored"]) for row in answer["recordings"]] == [
        (len(expected), len(expected), 0),
        (len(shifted), 0, len(shifted)),
        (len(expected), 0, len(expected)),
    ]
    times_s, values = stored(data, "air", answer["recordings"][0]["node"])
    assert times_s.tolist() == sorted(expected)
    result = zip(values["air_temperature"].tolist(), values["air_humidity"].tolist(), strict=True)
    assert list(result) == [expected[second] for second in sorted(expected)]
    assert gaps(times_s, 900) == 0
    kinds = [result["kind"] for result in answer["findings"]]
    assert (kinds.count("row_of_event"), kinds.count("date_order")) == (9, 3)


def test_a_smart_citizen_card_in_our_units(shared: Path, tmp_path: Path) -> None:
    path, data = shared / "real/soil/smartcitizen_sdcard_example.csv", tmp_path / "data"
    names, _, _, _, *rows = lines(path, ",")
    assert len(rows) == 1_009

    def column(name: str, factor: float = 1.0) -> list[float]:
        cells = [row[names.index(name)] for row in rows]
        return [np.nan if cell == "null" else float(cell) * factor for cell in cells]

    answer = ingest(path, "--logger", "kit", "--data", data, *PLACE)

    air, health = answer["recordings"]
    battery = [charge for charge in column("BATT") if charge != -1]
    assert (air["stream"], air["new"]) == ("air", len(rows))
    assert (health["stream"], health["new"]) == ("health", len(battery))
    times_s, values = stored(data, "air", air["node"])
    assert times_s.tolist() == [int(datetime.fromisoformat(row[0]).timestamp()) for row in rows]
    assert np.array_equal(values["air_temperature"], column("TEMP"), equal_nan=True)
    assert np.array_equal(values["sound_level"], column("NOISE_A"), equal_nan=True)
    assert values["air_pressure"] == pytest.approx(np.array(column("PRESS", 10.0)), nan_ok=True)
    assert stored(data, "health", health["node"])[1]["battery_charge"].sum() == sum(battery)
    omitted = {result["column"] for result in answer["findings"] if result["kind"] == "column_left_out"}
    assert {"ADC_48_0", "ADC_48_1", "ADC_48_2", "ADC_48_3", "PM_25"} <= omitted


def test_a_table_of_calibrations_is_no_recording(shared: Path, tmp_path: Path) -> None:
    path = shared / "real/soil/tms_vwc_calibration_parameters.csv"
    answer = ingest(path, "--data", tmp_path / "data", expect=3)
    assert [result["kind"] for result in answer["findings"]] == ["file_unreadable"]
