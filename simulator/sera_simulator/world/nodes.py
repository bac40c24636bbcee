"""Readings of the sensors of one node through a season, and the truth behind them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sera_simulator.world import energy
from sera_simulator.world.chance import Floats, Integers, generator
from sera_simulator.world.characters import CAMERA
from sera_simulator.world.detectors import CAMERA_DUTY, beam_events, camera_counts, expected_camera_counts
from sera_simulator.world.faults import COVERED_PANEL, MISSING_SENSOR, STUCK_SENSOR, Fault
from sera_simulator.world.garden import Node, Probe
from sera_simulator.world.insects import GROUPS, insects_present
from sera_simulator.world.soil import Soil, raw_counts, soil_temperature, soil_water
from sera_simulator.world.world import GardenWorld
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import column

_TIP_MM = 0.2
_RAW_NOISE_COUNTS = 6.0
_LIGHT_UNDER_COVER = 0.02
# A garden whose panels get covered has small batteries [Wh].
_SMALL_BATTERY_WH = 3.7


class Truth(NamedTuple):
    """What was true around a node, by step; for tests only, a node never sees it.

    `rates_per_h`, `present` and `expected_counts` have shape (rows, groups): expected visits an hour in
    view, insects that came in the step, and the mean of what a camera counts (zeros for a beam).
    `soil_moisture` [m3/m3] has shape (rows, probes).
    """

    time_s: Integers
    rates_per_h: Floats
    present: Integers
    expected_counts: Floats
    soil_moisture: Floats


class NodeSeason(NamedTuple):
    """A node's readings, shape (rows, columns), and the truth behind them."""

    values: npt.NDArray[np.float32]
    truth: Truth


class _Ground(NamedTuple):
    """Soil around one probe at each step: moisture [m3/m3] and temperature [degree Celsius]."""

    moisture: Floats
    temperature_c: Floats


def _noise(seed: int, node: str, name: str, rows: int) -> Floats:
    return generator(seed, "noise", node, name).standard_normal(rows)


def _ground(node: Node, world: GardenWorld, seed: int) -> tuple[_Ground, ...]:
    """Follow the soil at a node's probes; the second lies in a layer fed by what drains from the first."""
    drier, shade = generator(seed, "soil", node.id).uniform(-1, 1, 2).tolist()
    soil = Soil(field_capacity=0.30 + 0.03 * drier, crop_coefficient=0.85 + 0.1 * shade)
    water, demand = world.water_mm, world.evapotranspiration_mm
    layers = []
    for probe in node.probes:
        flow = soil_water(water, demand, soil, start=0.24)
        temperature = soil_temperature(world.hourly.temperature_c, probe.depth_m)
        end_s = world.hourly.time_s + 3600
        layers.append(
            _Ground(
                np.interp(world.steps.time_s, end_s, flow.moisture),
                np.interp(world.steps.time_s, world.hourly.time_s, temperature),
            )
        )
        water, demand = flow.drainage_mm, 0.3 * demand
    return tuple(layers)


def _probe_readings(node: Node, probe: Probe, ground: _Ground, seed: int) -> dict[str, Floats]:
    rows = len(ground.moisture)
    name = column(m.SOIL_MOISTURE_RAW, probe.position)
    noise = _RAW_NOISE_COUNTS * _noise(seed, node.id, name, rows)
    warm = column(m.SOIL_TEMPERATURE, probe.position)
    return {
        name: raw_counts(ground.moisture, probe.calibration, noise),
        warm: ground.temperature_c + 0.03 * _noise(seed, node.id, warm, rows),
    }


def _air_readings(node: Node, world: GardenWorld, seed: int) -> dict[str, Floats]:
    """Read the weather sensors: small noise, and rain in tips of 0.2 mm."""
    steps, rows = world.steps, len(world.steps.time_s)

    def noise(name: str) -> Floats:
        return _noise(seed, node.id, name, rows)

    tips = np.floor(np.cumsum(steps.rain_mm) / _TIP_MM)
    light = np.maximum(world.illuminance_lx * (1 + 0.01 * noise(m.ILLUMINANCE)), 0)
    return {
        m.AIR_TEMPERATURE: steps.temperature_c + 0.05 * noise(m.AIR_TEMPERATURE),
        m.AIR_HUMIDITY: np.clip(steps.humidity_percent + 0.5 * noise(m.AIR_HUMIDITY), 0, 100),
        m.AIR_PRESSURE: steps.pressure_hpa + 0.1 * noise(m.AIR_PRESSURE),
        m.ILLUMINANCE: np.rint(light),
        m.RAINFALL: _TIP_MM * np.diff(tips, prepend=0.0),
    }


