"""How a figure was made is asked of one process at a time; who comes after a few is told so at once."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sera_pages.figures import explanations
from sera_pages.figures.explanations import WAITING_MOST, Explanations

if TYPE_CHECKING:
    from pathlib import Path

# Answers once a file is there, with the number that it was asked for.
WAITS = """import json, pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists(): time.sleep(.01)
print(json.dumps({"number": int(sys.argv[2])}))"""


@pytest.mark.slow
def test_a_flood_of_questions_holds_nobody_up(tmp_path: Path) -> None:
    go = tmp_path / "go"

    async def ask() -> tuple[set[Any], list[Any]]:
        explanations = Explanations((sys.executable, "-c", WAITS, str(go)))
        tasks = [asyncio.create_task(explanations.of(number)) for number in range(WAITING_MOST + 4)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        refused = {task.result() for task in done}
        go.touch()
        answers = [await task for task in tasks]
        assert await explanations.of(99) == {"number": 99}
        return refused, answers

    refused, answers = asyncio.run(ask())
    assert refused == {None}
    assert answers == [{"number": number} for number in range(WAITING_MOST + 1)] + 3 * [None]


@pytest.mark.parametrize("program", ["print('no JSON')", "print('[1]')", "raise SystemExit(3)"])
def test_what_is_no_answer_is_none(program: str) -> None:
    assert asyncio.run(Explanations((sys.executable, "-c", program)).of(1)) is None
    assert asyncio.run(Explanations(()).of(1)) is None


def test_a_process_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "EXPLAINED_WITHIN_S", 0.3)
    assert asyncio.run(Explanations((sys.executable, "-c", WAITS, str(tmp_path / "never"))).of(1)) is None
