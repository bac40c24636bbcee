"""What Home Assistant is offered: gardens, communities and nodes as devices of its MQTT discovery.

Facts from the documentation of Home Assistant (MQTT: discovery by device, sensor, binary sensor): a retained
message on `homeassistant/device/<id>/config` names a device (`dev`), its origin (`o`) and its components
(`cmps`), and an empty one removes it. A sensor takes its state when it comes, and no earlier time with it.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_command import __version__
from sera_gateway.config import FIGURES, HEALTH, OFFER_ROOT, SOIL
from sera_quality.fleet import judge_fleet
from sera_store.calendar import local_days
from sera_store.fleet.node_facts import fleet_facts
from sera_store.local_clock import utc_date
from sera_store.registry.entities import PERSON
from sera_store.release.persons import Pseudonyms
from sera_store.release.places import released_gardens
from sera_store.release.readings import released_readings
from sera_vocabulary import measurements, quality, series
from sera_vocabulary.alert_rules import SEVERITIES
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_vocabulary.messages import parse_column
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_quality.fleet import NodeReport
    from sera_store.fleet.node_facts import NodeState
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.result import Result
    from sera_store.store import Store

DISCOVERY: Final = "homeassistant"
_DAYS: Final = 2
# After so long without a word from here Home Assistant calls a value unavailable [s].
_EXPIRES_S: Final = 3 * HOUR_S
_SPAN: Final = "span"
_DECIMALS: Final = 4


class _Quantity(NamedTuple):
    """How Home Assistant calls a quantity: its device class, its unit, and what ours is multiplied by."""

    device_class: str | None
    unit: str | None
    factor: float = 1.0


# Of its own device classes and the units that each may have; a quantity without one is a plain number there.
_QUANTITIES: Final = {
    measurements.SOIL_TEMPERATURE: _Quantity("temperature", "°C"),
    measurements.SOIL_MOISTURE: _Quantity("moisture", "%", 100.0),
    measurements.SOIL_MOISTURE_RAW: _Quantity(None, None),
    measurements.SOIL_CONDUCTIVITY: _Quantity("conductivity", "µS/cm"),
    measurements.SOIL_PH: _Quantity("ph", None),
}


class RetainedMessage(NamedTuple):
    """A message that the broker keeps; an empty one takes back what it kept."""

    topic: str
    payload: bytes


def offered_messages(
    store: Store, kinds: Sequence[str], gardens: Sequence[str], at_s: int
) -> list[RetainedMessage]:
    """List all that is offered of some gardens, and of their communities.

    Parameters
    ----------
    store
        The store.
    kinds
        What is offered: figures, soil, health.
    gardens
        Ids of gardens; none for all. Those whose place is hidden are never offered.
    at_s
        Now, Unix time [s].
    """
    released = {
        garden.id: garden
        for garden in released_gardens(store.registry)
        if garden.place is not None and (not gardens or garden.id in gardens)
    }
    messages: list[RetainedMessage] = []
    if FIGURES in kinds:
        messages += _figure_devices(store, released)
    reports = {
        report.facts.node: report
        for report in judge_fleet(fleet_facts(store, at_s), at_s)
        if report.facts.garden in released
    }
    for node, report in sorted(reports.items()):
        garden = released[report.facts.garden]
        device = _Device(f"node/{node}", node, garden.name or garden.id, _model(store, node))
        if SOIL in kinds:
            _add_soil(device, store, node, garden, at_s)
        if HEALTH in kinds:
            _add_health(device, report)
        messages += device.messages()
    return messages


class _Device:
    """One device of discovery, with its components and their values.

    Parameters
    ----------
    path
        Names it among all: `node/bed-3`.
    name, area
        What people call it, and where it is suggested to be.
    model
        What kind of thing it is.
    """

    def __init__(self, path: str, name: str, area: str, model: str) -> None:
        self._path = path
        self._device = {
            "ids": [f"sera-{path.replace('/', '-')}"], "name": name, "mf": "Sera", "mdl": model, "sa": area
        }  # fmt: skip
        self._components: dict[str, dict[str, Any]] = {}
        self._state: dict[str, Any] = {}

    def add(self, key: str, name: str, value: Any, more: dict[str, Any], attributes: dict[str, Any]) -> None:
        """Add a component with its value, None where it has none now, and what stands beside it."""
        topic = f"{OFFER_ROOT}/{self._path}"
        component = {
            "p": "sensor", "name": name, "unique_id": f"sera-{self._path}-{key}".replace("/", "-"),
            "state_topic": topic, "value_template": f"{{{{ value_json['{key}'].value }}}}",
            "json_attributes_topic": topic,
            "json_attributes_template": f"{{{{ value_json['{key}'].attributes | tojson }}}}", **more,
        }  # fmt: skip
        self._components[key] = {name: value for name, value in component.items() if value is not None}
        self._state[key] = {"value": value, "attributes": attributes}

    def messages(self) -> Iterator[RetainedMessage]:
        """Iterate over what makes it appear, and its values; nothing where it has no component."""
        if not self._components:
            return
        config = {
            "dev": self._device, "o": {"name": "Sera", "sw": __version__}, "cmps": self._components, "qos": 1
        }  # fmt: skip
        name = f"sera-{self._path.replace('/', '-')}"
        yield RetainedMessage(f"{DISCOVERY}/device/{name}/config", _encode(config))
        yield RetainedMessage(f"{OFFER_ROOT}/{self._path}", _encode(self._state))


def _figure_devices(store: Store, released: dict[str, ReleasedGarden]) -> Iterator[RetainedMessage]:
    communities = sorted({garden.community for garden in released.values()})
    whole = {garden.community for garden in released_gardens(store.registry) if garden.id not in released}
    places = [("garden", name, garden.name or name) for name, garden in sorted(released.items())]
    # A figure of a community speaks of all its gardens: it is offered where all of them are.
    places += [("community", name, name) for name in communities if name not in whole]
    for scope, name, title in places:
        device = _Device(f"{scope}/{name}", f"{title}: figures", title, "figures")
        results = [
            result
            for result in store.results.current(scope=scope, scope_id=name, period=_SPAN)
            if not result.group
        ]
        by_index = Counter(result.index for result in results)
        for result in results:
            _add_figure(device, result, is_alone=by_index[result.index] == 1)
        yield from device.messages()


def _add_figure(device: _Device, result: Result, *, is_alone: bool) -> None:
    """Add a figure; where there are several of one index, each says whom it speaks about."""
    attributes: dict[str, Any] = {
        "from": utc_date(result.start_s).isoformat(), "to": utc_date(result.end_s - 1).isoformat(),
        "effort_h": result.effort_h,
        "low": result.low, "high": result.high, "n": result.n, "n_of": result.n_of,
        "unit": result.unit, "simulated": result.is_simulated,
    }  # fmt: skip
    attributes = {name: value for name, value in attributes.items() if value not in (None, "", False)}
    if result.reason is not None:
        attributes["missing"] = words().statement(result.reason)
    name = words().name(result.index) if result.index in INDICES_BY_NAME else result.index
    key = result.index if is_alone else f"{result.index}_{result.target}"
    target = "" if is_alone or not result.target else f" ({words().target(result.target)})"
    device.add(key, f"{name}{target}", _rounded(result.value), {"state_class": "measurement"}, attributes)


def _add_soil(device: _Device, store: Store, node: str, garden: ReleasedGarden, at_s: int) -> None:
    """Add the mean of the newest hour of each quantity of the soil; hours are all that leaves."""
    today = int(local_days(garden.timezone, np.array([at_s], np.int64))[0])
    hours: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    times: dict[int, str] = {}
    for reading in released_readings(
        store, garden.id, garden.timezone, series=[series.SOIL], days=(today - _DAYS, today),
        pseudonyms=Pseudonyms(), licence=None, node=node,
    ):  # fmt: skip
        if reading.value is not None and reading.flag == quality.GOOD:
            hours[reading.name][reading.time_s].append(reading.value)
            times[reading.time_s] = reading.time
    for name, by_hour in sorted(hours.items()):
        measurement, position = parse_column(name) or (name, 0)
        quantity = _QUANTITIES.get(measurement)
        if quantity is None:
            continue
        newest = max(by_hour)
        value = math.fsum(by_hour[newest]) / len(by_hour[newest]) * quantity.factor
        more = {
            "device_class": quantity.device_class, "unit_of_measurement": quantity.unit,
            "state_class": "measurement", "expire_after": _EXPIRES_S,
        }  # fmt: skip
        title = words().name(measurement) + (f" {position}" if position else "")
        attributes = {"hour": times[newest], "readings": len(by_hour[newest])}
        device.add(name.replace("@", "_"), title, _rounded(value), more, attributes)


def _add_health(device: _Device, report: NodeReport[NodeState]) -> None:
    state = report.facts
    findings = [words().statement(judgement.finding) for judgement in report.judgements]
    device.add(
        "problem", "Problem", "ON" if report.severity else "OFF",
        {"p": "binary_sensor", "device_class": "problem", "entity_category": "diagnostic"},
        {"severity": SEVERITIES.get(report.severity) or "none", "findings": findings},
    )  # fmt: skip
    last_contact = (
        None if state.heard_s is None else datetime.fromtimestamp(state.heard_s // HOUR_S * HOUR_S, UTC)
    )
    diagnostic = {"entity_category": "diagnostic"}
    values = (
        (
            "heard",
            "Heard in the hour of",
            last_contact and last_contact.isoformat(),
            "timestamp",
            None,
        ),
        ("battery", "Battery", state.battery_charge, "battery", "%"),
        (measurements.BATTERY_VOLTAGE, "Battery voltage", _rounded(state.battery_v), "voltage", "V"),
        ("signal", "Signal", state.signal_dbm, measurements.SIGNAL_STRENGTH, "dBm"),
        ("queue", "Records not sent", state.queue, None, None),
    )
    for key, name, value, device_class, unit in values:
        if value is not None:
            more = {"device_class": device_class, "unit_of_measurement": unit, **diagnostic}
            device.add(key, name, value, more, {})


def _model(store: Store, node: str) -> str:
    entity = store.registry.node(node)
    if entity is None or entity.detector == PERSON:
        return "node"
    return entity.way_in or "node"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


def _encode(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
