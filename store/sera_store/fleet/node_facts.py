"""The facts of each node that `sera_quality.fleet` judges: one view for command, pages and alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.fleet.health import NodeHealth, fleet_health
from sera_store.fleet.node_values import NodeValues, fleet_values
from sera_store.fleet.probe_state import ProbeState, probe_states, probes_since_s
from sera_store.records.completeness import Outstanding
from sera_store.registry.dated_entries import registered_s
from sera_store.registry.entities import PERSON
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_store.ledger.statuses import NodeStatus
    from sera_store.registry.entities import Node
    from sera_store.store import Store

# Over which time lost records, and messages beyond budgets, are counted.
_LOST_DAYS, _EXCESS_DAYS = 30, 7
# A device that tells no next contact, and of which too little is here to see how often it comes.
_CONTACT_UNKNOWN_S: Final = DAY_S
_CONTACT_LEAST_S: Final = 3600


@dataclass(frozen=True, slots=True)
class NodeState:
    """What is known of one node at one moment.

    Parameters
    ----------
    title
        What people call its garden.
    way_in
        Id of the mapping that reads it; empty or `sera` for a node of ours.
    since_s
        From when on it could be heard, Unix time [s]: entered, and from the date on that was named.
    heard_s
        When it was heard last, Unix time [s]: its last status, newest reading or rejected message. None where
        never.
    contact_s
        How often it comes [s]: by its own word, else by its usual gap; None where it never came.
    state
        What it said last: online, asleep, lost; empty where it says nothing of the kind.
    battery_v, battery_charge, battery_slope_v_d
        Its newest voltage [V] or charge [%], and by how much the voltage changes a day [V], by a straight
        line through a week of daily means; None where not known.
    is_battery_low
        Whether it flags its own battery as low.
    queue, queue_age_s
        Records that it had not sent at its newest health record, and how old the oldest was [s].
    missing, missing_since_s
        Records that it holds and that are not here, and since when the first of them is missing.
    lost
        Records between those of the last 30 days that nobody holds any more.
    undated
        Records that wait for a time.
    doubtful
        By column the share of the last week's values that are suspect, failed or missing.
    still_s
        By column for how long [s] the newest value has been the very same.
    drift
        By column of temperature by how much [Cel] it moved against its community's nodes in two weeks, or
        since the present probe is there.
    clock_error_s
        By how much its clock may be wrong [s].
    signal_dbm
        Median strength of its radio over a day [dB[mW]].
    firmware, config_refused
        Version of its firmware; why it did not take the configuration that it was sent.
    rejected
        Dead letters that wait, by reason.
    excess_messages
        Messages beyond its budgets in the last seven days.
    probes
        What is known of each of its positions.
    certificate_ends_s
        When its certificate ends, Unix time [s]; None where that is not known.
    renewal, renewal_since_s
        What becomes of its next certificate (of `sera_vocabulary.alert_rules`; empty where none is on its
        way), and when it was ordered, Unix time [s].
    """

    node: str
    garden: str
    title: str
    community: str
    detector: str
    way_in: str
    since_s: int
    heard_s: int | None = None
    contact_s: int | None = None
    state: str = ""
    battery_v: float | None = None
    battery_charge: float | None = None
    battery_slope_v_d: float | None = None
    is_battery_low: bool = False
    queue: int | None = None
    queue_age_s: int | None = None
    missing: int = 0
    missing_since_s: int | None = None
    lost: int = 0
    undated: int = 0
    doubtful: dict[str, float] = field(default_factory=dict)
    still_s: dict[str, int] = field(default_factory=dict)
    drift: dict[str, float] = field(default_factory=dict)
    clock_error_s: int | None = None
    signal_dbm: float | None = None
    firmware: str = ""
    config_refused: str = ""
    rejected: dict[str, int] = field(default_factory=dict)
    excess_messages: int = 0
    probes: tuple[ProbeState, ...] = ()
    certificate_ends_s: int | None = None
    renewal: str = ""
    renewal_since_s: int | None = None


class CertificateState(NamedTuple):
    """What is known of a node's certificates, which the store does not know; see `NodeState`."""

    certificate_ends_s: int | None = None
    renewal: str = ""
    renewal_since_s: int | None = None


