"""What a pack, mural or page must know of a garden beside its figures; the place only coarse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.registry.entities import DETECTORS, PERSON
from sera_store.release.places import released_garden
from sera_vocabulary import indices
from sera_workshop.errors import MixedGardensError, NoGardensError
from sera_workshop.views import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.coarse_grid import CoarsePlace
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.result_set import ResultSet
    from sera_store.store import Store


@dataclass(frozen=True, slots=True)
class GardenFacts:
    """A garden as it may be shown to anybody.

    Parameters
    ----------
    id, name
        The id in the registry, and what people call the garden.
    timezone
        IANA time zone; days and dates are local to it.
    detectors
        What watches there: `camera`, `beam`, `microphone`, `person`; empty where it is not known.
    cell
        Where it is, already coarse; None where its host does not wish it shown.
    is_simulated
        Whether all that stands there is a model.
    """

    id: str
    name: str
    timezone: str = "UTC"
    detectors: tuple[str, ...] = ()
    cell: CoarsePlace | None = None
    is_simulated: bool = False

    @property
    def place(self) -> str:
        """Where it is, in words for the present readers."""
        return place_words(self.cell)


# Only these distinguish insect groups.
NAMING: Final = frozenset({"camera", PERSON})


def names_groups(facts: GardenFacts) -> bool:
    """Return whether a garden's detectors distinguish insect groups; True where none is known."""
    return not facts.detectors or any(detector in NAMING for detector in facts.detectors)


def garden_facts(store: Store, gardens: Sequence[str], at_s: int | None = None) -> tuple[GardenFacts, ...]:
    """Read from the registry what may be shown of some gardens.

    Parameters
    ----------
    store
        The store whose registry is asked.
    gardens
        Ids of the gardens; the order is kept.
    at_s
        Moment whose nodes count [s]; None for the last entered.

    Raises
    ------
    NoGardensError
        No garden was named, or one is not in the registry.
    """
    if not gardens:
        names = ", ".join(garden.id for garden in store.registry.gardens(None)) or "none: enter one first"
        raise NoGardensError(f"no garden was named; expected at least one that is in the registry ({names})")
    facts = []
    for name in gardens:
        garden = released_garden(store.registry, name)
        if garden is None:
            raise NoGardensError(
                f"garden {name!r} is not in the registry; expected one that is entered there."
            )
        detectors = {node.detector for node in store.registry.nodes(garden=name, at_s=at_s)} - {"none"}
        facts.append(
            GardenFacts(
                name,
                garden.name or name,
                garden.timezone,
                tuple(sorted(detectors)),
                garden.place,
                garden.is_simulated,
            )
        )
    return tuple(facts)


def are_simulated(gardens: Sequence[GardenFacts | ReleasedGarden]) -> bool:
    """Return whether gardens that stand in one output are simulated.

    Raises
    ------
    MixedGardensError
        Some are and some are not: those never stand in one output.
    """
    simulated = [garden.id for garden in gardens if garden.is_simulated]
    if simulated and len(simulated) < len(gardens):
        raise MixedGardensError(simulated)
    return bool(simulated)


def visible_gardens(gardens: Sequence[GardenFacts]) -> tuple[tuple[GardenFacts, ...], int]:
    """Choose the gardens that stand in one output: the real ones, or where there is none all.

    Returns
    -------
    tuple of GardenFacts
        Those that are shown.
    int
        How many simulated gardens are left out.
    """
    real = tuple(garden for garden in gardens if not garden.is_simulated)
    return (real, len(gardens) - len(real)) if real else (tuple(gardens), 0)


def place_words(place: CoarsePlace | None) -> str:
    """Write where a garden is, as closely as its host allows."""
    if place is None:
        return words.say("place.hidden")
    # The centre of a cell has one more decimal than its side.
    places = len(f"{place.grid_deg:g}".partition(".")[2]) + 1
    return words.say(
        "place.near",
        north=_degrees("north" if place.latitude >= 0 else "south", place.latitude, places),
        east=_degrees("east" if place.longitude >= 0 else "west", place.longitude, places),
        distance=_distance(place.uncertainty_m),
    )


def _degrees(direction: str, degrees: float, places: int) -> str:
    return words.say(f"place.{direction}", degrees=words.fixed(abs(degrees), places))


def _distance(metres: float) -> str:
    if metres >= 2000:
        return words.say("place.kilometres", number=round(metres / 1000))
    return words.say("place.metres", number=words.fixed(metres, 0))


def facts_of(gardens: Sequence[ReleasedGarden | GardenFacts], results: ResultSet) -> tuple[GardenFacts, ...]:
    """Return the facts of gardens that come from the registry; facts are passed through.

    Parameters
    ----------
    gardens
        Gardens without their exact places, or what `garden_facts` gave.
    results
        Their figures; the detectors of a garden are read from the hours of watching by kind.
    """
    return tuple(g if isinstance(g, GardenFacts) else _facts(g, results) for g in gardens)


def _facts(garden: ReleasedGarden, results: ResultSet) -> GardenFacts:
    watching = {
        kind
        for result in results.find(garden.id, indices.EFFORT)
        for kind in DETECTORS
        if result.parts.get(f"{kind}_hours")
    }
    return GardenFacts(
        garden.id,
        garden.name or garden.id,
        garden.timezone,
        tuple(sorted(watching)),
        garden.place,
        garden.is_simulated,
    )
