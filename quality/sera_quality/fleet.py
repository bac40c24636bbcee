"""What is wrong with a node, from what is known of it: pure rules for pages, alerts and the command.

`sera_store.fleet.fleet_facts` gathers the facts; limits and their reasons are the table
`sera_vocabulary.alert_rules.RULES`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sera_quality.limits import LIMITS
from sera_vocabulary.alert_rules import LOOK, NOTE, RENEWAL_REFUSED, RENEWAL_WAITING, RULES_BY_CODE, URGENT
from sera_vocabulary.durations import DAY_S, HOUR_S
from sera_vocabulary.messages import parse_column
from sera_words.statements import Finding
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sera_quality.node_facts import NodeFacts

FactsT = TypeVar("FactsT", bound="NodeFacts")
# What stands in first checks for names of a node.
_NAME: Final = re.compile(r"\b(?:NODE|NAME|POSITION|SERIAL)\b")
# A cell of lithium, as nodes of ours have one: below its empty voltage the firmware makes no contact.
CELL_EMPTY_V: Final = 3.3
_CELL_MOST_V: Final = 4.4
# A slope that the noise of the converter makes anyway [V a day].
_SLOPE_LEAST_V_D: Final = 0.005
# Rejected under another community: a rule of its own.
WRONG_COMMUNITY: Final = "wrong_community"
# What a budget makes dead letters of, which a rule of its own counts.
QUOTA: Final = ("quota", "implausible")
# Where only the look is a limit, more of it is no worse.
_NO_LIMIT: Final = float("inf")
# Rules whose value is the worse the lower it is.
_LOWER_IS_WORSE: Final = frozenset(
    (
        "battery_low",
        "charge_low",
        "battery_falling",
        "signal_weak",
        "certificate_ends",
        "disk_filling",
        "disk_full",
        "service_certificate_ends",
    )
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding of a node, and how bad it is: `NOTE`, `LOOK` or `URGENT`."""

    severity: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class NodeReport(Generic[FactsT]):
    """The facts of a node with what is wrong with it, worst first."""

    facts: FactsT
    judgements: list[Judgement]

    @property
    def severity(self) -> int:
        """How bad the worst of it is; 0 where all is well."""
        return max([judgement.severity for judgement in self.judgements], default=0)

    @property
    def order(self) -> tuple[int, int, str]:
        """By what reports are sorted: the worst finding, then how many are as bad, then the id."""
        alike = sum(judgement.severity == self.severity for judgement in self.judgements)
        return -self.severity, -alike, self.facts.node


def judge_fleet(fleet: Sequence[FactsT], at_s: int) -> list[NodeReport[FactsT]]:
    """Find what is wrong with each node of a fleet, the worst node first.

    Parameters
    ----------
    fleet
        What is known of each node.
    at_s
        Now, Unix time [s].
    """
    newest = newest_version(facts.firmware for facts in fleet)
    reports = [NodeReport(facts, judge(facts, at_s, newest)) for facts in fleet]
    return sorted(reports, key=lambda report: report.order)


def judge(facts: NodeFacts, at_s: int, newest_firmware: str = "") -> list[Judgement]:
    """Find what is wrong with a node, worst first.

    Parameters
    ----------
    facts
        What is known of it.
    at_s
        Now, Unix time [s].
    newest_firmware
        The newest that any node of the fleet runs; empty where that is not known.

    Returns
    -------
    list of Judgement
        Empty where all is well. A node that has never been heard has no other finding of its readings.
    """
    judgements = [
        *_contact(facts, at_s),
        *_battery(facts),
        *_delivery(facts, at_s),
        *_values(facts),
        *_clock_and_radio(facts),
        *_probes(facts, at_s),
        *_software(facts, at_s, newest_firmware),
    ]
    order = list(RULES_BY_CODE)
    return sorted(
        judgements, key=lambda judgement: (-judgement.severity, order.index(judgement.finding.code))
    )


def first_checks(node: str, judgement: Judgement) -> list[str]:
    """Return the first checks of a finding, in their order, with the names of this node in commands."""
    return named_checks(node, judgement.finding.code, judgement.finding.arguments)


def named_checks(node: str, code: str, arguments: Mapping[str, object]) -> list[str]:
    """Return the first checks of a rule in the present language, with the names of a node in commands."""
    names = {
        "NODE": node,
        "NAME": f"{arguments.get('name', 'NAME')}{arguments.get('place', '')}",
        "POSITION": str(arguments.get("position", "POSITION")),
        "SERIAL": str(arguments.get("node_serial", "SERIAL")),
    }
    return [_NAME.sub(lambda match: names[match[0]], check) for check in words().checks(code)]


def newest_version(versions: Iterable[str]) -> str:
    """Return the highest of some versions of whole numbers with points; empty where there is none.

    Examples
    --------
    >>> newest_version(["0.9.1", "0.10.0", "", "test"])
    '0.10.0'
    """
    numbered = {version: number for version in versions if (number := _numbers(version))}
    return max(numbered, key=lambda version: numbered[version], default="")


def days_left(volts: float | None, slope_v_d: float | None) -> float | None:
    """Return in how many days a lithium cell is empty at its present slope; None where it does not fall.

    Parameters
    ----------
    volts
        Its voltage [V]; None, or beyond a single cell's, says nothing.
    slope_v_d
        By how much it changes a day [V].
    """
    if volts is None or slope_v_d is None or not CELL_EMPTY_V <= volts <= _CELL_MOST_V:
        return None
    return (volts - CELL_EMPTY_V) / -slope_v_d if slope_v_d <= -_SLOPE_LEAST_V_D else None


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


