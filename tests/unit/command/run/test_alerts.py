"""`sera alerts` on a fleet of which eight misbehave: those are told of, over real mail and web servers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fleet.forty_nodes import EXPECTED, FLOODING, NODES, SILENT, STUCK, fill
from fleet.receivers import mail_server, web_server
from gateway_parts import NOW_S
from sera_command.installation import alerting
from sera_command.main import main
from sera_command.run import alerts
from sera_command.start import pages

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.receivers import Receiver

HOUR_S = 3600


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forty")
    fill(folder)
    return folder


@pytest.fixture
def data(fortnight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(fortnight, folder)
    at(monkeypatch, NOW_S)
    return folder


@pytest.fixture(scope="module")
def three_nodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the forty, which misbehave."""
    folder = tmp_path_factory.mktemp("three")
    fill(folder, only=(SILENT, STUCK, FLOODING))
    return folder


@pytest.fixture
def few(three_nodes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(three_nodes, folder)
    at(monkeypatch, NOW_S)
    return folder


def at(monkeypatch: pytest.MonkeyPatch, time_s: int) -> None:
    monkeypatch.setattr(alerts, "now_s", lambda: time_s)


def configure(data: Path, *addresses: str) -> None:
    (data / "alerts.toml").write_text(
        '[[channel]]\nname = "stewards"\naddresses_file = "stewards.addresses"\n'
    )
    file = data / "stewards.addresses"
    file.touch(mode=0o600)
    file.write_text("\n".join(addresses) + "\n")


def web(receiver: Receiver) -> str:
    return f"json://anna:s3cret@127.0.0.1:{receiver.port}/hook"


def run(data: Path, *words: str) -> int:
    return main(["alerts", *words, "--data", str(data)])


@pytest.mark.slow
def test_exactly_the_eight_are_told_of_and_no_second_time(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_server() as receiver:
        configure(data, web(receiver))
        for hour in range(48):
            at(monkeypatch, NOW_S + hour * 60)
            assert run(data, "check") == 0
        text = "\n".join(json.loads(post)["message"] for post in receiver.posts)
    # A drift is told after a day, a battery that falls after half of one, a wrong clock after a quarter.
    later = {"drifting", "battery_falling", "battery_low", "clock_wrong", "probe_swapped"}
    soon = {node for node, codes in EXPECTED.items() if codes - later}
    assert {node for node in NODES if f"{node} in " in text} == soon
    assert len(receiver.posts) == 1
    assert "s3cret" not in "".join(capsys.readouterr())


@pytest.mark.slow
def test_the_list_says_what_holds_what_waits_and_why_it_was_not_taken(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_server() as receiver:
        receiver.is_refusing = True
        configure(data, web(receiver))
        assert run(data, "check") == 0
        assert run(data, "list") == 0
    output = capsys.readouterr().out
    assert f"to look at: {SILENT} in " in output
    assert "channel stewards: last delivered never" in output
    assert "failed after 1 attempt: address 1 (json) did not take it" in output
    assert "s3cret" not in output
    assert run(data, "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert f"{SILENT} silent" in listed["states"]
    assert listed["channels"]["stewards"]["attempts"] == 1


@pytest.mark.slow
def test_a_test_message_comes_by_mail_and_web_and_says_who_did_not_take_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mail_server() as mails, web_server() as receiver:
        mail = f"mailto://localhost:{mails.port}?from=sera@garden.org&to=steward@garden.org&mode=insecure"
        configure(data, mail, web(receiver))
        assert run(data, "test") == 0
        assert "stewards: taken" in capsys.readouterr().out
        assert len(mails.mails) == len(receiver.posts) == 1
        mails.is_refusing = True
        assert run(data, "test") == 1
        assert "stewards: address 1 (mailto) did not take it" in capsys.readouterr().out


def test_a_silence_is_entered_shown_and_ended(
    few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_server() as receiver:
        configure(few, web(receiver))
        assert run(few, "silence", SILENT, "--hours", "5", "--reason", "frost") == 0
        assert run(few, "silence", "all", "--rule", "flooding") == 0
        assert run(few, "check") == 0
        [post] = receiver.posts
        assert SILENT not in json.loads(post)["message"]
        assert FLOODING not in json.loads(post)["message"]
        assert STUCK in json.loads(post)["message"]
        assert run(few, "list") == 0
        assert f"silent: {SILENT} all rules until " in capsys.readouterr().out
        assert run(few, "silence", SILENT, "--hours", "0") == 0
        at(monkeypatch, NOW_S + HOUR_S)
        assert run(few, "check") == 0
        assert SILENT in json.loads(receiver.posts[1])["message"]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["silence", "oak-99"], 3, "neither a node nor a garden"),
        (["silence", SILENT, "--rule", "cold"], 3, "rule 'cold' is none"),
        (["test"], 3, "does not name any channel"),
        (["test", "--channel", "hosts"], 3, "does not name channel 'hosts'"),
        (["silence", SILENT, "--hours", "-1"], 2, ""),
    ],
)
def test_what_cannot_be_done_is_said(
    few: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, expected: str
) -> None:
    assert run(few, *words) == code
    assert expected in capsys.readouterr().err


def test_addresses_that_others_may_read_are_refused_before_anything_is_sent(
    few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_server() as receiver:
        configure(few, web(receiver))
        (few / "stewards.addresses").chmod(0o640)
        assert run(few, "test") == 3
        assert "chmod 600" in capsys.readouterr().err
        assert run(few, "check") == 0
        assert run(few, "list") == 0
    assert receiver.posts == []
    assert "chmod 600" in capsys.readouterr().out


def test_the_rules_are_printed_with_who_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "rules"]) == 0
    output = capsys.readouterr().out
    assert "silent: a node does not come any more" in output
    assert "to the steward" in output
    assert all(len(line) <= 110 for line in output.splitlines())


@pytest.mark.slow
def test_pages_are_made_although_alerts_cannot_be_sent(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "alerts.toml").write_text("[[channel")
    monkeypatch.setattr(pages.sys, "argv", ["pages", str(data)])
    monkeypatch.setattr(pages.threading.Thread, "start", lambda _: None)
    assert pages.main() == 0
    assert (data / "pages" / "index.html").exists()


@pytest.mark.slow
def test_apprise_is_loaded_only_where_something_is_sent(data: Path) -> None:
    code = (
        "import sys; from sera_command.installation import alerting; "
        "assert 'apprise' not in sys.modules, 'loaded'"
    )
    assert alerting
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
