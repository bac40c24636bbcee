"""Dates on the command line that no reading can have: refused before anything is added to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.moments import FIRST_DATE, LAST_DATE, date_of
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

VERBS = {
    "analyse": ["analyse", "run"],
    "compare": ["compare", "gardens", "elm-yard", "oak-yard"],
    "labels": ["labels", "events", "cam-01"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("dates", [("9999-12-31", "9999-12-31"), ("0001-01-01", "2026-06-01")])
def test_a_date_at_the_end_of_the_calendar_is_refused_by_name(
    verb: str, dates: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["garden", "list", "--data", str(tmp_path)])
    capsys.readouterr()
    code = main([*VERBS[verb], "--from", dates[0], "--to", dates[1], "--data", str(tmp_path)])
    assert code == ExitCode.BAD_INPUT
    assert f"has no readings; expected a date from {FIRST_DATE} to {LAST_DATE}" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "2026-02-30", "tomorrow", ""])
def test_what_is_no_date_of_readings_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(BadInputError, match=r"^--from "):
        date_of(text, "--from")


@pytest.mark.parametrize("day", [FIRST_DATE, LAST_DATE])
def test_the_first_and_the_last_date_are_taken(day: object) -> None:
    assert date_of(str(day), "--from") == day
