"""TOMST logger files: the traps of the real ones, in small files of our own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sera_gateway.importers import UnreadableFileError, read_file

TMS = "0;2020.10.06 09:00;4;10.875;10.5;12.375;1257;202;0\n1;2020.10.06 09:15;4;10.875;10.625;11;1262;202;0\n"


def write(folder: Path, text: str, name: str = "data_94184102_0.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def utc_s(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def test_a_tms_download_gives_one_row_a_line_at_its_utc_time(tmp_path: Path) -> None:
    [recording] = read_file(write(tmp_path, TMS))

    assert recording.origin == "tomst/94184102"
    assert recording.columns == (
        "soil_moisture_raw@1",
        "soil_temperature@1",
        "surface_temperature@2",
        "near_ground_temperature@3",
    )
    assert [row.seq for row in recording.rows] == [1, 2]
    assert recording.rows[0].utc_s == utc_s(2020, 10, 6, 9, 0)
    assert recording.rows[0].values == (1257, 10.875, 10.5, 12.375)
    assert recording.rows[1].uptime_s == 900


def test_absent_sensors_and_an_absent_moisture_probe_are_missing_not_cold_and_wet(tmp_path: Path) -> None:
    text = TMS + "2;2020.10.06 09:30;4;10;-200;11;65336;202;0\n"

    [recording] = read_file(write(tmp_path, text))

    assert recording.rows[2].values == (None, 10, None, 11)


def test_the_stem_size_of_a_dendrometer_is_no_soil_moisture(tmp_path: Path) -> None:
    [recording] = read_file(write(tmp_path, "0;2020.10.06 09:00;4;10.875;-200;-200;8061;202;0\n"))

    assert recording.columns == ("soil_temperature@1",)
    assert recording.rows[0].values == (10.875,)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2020.10.06 09:00", (2020, 10, 6, 9, 0)),
        ("01.10.2022 09:15:00", (2022, 10, 1, 9, 15)),
        ("22.11.2018 0:00", (2018, 11, 22, 0, 0)),
        ("02.10.2022", (2022, 10, 2, 0, 0)),
    ],
)
def test_every_date_form_of_the_loggers_programs_is_read(
    tmp_path: Path, stamp: str, expected: tuple[int, ...]
) -> None:
    [recording] = read_file(write(tmp_path, TMS + f"5;{stamp};4;10;10;10;1200;202;0;\n"))

    assert recording.rows[2].utc_s == utc_s(*expected)


def test_an_export_with_an_offset_is_taken_at_its_word_under_the_same_keys(tmp_path: Path) -> None:
    [raw] = read_file(write(tmp_path, TMS))
    export = write(tmp_path, '"1",2020-10-06 09:00:00+01:00,10.875,10.5,12.375,1257\n', "TMS94184102_CET.csv")

    [exported] = read_file(export)

    assert (exported.node, exported.epoch, exported.rows[0].seq) == (raw.node, raw.epoch, raw.rows[0].seq)
    assert exported.rows[0].utc_s == utc_s(2020, 10, 6, 8, 0)


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    [recording] = read_file(write(tmp_path, TMS + "2;yesterday;4;10;10;10;1200;202;0\n"))

    assert len(recording.rows) == 2
    [(number, line, problem)] = recording.refused
    assert number == 3
    assert "yesterday" in line
    assert "yesterday" in problem


def test_an_index_that_stands_twice_with_other_content_is_refused_once(tmp_path: Path) -> None:
    [recording] = read_file(write(tmp_path, TMS + "1;2020.10.06 09:15;4;99;10.625;11;1262;202;0\n"))

    assert [row.values[1] for row in recording.rows] == [10.875, 10.875]
    assert "stands twice" in recording.refused[0][2]


def test_a_name_without_a_serial_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="eight-digit serial"):
        read_file(write(tmp_path, TMS, "soil.csv"))


@pytest.mark.shared
def test_the_real_series_is_read_whole(shared: Path) -> None:
    [recording] = read_file(shared / "real/soil/tms4_soil_data_94184102_0.csv")

    assert len(recording.rows) == 17_580
    assert not recording.refused
    assert {row.seq for row in recording.rows} == set(range(1, 17_581))


@pytest.mark.shared
def test_the_real_thermologgers_hold_temperatures_only(shared: Path) -> None:
    for name in ("data_91184101_0_first3000", "dd.mm.yyyy_data_91171153_2023_11_14_0"):
        [recording] = read_file(shared / f"real/soil/thermologger_{name}.csv")
        assert recording.columns == ("soil_temperature@1",)
        assert not recording.refused
        assert min(row.values[0] for row in recording.rows) > -20
