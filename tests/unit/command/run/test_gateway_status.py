"""`sera gateway status`: who is beyond a budget is an alarm."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from gateway_parts import data_topic, plant
from ledger_parts import NODE, way_in
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.excess import EXCESS_TOPIC, Excess, excess_payload

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_sender_beyond_its_budget_is_an_alarm_for_a_day_or_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = int(time.time())
    with way_in(tmp_path) as way:
        plant(way.store, [NODE])
        for received_s, messages in ((now_s - 10 * 86_400, 7), (now_s, 12)):
            excess = Excess(NODE, "messages", data_topic(NODE), "{", "00" * 16, 60, messages, 60 * messages)
            way.take(excess_payload(excess), topic=EXCESS_TOPIC, received_s=received_s)
    assert main(["gateway", "status", "--json", "--data", str(tmp_path)]) == ExitCode.DONE
    output = capsys.readouterr()
    assert f"ALARM: {NODE} is beyond its budget of messages: 12 messages, 720 bytes" in output.err
    assert [load["messages"] for load in json.loads(output.out)["beyond_budget"]] == [12]


def test_no_alarm_where_all_keep_to_their_budgets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with way_in(tmp_path) as way:
        plant(way.store, [NODE])
    assert main(["gateway", "status", "--data", str(tmp_path)]) == ExitCode.DONE
    assert "ALARM" not in capsys.readouterr().err
