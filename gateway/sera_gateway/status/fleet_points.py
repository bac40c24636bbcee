"""Each node that is expected, with its facts, and how bad each rule finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_gateway.status.status_points import hour_s, status_point
from sera_quality.fleet import judge_fleet
from sera_vocabulary import series
from sera_vocabulary import status_series as s
from sera_vocabulary.alert_rules import RULES
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sera_quality.fleet import NodeReport
    from sera_store.fleet.node_facts import NodeState
    from sera_store.outputs.line_protocol import Point

# Rules that look at each column or position by itself.
_BY_COLUMN = frozenset(("doubtful", "stuck", "drifting"))
_BY_POSITION = frozenset(("probe_swapped", "calibration_missing", "calibration_due"))


def fleet_points(fleet: Sequence[NodeState], at_s: int) -> list[Point]:
    """Return the points of a fleet at a time [s]: `FLEET` and `FINDINGS`.

    Parameters
    ----------
    fleet
        What is known of each node that stands in a garden.
    at_s
        Now, Unix time [s].

    Notes
    -----
    A rule that finds nothing writes 0: a series that ends says that nobody looks any more, and not that all
    is well.
    """
    return [
        point
        for report in judge_fleet(fleet, at_s)
        for point in (_facts(report, at_s), *_findings(report, at_s))
    ]


def _tags(state: NodeState) -> dict[str, str]:
    return {
        series.TAG_COMMUNITY: state.community,
        series.TAG_GARDEN: state.garden,
        series.TAG_NODE: state.node,
    }


def _facts(report: NodeReport[NodeState], at_s: int) -> Point:
    state = report.facts
    silent_s = None if state.heard_s is None else at_s - state.heard_s
    missed = silent_s / state.contact_s if silent_s is not None and state.contact_s else None
    fields = {
        s.SEVERITY: report.severity,
        s.HEARD_MS: None if state.heard_s is None else 1000 * state.heard_s,
        s.SILENT_H: None if silent_s is None else silent_s / HOUR_S,
        s.CONTACTS_MISSED: missed,
        s.BATTERY_V: state.battery_v,
        s.BATTERY_PERCENT: state.battery_charge,
        s.QUEUE: state.queue,
        s.QUEUE_AGE_S: state.queue_age_s,
        s.MISSING: state.missing,
        s.LOST: state.lost,
        s.UNDATED: state.undated,
        s.CLOCK_ERROR_S: state.clock_error_s,
        s.SIGNAL_DBM: state.signal_dbm,
        s.DOUBTFUL: max(state.doubtful.values(), default=None),
        s.REJECTED: sum(state.rejected.values()),
    }
    return status_point(s.FLEET, hour_s(at_s), _tags(state), fields)


def _findings(report: NodeReport[NodeState], at_s: int) -> Iterator[Point]:
    severities = dict.fromkeys(_looked_at(report.facts), 0)
    for judgement in report.judgements:
        arguments = judgement.finding.arguments
        name, place = (str(arguments.get(key, "")) for key in ("name", "place"))
        key = judgement.finding.code, f"{name}{place}" or str(arguments.get("position", ""))
        severities[key] = max(severities.get(key, 0), judgement.severity)
    for (code, place), severity in severities.items():
        tags = {**_tags(report.facts), s.TAG_CODE: code, s.TAG_PLACE: place}
        yield status_point(s.FINDINGS, hour_s(at_s), tags, {s.SEVERITY: severity})


def _looked_at(state: NodeState) -> Iterator[tuple[str, str]]:
    """Return each rule with what it looks at: the node, its columns, or its positions."""
    columns: dict[str, Mapping[str, float]] = {
        "doubtful": state.doubtful,
        "stuck": state.still_s,
        "drifting": state.drift,
    }
    for rule in RULES:
        if rule.code in _BY_COLUMN:
            yield from [(rule.code, column) for column in columns[rule.code]]
        elif rule.code in _BY_POSITION:
            yield from [(rule.code, str(probe.position)) for probe in state.probes]
        else:
            yield rule.code, ""