def judged(code: str, value: float, /, **arguments: Any) -> Iterator[Judgement]:
    """Compare a value with the limits of its rule; nothing where it is within."""
    rule = RULES_BY_CODE[code]
    sign = -1 if code in _LOWER_IS_WORSE else 1
    urgent = _NO_LIMIT if rule.urgent is None else sign * rule.urgent
    if sign * value >= sign * rule.look:
        severity = URGENT if sign * value >= urgent else LOOK
        yield Judgement(severity, Finding.of(code, **arguments))


def _contact(facts: NodeFacts, at_s: int) -> Iterator[Judgement]:
    if facts.heard_s is None:
        hours = (at_s - facts.since_s) / HOUR_S
        yield from judged("never_heard", hours, hours=hours)
    elif facts.contact_s:
        silent_s = at_s - facts.heard_s
        yield from judged(
            "silent",
            silent_s / facts.contact_s,
            hours=silent_s / HOUR_S,
            expected=facts.contact_s / HOUR_S,
        )


def _battery(facts: NodeFacts) -> Iterator[Judgement]:
    volts, percent = facts.battery_v, facts.battery_charge
    if percent is not None:
        yield from judged("charge_low", percent, percent=percent)
    if volts is None:
        return
    if facts.is_battery_low:
        # The node knows its own cells; the table knows when one of lithium is empty.
        is_empty = volts <= RULES_BY_CODE["battery_low"].urgent
        yield Judgement(URGENT if is_empty else LOOK, Finding.of("battery_low", volts=volts))
    days = days_left(volts, facts.battery_slope_v_d)
    if days is not None:
        yield from judged("battery_falling", days, days=days, volts=volts)


def _delivery(facts: NodeFacts, at_s: int) -> Iterator[Judgement]:
    if facts.missing and facts.missing_since_s is not None:
        hours = (at_s - facts.missing_since_s) / HOUR_S
        yield from judged("records_missing", hours, records=facts.missing, hours=hours)
    yield from judged("records_lost", facts.lost, records=facts.lost)
    wrong = facts.rejected.get(WRONG_COMMUNITY, 0)
    yield from judged("wrong_community", wrong, messages=wrong)
    other_reasons = {
        reason: count for reason, count in facts.rejected.items() if reason not in (WRONG_COMMUNITY, *QUOTA)
    }
    yield from judged(
        "rejected",
        sum(other_reasons.values()),
        messages=sum(other_reasons.values()),
        reasons=sorted(other_reasons),
    )
    yield from judged("flooding", facts.excess_messages, messages=facts.excess_messages)


def _values(facts: NodeFacts) -> Iterator[Judgement]:
    stuck: set[str] = set()
    for column, still_s in facts.still_s.items():
        limit = LIMITS.get(_name(column))
        if limit is not None and limit.still_s is not None:
            stillness = judged("stuck", still_s / limit.still_s[0], **_column(column), hours=still_s / HOUR_S)
            for judgement in stillness:
                stuck.add(_place(column))
                yield judgement
    for column, share in facts.doubtful.items():
        # What stands still is flagged for that, and so is what is computed from it.
        if _place(column) not in stuck:
            yield from judged("doubtful", share, **_column(column), share=share)
    for column, change in facts.drift.items():
        yield from judged("drifting", abs(change), **_column(column), change=change)


def _clock_and_radio(facts: NodeFacts) -> Iterator[Judgement]:
    if facts.clock_error_s is not None:
        yield from judged("clock_wrong", facts.clock_error_s, seconds=facts.clock_error_s)
    yield from judged("undated", facts.undated, records=facts.undated)
    if facts.signal_dbm is not None:
        yield from judged("signal_weak", facts.signal_dbm, dbm=facts.signal_dbm)


def _probes(facts: NodeFacts, at_s: int) -> Iterator[Judgement]:
    for probe in facts.probes:
        if probe.node_serial and probe.registry_serial and probe.node_serial != probe.registry_serial:
            yield from judged(
                "probe_swapped",
                1,
                position=probe.position,
                node_serial=probe.node_serial,
                registry_serial=probe.registry_serial,
            )
        if probe.is_raw and probe.calibrated_s is None:
            yield Judgement(NOTE, Finding.of("calibration_missing", position=probe.position))
        elif probe.is_raw and probe.calibrated_s is not None:
            days = (at_s - probe.calibrated_s) / DAY_S
            yield from judged("calibration_due", days, position=probe.position, days=days)


def _software(facts: NodeFacts, at_s: int, newest_firmware: str) -> Iterator[Judgement]:
    if facts.certificate_ends_s is not None:
        days = (facts.certificate_ends_s - at_s) / DAY_S
        yield from judged("certificate_ends", days, days=days)
    yield from _renewal(facts, at_s)
    own, newest = _numbers(facts.firmware), _numbers(newest_firmware)
    if own and newest and own < newest:
        finding = Finding.of("firmware_old", firmware=facts.firmware, newest=newest_firmware)
        yield Judgement(NOTE, finding)
    if facts.config_refused:
        yield from judged("config_refused", 1, why=facts.config_refused)


def _renewal(facts: NodeFacts, at_s: int) -> Iterator[Judgement]:
    if facts.renewal == RENEWAL_REFUSED:
        yield from judged("renewal_refused", 1)
    elif facts.renewal == RENEWAL_WAITING and facts.renewal_since_s is not None:
        days = (at_s - facts.renewal_since_s) / DAY_S
        is_late = days >= RULES_BY_CODE["renewal_waiting"].look
        yield Judgement(LOOK if is_late else NOTE, Finding.of("renewal_waiting", days=days))


def _name(column: str) -> str:
    parsed = parse_column(column)
    return column if parsed is None else parsed[0]


def _place(column: str) -> str:
    return column.removeprefix(_name(column))


def _column(column: str) -> dict[str, str]:
    return {"name": _name(column), "place": _place(column)}
