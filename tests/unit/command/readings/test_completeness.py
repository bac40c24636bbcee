"""`sera completeness`: the account of each node, and an exit that tells what is missing for too long."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from gateway_parts import EPOCH, NOW_S, batch, data_topic, plant, row
from ledger_parts import NODE, way_in
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_vocabulary.messages import FLAG_DAMAGED, SEQ_MOST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OLD_S = NOW_S - 100_000


def report_of(
    capsys: pytest.CaptureFixture[str], folder: Path, *words: str
) -> tuple[int, list[dict[str, object]]]:
    """Run the verb and read its JSON."""
    code = main(["completeness", "--json", "--data", str(folder), *words])
    return code, json.loads(capsys.readouterr().out)["nodes"]


def filled(folder: Path, payloads: Sequence[bytes], received_s: int = NOW_S) -> Path:
    with way_in(folder) as way:
        plant(way.store, [NODE])
        for payload in payloads:
            way.take(payload, received_s=received_s)
    return folder


def test_all_that_can_become_of_a_record_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payloads = [
        batch([row(3, 1.0), row(4, 1.0, utc_s=None), row(5, None, flags=FLAG_DAMAGED)], f=3, n=9),
        batch([row(3, 1.0)], f=3, n=9),
        batch([row(3, 2.0), row(6, 1.0, utc_s=5)], f=3, n=9),
    ]
    code, [output] = report_of(capsys, filled(tmp_path, payloads))
    assert code == ExitCode.CHECK_FAILED
    assert (output["made"], output["stored"], output["undated"], output["dead_lettered"]) == (8, 2, 1, 1)
    assert (output["missing"], output["lost"], output["repeated"]) == (2, 2, 1)
    assert (output["damaged"], output["conflict"], output["next"], output["epoch"]) == (1, 1, 7, EPOCH)


@pytest.mark.parametrize(("older_than", "code"), [("0s", 1), ("90s", 1), ("50m", 1), ("2h", 0), ("1d", 0)])
def test_only_what_is_missing_for_long_makes_the_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], older_than: str, code: int
) -> None:
    now_s = int(time.time())
    folder = filled(tmp_path, [batch([row(2, 1.0, utc_s=NOW_S)])], received_s=now_s - 3600)
    assert report_of(capsys, folder, "--older-than", older_than)[0] == code


def test_a_gap_is_as_old_as_its_first_sequence_and_gone_when_it_is_filled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, [batch([row(3, 1.0)], n=5)], received_s=NOW_S - 500)
    assert report_of(capsys, tmp_path)[1][0]["missing_since_s"] == NOW_S - 500
    filled(tmp_path, [batch([row(4, 1.0)], n=5)], received_s=NOW_S - 400)
    assert report_of(capsys, tmp_path)[1][0]["missing_since_s"] == NOW_S - 500
    filled(tmp_path, [batch([row(1, 1.0)], n=5)], received_s=NOW_S - 300)
    assert report_of(capsys, tmp_path)[1][0]["missing_since_s"] == NOW_S - 300
    filled(tmp_path, [batch([row(2, 1.0)], n=5)], received_s=NOW_S - 200)
    code, [output] = report_of(capsys, tmp_path)
    assert (code, output["missing"], output["missing_since_s"]) == (ExitCode.DONE, 0, None)


def test_an_account_since_a_day_leaves_out_what_was_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = [row(seq, 1.0, utc_s=OLD_S + seq) for seq in (5, 7)]
    new = [row(seq, 1.0, utc_s=NOW_S + seq) for seq in (11, 12, 14)]
    folder = filled(tmp_path, [batch(old, f=5, n=15), batch(new, f=5, n=15)])
    whole, since = (
        report_of(capsys, folder)[1],
        report_of(capsys, folder, "--since", "2026-05-28T00:00:00")[1],
    )
    assert [
        (account["made"], account["stored"], account["missing"], account["lost"]) for account in whole
    ] == [(14, 5, 5, 4)]
    assert [
        (account["made"], account["stored"], account["missing"], account["lost"]) for account in since
    ] == [(4, 3, 1, 0)]
    assert report_of(capsys, folder, "--since", "2099-01-01T00:00:00") == (ExitCode.DONE, [])
    assert main(["completeness", "--data", str(folder), "--since", "2099-01-01"]) == ExitCode.DONE
    assert capsys.readouterr().out == "no node has sent anything measured since 2099-01-01 00:00\n"


def test_the_table_names_the_sequence_that_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, [batch([row(3, 1.0)], n=5)], received_s=int(time.time()) - 50)
    assert main(["completeness", "--data", str(tmp_path)]) == ExitCode.CHECK_FAILED
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "expected"
    assert line.split()[:5] == [NODE, EPOCH, "4", "1", "0"]
    assert "  1 missing for 5" in line


@pytest.mark.parametrize(
    ("words", "report"),
    [
        (["--older-than", "soon"], "'soon' is no span of time; expected 90s"),
        (["--older-than", "-5s"], "is no span of time"),
        (["--node", "node-zz"], "is not registered and has sent nothing"),
    ],
)
def test_bad_input_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], report: str
) -> None:
    filled(tmp_path, [])
    assert main(["completeness", "--data", str(tmp_path), *words]) == ExitCode.BAD_INPUT
    assert report in capsys.readouterr().err


def test_a_claim_that_nobody_can_have_made_is_told_and_makes_no_alarm_deaf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(
        tmp_path, [batch([row(1, 1.0)]), batch([row(2, 1.0)], n=SEQ_MOST), batch([row(2, 1.0)], n=SEQ_MOST)]
    )
    assert main(["completeness", "--json", "--data", str(tmp_path)]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    assert [(account["node"], account["missing"], account["lost"]) for account in answer["nodes"]] == [
        (NODE, 0, 0)
    ]
    [beyond] = answer["beyond_budget"]
    assert (beyond["sender"], beyond["kind"], beyond["messages"]) == (NODE, "claims", 2)
    assert main(["completeness", "--data", str(tmp_path), "--node", NODE]) == ExitCode.DONE
    assert (
        f"{NODE}: implausible: claims records that no node can have made (2 mess" in capsys.readouterr().out
    )
    # What another node really lacks is heard as before.
    with way_in(tmp_path) as way:
        plant(way.store, ["node-b"])
        way.take(batch([row(2, 1.0)]), topic=data_topic("node-b"))
    code, nodes = report_of(capsys, tmp_path)
    assert (code, [node["missing"] for node in nodes]) == (ExitCode.CHECK_FAILED, [0, 1])