def _irradiance(node: Node, world: GardenWorld, faults: tuple[Fault, ...]) -> Floats:
    """Light on a node's panel [W/m2], hour by hour."""
    irradiance = world.irradiance_w_m2.copy()
    for fault in faults:
        if fault.kind == COVERED_PANEL and fault.node == node.id:
            hours = (world.hourly.time_s >= fault.start_s) & (world.hourly.time_s < fault.end_s)
            irradiance[hours] *= _LIGHT_UNDER_COVER
    return irradiance


def _power(node: Node, world: GardenWorld, faults: tuple[Fault, ...]) -> tuple[Floats, Floats]:
    """Battery voltage [V] at each step, and the share of the step that the detector was awake."""
    camera = node.detector == CAMERA
    supply = energy.Power() if camera else energy.Power(panel_w=1.0, awake_w=0.02)
    if world.garden.character.panel_covered:
        supply = supply._replace(battery_wh=_SMALL_BATTERY_WH)
    duty = CAMERA_DUTY * world.daylight if camera else np.ones_like(world.daylight)
    charge = energy.battery_charge(_irradiance(node, world, faults), duty, supply, start=0.8)
    time_s, hourly_s = world.steps.time_s, world.hourly.time_s
    voltage = energy.battery_voltage(np.interp(time_s, hourly_s + 3600, charge.state))
    step_s = int(time_s[1] - time_s[0])
    powered = charge.powered[(time_s - step_s // 2 - hourly_s[0]) // 3600]
    awake = CAMERA_DUTY * (world.elevation_deg > 0) if camera else np.ones(len(time_s))
    return voltage, awake * powered


def _detector_readings(
    node: Node, world: GardenWorld, present: Integers, awake_share: Floats, seed: int
) -> dict[str, Floats]:
    step_s = int(world.steps.time_s[1] - world.steps.time_s[0])
    source = generator(seed, "detector", node.id)
    readings = {m.AWAKE_S: np.rint(awake_share * step_s)}
    if node.detector == CAMERA:
        counts = camera_counts(present, awake_share, source)
        return readings | {group.name: counts[:, index] for index, group in enumerate(m.INSECT_GROUPS)}
    awake = present * (awake_share > 0)[:, None]
    events = beam_events(awake, world.steps.wind_m_s, readings[m.AWAKE_S], source)
    return readings | {m.PASSAGES: events.passages, m.FALSE_TRIGGERS: events.false_triggers}


def _break_sensors(
    node: Node, values: npt.NDArray[np.float32], time_s: Integers, faults: tuple[Fault, ...]
) -> None:
    """Write stuck and missing sensors into a node's values."""
    for fault in faults:
        if fault.kind not in (STUCK_SENSOR, MISSING_SENSOR) or fault.node != node.id:
            continue
        first, last = np.searchsorted(time_s, (fault.start_s, fault.end_s)).tolist()
        place = node.columns.index(fault.column)
        values[first:last, place] = np.nan if fault.kind == MISSING_SENSOR else values[first, place]


def node_season(node: Node, world: GardenWorld, faults: tuple[Fault, ...], seed: int) -> NodeSeason:
    """Simulate a node's sensors through a season in its garden.

    Parameters
    ----------
    node
        The node.
    world
        Its garden's world.
    faults
        Faults of the season; those of this node's sensors change its values.
    seed
        Seed of the season.
    """
    time_s = world.steps.time_s
    step_s = int(time_s[1] - time_s[0])
    view = float(np.exp(0.2 * generator(seed, "view", node.id).standard_normal()))
    rates = world.rates_per_h * view
    present = insects_present(rates, step_s, generator(seed, "present", node.id))
    voltage, awake_share = _power(node, world, faults)
    readings = _detector_readings(node, world, present, awake_share, seed) | _air_readings(node, world, seed)
    ground = _ground(node, world, seed)
    for probe, layer in zip(node.probes, ground, strict=True):
        readings |= _probe_readings(node, probe, layer, seed)
    readings[m.BATTERY_VOLTAGE] = voltage + 0.004 * _noise(seed, node.id, m.BATTERY_VOLTAGE, len(time_s))
    values = np.stack([readings[name] for name in node.columns], axis=1).astype(np.float32)
    _break_sensors(node, values, time_s, faults)
    expected = np.zeros((len(time_s), GROUPS))
    if node.detector == CAMERA:
        expected = expected_camera_counts(rates, readings[m.AWAKE_S])
    moisture = np.stack([layer.moisture for layer in ground], axis=1)
    return NodeSeason(values, Truth(time_s, rates, present, expected, moisture))
