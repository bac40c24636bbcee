"""`sera deadletters` on a folder of journal and store: what it tells, and what bad input gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway_parts import GARDEN, SINCE_S, batch, data_topic, plant, row
from ledger_parts import NODE, way_in
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.registry.dead_letter_actions import DISMISS
from sera_store.registry.entities import Node

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with two letters: a measurement nobody knows, and a node nobody knows."""
    with way_in(tmp_path / "data") as way:
        plant(way.store, [NODE])
        way.take(batch([row(1, 0.4)], ["leaf_wetness"]))
        way.take(batch([row(1, 14.5)]), topic=data_topic("node-x"))
    return tmp_path / "data"


def run_verb(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run one command line."""
    code = main(["deadletters", *map(str, words)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_letters_are_grouped_by_reason_and_node(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_verb(capsys, "list", "--data", data)
    assert code == ExitCode.DONE
    assert f"1 unknown_measurement of {NODE}: " in out
    assert "1 unknown_node of node-x: register it from that time on: `sera node new" in out


def test_an_amendment_is_taken_at_once_and_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mended.json").write_bytes(batch([row(1, 14.5)]))
    code, out, _ = run_verb(capsys, "amend", 1, "--payload", tmp_path / "mended.json", "--data", data)
    assert (code, out.splitlines()[0]) == (ExitCode.DONE, "dead letter 1 (unknown_measurement): amended")
    code, out, _ = run_verb(capsys, "show", 1, "--data", data, "--json")
    assert json.loads(out)["orders"] == ["1: amend by sera command, taken after message 2"]
    code, _, err = run_verb(capsys, "amend", 1, "--payload", tmp_path / "mended.json", "--data", data)
    assert (code, "is amended already" in err) == (ExitCode.BAD_INPUT, True)


def test_an_amendment_that_is_refused_for_another_reason_is_told_with_the_new_letter(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mended.json").write_text('{"v":1')
    code, out, _ = run_verb(capsys, "amend", 1, "--payload", tmp_path / "mended.json", "--data", data)
    first, second, last = out.splitlines()
    assert (code, first) == (ExitCode.CHECK_FAILED, "dead letter 1 (unknown_measurement): amended")
    assert second.startswith("dead letter 3 (not_json): waiting, new: Expecting")
    assert last == "2 dead letter(s); 1 wait"


def test_the_message_alone_is_written_to_be_mended(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = tmp_path / "mended.json"
    code, _, err = run_verb(capsys, "show", 1, "--out", message, "--data", data)
    assert (code, "sera deadletters amend 1 --payload" in err) == (ExitCode.DONE, True)
    message.write_bytes(message.read_bytes().replace(b"leaf_wetness", b"air_temperature"))
    code, out, _ = run_verb(capsys, "amend", 1, "--payload", message, "--data", data)
    assert (code, out.splitlines()[0]) == (ExitCode.DONE, "dead letter 1 (unknown_measurement): amended")
    nowhere = tmp_path / "none" / "mended.json"
    assert run_verb(capsys, "show", 1, "--out", nowhere, "--data", data)[0] == ExitCode.CANNOT_WRITE


def test_a_letter_that_is_named_twice_is_tried_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_verb(capsys, "replay", 1, 1, "--data", data)
    assert (code, out.splitlines()[-1]) == (ExitCode.CHECK_FAILED, "1 dead letter(s); 1 wait")
    with way_in(data) as way:
        assert len(way.store.dead_letter_actions.after(0, limit=9)) == 1


def test_a_replay_tells_by_its_exit_whether_something_waits_on(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(capsys, "replay", "--reason", "unknown_node", "--data", data)[0] == ExitCode.CHECK_FAILED
    with way_in(data) as way:
        way.store.registry.put(Node("node-x", GARDEN), since_s=SINCE_S, by="a test")
    code, out, _ = run_verb(capsys, "replay", "--node", "node-x", "--data", data)
    assert (code, "dead letter 2 (unknown_node): replayed" in out) == (ExitCode.DONE, True)


def test_an_order_behind_one_that_waits_for_its_place_is_written_down_and_done_later(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with way_in(data) as way:
        # As after a restored backup: the store's messages come again, and the order's place with them.
        first = way.store.dead_letter_actions.put(DISMISS, journal=2, reason="unknown_node", by="a test")
        way.store.dead_letter_actions.take(first, way.ledger.position + 1)
    code, out, err = run_verb(capsys, "replay", 1, "--data", data)
    assert (code, "dead letter 1 (unknown_measurement): waiting" in out) == (ExitCode.DONE, True)
    assert "what was ordered now is written down" in err
    assert "2: replay by sera command, not taken yet" in run_verb(capsys, "show", 1, "--data", data)[1]
    with way_in(data) as way:
        way.take(b"{")
    assert run_verb(capsys, "dismiss", 1, "--data", data)[:2] == (
        ExitCode.DONE,
        "dead letter 1 (unknown_measurement): dismissed\n1 dead letter(s); 0 wait\n",
    )


def test_a_letter_is_dismissed_and_brought_back(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(capsys, "dismiss", 1, "--data", data)[0] == ExitCode.DONE
    assert "leaf_wetness" not in run_verb(capsys, "list", "--data", data)[1]
    assert "leaf_wetness" in run_verb(capsys, "list", "--state", "dismissed", "--data", data)[1]
    code, out, _ = run_verb(capsys, "restore", 1, "--data", data, "--json")
    assert (code, json.loads(out)["letters"][0]["state"]) == (ExitCode.DONE, "waiting")


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["show", "99"], "dead letter 99 does not exist"),
        (["list", "--reason", "bad_mood"], "is no reason; expected one of"),
        (["list", "--state", "sad"], "is no state; expected one of waiting"),
        (["amend", "1"], "nothing to amend"),
        (["amend", "1", "--payload", "none.json"], "none.json"),
        (["amend", "1", "--payload", "/dev/null"], "has 0 bytes; expected one message"),
        (["amend", "1", "--topic", "a/#"], "is no topic"),
        (["amend", "99", "--topic", "a/b"], "dead letter 99 does not exist"),
        (["replay"], "no dead letter named"),
        (["dismiss", "1", "99"], "dead letter 99 does not exist"),
        (["restore", "1"], "dead letter 1 is waiting; expected one that is dismissed"),
        (["dismiss", "--reason", "bad_mood"], "is no reason"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str], output: str
) -> None:
    code, out, err = run_verb(capsys, *words, "--data", data)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert output in err
    with way_in(data) as way:
        assert way.store.dead_letter_actions.after(0) == []


def test_what_strangers_sent_moves_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with way_in(tmp_path / "data") as way:
        way.take(b"\x1b[2J{\r\n", topic="elsewhere/\x1b]0;owned\x07")
    _, listed, _ = run_verb(capsys, "list", "--data", tmp_path / "data")
    _, output, _ = run_verb(capsys, "show", 1, "--data", tmp_path / "data")
    assert "elsewhere/\\x1b]0;owned\\x07" in listed
    assert "payload: \\x1b[2J{\\r\\n" in output
    assert not set(listed + output) & {"\x1b", "\x07", "\r"}


def test_a_list_of_no_letters_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run_verb(capsys, "list", "--limit", 0, "--data", data)
    assert (code, "--limit" in err) == (ExitCode.USAGE, True)


def test_a_folder_without_a_store_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run_verb(capsys, "replay", 1, "--data", tmp_path / "none")
    assert (code, "holds no store" in err) == (ExitCode.BAD_INPUT, True)
