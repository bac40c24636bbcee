"""The file of JSON lines: every row once and in order, whatever was cut off."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sera_store.errors import InvalidEntryError, StoreUnusableError
from sera_store.outputs import json_lines
from sera_store.outputs.json_lines import JsonLinesFollower
from sera_store.results.results import Result
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.records.records import Record
    from sera_store.store import Store

    Append = Callable[..., list[int]]

# Follows a store until it is killed, and says each step.
FOLLOW = """
import sys
from pathlib import Path
from sera_store.outputs import json_lines
from sera_store.store import Store
json_lines._ROWS_A_STEP = 3
with Store.open(Path(sys.argv[1])) as store:
    lines = json_lines.JsonLinesFollower(store, Path(sys.argv[2]), clock=lambda: 0.0)
    while True:
        print(lines.step(), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


def ids(path: Path) -> list[int]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_each_row_is_a_line_records_revisions_and_results_alike(
    store: Store, append: Append, air: Record, path: Path
) -> None:
    [old] = append(replace(air, values=(None, 60.0), detail={"note": "é\n"}))
    with store.ledger() as writes:
        writes.records.supersede(old, air)
    store.results.put(
        [
            Result(
                scope="garden",
                scope_id="elm-yard",
                index="visits_per_hour",
                period="day",
                start_s=0,
                end_s=86_400,
                unit="1/h",
                method="m",
                version="1",
                reason=Reason.of("no_hours"),
            )
        ]
    )

    assert JsonLinesFollower(store, path).step() == 3

    first, second, third = [json.loads(line) for line in path.read_text().splitlines()]
    assert (first["id"], first["record"]["values"], first["record"]["detail"]) == (
        1,
        [None, 60.0],
        {"note": "é\n"},
    )
    assert (second["supersedes"], second["record"]["time_s"]) == (1, air.time_s)
    assert third["result"]["reason"] == {"code": "no_hours", "arguments": {}}


def test_it_goes_on_where_the_file_ends(store: Store, append: Append, air: Record, path: Path) -> None:
    append(air, replace(air, seq=2))
    JsonLinesFollower(store, path).step()
    append(replace(air, seq=3))

    again = JsonLinesFollower(store, path)

    assert (again.step(), again.step()) == (1, 0)
    assert ids(path) == [1, 2, 3]
    assert store.cursors.position("json_lines") == 3


@pytest.mark.parametrize("byte_count", [1, 40, 70_000, 140_000])
def test_a_line_that_was_cut_off_is_written_anew(
    store: Store, append: Append, air: Record, path: Path, byte_count: int
) -> None:
    append(air, replace(air, seq=2, detail={"note": "x" * 150_000}))
    JsonLinesFollower(store, path).step()
    first = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(path.read_bytes()[: len(first) + byte_count])

    JsonLinesFollower(store, path).step()

    assert ids(path) == [1, 2]


def test_a_last_line_longer_than_the_tail_is_read_whole(
    store: Store, append: Append, air: Record, path: Path
) -> None:
    append(air, replace(air, seq=2, detail={"note": "x" * 300_000}))
    JsonLinesFollower(store, path).step()

    assert JsonLinesFollower(store, path).step() == 0
    assert ids(path) == [1, 2]


def test_a_removed_file_begins_again(store: Store, append: Append, air: Record, path: Path) -> None:
    append(air)
    JsonLinesFollower(store, path).step()
    path.unlink()

    JsonLinesFollower(store, path).step()

    assert ids(path) == [1]


@pytest.mark.parametrize("content", ['{"id": 7}\n', "no JSON\n"], ids=["another store", "another file"])
def test_a_file_of_something_else_is_left_alone(
    store: Store, append: Append, air: Record, path: Path, content: str
) -> None:
    append(air)
    path.write_text(content)

    with pytest.raises(InvalidEntryError, match="name another file"):
        JsonLinesFollower(store, path)

    assert path.read_text() == content


@pytest.fixture
def three_rows_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_ROWS_A_STEP", 3)


@pytest.mark.usefixtures("three_rows_a_step")
def test_its_steps_do_not_wait_for_whoever_writes_the_store(
    store: Store, append: Append, air: Record, path: Path
) -> None:
    append(*[replace(air, seq=seq) for seq in range(1, 10)])
    lines = JsonLinesFollower(store, path, clock=lambda: 0.0)
    lines.step()
    may_end, steps = threading.Event(), []

    def follow() -> None:
        steps.extend([lines.step(), lines.step()])
        may_end.set()

    with store.ledger():
        follower = threading.Thread(target=follow)
        follower.start()
        assert may_end.wait(120)
    follower.join()
    assert steps == [3, 3]
    assert ids(path) == list(range(1, 10))
    assert store.cursors.position("json_lines") == 3
    lines.rest()
    assert store.cursors.position("json_lines") == 9


@pytest.mark.usefixtures("three_rows_a_step")
@pytest.mark.parametrize(
    "cursor", [None, 0, 1, 3], ids=lambda to: "no replay" if to is None else f"after {to}"
)
@pytest.mark.parametrize("cut", [0, 1, 200], ids=lambda cut: f"{cut} bytes short")
def test_a_death_before_the_cursor_is_saved_repeats_no_line_and_leaves_none_out(
    store: Store, append: Append, air: Record, path: Path, cursor: int | None, cut: int
) -> None:
    append(*[replace(air, seq=seq) for seq in range(1, 12)])
    dead = JsonLinesFollower(store, path, clock=lambda: 0.0)
    assert [dead.step() for _ in range(3)] == [3, 3, 3]
    assert store.cursors.position("json_lines") == 3
    path.write_bytes(path.read_bytes()[: path.stat().st_size - cut])
    if cursor is not None:
        store.cursors.move("json_lines", cursor)

    again = JsonLinesFollower(store, path)
    while again.step():
        pass

    assert ids(path) == list(range(1, 12))
    assert store.cursors.position("json_lines") == 11


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 5, 9])
def test_a_follower_that_is_killed_amid_its_steps_goes_on(
    store: Store, append: Append, air: Record, path: Path, steps: int
) -> None:
    append(*[replace(air, seq=seq) for seq in range(1, 200)])
    for _ in range(3):
        follower = subprocess.Popen(
            [sys.executable, "-c", FOLLOW, str(store.folder), str(path)], stdout=subprocess.PIPE
        )
        assert follower.stdout is not None
        for _ in range(steps):
            assert follower.stdout.readline()
        follower.kill()
        follower.wait()
        follower.stdout.close()

    lines = JsonLinesFollower(store, path)
    while lines.step():
        pass

    assert ids(path) == list(range(1, 200))
    assert store.cursors.position("json_lines") == 199


def test_a_file_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match="absent"):
        JsonLinesFollower(store, tmp_path / "absent" / "records.jsonl")
