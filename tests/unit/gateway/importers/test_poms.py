"""FIT counts of the UK Pollinator Monitoring Scheme: the traps of the real table, in tables of our own."""

from datetime import date
from pathlib import Path

import pytest

from sera_gateway.importers import ReadingOptions, UnreadableFileError, read_file

GROUPS = (
    "beetles",
    "bumblebees",
    "butterflies_moths",
    "honeybees",
    "hoverflies",
    "insects_other",
    "insects_small",
    "other_flies",
    "solitary_bees",
    "wasps",
)
HEADER = '"X1km_square","date","insect_group","count","n_surveys"\n'


def table(folder: Path, counts: dict[str, int], *, total: int | None = None, surveys: int = 4) -> Path:
    all_items = dict.fromkeys(GROUPS, 0) | counts
    total = sum(all_items.values()) if total is None else total
    rows = [("all_insects_total", total), *all_items.items()]
    text = HEADER + "".join(
        f'"NC0429","19/8/2018 00:00:00","{group}",{count},{surveys}\n' for group, count in rows
    )
    path = folder / "fit.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_total_row_is_checked_and_never_counted(tmp_path: Path) -> None:
    [recording] = read_file(table(tmp_path, {"insects_other": 2, "other_flies": 3}))

    [row] = recording.rows
    counts = dict(zip(recording.columns, row.values, strict=True))
    assert counts["other_insects"] == 2
    assert counts["other_flies"] == 3
    assert sum(value for name, value in counts.items() if name != "surveys") == 5
    assert counts["surveys"] == 4


def test_an_explicit_zero_stays_a_zero(tmp_path: Path) -> None:
    [recording] = read_file(table(tmp_path, {}))

    assert recording.rows[0].values[:10] == (0.0,) * 10


def test_a_group_that_was_not_written_down_is_missing_not_zero(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    path.write_text(HEADER + '"NC0429","19/8/2018 00:00:00","wasps",1,4\n', encoding="utf-8")

    [recording] = read_file(path)

    assert sorted(value for value in recording.rows[0].values if value is not None) == [1, 4]


def test_a_day_without_time_is_its_local_noon_and_twelve_hours_either_way(tmp_path: Path) -> None:
    [recording] = read_file(table(tmp_path, {}))

    [row] = recording.rows
    assert row.utc_s == 1534676400  # 2018-08-19 11:00 UTC, noon in British Summer Time
    assert row.uncertainty_s == 43_200


def test_groups_that_do_not_add_up_to_the_total_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UnreadableFileError,
        match="no count is left; row 2: its groups add up to 5; correct",
    ):
        read_file(table(tmp_path, {"wasps": 5}, total=6))


def test_a_count_that_cannot_be_right_is_left_out_by_name_and_the_others_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    rows = [("1/6/2018", "wasps", 3, 2), ("13/06/2081", "wasps", 1, 2), ("13/6/1918", "wasps", 1, 2)]
    rows += [("2/6/2018", "wasps", 1, 2), ("2/6/2018", "beetles", 1, 3)]
    rows += [("3/6/2018", "wasps", 1, 2), ("3/6/2018", "Wasps", 2, 2)]
    text = "".join(f'"NC0429","{day}","{group}",{count},{n}\n' for day, group, count, n in rows)
    path.write_text(HEADER + text, encoding="utf-8")

    [recording] = read_file(path, ReadingOptions(today=date(2025, 11, 29)))

    assert [row.values[3] for row in recording.rows] == [3]
    assert [(finding.kind, finding.row, finding.column, finding.value) for finding in recording.findings] == [
        ("time_impossible", 3, "date", "13/06/2081"),
        ("time_impossible", 4, "date", "13/6/1918"),
        ("surveys_differ", 6, "n_surveys", "3"),
        ("group_repeated", 8, "insect_group", "Wasps"),
    ]
    assert all(finding.is_loss for finding in recording.findings)
    future, before_2000, efforts, repeat = [finding.problem for finding in recording.findings]
    assert "2081-06-13 is after today, 2025-11-29" in future
    assert "1918-06-13 is before 2000-01-01" in before_2000
    assert "row 5 of the same square and time has another number" in efforts
    assert "row 7 has this group of the same square and time too" in repeat


@pytest.mark.parametrize(("total", "is_right"), [(2, False), (3, True), (9, True)])
def test_a_total_below_the_groups_that_were_noted_is_wrong_and_one_above_may_be_right(
    tmp_path: Path, total: int, is_right: bool
) -> None:
    path = tmp_path / "fit.csv"
    rows = [("wasps", 1), ("beetles", 2), ("all_insects_total", total)]
    text = "".join(f'"NC0429","1/6/2018","{name}",{count},4\n' for name, count in rows)
    path.write_text(HEADER + text + '"NC0429","2/6/2018","wasps",1,4\n', encoding="utf-8")

    [recording] = read_file(path)

    assert [finding.kind for finding in recording.findings] == [] if is_right else ["total_wrong"]
    assert len(recording.rows) == 1 + is_right


