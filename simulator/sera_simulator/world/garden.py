"""The plan of a made-up community: its gardens, and the nodes and probes that stand in them."""

from typing import NamedTuple

from sera_simulator.errors import InvalidPlanError
from sera_simulator.world.chance import generator
from sera_simulator.world.characters import (
    CAMERA,
    ORDINARY,
    TURNS,
    UNLIKE,
    UNLIKE_NAMES,
    Character,
)
from sera_simulator.world.soil import Calibration
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import column

GARDENS_MOST = 60
NODES_MOST = 200

TIMEZONE = "Europe/London"
CENTRE = (51.457, -2.588)
_SPREAD_DEG = (0.016, 0.030)
_PROBE_MODEL = "capacitive-ntc"
_DEPTHS_M = (0.10, 0.30)

# Every name is made up.
_COMMUNITY = ("avonbrook", "Avonbrook Gardens")
_GARDENS = (
    "Rose Court",
    "Elm Yard",
    "Kiln Lane",
    "Heron Close",
    "Quince Row",
    "Tanner's Green",
    "Plum Terrace",
    "Lantern Hill",
    "Marl Pits",
    "Sexton's Acre",
    "Willow Steps",
    "Copper Field",
)


class Garden(NamedTuple):
    """A garden: id, name, place [degree], IANA time zone, area [m2], and what it is like."""

    id: str
    name: str
    latitude: float
    longitude: float
    timezone: str
    area_m2: float
    character: Character = ORDINARY


class Probe(NamedTuple):
    """A soil probe: its position on the node, model, serial number, depth [m] and calibration."""

    position: int
    model: str
    serial: str
    depth_m: float
    calibration: Calibration


class Node(NamedTuple):
    """A node: id, garden's id, kind of detector, its probes, and the columns its sensors give."""

    id: str
    garden: str
    detector: str
    probes: tuple[Probe, ...]
    columns: tuple[str, ...]


class Community(NamedTuple):
    """A community with its gardens and nodes."""

    id: str
    name: str
    gardens: tuple[Garden, ...]
    nodes: tuple[Node, ...]


def _garden(place: int, seed: int) -> Garden:
    turn, index = divmod(place, len(_GARDENS))
    return _named(_GARDENS[index] + (f" {turn + 1}" if turn else ""), ORDINARY, seed)


def _named(name: str, character: Character, seed: int) -> Garden:
    identifier = name.lower().replace("'", "").replace(" ", "-")
    north, east, size = generator(seed, "place", identifier).uniform(-1, 1, 3).tolist()
    latitude = round(CENTRE[0] + _SPREAD_DEG[0] * north, 5)
    longitude = round(CENTRE[1] + _SPREAD_DEG[1] * east, 5)
    area = round(220 + 140 * size)
    title = f"{name} {character.called}".rstrip()
    return Garden(identifier, title, latitude, longitude, TIMEZONE, area, character)


def _probe(node: str, position: int, valid_from_s: int, seed: int) -> Probe:
    """Draw a probe whose moisture falls with its counts over the whole span of counts."""
    source = generator(seed, "probe", node, str(position))
    lift, slope = source.standard_normal(2).tolist()
    serial = f"c-{int(source.integers(16**8)):08x}"
    coefficients = (round(0.9 + 0.015 * lift, 5), round(-4.5e-4 * (1 + 0.02 * slope), 9), 5e-8)
    calibration = Calibration(coefficients, valid_from_s, 0.02)
    return Probe(position, _PROBE_MODEL, serial, _DEPTHS_M[position - 1], calibration)


def _columns(detector: str, probes: tuple[Probe, ...], weather: bool) -> tuple[str, ...]:
    """Name what a node's sensors give, in the order of its trace."""
    soil = tuple(
        column(name, probe.position) for probe in probes for name in (m.SOIL_MOISTURE_RAW, m.SOIL_TEMPERATURE)
    )
    air = (m.AIR_TEMPERATURE, m.AIR_HUMIDITY, m.AIR_PRESSURE, m.ILLUMINANCE, m.RAINFALL) if weather else ()
    groups = tuple(group.name for group in m.INSECT_GROUPS)
    insects = (*groups, m.AWAKE_S) if detector == CAMERA else (m.PASSAGES, m.FALSE_TRIGGERS, m.AWAKE_S)
    return (*soil, *air, *insects, m.BATTERY_VOLTAGE)


def _node(garden: Garden, place: int, valid_from_s: int, seed: int) -> Node:
    """Plan a garden's node: the first has the weather sensors and a second, deeper probe."""
    identifier = f"{garden.id}-{place + 1}"
    positions = (1, 2) if place == 0 else (1,)
    probes = tuple(_probe(identifier, position, valid_from_s, seed) for position in positions)
    detector = garden.character.detectors[place % len(garden.character.detectors)]
    return Node(identifier, garden.id, detector, probes, _columns(detector, probes, weather=place == 0))


def plan_community(
    gardens: int, nodes: int, valid_from_s: int, seed: int, *, unlike: bool = False
) -> Community:
    """Plan a community of made-up gardens in Bristol, nodes spread over them in turn.

    Parameters
    ----------
    gardens, nodes
        How many, 1 to 60 and 1 to 200; with fewer nodes than gardens, only gardens with a node are there.
    valid_from_s
        Unix time [s] from which the probes' calibrations hold.
    seed
        Seed of the season.
    unlike
        Four gardens that differ, at most, in place of ordinary ones: a meadow, a lawn, a balcony that beams
        alone watch, and a yard whose panels are covered for some days; the meadow has the most nodes.

    Returns
    -------
    Community
        In each ordinary garden the first two nodes are cameras and the third is a beam, and so on again.

    Raises
    ------
    InvalidPlanError
        If a number is out of bounds.
    """
    for name, count, most in (("gardens", gardens, GARDENS_MOST), ("nodes", nodes, NODES_MOST)):
        if not 1 <= count <= most:
            raise InvalidPlanError(
                f"season: {name}={count}; expected 1 to {most}. Ask for a number in that span."
            )
    if unlike:
        some = tuple(zip(UNLIKE_NAMES, UNLIKE, strict=True))[: min(gardens, nodes)]
        places = tuple(_named(name, character, seed) for name, character in some)
    else:
        places = tuple(_garden(index, seed) for index in range(min(gardens, nodes)))
    turns = tuple(turn for turn in TURNS if turn < len(places)) if unlike else tuple(range(len(places)))
    placed = [0] * len(places)
    planned_nodes = []
    for number in range(nodes):
        turn = turns[number % len(turns)]
        planned_nodes.append(_node(places[turn], placed[turn], valid_from_s, seed))
        placed[turn] += 1
    return Community(*_COMMUNITY, places, tuple(planned_nodes))
