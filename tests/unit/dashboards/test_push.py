"""Dashboards are pushed once, stay where people put them, and never go over what people changed.

Against a stand-in written from Grafana's documentation; against a real Grafana where GRAFANA_URL and
GRAFANA_TOKEN are set.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from house.doc_blocks import assert_prints, blocks, commands
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_dashboards.catalogue import build
from sera_dashboards.errors import GrafanaRefusedError
from sera_dashboards.provisioning.push import GrafanaServer, Outcome, diff, push
from sera_words.dashboard_words import dashboard_words
from web.grafana_stand_in import TOKEN, StandIn, grafana_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("grafana_client")


@pytest.fixture(params=[11, 12, 13])
def stand_in(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    with grafana_stand_in(request.param) as served:
        yield served


def sample_dashboards() -> dict[str, dict[str, object]]:
    return build(dashboard_words())


def test_the_same_push_again_changes_nothing(stand_in: StandIn) -> None:
    grafana = GrafanaServer(stand_in.url, TOKEN)
    assert {outcome for _, outcome in push(grafana, sample_dashboards())} == {Outcome.CREATED}
    assert stand_in.folders == {"sera": "Sera"}
    assert {call[-1]["folder"] for call in stand_in.dashboards.values()} == {"sera"}
    stand_in.requests.clear()
    assert {outcome for _, outcome in push(grafana, sample_dashboards())} == {Outcome.UNCHANGED}
    assert not [request for request in stand_in.requests if request.startswith("POST")]
    assert list(diff(grafana, sample_dashboards())) == []


def test_a_new_version_is_pushed_to_the_folder_that_people_moved_it_to(stand_in: StandIn) -> None:
    grafana = GrafanaServer(stand_in.url, TOKEN)
    list(push(grafana, sample_dashboards()))
    stand_in.move("sera-garden", "our-folder")
    changed = sample_dashboards()
    changed["garden"]["title"] = "Sera: our garden"
    outcomes = dict(push(grafana, changed))
    assert outcomes.pop("garden") is Outcome.UPDATED
    assert set(outcomes.values()) == {Outcome.UNCHANGED}
    last = stand_in.dashboards["sera-garden"][-1]
    assert (last["folder"], last["dashboard"]["title"]) == ("our-folder", "Sera: our garden")


def test_what_was_changed_by_hand_is_left_unless_told(stand_in: StandIn) -> None:
    grafana = GrafanaServer(stand_in.url, TOKEN)
    list(push(grafana, sample_dashboards()))
    stand_in.change_by_hand("sera-garden", title="Mine")
    assert dict(push(grafana, sample_dashboards()))["garden"] is Outcome.CHANGED_BY_HAND
    assert stand_in.dashboards["sera-garden"][-1]["dashboard"]["title"] == "Mine"
    lines = list(diff(grafana, sample_dashboards()))
    assert any(line.startswith("-") and "Mine" in line for line in lines)
    assert dict(push(grafana, sample_dashboards(), force=True))["garden"] is Outcome.OVERWRITTEN
    assert dict(push(grafana, sample_dashboards()))["garden"] is Outcome.UNCHANGED


def test_a_dashboard_of_somebody_else_with_our_id_is_left(stand_in: StandIn) -> None:
    stand_in.save({"dashboard": {"uid": "sera-garden", "title": "Imported by hand"}, "folderUid": "x"})
    assert (
        dict(push(GrafanaServer(stand_in.url, TOKEN), sample_dashboards()))["garden"]
        is Outcome.CHANGED_BY_HAND
    )


def test_a_wrong_token_and_a_server_that_is_away_say_what_to_do(stand_in: StandIn) -> None:
    with pytest.raises(GrafanaRefusedError, match=r"401.*service account") as refused:
        list(push(GrafanaServer(stand_in.url, "wrong"), sample_dashboards()))
    assert "wrong" not in str(refused.value)
    with pytest.raises(GrafanaRefusedError):
        list(push(GrafanaServer("http://127.0.0.1:9", TOKEN), sample_dashboards()))


def test_the_verbs_push_and_compare(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    assert main(["dashboards", "push", "--grafana", stand_in.url]) == ExitCode.DONE
    assert "garden: created" in capsys.readouterr().out
    assert main(["dashboards", "diff", "--grafana", stand_in.url]) == ExitCode.DONE
    stand_in.change_by_hand("sera-garden", title="Mine")
    assert main(["dashboards", "diff", "--grafana", stand_in.url]) == ExitCode.CHECK_FAILED
    assert main(["dashboards", "push", "--grafana", stand_in.url]) == ExitCode.CHECK_FAILED
    monkeypatch.delenv("GRAFANA_TOKEN")
    assert main(["dashboards", "push", "--grafana", stand_in.url]) == ExitCode.BAD_INPUT


@pytest.mark.slow
def test_the_how_to_pushes_with_what_it_says_and_sees_what_it_shows(
    stand_in: StandIn, tmp_path: Path, root: Path
) -> None:
    page = root / "docs" / "how-to" / "hang-a-board.md"
    environ = {
        **os.environ, "GRAFANA_URL": stand_in.url, "GRAFANA_TOKEN": TOKEN,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    [registers] = [block for block in blocks(page) if block.words == ("console", "run")]
    [pushes] = [block for block in blocks(page) if any("dashboards push" in line for line in block.lines)]
    command_lines = [
        (command, expected) for block in (registers, pushes) for command, expected in commands(block)
    ]
    for command, expected in command_lines:
        if command.startswith(
            ("sera community", "sera garden", "sera dashboards push", "sera dashboards diff")
        ):
            done = subprocess.run(
                ("bash", "-c", command),
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, command + done.stdout + done.stderr
            assert_prints(done.stdout + done.stderr, expected)
    assert len(stand_in.dashboards) == 5


def test_a_real_grafana_takes_them_and_says_that_they_are_unchanged() -> None:
    url, token = os.environ.get("GRAFANA_URL"), os.environ.get("GRAFANA_TOKEN")
    if not (url and token):
        pytest.skip("named exception: no Grafana; set GRAFANA_URL and GRAFANA_TOKEN")
    grafana = GrafanaServer(url, token)
    list(push(grafana, sample_dashboards(), force=True))
    assert {outcome for _, outcome in push(grafana, sample_dashboards())} == {Outcome.UNCHANGED}