def test_two_observers_of_one_day_are_two_sources_that_name_nobody(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    rows = (
        "NC0429;Ada;2018-06-01;wasps;1;1\nNC0429;ada ;2018-06-02;wasps;2;1\nNC0429;Ben;2018-06-01;wasps;4;1\n"
    )
    path.write_text("square;observer;date;group;count;surveys\n" + rows, encoding="utf-8")

    recordings = read_file(path)

    assert sorted([row.values[3] for row in recording.rows] for recording in recordings) == [[1, 2], [4]]
    origins = [recording.origin for recording in recordings]
    assert len(set(origins)) == 2
    assert not [origin for origin in origins if "ada" in origin.lower() or "ben" in origin.lower()]


@pytest.mark.parametrize(
    "day", ["1/6/2018", "01/06/2018 00:00:00", "1.6.2018", "2018-06-01", "2018-06-01T00:00:00"]
)
def test_a_day_is_read_in_each_form_as_the_same_noon(tmp_path: Path, day: str) -> None:
    path = tmp_path / "fit.csv"
    path.write_text(HEADER + f'"NC0429","{day}","wasps",1,4\n', encoding="utf-8")

    [recording] = read_file(path)

    assert [(row.utc_s, row.uncertainty_s) for row in recording.rows] == [(1527850800, 43_200)]


@pytest.mark.parametrize("day", ["2018-06-01 14:30", "1/6/2018,14:30", "1/6/2018 00:00:00,14:30"])
def test_a_time_of_day_beside_the_day_is_that_of_the_count(tmp_path: Path, day: str) -> None:
    path = tmp_path / "fit.csv"
    names = "date,time" if "," in day else "date"
    text = f"X1km_square,{names},insect_group,count,n_surveys\nNC0429,{day},wasps,1,4\n"
    path.write_text(text, encoding="utf-8")

    [recording] = read_file(path)

    # 14:30 British Summer Time.
    assert [(row.utc_s, row.uncertainty_s) for row in recording.rows] == [(1527859800, 60)]
    assert not [note for note in recording.notes if "without time of day" in note]


@pytest.mark.parametrize("day", ["6/13/2018", "1/6/18", "31/6/2018", "June 1"])
def test_what_is_no_day_is_refused_with_its_cell(tmp_path: Path, day: str) -> None:
    path = tmp_path / "fit.csv"
    path.write_text(HEADER + f'"NC0429","{day}","wasps",1,4\n', encoding="utf-8")

    with pytest.raises(UnreadableFileError, match=rf"\(B2\).*{day}.*day/month/year"):
        read_file(path)


@pytest.mark.parametrize(
    "names",
    [
        ("bumblebees", "butterflies_moths", "insects_small", "insects_other"),
        ("Bumblebees", "butterflies_and_moths", "small_insects", "other_insects"),
        ("BUMBLEBEES", "Butterflies & moths", "small insects", "Other-insects"),
    ],
    ids=["of the scheme", "of Sera", "in words"],
)
def test_groups_go_by_the_schemes_names_by_ours_and_by_words(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "fit.csv"
    text = "".join(f'"NC0429","1/6/2018","{name}",{index},4\n' for index, name in enumerate(names, 1))
    path.write_text(HEADER + text, encoding="utf-8")

    [recording] = read_file(path)

    assert [recording.rows[0].values[place] for place in (0, 6, 8, 9)] == [1, 2, 3, 4]


def test_a_column_that_is_not_there_is_named_with_what_it_is_for(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    path.write_text("square,date,group,count\nNC0429,2018-06-01,wasps,1\n", encoding="utf-8")

    with pytest.raises(
        UnreadableFileError, match=r"no column 'n_surveys', how many ten-minute counts.*write 1"
    ):
        read_file(path)


def test_a_file_of_names_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    path.write_text(HEADER, encoding="utf-8")

    with pytest.raises(UnreadableFileError, match="no row below the columns' names"):
        read_file(path)


def test_blank_rows_and_a_count_that_was_not_noted_are_no_zero(tmp_path: Path) -> None:
    path = tmp_path / "fit.csv"
    text = '"NC0429","1/6/2018","wasps","NA",4\n,,,,\n"NC0429","1/6/2018","beetles",2,4\n,,,,\n'
    path.write_text(HEADER + text, encoding="utf-8")

    [recording] = read_file(path)

    assert [value for value in recording.rows[0].values if value is not None] == [2, 4]


def test_an_unknown_group_is_refused_with_the_groups_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"'spiders'.*beetles"):
        read_file(table(tmp_path, {"spiders": 5}))


def test_a_count_below_zero_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"row 3, column 'count' \(D3\): found '-1'"):
        read_file(table(tmp_path, {"beetles": -1}, total=0))


@pytest.mark.shared
def test_the_real_table_holds_37_squares_and_126_days(shared: Path) -> None:
    recordings = read_file(shared / "real/pollinators/poms_fit_counts_A.csv")

    assert len(recordings) == 37
    assert sum(len(recording.rows) for recording in recordings) == 126
