"""What the registry knows: communities, districts, gardens, nodes, probes, calibrations and mappings."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from sera_store.coarse_grid import ConsentLevel, coarse
from sera_store.errors import InvalidEntryError
from sera_store.licence import Licence
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.garden_metadata import GardenSoil, Verification
from sera_store.registry.mappings import Mapping
from sera_store.registry.persons import Person
from sera_vocabulary import services
from sera_vocabulary.messages import POSITION_MOST
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, ROOT, is_name

DETECTORS: Final = ("camera", "beam", "microphone", "none", "person")
PERSON: Final = "person"
NO_DETECTOR: Final = "none"
_ALIAS_LONGEST: Final = 128
_ALIASES_MOST: Final = 16
# The way of nodes that speak our own protocol, on the topics that their certificates open to them alone.
CERTIFICATE_WAY: Final = ROOT
# The way of what people enter: a channel that opens to the certificate of the pages alone.
PAGES_WAY: Final = services.PAGES


class Community(msgspec.Struct, frozen=True):
    """Neighbours who share gardens, nodes and figures.

    Parameters
    ----------
    name
        What people call it.
    """

    id: str
    name: str = ""

    def __post_init__(self) -> None:
        _check_name("community", self.id)


class District(msgspec.Struct, frozen=True):
    """A part of a city: how many live there, and how deprived it is, with the source of both.

    Parameters
    ----------
    community
        Id of its community.
    name
        What people call it.
    residents
        How many live there, or None where not known.
    deprivation
        How deprived, more being worse, by one measure for all districts; None where not known.
    source
        Where both numbers are from.
    """

    id: str
    community: str
    name: str = ""
    residents: int | None = None
    deprivation: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        _check_name("district", self.id)


class Delay(StrEnum):
    """How much later than host and steward everybody else sees what is live."""

    DAY = "day"
    NONE = "none"


class Garden(msgspec.Struct, frozen=True):
    """A place with nodes.

    Parameters
    ----------
    community, district
        Id of its community, and of the district that it lies in, or None.
    name
        What people call it.
    latitude, longitude
        The exact place [degree, WGS 84], which never leaves except through `sera_store.release.places`.
    timezone
        IANA name; the garden's days, weeks and seasons are local to it.
    consent
        How closely its host lets the place be known.
    area_m2
        Area [m2], or None.
    delay
        How much later than host and steward everybody else sees what is live: `day`, or `none` where the host
        says so.
    licence
        Under which licence its host gives what is of it.
    """

    id: str
    community: str
    district: str | None
    name: str
    latitude: float
    longitude: float
    timezone: str
    consent: ConsentLevel = ConsentLevel.CITY
    area_m2: float | None = None
    delay: Delay = Delay.DAY
    licence: Licence = Licence.CC_BY

    def __post_init__(self) -> None:
        _check_name("garden", self.id)
        coarse(self.latitude, self.longitude, self.consent)
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise InvalidEntryError(
                f"garden {self.id}: time zone {self.timezone!r} is not known; expected an IANA name such as "
                "Europe/London"
            ) from error


class Node(msgspec.Struct, frozen=True):
    """A sensor node, or a person who counts under a counter id.

    Parameters
    ----------
    garden
        Id of the garden it stands in, or None while it stands nowhere.
    detector
        What counts insects there: camera, beam, microphone, none or person.
    comparability
        Fields of its class (optics, algorithm version, threshold, view, target flower): only nodes that agree
        in all of them and in the detector are compared.
    way_in
        By which way its readings come: `sera`, its certificate's topics; `pages`, what a person enters on a
        page or by a verb; or the id of the one mapping that reads them. Where it is not entered, mappings may
        bring readings until it speaks on its own topics.
    known_as
        Names by which the device calls itself in messages that mappings read.
    person
        Id of the person who counts under this counter id, where they came in by an invitation.
    simulated
        Whether it is a model and no node: all that is made from it says so, and nothing of it enters a figure
        of real ones. It stays so for ever.
    """

    id: str
    garden: str | None
    detector: str = "none"
    comparability: dict[str, str] = msgspec.field(default_factory=dict)
    way_in: str = ""
    known_as: tuple[str, ...] = ()
    person: str = ""
    simulated: bool = False

    def __post_init__(self) -> None:
        _check_name("node", self.id)
        if (kind := services.kind_of(self.id)) is not None:
            raise InvalidEntryError(
                f"node id {self.id!r} is the name of this installation's own {kind}; choose another"
            )
        if self.detector not in DETECTORS:
            raise InvalidEntryError(
                f"node {self.id}: detector {self.detector!r} is not known; expected one of "
                f"{', '.join(DETECTORS)}"
            )
        for name in self.known_as:
            if not (0 < len(name) <= _ALIAS_LONGEST and name.isprintable()):
                raise InvalidEntryError(
                    f"node {self.id}: no device calls itself {name[:_ALIAS_LONGEST]!r}; expected 1 to "
                    f"{_ALIAS_LONGEST} printable characters"
                )
        if len(set(self.known_as)) != len(self.known_as) or len(self.known_as) > _ALIASES_MOST:
            raise InvalidEntryError(
                f"node {self.id}: {len(self.known_as)} names of its own; expected at most {_ALIASES_MOST}, "
                "each once"
            )


class ProbePlace(msgspec.Struct, frozen=True):
    """Where a probe, known by its serial, is in the ground.

    Parameters
    ----------
    node
        The node that it is wired to, or None while it is at none.
    position
        Its place at the node, the `1` of `@1`.
    depth_m
        Depth below the surface [m], positive downwards; None where not measured.
    """

    serial: str
    node: str | None
    position: int
    depth_m: float | None = None

    @property
    def id(self) -> str:
        """The serial, by which its history is kept."""
        return self.serial

    def __post_init__(self) -> None:
        _check_text("probe", "serial", self.serial)
        if not 1 <= self.position <= POSITION_MOST:
            raise InvalidEntryError(
                f"probe {self.serial}: position {self.position} is not possible; expected 1 to "
                f"{POSITION_MOST}"
            )


class Calibration(msgspec.Struct, frozen=True):
    """How a probe's raw value becomes a quantity, as a dated record.

    Parameters
    ----------
    serial
        Serial of the probe.
    source, target
        Measurement that goes in and measurement that comes out, without position.
    coefficients
        Of a polynomial in the raw value, lowest order first.
    valid_from_s, valid_to_s
        Span of measurement times it holds for, Unix time [s], end exclusive; None for no end.
    uncertainty
        Standard uncertainty of the result, in the target's unit, or None.
    reference
        Where it comes from.
    assumption
        What is taken for granted, the soil type for example; empty for nothing.
    raw_per_degree, reference_temperature
        By how much the raw value rises with the soil's temperature [1/Cel], 0 where it does not, and the
        temperature that the polynomial holds for [Cel].
    """

    id: str
    serial: str
    source: str
    target: str
    coefficients: tuple[float, ...]
    valid_from_s: int
    valid_to_s: int | None = None
    uncertainty: float | None = None
    reference: str = ""
    assumption: str = ""
    raw_per_degree: float = 0.0
    reference_temperature: float = 20.0

    def __post_init__(self) -> None:
        _check_text("calibration", "id", self.id)
        _check_text("calibration", "serial", self.serial)
        if not self.coefficients:
            raise InvalidEntryError(f"calibration {self.id}: has no coefficients; expected at least one")
        if self.valid_to_s is not None and self.valid_to_s <= self.valid_from_s:
            raise InvalidEntryError(
                f"calibration {self.id}: ends before it begins; expected valid_to_s later"
            )


class RecordedSource(msgspec.Struct, frozen=True):
    """Under which drawn ids a recorded file's source is kept; the only place that knows what it calls itself.

    Parameters
    ----------
    id
        The node's id.
    garden
        Id of its garden, where none is named.
    source
        A private note, since it may name a place: family and the source's own id, `poms/NC0429`.
    """

    id: str
    garden: str
    source: str

    def __post_init__(self) -> None:
        _check_name("node", self.id)
        _check_name("garden", self.garden)
        _check_text("recorded source", "source", self.source)


Entity = (
    Community
    | District
    | Garden
    | Node
    | ProbePlace
    | Calibration
    | Mapping
    | RecordedSource
    | GardenSoil
    | Verification
    | Person
    | CheckLimit
)

KINDS: Final[dict[str, type[Entity]]] = {
    "community": Community,
    "district": District,
    "garden": Garden,
    "node": Node,
    "probe": ProbePlace,
    "calibration": Calibration,
    "mapping": Mapping,
    "source": RecordedSource,
    "soil": GardenSoil,
    "verification": Verification,
    "person": Person,
    "limit": CheckLimit,
}
KIND_OF: Final = {entity: kind for kind, entity in KINDS.items()}


def _check_name(kind: str, text: str) -> None:
    if not is_name(text):
        raise InvalidEntryError(
            f"{kind} id {text!r} is not possible; expected {NAME_SHORTEST} to {NAME_LONGEST} of the "
            "characters a-z, 0-9 and -"
        )


def _check_text(kind: str, field: str, text: str) -> None:
    if not text or len(text) > 128 or not text.isprintable():
        raise InvalidEntryError(
            f"{kind}: {field} {text!r} is not possible; expected 1 to 128 printable characters"
        )
