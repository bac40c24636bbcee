"""FIT counts of the UK Pollinator Monitoring Scheme: the traps of the real table, in tables of our own."""

from pathlib import Path

import pytest

from sera_gateway.importers import UnreadableFileError, read_file

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
    everything = dict.fromkeys(GROUPS, 0) | counts
    total = sum(everything.values()) if total is None else total
    rows = [("all_insects_total", total), *everything.items()]
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
    with pytest.raises(UnreadableFileError, match="add up to 5"):
        read_file(table(tmp_path, {"wasps": 5}, total=6))


def test_an_unknown_group_is_refused_with_the_groups_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"'spiders'.*beetles"):
        read_file(table(tmp_path, {"spiders": 5}))


def test_a_count_below_zero_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"line 3: .*count -1"):
        read_file(table(tmp_path, {"beetles": -1}, total=0))


@pytest.mark.shared
def test_the_real_table_holds_37_squares_and_126_days(shared: Path) -> None:
    recordings = read_file(shared / "real/pollinators/poms_fit_counts_A.csv")

    assert len(recordings) == 37
    assert sum(len(recording.rows) for recording in recordings) == 126
