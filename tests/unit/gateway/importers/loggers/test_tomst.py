"""TOMST logger files: the traps of the real ones, in small files of our own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sera_gateway.importers import ReadingOptions, Recording, UnreadableFileError, read_file

TMS = "0;2020.10.06 09:00;4;10.875;10.5;12.375;1257;202;0\n1;2020.10.06 09:15;4;10.875;10.625;11;1262;202;0\n"
NAMES = "index;datetime;timezone;T1;T2;T3;moisture;shake;errFlag\n"


def write(folder: Path, text: str, name: str = "data_94184102_0.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, name: str = "data_94184102_0.csv") -> Recording:
    [recording] = read_file(write(folder, text, name))
    assert isinstance(recording, Recording)
    return recording


def kinds(recording: Recording) -> list[str]:
    return [finding.kind for finding in recording.findings]


def utc_s(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def test_a_tms_download_gives_one_row_a_line_at_its_utc_time(tmp_path: Path) -> None:
    recording = read(tmp_path, TMS)

    assert recording.origin == "tomst/94184102"
    assert recording.columns == (
        "soil_moisture_raw@1",
        "soil_temperature@1",
        "surface_temperature@2",
        "near_ground_temperature@3",
    )
    assert [row.utc_s for row in recording.rows] == [utc_s(2020, 10, 6, 9), utc_s(2020, 10, 6, 9, 15)]
    assert recording.rows[0].values == (1257, 10.875, 10.5, 12.375)
    assert recording.probes[2] == (3, "tomst", "94184102-3")
    assert recording.findings == ()


def test_a_row_is_named_by_its_time_so_an_index_that_begins_again_names_other_rows(tmp_path: Path) -> None:
    first = read(tmp_path, TMS)
    cleared = read(tmp_path, TMS.replace("2020.10.06", "2021.10.06"))
    longer = read(tmp_path, "0;2020.10.06 08:45;4;10;10;10;1200;202;0\n" + TMS)

    seqs = [{row.seq for row in recording.rows} for recording in (first, cleared, longer)]
    assert seqs[0].isdisjoint(seqs[1])
    assert seqs[0] < seqs[2]
    assert {recording.epoch for recording in (first, cleared, longer)} == {"recorded-soil"}


def test_a_broken_thermometer_costs_only_itself(tmp_path: Path) -> None:
    broken = "".join(f"{n};2020.10.06 09:{n:02d};4;10;-200;11;{1200 + n};202;0\n" for n in range(5))

    recording = read(tmp_path, broken)

    assert [row.values for row in recording.rows] == [(1200 + n, 10, None, 11) for n in range(5)]
    [finding] = recording.findings
    assert (finding.kind, finding.column, finding.value) == ("sensor_absent", "T2", "-200")


def test_a_sensor_that_fails_now_and_then_is_named_row_by_row(tmp_path: Path) -> None:
    recording = read(tmp_path, TMS + "2;2020.10.06 09:30;4;10;-200;11;65336;202;0\n")

    assert recording.rows[2].values == (None, 10, None, 11)
    assert [(finding.row, finding.column) for finding in recording.findings] == [(3, "moisture"), (3, "T2")]


def test_the_stem_size_of_a_dendrometer_is_no_soil_moisture(tmp_path: Path) -> None:
    recording = read(tmp_path, "0;2020.10.06 09:00;4;10.875;-200;-200;8061;202;0\n")

    assert recording.columns == ("soil_temperature@1",)
    assert recording.rows[0].values == (10.875,)
    assert [finding.column for finding in recording.findings] == ["T2", "T3", "moisture"]


def test_a_count_beyond_the_channel_is_missing_and_named(tmp_path: Path) -> None:
    recording = read(tmp_path, TMS + "2;2020.10.06 09:30;4;10;10;11;8061;202;0\n")

    assert recording.rows[2].values == (None, 10, 10, 11)
    assert kinds(recording) == ["count_impossible"]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2020.10.06 09:00:30", (2020, 10, 6, 9, 0, 30)),
        ("01.10.2022 09:15:00", (2022, 10, 1, 9, 15)),
        ("22.11.2018 0:00", (2018, 11, 22, 0, 0)),
        ("2020-10-07 06:45", (2020, 10, 7, 6, 45)),
        ("2020-10-07T06:45:00Z", (2020, 10, 7, 6, 45)),
        ("02.10.2022", (2022, 10, 2, 0, 0)),
    ],
)
@pytest.mark.parametrize("end", ["", ";"])
def test_every_date_form_of_the_loggers_programs_is_read(
    tmp_path: Path, stamp: str, expected: tuple[int, ...], end: str
) -> None:
    recording = read(tmp_path, TMS + f"5;{stamp};4;10;10;10;1200;202;0{end}\n")

    assert utc_s(*expected) in [row.utc_s for row in recording.rows]
    assert kinds(recording) == (["time_without_hour"] if ":" not in stamp else [])


def test_an_export_with_an_offset_is_taken_at_its_word_with_a_warning(tmp_path: Path) -> None:
    text = '"1",2020-10-06 09:00:00+01:00,10.875,10.5,12.375,1257\n'

    recording = read(tmp_path, text, "TMS94184102_CET.csv")

    assert recording.rows[0].utc_s == utc_s(2020, 10, 6, 8, 0)
    [finding] = recording.findings
    assert finding.kind == "time_offset"
    assert "compare a row with the raw download" in finding.problem


def test_a_zone_that_no_site_has_and_an_error_of_the_logger_are_named_and_cost_nothing(
    tmp_path: Path,
) -> None:
    text = TMS + "2;2020.10.06 09:30;x;10;10;11;1200;202;0\n3;2020.10.06 09:45;4;10;10;11;1200;202;1\n"

    recording = read(tmp_path, text)

    assert len(recording.rows) == 4
    assert [(finding.kind, finding.row, finding.value) for finding in recording.findings] == [
        ("time_offset", 3, "x"),
        ("logger_error", 4, "1"),
    ]


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("2;yesterday;4;10;10;10;1200;202;0\n", "time_unreadable", "yesterday"),
        ("2;31.02.2021 10:00;4;10;10;10;1200;202;0\n", "time_unreadable", "31.02.2021 10:00"),
        ("2;2020.10.06 09:3", "row_too_short", "2 | 2020.10.06 09:3"),
        ("2;1999.10.06 09:30;4;10;10;10;1200;202;0\n", "time_impossible", "1999.10.06 09:30"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_kept(
    tmp_path: Path, line: str, kind: str, value: str
) -> None:
    recording = read(tmp_path, TMS + line)

    assert len(recording.rows) == 2
    [finding] = recording.findings
    assert (finding.kind, finding.row, finding.value, finding.is_loss) == (kind, 3, value, True)


def test_a_cell_that_is_no_number_costs_only_itself(tmp_path: Path) -> None:
    recording = read(tmp_path, TMS + "2;2020.10.06 09:30;4;ten;10;10;1200;202;0\n")

    assert recording.rows[2].values == (1200, None, 10, 10)
    [finding] = recording.findings
    assert (finding.kind, finding.row, finding.column, finding.value) == ("not_a_number", 3, "T1", "ten")


def test_downloads_joined_with_their_names_and_repeats_come_in_once(tmp_path: Path) -> None:
    text = NAMES + TMS + NAMES + TMS + "0;2020.10.06 09:30;4;10;10;10;1200;202;0\n\n"

    recording = read(tmp_path, text)

    assert len(recording.rows) == 3
    assert kinds(recording) == ["row_of_names", "row_repeated", "row_repeated"]


def test_two_rows_of_one_time_with_other_values_are_both_brought_in_and_named(tmp_path: Path) -> None:
    recording = read(tmp_path, TMS + "1;2020.10.06 09:15;4;99;10.625;11;1262;202;0\n")

    assert [row.values[1] for row in recording.rows] == [10.875, 10.875, 99]
    [finding] = recording.findings
    assert (finding.kind, finding.row, finding.is_loss) == ("two_at_one_time", 3, True)
    assert "row 2 has other values" in finding.problem


def test_a_file_joined_of_several_loggers_is_parted_by_its_column_of_serials(tmp_path: Path) -> None:
    rows = [
        "serial;datetime;T1;T2;T3;moisture",
        "94184102;2020-10-06 09:00;10;11;12;1200",
        "91184101;2020-10-06 09:00;9;-200;-200;8061",
        "94184102;2020-10-06 09:15;10;11;12;1201",
    ]

    tms, dendrometer = read_file(write(tmp_path, "\n".join(rows) + "\n", "all.csv"))

    assert isinstance(tms, Recording)
    assert isinstance(dendrometer, Recording)
    assert (tms.origin, len(tms.rows), len(tms.columns)) == ("tomst/94184102", 2, 4)
    # The stem size of the one is no moisture, though the other has a probe of it.
    assert (dendrometer.origin, dendrometer.columns) == ("tomst/91184101", ("soil_temperature@1",))


def test_a_name_without_a_serial_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write(tmp_path, TMS, "soil.csv")
    with pytest.raises(UnreadableFileError, match="--logger"):
        read_file(path)
    [recording] = read_file(path, ReadingOptions(logger="bed-1"))
    assert isinstance(recording, Recording)
    assert recording.origin == "tomst/bed-1"


def test_a_name_that_is_said_is_for_files_alone_that_name_none(tmp_path: Path) -> None:
    [recording] = read_file(write(tmp_path, TMS), ReadingOptions(logger="kit"))
    [undated] = read_file(write(tmp_path, TMS, "soil_20231114.csv"), ReadingOptions(logger="kit"))
    assert isinstance(recording, Recording)
    assert isinstance(undated, Recording)
    assert (recording.origin, undated.origin) == ("tomst/94184102", "tomst/kit")


def test_a_file_without_any_readable_row_says_which_was_the_first(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"row 2: .*expected a date"):
        read_file(write(tmp_path, NAMES + "0;never;4;1;1;1;1;202;0\n"))


def test_decimal_commas_that_became_separators_are_refused_and_move_no_value(tmp_path: Path) -> None:
    text = TMS.replace("10.875", "10;875")
    with pytest.raises(UnreadableFileError, match=r"of 2 below the names.*10 cells; expected 9 at most"):
        read_file(write(tmp_path, text))
    recording = read(tmp_path, TMS + "2;2020.10.06 09:30;4;10;5;10.5;12;1257;202;0\n")
    assert [finding.row for finding in recording.findings if finding.kind == "row_too_long"] == [3]
    assert len(recording.rows) == 2
