"""Rotation keeps the newest backup of the last days, weeks and months, and touches nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_parts import plant
from sera_command.backups.rotation import RotationRule, dated_backups, free_name, name_at, retained_times
from sera_command.errors import BadInputError, ExitCode
from sera_command.main import main
from sera_store.store import Store
from strategies import examples

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = st.builds(RotationRule, st.integers(0, 9), st.integers(0, 6), st.integers(0, 14))
TIMES = st.lists(st.integers(0, 900 * 86_400), min_size=1, max_size=80, unique=True).map(
    lambda seconds: [START + timedelta(seconds=second) for second in sorted(seconds)]
)


@given(TIMES, RULES)
@settings(max_examples=examples(200))
def test_rotating_after_each_backup_keeps_what_rotating_once_keeps(
    times: list[datetime], rule: RotationRule
) -> None:
    there: set[datetime] = set()
    for time in times:
        there = retained_times(there | {time}, rule)
    assert there == retained_times(times, rule)
    assert retained_times(there, rule) == there


@given(TIMES, RULES)
@settings(max_examples=examples(200))
def test_the_newest_stays_and_no_more_than_the_rule_names(times: list[datetime], rule: RotationRule) -> None:
    remaining = retained_times(times, rule)
    assert max(times) in remaining
    assert len(remaining) <= max(1, rule.days + rule.weeks + rule.months)


@given(TIMES, RULES)
@settings(max_examples=examples(200))
def test_each_of_the_last_days_weeks_and_months_has_its_newest(
    times: list[datetime], rule: RotationRule
) -> None:
    remaining = retained_times(times, rule)
    for form, most in (("%Y-%m-%d", rule.days), ("%G-%V", rule.weeks), ("%Y-%m", rule.months)):
        periods = sorted({f"{time:{form}}" for time in times})
        for period in periods[len(periods) - most :] if most else ():
            assert max(time for time in times if f"{time:{form}}" == period) in remaining


def test_a_year_of_nights_leaves_seven_days_five_weeks_and_twelve_months() -> None:
    nights = [START + timedelta(days=day, hours=2) for day in range(365)]
    remaining = sorted(retained_times(nights, RotationRule()))
    assert [f"{time:%m-%d}" for time in remaining[-7:]] == [f"12-{day}" for day in range(25, 32)]
    assert [f"{time:%m-%d}" for time in remaining[:11]] == [
        "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30"
    ]  # fmt: skip
    assert len(remaining) == 7 + 3 + 11


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "data" / "store") as store:
        plant(store, ["node-a"])
    return tmp_path / "data"


def test_a_rotation_removes_and_forgets_what_it_no_longer_keeps(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nights"
    folder.mkdir()
    (folder / "letter.txt").write_text("not ours")
    assert main(["backup", str(folder / "by-hand.backup"), "--data", str(data)]) == ExitCode.DONE
    old = folder / name_at(START)
    assert main(["backup", "create", str(old), "--data", str(data)]) == ExitCode.DONE
    words = ["backup", "rotate", str(folder), "--data", str(data), "--days", "1", "--weeks", "0"]
    assert main([*words, "--months", "0"]) == ExitCode.DONE
    [remaining] = dated_backups(folder)
    assert remaining.path != old
    assert {path.name for path in folder.iterdir()} == {"letter.txt", "by-hand.backup", remaining.path.name}
    with Store.open(data / "store") as store:
        noted = {noted.path for noted in store.backups.list()}
    assert noted == {str(folder / "by-hand.backup"), str(remaining.path)}


def test_two_rotations_of_one_second_are_two_backups(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stopped:
            return cls(2026, 6, 1, 2, 20, tzinfo=tz)

    monkeypatch.setattr("sera_command.run.backup.datetime", Stopped)
    folder = tmp_path / "nights"
    folder.mkdir()
    words = ["backup", "rotate", str(folder), "--data", str(data), "--days", "0", "--weeks", "0"]
    assert main([*words, "--months", "0"]) == ExitCode.DONE
    [first] = dated_backups(folder)
    assert main([*words, "--months", "0"]) == ExitCode.DONE
    [second] = dated_backups(folder)
    assert second.at - first.at == timedelta(seconds=1)


def test_the_next_name_is_one_that_is_not_there(tmp_path: Path) -> None:
    for expected in ("sera-2026-01-01T000000Z.backup", "sera-2026-01-01T000001Z.backup"):
        name = free_name(tmp_path, START)
        assert name == expected
        (tmp_path / name).touch()


def test_a_dry_run_says_what_goes_and_changes_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for days in (0, 1):
        (tmp_path / name_at(START + timedelta(days=days))).touch()
    words = ["--days", "1", "--weeks", "1", "--months", "0"]
    assert main(["backup", "rotate", str(tmp_path), "--data", str(data), *words, "--dry-run"]) == 0
    assert "1 stay, 1 go" in capsys.readouterr().out
    assert len(dated_backups(tmp_path)) == 2


def test_a_file_with_our_name_that_is_no_backup_stays(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "nights"
    folder.mkdir()
    strange = folder / name_at(START)
    strange.write_text("holiday pictures")
    words = ["--days", "1", "--weeks", "0", "--months", "0"]
    assert main(["backup", "rotate", str(folder), "--data", str(data), *words]) == ExitCode.DONE
    assert strange.exists()
    assert "left where it is" in capsys.readouterr().err


def test_where_no_backup_can_be_made_none_is_removed(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nights"
    folder.mkdir()
    for days in range(3):
        (folder / name_at(START + timedelta(days=days))).touch()
    words = ["--days", "1", "--weeks", "0", "--months", "0", "--passphrase-file", str(tmp_path / "none")]
    assert main(["backup", "rotate", str(folder), "--data", str(data), *words]) == ExitCode.BAD_INPUT
    assert len(dated_backups(folder)) == 3


def test_a_folder_that_is_not_mounted_is_not_made(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "usb"
    assert main(["backup", "rotate", str(folder), "--data", str(data)]) == ExitCode.BAD_INPUT
    assert not folder.exists()


def test_a_name_with_an_impossible_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sera-2026-13-01T000000Z.backup").touch()
    with pytest.raises(BadInputError, match="is no time"):
        dated_backups(tmp_path)
