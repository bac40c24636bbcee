"""Planned faults of a season: data for the virtual nodes, with a sentence for people each."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sera_simulator.world.chance import generator
from sera_simulator.world.garden import TIMEZONE, Community, Node
from sera_vocabulary import measurements as m
from sera_vocabulary import messages
from sera_vocabulary.durations import DAY_S

OUTAGE = "outage"
REBOOT = "reboot"
CLOCK_LOST = "clock_lost"
NO_TIME_SOURCE = "no_time_source"
STUCK_SENSOR = "stuck_sensor"
MISSING_SENSOR = "missing_sensor"
COVERED_PANEL = "covered_panel"

# A season is planned in spans of 28 days, and nodes in blocks of nine, each block with its own faults.
_SPAN_S = 28 * DAY_S
_BLOCK = 9
_STUCK_COLUMN = messages.column(m.SOIL_MOISTURE_RAW, 1)
_MISSING_COLUMN = messages.column(m.SOIL_TEMPERATURE, 1)
# No vocabulary knows it.
_STRANGE_COLUMN = "leaf_wetness"


class Fault(NamedTuple):
    """A fault of one node from `start_s` to before `end_s` (Unix time); a moment has both equal.

    `outage`: no network. `reboot`: starts again, and the clock is lost with it. `clock_lost`: the clock is
    lost while it runs. `no_time_source`: the network is there, but no time server answers.
    `stuck_sensor`, `missing_sensor`: `column` keeps its value, or gives none. `covered_panel`: hardly any
    light reaches the panel; the battery runs down and the detector sleeps. The trace has these three already.
    """

    kind: str
    node: str
    start_s: int
    end_s: int
    column: str
    caption: str


class RefusedReading(NamedTuple):
    """A reading that will be refused on purpose: from which node, when, and the caption.

    The node is tried for one reading with a sensor whose column no vocabulary knows.
    """

    node: str
    time_s: int
    column: str
    caption: str


def span_in_words(start_s: int, end_s: int, timezone: str) -> str:
    """Return a span in words: "from 6 to 8 June", or "on 6 June from 09:00 to 14:30".

    Examples
    --------
    >>> span_in_words(1749164400, 1749340800, "Europe/London")
    'from 6 to 8 June'
    """
    start, end = (dt.datetime.fromtimestamp(moment, ZoneInfo(timezone)) for moment in (start_s, end_s))
    if start.date() == end.date():
        return f"on {start.day} {start:%B} from {start:%H:%M} to {end:%H:%M}"
    first = (
        f"{start.day}" if (start.month, start.year) == (end.month, end.year) else f"{start.day} {start:%B}"
    )
    return f"from {first} to {end.day} {end:%B}"


def _moment_in_words(time_s: int) -> str:
    moment = dt.datetime.fromtimestamp(time_s, ZoneInfo(TIMEZONE))
    return f"on {moment.day} {moment:%B} at {moment:%H:%M}"


class _Window(NamedTuple):
    """A span of the season that holds one set of faults; shares of it become times on full steps."""

    start_s: int
    end_s: int
    step_s: int

    def at(self, share: float) -> int:
        length = self.end_s - self.start_s
        return self.start_s + int(share * length) // self.step_s * self.step_s

    def span(self, share: float, most_d: float) -> tuple[int, int]:
        """Take a seventh of the window from a share on, at most so many days, at least one step."""
        start = self.at(share)
        length = min((self.end_s - self.start_s) // 7, int(most_d * DAY_S)) // self.step_s * self.step_s
        return start, start + max(length, self.step_s)


def _outage(community: Community, window: _Window, seed: int, number: int) -> Iterator[Fault]:
    """Take a garden off the network; its first node restarts meanwhile and has no clock."""
    source = generator(seed, "faults", "outage", str(number))
    garden = community.gardens[int(source.integers(3)) % len(community.gardens)]
    start, end = window.span(float(source.uniform(0.25, 0.35)), 3)
    caption = (
        f"The network of {garden.name} was gone {span_in_words(start, end, garden.timezone)}; "
        "the nodes kept their readings and sent them later."
    )
    inside = [node for node in community.nodes if node.garden == garden.id]
    for node in inside:
        yield Fault(OUTAGE, node.id, start, end, "", caption)
    moment = start + (end - start) // 2 // window.step_s * window.step_s
    yield Fault(
        REBOOT,
        inside[0].id,
        moment,
        moment,
        "",
        f"Node {inside[0].id} restarted {_moment_in_words(moment)}, without network and so without a clock; "
        "its readings were dated once it knew the time again.",
    )


def _clock_faults(nodes: dict[int, Node], window: _Window, source: np.random.Generator) -> Iterator[Fault]:
    """Yield a restart of one node, a lost clock of one, and a restart of one while no time server answers."""
    shares = source.uniform((0.05, 0.45, 0.60), (0.15, 0.55, 0.65)).tolist()
    if 0 in nodes:
        moment = window.at(shares[0])
        caption = f"Node {nodes[0].id} restarted {_moment_in_words(moment)}; nothing it had kept was lost."
        yield Fault(REBOOT, nodes[0].id, moment, moment, "", caption)
    if 1 in nodes:
        moment = window.at(shares[1])
        caption = (
            f"Node {nodes[1].id} lost its clock {_moment_in_words(moment)} and asked for the time again."
        )
        yield Fault(CLOCK_LOST, nodes[1].id, moment, moment, "", caption)
    if 2 in nodes:
        start, end = window.span(shares[2], 1)
        words = span_in_words(start, end, TIMEZONE)
        caption = (
            f"No time server answered node {nodes[2].id} {words}, just after it had restarted; "
            "its readings were dated afterwards."
        )
        yield Fault(NO_TIME_SOURCE, nodes[2].id, start, end, "", caption)
        yield Fault(REBOOT, nodes[2].id, start, start, "", caption)


def _sensor_faults(nodes: dict[int, Node], window: _Window, source: np.random.Generator) -> Iterator[Fault]:
    """Yield a soil probe whose moisture stays stuck, and another whose temperature goes missing."""
    shares = source.uniform((0.40, 0.70), (0.50, 0.80)).tolist()
    if 3 in nodes:
        start, end = window.span(shares[0], 3)
        words = span_in_words(start, end, TIMEZONE)
        caption = f"The soil moisture of node {nodes[3].id} stayed the same {words}: the probe was stuck."
        yield Fault(STUCK_SENSOR, nodes[3].id, start, end, _STUCK_COLUMN, caption)
    if 4 in nodes:
        start, end = window.span(shares[1], 2)
        words = span_in_words(start, end, TIMEZONE)
        caption = f"The soil thermometer of node {nodes[4].id} gave nothing {words}: a cable was loose."
        yield Fault(MISSING_SENSOR, nodes[4].id, start, end, _MISSING_COLUMN, caption)


def _covered_panels(community: Community, window: _Window, seed: int, number: int) -> Iterator[Fault]:
    """Cover the panels of all nodes of the gardens where that happens, for a third of the window."""
    for garden in community.gardens:
        if not garden.character.panel_covered:
            continue
        share = float(generator(seed, "faults", "covered", garden.id, str(number)).uniform(0.35, 0.45))
        start = window.at(share)
        end = window.at(share + 1 / 3) if window.end_s - window.start_s < 21 * DAY_S else start + 5 * DAY_S
        words = span_in_words(start, end, garden.timezone)
        caption = (
            f"Washing hung over the solar panels of {garden.name} {words}; "
            "its batteries ran down and the cameras slept."
        )
        for node in community.nodes:
            if node.garden == garden.id and end > start:
                yield Fault(COVERED_PANEL, node.id, start, end, "", caption)


def _cast(block: tuple[Node, ...], source: np.random.Generator) -> dict[int, Node]:
    """Choose which node of a block has which fault; in a small community a node may have several."""
    order = source.permutation(_BLOCK).tolist()
    return {role: block[slot % len(block)] for role, slot in enumerate(order)}


def plan_faults(community: Community, start_s: int, end_s: int, step_s: int, seed: int) -> tuple[Fault, ...]:
    """Plan the faults of a season.

    Parameters
    ----------
    community
        Gardens and nodes.
    start_s, end_s
        First Unix time of the season and its end.
    step_s
        Length of a step [s]; faults begin and end on steps.
    seed
        Seed of the season.

    Returns
    -------
    tuple of Fault
        For every 28 days: the network of one garden goes away, panels are covered where that happens, and of
        every whole nine nodes one restarts, one loses its clock, one has no time server, one has a stuck and
        one a missing sensor. From nine nodes on, one node more leaves the faults of the others as they are.
    """
    planned: list[Fault] = []
    for number, span_start in enumerate(range(start_s, end_s, _SPAN_S)):
        window = _Window(span_start, min(span_start + _SPAN_S, end_s), step_s)
        if number and window.end_s - window.start_s < DAY_S:
            continue
        planned += _outage(community, window, seed, number)
        planned += _covered_panels(community, window, seed, number)
        for index in range(0, len(community.nodes), _BLOCK):
            block = community.nodes[index : index + _BLOCK]
            if index and len(block) < _BLOCK:
                break
            source = generator(seed, "faults", str(number), str(index))
            nodes = _cast(block, source)
            planned += _clock_faults(nodes, window, source)
            planned += _sensor_faults(nodes, window, source)
    return tuple(sorted(planned, key=lambda fault: (fault.start_s, fault.node, fault.kind)))


def plan_refused_reading(
    community: Community, start_s: int, end_s: int, step_s: int, seed: int
) -> RefusedReading:
    """Plan one reading of a sensor that is not in the vocabulary, as in a garden where people tinker."""
    source = generator(seed, "faults", "refused")
    node = community.nodes[int(source.integers(_BLOCK)) % len(community.nodes)]
    window = _Window(start_s, end_s, step_s)
    moment = window.at(float(source.uniform(0.4, 0.6)))
    caption = (
        f"Somebody tried a leaf sensor on node {node.id} {_moment_in_words(moment)}. Nobody had agreed on "
        "its name, so that one reading was refused; it is kept whole, with the reason."
    )
    return RefusedReading(node.id, moment, _STRANGE_COLUMN, caption)
