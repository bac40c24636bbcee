"""The rules of alerts for Grafana, from the same table as `sera_alerts` reads, and their runbook.

A rule looks at how bad the fleet's judgement finds something (`status_series.FINDINGS`): limits stand in one
place. A rule's uid is its code and never means anything else: Grafana does not delete what it has read
from a file. No text holds a dollar sign, in whose place Grafana would put a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards.panels.targets import FIXED_SOURCE_UID
from sera_dashboards.queries.influxql import equal, last, name
from sera_vocabulary import series
from sera_vocabulary import status_series as s
from sera_vocabulary.alert_rules import LOOK, RULES_BY_CODE, SEVERITIES
from sera_vocabulary.alerts import ALERTS

if TYPE_CHECKING:
    from sera_dashboards.style import Json
    from sera_vocabulary.alerts import Alert
    from sera_words.dashboard_words import DashboardWords

# As often as `sera up` looks.
EVERY_S: Final = 600
# The gateway's points stand at the beginning of their hour, and the newest hour may have none yet.
LOOK_BACK_S: Final = 7_200
GATEWAY_UID: Final = "sera-gateway-away"
RUNBOOK: Final = "https://github.com/sera-gardens/sera/blob/main/docs/runbook.md"
_EXPRESSION: Final = {"type": "__expr__", "uid": "__expr__"}


# Known where the authority is, and in no point of InfluxDB: of these `sera alerts` tells in any case.
_NOT_WRITTEN: Final = frozenset(("renewal_waiting", "renewal_refused"))


def woken() -> list[Alert]:
    """Return the alerts about nodes of which Grafana can tell; two are notes of the fleet alone."""
    return [
        alert
        for alert in ALERTS
        if alert.code not in _NOT_WRITTEN
        and (alert.least == LOOK or RULES_BY_CODE[alert.code].urgent is not None)
    ]


def uid(code: str) -> str:
    """Return the id of a rule, for ever."""
    return f"sera-{code.replace('_', '-')}"


def findings_query(code: str) -> str:
    """Return the query for how bad a rule finds each node, as it was written last."""
    tags = (series.TAG_COMMUNITY, series.TAG_GARDEN, series.TAG_NODE, s.TAG_PLACE)
    return (
        f"SELECT {last(s.SEVERITY, s.SEVERITY)} FROM {name(s.FINDINGS)} "  # noqa: S608 - all is quoted
        f"WHERE time > now() - {LOOK_BACK_S}s AND time <= now() AND {equal(s.TAG_CODE, code)} "
        f"GROUP BY {', '.join(map(name, tags))}"
    )


def gateway_query() -> str:
    """Return the query for whether the gateway writes at all; no row says that it does not."""
    return (
        f"SELECT count({name(s.JOURNAL_LAST)}) FROM {name(series.GATEWAY)} "  # noqa: S608 - all is quoted
        "WHERE time > now() - 3600s AND time <= now()"
    )


def alert_groups(words: DashboardWords, runbook: str = RUNBOOK, *, paused: bool = False) -> list[Json]:
    """Return the group of all rules, for Grafana's folder of alerts.

    Parameters
    ----------
    words
        What findings are called.
    runbook
        Address of the runbook.
    paused
        Whether Grafana is to keep the rules without looking at them.
    """
    rules = [_rule(alert, words, runbook) for alert in woken()]
    rules.append(_gateway_rule(words, runbook))
    return [
        {
            "orgId": 1,
            "name": "sera",
            "folder": "Sera",
            "interval": f"{EVERY_S}s",
            "rules": [{**rule, "isPaused": paused} for rule in rules],
        }
    ]


def _rule(alert: Alert, words: DashboardWords, runbook: str) -> Json:
    return {
        "uid": uid(alert.code),
        "title": words.finding(alert.code),
        "condition": "C",
        "data": [
            _query(findings_query(alert.code)),
            _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"}),
            _expression("C", _threshold("B", "gt", alert.least - 0.5)),
        ],
        "for": _hours(alert.hold_h),
        "keepFiringFor": _hours(alert.clear_h),
        # No series of any node: the gateway is away, for which there is a rule of its own.
        "noDataState": "OK",
        "execErrState": "KeepLast",
        "labels": {"receiver": alert.receiver, "code": alert.code},
        "annotations": {
            "summary": "{{ .Labels.node }} in {{ .Labels.garden }}: " + words.finding(alert.code),
            "runbook_url": f"{runbook}#{alert.code.replace('_', '-')}",
        },
    }


def _gateway_rule(words: DashboardWords, runbook: str) -> Json:
    title = words.say("gateway_away")
    return {
        "uid": GATEWAY_UID,
        "title": title,
        "condition": "C",
        "data": [
            _query(gateway_query()),
            _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"}),
            _expression("C", _threshold("B", "lt", 0.5)),
        ],
        "for": "0s",
        "noDataState": "Alerting",
        "execErrState": "KeepLast",
        "labels": {"receiver": "steward", "code": "gateway_away"},
        "annotations": {"summary": title, "runbook_url": f"{runbook}#gateway-away"},
    }


def _query(query: str) -> Json:
    return {
        "refId": "A",
        "datasourceUid": FIXED_SOURCE_UID,
        "relativeTimeRange": {"from": LOOK_BACK_S, "to": 0},
        "model": {"refId": "A", "rawQuery": True, "query": query, "resultFormat": "time_series"},
    }


def _expression(ref: str, model: Json) -> Json:
    return {
        "refId": ref,
        "datasourceUid": _EXPRESSION["uid"],
        "model": {"refId": ref, "datasource": _EXPRESSION, **model},
    }


def _threshold(expression: str, kind: str, limit: float) -> Json:
    condition = {"evaluator": {"type": kind, "params": [limit]}}
    return {"type": "threshold", "expression": expression, "conditions": [condition]}


def _hours(hours: float) -> str:
    return f"{round(hours * 60)}m" if hours else "0s"


def runbook_text(words: DashboardWords) -> str:
    """Write the runbook: a section for each alert, with limits, reasons and first checks."""
    sections = [_section(alert, words) for alert in woken()]
    return (
        "# Runbook: what to do when an alert comes\n\n"
        "Made from `sera_vocabulary.alert_rules` and `sera_vocabulary.alerts` by `make dashboards`.\n"
        "Whoever is woken, by `sera alerts` or by Grafana, finds here what it means, and what to do.\n\n"
        + "\n".join(sections)
        + "\n## gateway-away\n\n"
        "The gateway has written nothing into InfluxDB for an hour. Only Grafana can tell this.\n\n"
        "1. `sera doctor` on the gateway's machine: does it run, is there room?\n"
        "2. `sera follower list`: is InfluxDB away, or does it refuse?\n"
        "3. `sera gateway status`\n"
    )


def _section(alert: Alert, words: DashboardWords) -> str:
    rule = RULES_BY_CODE[alert.code]
    limits = [f"worth a look from {rule.look:g} {rule.unit} on"]
    if rule.urgent is not None:
        limits.append(f"urgent from {rule.urgent:g} {rule.unit} on")
    checks = "\n".join(
        [f"{index}. {check}" for index, check in enumerate((*rule.checks, f"`{alert.command}`"), 1)]
    )
    bring = f"\nBring {rule.bring}.\n" if rule.bring else ""
    return (
        f"## {alert.code.replace('_', '-')}\n\n"
        f"{_sentence(words.finding(alert.code))}: {alert.meaning}.\n\n"
        f"- {_sentence('; '.join(limits))}: {rule.reason}.\n"
        f"- Told when it is {SEVERITIES[alert.least]} or worse for {alert.hold_h:g} h, and well again after "
        f"{alert.clear_h:g} h: {alert.reason}. First to the {alert.receiver}.\n\n"
        f"{checks}\n{bring}"
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
