"""A season of a made-up community: the one call that plans gardens, nodes, faults and traces."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from sera_simulator.errors import InvalidPlanError
from sera_simulator.world.actions import Action, local_time_s
from sera_simulator.world.faults import Fault, RefusedReading, plan_faults, plan_refused_reading
from sera_simulator.world.garden import CENTRE, TIMEZONE, Community, Garden, Node, plan_community
from sera_simulator.world.nodes import NodeSeason, Truth, node_season
from sera_simulator.world.trace import Header, write_trace
from sera_simulator.world.weather import Weather, hourly_weather
from sera_simulator.world.world import GardenWorld, Timeline, garden_world
from sera_vocabulary.durations import HOUR_S

DEFAULT_START = dt.date(2025, 6, 2)
DAYS_MOST = 366
STEP_SHORTEST_S = 60


@dataclass(frozen=True)
class Season:
    """A planned season; worlds and traces are made when they are asked for.

    Parameters
    ----------
    community
        Gardens and nodes, with probes and their calibrations.
    timeline
        First day and steps.
    seed
        Seed of everything that is drawn.
    weather
        Hourly weather of the community.
    faults
        Planned faults in order of time.
    refused
        The reading that will be refused on purpose.
    """

    community: Community
    timeline: Timeline
    seed: int
    weather: Weather
    faults: tuple[Fault, ...]
    refused: RefusedReading
    _worlds: dict[str, GardenWorld] = field(default_factory=dict, repr=False, compare=False)

    @property
    def gardens(self) -> tuple[Garden, ...]:
        """The gardens."""
        return self.community.gardens

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order of their gardens' turns."""
        return self.community.nodes

    @property
    def start_s(self) -> int:
        """Unix time of the first row [s]: midnight of the first day on the gardens' clocks."""
        return self.timeline.start_s

    @property
    def end_s(self) -> int:
        """Unix time of the end [s], one step after the last row: midnight after the last day."""
        return self.timeline.start_s + self.timeline.rows * self.timeline.step_s

    @property
    def captions(self) -> tuple[str, ...]:
        """A sentence for people on each planned fault and the refused reading, without repeats."""
        return tuple(dict.fromkeys((*(fault.caption for fault in self.faults), self.refused.caption)))

    def node(self, node: str) -> Node:
        """Find a node by its id.

        Raises
        ------
        InvalidPlanError
            If there is no such node.
        """
        for candidate in self.nodes:
            if candidate.id == node:
                return candidate
        ids = ", ".join(candidate.id for candidate in self.nodes)
        raise InvalidPlanError(f"season: no node {node!r}; expected one of {ids}")

    def faults_of(self, node: str) -> tuple[Fault, ...]:
        """List the faults of one node, in order of time."""
        return tuple(fault for fault in self.faults if fault.node == node)

    def world(self, garden: str) -> GardenWorld:
        """Return the world of one garden; it is simulated the first time."""
        if garden not in self._worlds:
            place = next(candidate for candidate in self.gardens if candidate.id == garden)
            self._worlds[garden] = garden_world(place, self.timeline, self.weather, self.seed)
        return self._worlds[garden]

    def actions(self) -> tuple[Action, ...]:
        """List what the hosts did, in order of time."""
        every = [action for garden in self.gardens for action in self.world(garden.id).actions]
        return tuple(sorted(every, key=lambda action: (action.time_s, action.garden)))

    def node_season(self, node: str) -> NodeSeason:
        """Make readings and truth of one node."""
        plan = self.node(node)
        return node_season(plan, self.world(plan.garden), self.faults, self.seed)

    def truth(self, node: str) -> Truth:
        """Return what was true around one node."""
        return self.node_season(node).truth

    def header(self, node: str) -> Header:
        """Header of one node's trace."""
        plan, line = self.node(node), self.timeline
        return {
            "start_s": line.start_s,
            "step_s": line.step_s,
            "columns": list(plan.columns),
            "rows": line.rows,
        }

    def write_traces(self, folder: Path) -> dict[str, tuple[Path, Header]]:
        """Write each node's trace `<node>.f32` and its header `<node>.json` into a folder.

        Returns
        -------
        dict
            Node id to the trace's path and header.
        """
        folder.mkdir(parents=True, exist_ok=True)
        written = {}
        for node in self.nodes:
            path, header = folder / f"{node.id}.f32", self.header(node.id)
            write_trace(path, header, self.node_season(node.id).values)
            written[node.id] = (path, header)
        return written


def _refuse_bad_plan(days: int, interval_s: int, seed: int) -> None:
    if not 1 <= days <= DAYS_MOST:
        raise InvalidPlanError(f"season: days={days}; expected 1 to {DAYS_MOST}. Ask for fewer days.")
    if not STEP_SHORTEST_S <= interval_s <= HOUR_S or HOUR_S % interval_s or interval_s % 2:
        raise InvalidPlanError(
            f"season: interval_s={interval_s}; expected {STEP_SHORTEST_S} to {HOUR_S} seconds that divide "
            "an hour evenly. Take 300, 600, 900, 1800 or 3600."
        )
    if seed < 0:
        raise InvalidPlanError(f"season: seed={seed}; expected zero or more.")


def season(
    gardens: int = 3,
    nodes: int = 9,
    days: int = 14,
    start: dt.date = DEFAULT_START,
    seed: int = 1,
    interval_s: int = 900,
    *,
    unlike: bool = False,
) -> Season:
    """Plan a season of a made-up community in Bristol.

    Parameters
    ----------
    gardens, nodes
        How many, 1 to 60 and 1 to 200.
    days
        How many local days, 1 to 366.
    start
        First local day.
    seed
        Seed of everything that is drawn; the same seed gives the same bytes.
    interval_s
        Length of a step [s]: divides an hour evenly, 60 to 3600.
    unlike
        Gardens that differ, as in `plan_community`.

    Returns
    -------
    Season
        The plan, with the means to write its traces.

    Raises
    ------
    InvalidPlanError
        If a number is out of bounds.

    Examples
    --------
    >>> [node.id for node in season(gardens=2, nodes=3).nodes]
    ['rose-court-1', 'elm-yard-1', 'rose-court-2']
    """
    _refuse_bad_plan(days, interval_s, seed)
    start_s = local_time_s(start, 0, TIMEZONE)
    end_s = local_time_s(start + dt.timedelta(days=days), 0, TIMEZONE)
    line = Timeline(start, start_s, interval_s, (end_s - start_s) // interval_s, days)
    community = plan_community(gardens, nodes, start_s, seed, unlike=unlike)
    return Season(
        community=community,
        timeline=line,
        seed=seed,
        weather=hourly_weather(line.weather_start_s, line.weather_days, *CENTRE, seed),
        faults=plan_faults(community, start_s, end_s, interval_s, seed),
        refused=plan_refused_reading(community, start_s, end_s, interval_s, seed),
    )