def fleet_facts(
    store: Store, at_s: int, certificates: Mapping[str, CertificateState] | None = None
) -> list[NodeState]:
    """Gather what is known of each node that stands in a garden; people who count are not nodes.

    Parameters
    ----------
    store
        The store.
    at_s
        Now, Unix time [s]; what was measured later is left out, but tells how far a clock is ahead.
    certificates
        By node what is known of its certificates.

    Returns
    -------
    list of NodeState
        By node.
    """
    nodes = [node for node in store.registry.nodes(at_s=at_s) if node.garden and node.detector != PERSON]
    gathered = _Gathered(store, at_s)
    known = certificates or {}
    return [gathered.state(node, known.get(node.id, CertificateState())) for node in nodes]


class _Gathered:
    """All that is read once for the whole fleet."""

    def __init__(self, store: Store, at_s: int) -> None:
        self._store = store
        self._at_s = at_s
        self._last_s = store.records.last_times_s()
        self._rejected_s = store.dead_letters.last_received_s()
        self._statuses = store.statuses()
        self._outstanding = store.outstanding()
        communities = {
            node.id: place[0]
            for node in store.registry.nodes(at_s=at_s)
            if (place := store.registry.place_of(node.id, at_s)) is not None
        }
        self._values = fleet_values(store.records, at_s, communities, probes_since_s(store.registry, at_s))
        self._health = fleet_health(store.records, at_s)
        self._rejected: dict[str, dict[str, int]] = {}
        for (reason, node), count in store.dead_letters.counts().items():
            self._rejected.setdefault(node, {})[reason] = count
        self._excess: dict[str, int] = {}
        for beyond in store.excess(from_day=at_s // DAY_S - _EXCESS_DAYS):
            self._excess[beyond.sender] = self._excess.get(beyond.sender, 0) + beyond.messages

    def state(self, node: Node, certificate: CertificateState) -> NodeState:
        """Put together the facts of one node."""
        garden = self._store.registry.garden(node.garden or "", self._at_s)
        values = self._values.get(node.id, NodeValues())
        health = self._health.get(node.id, NodeHealth())
        status = self._statuses.get(node.id)
        outstanding = self._outstanding.get(node.id, Outstanding("", 0, None, 0))
        return NodeState(
            node=node.id,
            garden=node.garden or "",
            title=garden.name if garden is not None else "",
            community=garden.community if garden is not None else "",
            detector=node.detector,
            way_in=node.way_in,
            since_s=registered_s(self._store.registry.history("node", node.id)),
            heard_s=self._heard_s(node.id, status),
            contact_s=self._contact_s(status, values),
            state=status.state if status is not None else "",
            battery_v=health.battery_v,
            battery_charge=health.battery_charge,
            battery_slope_v_d=health.battery_slope_v_d,
            is_battery_low=health.is_battery_low,
            queue=health.queue,
            queue_age_s=health.queue_age_s,
            missing=outstanding.missing,
            missing_since_s=outstanding.missing_since_s,
            lost=self._lost(node.id, outstanding.epoch),
            undated=outstanding.undated,
            doubtful=values.doubtful,
            still_s=values.still_s,
            drift=values.drift,
            clock_error_s=self._clock_error_s(node.id, health),
            signal_dbm=health.signal_dbm,
            firmware=status.firmware if status is not None else "",
            config_refused=status.refused if status is not None else "",
            rejected=self._rejected.get(node.id, {}),
            excess_messages=self._excess.get(node.id, 0),
            probes=probe_states(self._store, node.id, self._at_s, values.raw_positions),
            **certificate._asdict(),
        )

    def _lost(self, node: str, epoch: str) -> int:
        """Count what is lost of the node's present epoch: of an earlier one nothing more can be done."""
        accounts = self._store.completeness(node, self._at_s - _LOST_DAYS * DAY_S)
        return sum(account.lost for account in accounts if account.epoch == epoch)

    def _heard_s(self, node: str, status: NodeStatus | None) -> int | None:
        status_s = status.heard_s if status is not None else None
        # A message that was rejected was heard as well.
        heard = (status_s, self._last_s.get(node), self._rejected_s.get(node))
        times = [time_s for time_s in heard if time_s is not None]
        return min(max(times), self._at_s) if times else None

    def _contact_s(self, status: NodeStatus | None, values: NodeValues) -> int | None:
        if status is not None and status.next_contact_s:
            return max(status.next_contact_s, 1)
        if values.usual_gap_s is None:
            return _CONTACT_UNKNOWN_S
        return max(values.usual_gap_s, _CONTACT_LEAST_S)

    def _clock_error_s(self, node: str, health: NodeHealth) -> int | None:
        ahead_s = self._last_s.get(node, self._at_s) - self._at_s
        errors = [error for error in (health.clock_error_s, ahead_s) if error is not None and error > 0]
        return max(errors, default=health.clock_error_s)
