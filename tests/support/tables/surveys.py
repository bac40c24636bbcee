"""`sera surveys` as tests ask it, and a table of counts in which one group is the sum of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# A group sums the others up (UK PoMS), zeros are explicit, effort is a number of counts.
COUNTS = """square,date,group,count,n_surveys
A1,1/6/2018,all,7,4
A1,1/6/2018,bees,7,4
A1,1/6/2018,wasps,0,4
A1,9/6/2018,all,1,2
A1,9/6/2018,bees,0,2
A1,9/6/2018,wasps,1,2
"""
COUNT_OPTIONS = (
    "--watch", "square", "--watch", "date", "--visits", "count", "--effort", "n_surveys", "--group", "group",
)  # fmt: skip


def answered(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> dict[str, Any]:
    """Ask for JSON, and return what was answered."""
    capsys.readouterr()
    assert main(["surveys", str(path), *options, "--json"]) == ExitCode.DONE
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def refused(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> str:
    """Ask for what is refused, and return the message."""
    capsys.readouterr()
    assert main(["surveys", str(path), *options]) == ExitCode.BAD_INPUT
    return capsys.readouterr().err
