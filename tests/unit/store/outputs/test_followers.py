"""Followers wait, go on and begin again as people ask, from any process, and say what keeps them waiting."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from real_parts import wait_until
from sera_store.backoff import FIRST_S, MOST_S, Backoff
from sera_store.database.follower_status import FollowerState
from sera_store.errors import (
    FollowerAwayError,
    FollowerPausedError,
    InvalidEntryError,
    StoreUnusableError,
)
from sera_store.outputs.following import Following
from sera_store.outputs.json_lines import JsonLinesFollower
from sera_store.store import Store
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.database.follower_status import FollowerStatus

    Append = Callable[..., list[int]]

NAME = "json_lines"
NOW_S = 1_790_000_000


class Listener(list[tuple[str, FollowerState, str]]):
    """Keeps what a following reports."""

    def __call__(self, name: str, state: FollowerState, reason: str) -> None:
        self.append((name, state, reason))


def following(store: Store, step: Callable[[], int]) -> Following:
    return Following(store, NAME, step, Listener(), clock=lambda: NOW_S)


def status(store: Store) -> FollowerStatus:
    [statuses] = store.followers.statuses()
    return statuses


def raising(error: Exception) -> Callable[[], int]:
    def step() -> int:
        raise error

    return step


@pytest.mark.parametrize(
    ("error", "state", "alarm"),
    [
        (FollowerAwayError(NAME, "503"), FollowerState.AWAY, False),
        (FollowerPausedError(NAME, "401: give a token"), FollowerState.REFUSED, True),
        (RuntimeError("ours"), FollowerState.FAILED, True),
    ],
)
def test_what_keeps_a_follower_waiting_is_seen_by_other_processes(
    store: Store, append: Append, error: Exception, state: FollowerState, alarm: bool
) -> None:
    append(AIR, replace(AIR, seq=2))
    following(store, raising(error)).once()

    with Store.open(store.folder) as other:
        result = status(other)
    assert (result.state, result.alarm, result.since_s) == (state, alarm, NOW_S)
    assert str(error) in result.reason
    assert (result.position, result.behind) == (0, 2)


def test_a_target_that_is_away_is_tried_less_and_less_often_until_it_answers(store: Store) -> None:
    fails = [True] * 10 + [False, True]

    def step() -> int:
        if fails.pop(0):
            raise FollowerAwayError(NAME, "503")
        return 1

    run = following(store, step)
    waits = [run.once() for _ in range(12)]

    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert max(waits) == MOST_S
    assert waits[10:] == [0.0, FIRST_S]


def test_a_follower_of_full_steps_waits_after_one_that_did_less(store: Store) -> None:
    done = [3, 2, 0]
    run = Following(store, NAME, lambda: done.pop(0), Listener(), glance_s=7.0, full_step=3)
    assert [run.once() for _ in range(3)] == [0.0, 7.0, 7.0]


def test_a_follower_that_takes_long_waits_in_proportion(store: Store) -> None:
    run = Following(store, NAME, lambda: time.sleep(0.02) or 0, Listener(), glance_s=0.1, rest_ratio=19.0)
    assert run.once() >= 19 * 0.02


def test_a_state_is_told_once_and_keeps_the_time_since_when_it_holds(store: Store) -> None:
    output, now = Listener(), [NOW_S]
    error = FollowerAwayError(NAME, "503")
    run = Following(store, NAME, raising(error), output, clock=lambda: now[0])
    for _ in range(3):
        run.once()
        now[0] += 60

    assert len(output) == 1
    assert status(store).since_s == NOW_S


def test_a_pause_outlives_the_process_and_takes_no_step(store: Store, append: Append) -> None:
    append(AIR)
    steps: list[int] = []
    following(store, lambda: steps.append(1) or 0).once()
    with Store.open(store.folder) as other:
        other.followers.pause(NAME, NOW_S)

    following(store, lambda: steps.append(2) or 0).once()
    assert steps == [1]
    assert status(store).state is FollowerState.PAUSED

    store.followers.resume(NAME, NOW_S)
    following(store, lambda: steps.append(3) or 0).once()
    assert steps == [1, 3]


def test_a_follower_that_waits_goes_on_at_once_when_it_is_resumed(store: Store) -> None:
    mended, stop = threading.Event(), threading.Event()

    def step() -> int:
        if not mended.is_set():
            raise FollowerPausedError(NAME, "401: give a token")
        stop.set()
        return 0

    run = following(store, step)
    run._backoff = Backoff(1e6, 1e6)
    thread = threading.Thread(target=run.run, args=(stop,))
    thread.start()
    wait_until(lambda: [item.alarm for item in store.followers.statuses()] == [True], label="the alarm")
    mended.set()
    store.followers.resume(NAME, NOW_S)
    thread.join(120)

    assert not thread.is_alive()


def test_a_store_that_cannot_be_written_does_not_end_the_following(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreUnusableError(store.folder, "disk is full", "free some")

    run = following(store, raising(FollowerAwayError(NAME, "503")))
    monkeypatch.setattr(store.followers, "note", full)

    assert run.once() == FIRST_S


@pytest.mark.parametrize("to", [-1, 3])
def test_a_follower_begins_again_only_where_it_has_been(store: Store, append: Append, to: int) -> None:
    append(AIR, replace(AIR, seq=2), replace(AIR, seq=3))
    following(store, lambda: store.cursors.move(NAME, 2) or 1).once()

    with pytest.raises(InvalidEntryError, match="expected 0 to 2"):
        store.followers.rewind(NAME, to)
    with pytest.raises(InvalidEntryError, match="no follower 'influx'; expected json_lines"):
        store.followers.rewind("influx", 0)


def test_a_replay_that_is_asked_for_during_a_step_stands(store: Store, append: Append) -> None:
    append(*[replace(AIR, seq=seq) for seq in range(1, 6)])
    assert store.cursors.advance(NAME, 0, 3)
    store.cursors.move(NAME, 1)

    assert not store.cursors.advance(NAME, 3, 5)
    assert store.cursors.position(NAME) == 1


@pytest.mark.parametrize("to", range(12))
def test_json_lines_are_cut_off_and_written_again_from_a_row_on(
    store: Store, append: Append, tmp_path: Path, to: int
) -> None:
    path = tmp_path / "records.jsonl"
    append(*[replace(AIR, seq=seq, detail={"note": "x" * (seq * 31 % 90)}) for seq in range(1, 12)])
    lines = JsonLinesFollower(store, path)
    following(store, lines.step).once()
    whole = path.read_bytes()
    # Somebody spoiled what comes after the row.
    beginning = whole.splitlines(keepends=True)[:to]
    path.write_bytes(b"".join(beginning) + whole[len(b"".join(beginning)) :].replace(b"air", b"aid"))

    store.followers.rewind(NAME, to)
    assert lines.step() == 11 - to
    lines.rest()

    assert path.read_bytes() == whole
    assert [json.loads(line)["id"] for line in whole.splitlines()] == list(range(1, 12))
    assert store.cursors.position(NAME) == 11


def test_the_first_row_since_a_time_is_found_among_current_records(store: Store, append: Append) -> None:
    append(*[replace(AIR, seq=seq, time_s=NOW_S + seq) for seq in (4, 2, 3, 1)])

    assert store.records.first_change_since(NOW_S + 3) == 1
    assert store.records.first_change_since(NOW_S + 5) is None
