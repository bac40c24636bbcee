"""Grafana's rules and `sera alerts` wake people at the same times, by one table, and never both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from influx.alert_model import AlertState, evaluate_all
from sera_alerts.transitions import UNSTEADY_BEGINNINGS, State, advance
from sera_command.errors import ExitCode
from sera_command.installation.alerting import GRAFANA_SILENCE, alert_book
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_dashboards.catalogue import build
from sera_dashboards.lint.reading import variables_in
from sera_dashboards.provisioning import alerts as rules
from sera_dashboards.provisioning.folders import Rules, provisioning_texts
from sera_vocabulary.alerts import ALERTS, ALERTS_BY_CODE
from sera_words.dashboard_words import dashboard_words
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from sera_vocabulary.alerts import Alert

NOW_S = 1_780_272_000
HOUR_S = 3600

# For ever: an id of a rule that Grafana has read from a file never means anything else.
UIDS = """
sera-never-heard sera-silent sera-battery-low sera-charge-low sera-battery-falling sera-records-missing
sera-records-lost sera-doubtful sera-stuck sera-drifting sera-clock-wrong sera-undated sera-signal-weak
sera-wrong-community sera-rejected sera-flooding sera-probe-swapped sera-calibration-due
sera-certificate-ends sera-config-refused sera-gateway-away
"""


def test_ids_of_rules_are_what_they_were() -> None:
    [group] = rules.alert_groups(dashboard_words())
    assert [rule["uid"] for rule in group["rules"]] == UIDS.split()


def test_rules_have_the_holds_of_the_table_a_runbook_and_no_dollar_sign() -> None:
    [group] = rules.alert_groups(dashboard_words())
    runbook = rules.runbook_text(dashboard_words())
    for rule in group["rules"]:
        assert f"## {rule['annotations']['runbook_url'].partition('#')[2]}\n" in runbook
        code = rule["labels"]["code"]
        if code in ALERTS_BY_CODE:
            alert = ALERTS_BY_CODE[code]
            minutes = [rule[key].rstrip("ms") for key in ("for", "keepFiringFor")]
            assert [float(minute) / 60 for minute in minutes] == [alert.hold_h, alert.clear_h]
            [limit] = rule["data"][2]["model"]["conditions"][0]["evaluator"]["params"]
            assert alert.least - 1 < limit < alert.least
    assert "$" not in json.dumps(group)


def test_the_committed_runbook_is_up_to_date(root: Path) -> None:
    committed = (root / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert committed == rules.runbook_text(dashboard_words()), "write it again: make dashboards"


def verdicts(alert: Alert, severities: list[int], step_s: int) -> tuple[list[bool], int]:
    """At which steps `sera_alerts` has told people that it holds, and how often it began in a day."""
    state, messages, most = State(), [], 0
    for number, severity in enumerate(severities):
        state, _ = advance(state, severity, NOW_S + number * step_s, alert)
        messages.append(state.message_s is not None)
        most = max(most, state.beginnings)
    return messages, most


def modelled(alert: Alert, severities: list[int], step_s: int) -> list[bool]:
    """At which steps the model of Grafana's rules fires."""
    results = [(NOW_S + n * step_s, severity > alert.least - 0.5) for n, severity in enumerate(severities)]
    states = evaluate_all(results, round(alert.hold_h * HOUR_S), round(alert.clear_h * HOUR_S))
    return [state.is_firing for _, state in states]


@settings(max_examples=examples(300))
@given(
    st.sampled_from(ALERTS),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), min_size=1, max_size=12),
    st.sampled_from([600, 1200, HOUR_S]),
)
def test_grafanas_rules_give_the_verdict_of_our_alerts(
    alert: Alert, runs: list[tuple[int, int]], step_s: int
) -> None:
    severities = [severity for severity, length in runs for _ in range(length)]
    messages, beginnings = verdicts(alert, severities, step_s)
    # What comes and goes more often within a day is told less often by us: the one difference.
    if beginnings < UNSTEADY_BEGINNINGS:
        assert modelled(alert, severities, step_s) == messages


def test_a_silent_node_must_fire_and_a_cold_night_must_not() -> None:
    silent, battery = ALERTS_BY_CODE["silent"], ALERTS_BY_CODE["battery_low"]
    assert modelled(silent, [0, 0, 2, 2, 3], 600) == [False, False, True, True, True]
    assert not any(modelled(battery, [0, 2, 2, 0, 0, 2, 0], 600))
    assert modelled(battery, [2] * 14, 600)[-1]


def test_a_series_that_ends_is_resolved_after_two_evaluations() -> None:
    states = [state for _, state in evaluate_all([(0, True), (600, None), (1200, None)], 0, HOUR_S)]
    assert states == [AlertState.ALERTING, AlertState.ALERTING, AlertState.NORMAL]


def test_files_hold_no_secret_and_alerts_only_where_asked_for() -> None:
    words = dashboard_words()
    without = provisioning_texts(build(words), words, "sera", rules=Rules.NONE)
    with_alerts = provisioning_texts(build(words), words, "sera", rules=Rules.ACTIVE)
    assert with_alerts.keys() - without.keys() == {"provisioning/alerting/sera.yaml"}
    source = json.loads(without["provisioning/datasources/sera.yaml"])["datasources"][0]
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token $SERA_INFLUXDB_TOKEN"}
    assert source["jsonData"]["dbName"] == "sera"
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    public = json.loads(without["dashboards/community.json"])
    assert {panel["datasource"]["uid"] for panel in public["panels"]} == {source["uid"]}
    assert not any(variables_in(target["query"]) for panel in public["panels"] for target in panel["targets"])


def test_where_grafana_wakes_people_sera_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    assert main(["community", "new", "oak", "--title", "Oak", "--data", str(data)]) == ExitCode.DONE
    words = ["dashboards", "provision", "--out", str(out), "--data", str(data)]
    assert main(words) == ExitCode.DONE
    assert not (out / "provisioning" / "alerting").exists()
    assert main([*words, "--alerts", "grafana"]) == ExitCode.DONE
    assert (out / "provisioning" / "alerting" / "sera.yaml").is_file()

    def paused() -> list[bool]:
        content = json.loads((out / "provisioning" / "alerting" / "sera.yaml").read_text(encoding="utf-8"))
        return [rule["isPaused"] for group in content["groups"] for rule in group["rules"]]

    def silences() -> list[str]:
        with alert_book(Installation.existing(data)) as book:
            return [
                silence.reason
                for silence in book.silences(NOW_S)
                if silence.covers("elm-1", "elm-yard", "silent", NOW_S)
            ]

    assert main([*words, "--alerts", "grafana"]) == ExitCode.DONE
    assert silences() == [GRAFANA_SILENCE]
    with alert_book(Installation.existing(data)) as book:
        silent = {silence.code for silence in book.silences(NOW_S)}
    # What Grafana does not know of is told by us as before.
    assert silent == {alert.code for alert in rules.woken()}
    assert not {"disk_full", "renewal_waiting", "broker_silent"} & silent
    capsys.readouterr()
    assert main(["alerts", "list", "--data", str(data)]) == ExitCode.DONE
    assert "Grafana wakes people" in capsys.readouterr().out
    assert not any(paused())
    # Back again: Grafana goes on with rules of which the file is gone.
    assert main(words) == ExitCode.DONE
    assert silences() == []
    assert all(paused())
    assert "pauses the rules in Grafana" in capsys.readouterr().err
    assert main(words) == ExitCode.DONE
    assert all(paused())
