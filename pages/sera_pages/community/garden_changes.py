"""Soil, probes and moves of a garden, each by its date, entered by the functions of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.community.dates import read_since
from sera_pages.community.settings import require_host
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.views.fields import FieldProblems
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.readers import hosts
from sera_pages.views.visit import visit_of
from sera_quality.calibration import two_points
from sera_quality.soil_texture import TEXTURES, Texture, drained_moisture
from sera_store.errors import InvalidEntryError, RejectedEntriesError, UnknownNameError
from sera_store.registry.changes import (
    OVEN_DRY,
    RELATIVE_SCALE,
    SampleLine,
    move_node,
    sample_calibrations,
    swap_probe,
)
from sera_store.registry.entities import PERSON
from sera_store.registry.garden_metadata import GardenSoil
from sera_vocabulary.messages import POSITION_MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.changes import DatedEntity
    from sera_store.registry.registry import Garden, Person, ProbePlace

_SOURCE_LONGEST: Final = 120
_DEPTH_MOST_M: Final = 5.0
_RAW_MOST: Final = 65_535.0
_READINGS_MOST: Final = 20
# As many as our boards have.
_POSITIONS_MOST: Final = 8
_POSITIONS: Final = tuple([str(position) for position in range(1, POSITION_MOST + 1)])
NOWHERE: Final = "nowhere"

DefaultT = TypeVar("DefaultT", float, None)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node that stands in a garden, with its probes and whether each is calibrated."""

    id: str
    detector: str
    probes: tuple[tuple[ProbePlace, bool], ...]


def changes(request: Request) -> Response:
    """Show soil, probes and nodes of a garden, to be changed."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    require_host(visit, garden)
    return _page(visit, garden, {})


def _page(
    visit: Visit, garden: Garden, errors: dict[str, str], values: dict[str, str] | None = None
) -> Response:
    registry = visit.installation.registry
    soil, nodes = registry.soil(garden.id), _nodes(visit, garden)
    return page(
        visit,
        "garden_changes.html.j2",
        422 if errors else 200,
        garden=garden,
        soil=soil,
        texture=_texture_words(visit, soil),
        textures=[(name, visit.words.say(f"texture.{name.replace(' ', '_')}")) for name in TEXTURES],
        nodes=nodes,
        node_names=[(node.id, node.id) for node in nodes],
        probes=[
            (probe.serial, f"{node.id}@{probe.position} {probe.serial}")
            for node in nodes
            for probe, _ in node.probes
        ],
        positions=[(number, str(number)) for number in range(1, _POSITIONS_MOST + 1)],
        targets=[
            *((other.id, other.name or other.id) for other in _targets(visit, garden)),
            (NOWHERE, visit.words.say("changes.nowhere")),
        ],
        errors=errors,
        values=values or {},
        is_entered="entered" in visit.request.query_params,
        most=_SOURCE_LONGEST,
    )


def _texture_words(visit: Visit, soil: GardenSoil | None) -> str:
    """Write which texture a soil's shares are those of; the shares themselves where they are of none."""
    if soil is None:
        return ""
    for name, texture in TEXTURES.items():
        if (texture.sand, texture.clay) == (soil.sand, soil.clay):
            return visit.words.say(f"texture.{name.replace(' ', '_')}")
    share = visit.words.figures.share
    return visit.words.say("changes.shares", sand=share(soil.sand), clay=share(soil.clay))


def _nodes(visit: Visit, garden: Garden) -> list[NodeRow]:
    registry = visit.installation.registry
    return [
        NodeRow(
            node.id,
            node.detector,
            tuple((probe, bool(registry.calibrations(probe.serial))) for probe in registry.probes(node.id)),
        )
        for node in registry.nodes(garden.id)
        if node.detector != PERSON
    ]


def _targets(visit: Visit, garden: Garden) -> list[Garden]:
    """List the other gardens to which a node of this one may be carried by whoever asks."""
    other_gardens = visit.installation.registry.gardens(garden.community)
    return [other for other in other_gardens if other.id != garden.id and hosts(visit, other)]


async def _entered(
    request: Request, read: Callable[[Visit, Garden, Form, int, FieldProblems], list[DatedEntity]]
) -> Response:
    """Read a form as entries, enter all of them or none, and say all that is wrong where it is."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = require_host(visit, garden)
    form = await read_form(visit)
    problems = FieldProblems()
    since_s = problems.read(read_since, visit, garden, form)
    entries = read(visit, garden, form, since_s or 0, problems)
    if problems.errors:
        return _page(visit, garden, problems.words(visit.words.say), form.fields(_SOURCE_LONGEST))
    enter(visit, entries, person)
    return RedirectResponse(f"/gardens/{garden.id}/changes?entered=1", 303)


def enter(visit: Visit, entries: Sequence[DatedEntity], person: Person) -> None:
    """Enter dated entries, all of them or none.

    Raises
    ------
    RefusedRequestError
        The registry refuses one (422).
    """
    try:
        visit.installation.registry.put_all(entries, by=person.id)
    except (RejectedEntriesError, InvalidEntryError, UnknownNameError) as error:
        raise RefusedRequestError(422, "changes.refused") from error


async def soil(request: Request) -> Response:
    """Enter the texture of a garden's soil."""
    return await _entered(request, _soil)


def _soil(
    visit: Visit,  # noqa: ARG001
    garden: Garden,
    form: Form,
    since_s: int,
    problems: FieldProblems,
) -> list[DatedEntity]:
    texture = problems.read(_choice, form, "texture", tuple(TEXTURES))
    organic = problems.read(_number, form, "organic", 0, 8, None)
    if problems.errors or texture is None:
        return []
    shares = TEXTURES[texture]
    organic = shares.organic_matter_percent if organic is None else organic
    source = form.text("source", _SOURCE_LONGEST) or texture
    return [(GardenSoil(garden.id, shares.sand, shares.clay, organic, source), since_s)]


async def swap(request: Request) -> Response:
    """Enter which probe is at a position of a node."""
    return await _entered(request, _swap)


def _swap(
    visit: Visit, garden: Garden, form: Form, since_s: int, problems: FieldProblems
) -> list[DatedEntity]:
    node = problems.read(_choice, form, "node", _node_ids(visit, garden))
    position = problems.read(_choice, form, "position", _POSITIONS)
    serial = problems.read(_serial, form)
    depth_cm = problems.read(_number, form, "depth", 0, 100 * _DEPTH_MOST_M, None)
    if problems.errors or node is None or position is None or serial is None:
        return []
    depth_m = None if depth_cm is None else depth_cm / 100
    return swap_probe(visit.installation.registry, node, int(position), serial, depth_m, since_s)


def _serial(form: Form) -> str:
    serial = form.text("serial", _SOURCE_LONGEST)
    if not serial or not serial.isprintable():
        raise InvalidFieldError("serial", "changes.wrong_serial")
    return serial


async def calibrate(request: Request) -> Response:
    """Enter the relative scale of a probe by two samples, and its moisture where that is stated."""
    return await _entered(request, _calibrate)


def _calibrate(
    visit: Visit, garden: Garden, form: Form, since_s: int, problems: FieldProblems
) -> list[DatedEntity]:
    serials = tuple([probe.serial for node in _nodes(visit, garden) for probe, _ in node.probes])
    serial = problems.read(_choice, form, "probe", serials)
    dry, wet = problems.read(_readings, form, "dry"), problems.read(_readings, form, "wet")
    stated = problems.read(_moistures, visit, garden, form)
    if problems.errors or serial is None or not dry or not wet:
        return []
    scale = problems.read(_sample_line, (dry, wet), RELATIVE_SCALE, "")
    moisture = None if stated is None else problems.read(_sample_line, (dry, wet), *stated)
    if problems.errors or scale is None:
        return []
    registry = visit.installation.registry
    entities = sample_calibrations(registry, serial, (dry, wet), scale, moisture, since_s)
    return [(entity, since_s) for entity in entities]


def _sample_line(
    samples: tuple[list[float], list[float]], values: tuple[float, float], assumption: str
) -> SampleLine:
    try:
        return SampleLine(values, two_points(*samples, values), assumption)
    except ValueError as error:
        raise InvalidFieldError("wet", "changes.same_points") from error


def _moistures(visit: Visit, garden: Garden, form: Form) -> tuple[tuple[float, float], str] | None:
    """Return the water content of both samples [m3/m3], where it is stated, and what is taken for granted."""
    dry, wet = _number(form, "dry_moisture", 0, 1, None), _number(form, "wet_moisture", 0, 1, None)
    if form.text("by_texture"):
        if dry is not None or wet is not None:
            raise InvalidFieldError("wet_moisture" if dry is None else "dry_moisture", "changes.one_way")
        soil = visit.installation.registry.soil(garden.id)
        if soil is None:
            raise InvalidFieldError("wet_moisture", "changes.no_soil")
        texture = Texture(soil.sand, soil.clay, soil.organic_matter_percent)
        field_capacity, assumption = drained_moisture(texture, soil.id)
        return (OVEN_DRY, field_capacity), assumption
    if dry is None and wet is None:
        return None
    if dry is None or wet is None:
        raise InvalidFieldError("dry_moisture" if dry is None else "wet_moisture", "changes.both_moistures")
    return (dry, wet), ""


async def move(request: Request) -> Response:
    """Enter that a node stands in another garden, or in none."""
    return await _entered(request, _move)


def _move(
    visit: Visit, garden: Garden, form: Form, since_s: int, problems: FieldProblems
) -> list[DatedEntity]:
    node = problems.read(_choice, form, "moved", _node_ids(visit, garden))
    targets = (NOWHERE, *[other.id for other in _targets(visit, garden)])
    target = problems.read(_choice, form, "target", targets)
    if problems.errors or node is None:
        return []
    return move_node(visit.installation.registry, node, None if target == NOWHERE else target, since_s)


def _node_ids(visit: Visit, garden: Garden) -> tuple[str, ...]:
    return tuple([node.id for node in _nodes(visit, garden)])


def _choice(form: Form, field: str, options: tuple[str, ...]) -> str:
    name = form.text(field, _SOURCE_LONGEST)
    if name not in options:
        raise InvalidFieldError(field, "log.choose")
    return name


def _number(form: Form, field: str, low: float, high: float, default: DefaultT) -> float | DefaultT:
    text = form.text(field).replace(",", ".")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise InvalidFieldError(field, "field.number_within", low=f"{low:g}", high=f"{high:g}")
    return value


def _readings(form: Form, field: str) -> list[float]:
    """Read raw counts, one or several with spaces between them."""
    texts = form.text(field, 200).replace(";", " ").replace(",", ".").split()
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = []
    if not values or len(values) > _READINGS_MOST or not all(0 <= value <= _RAW_MOST for value in values):
        raise InvalidFieldError(field, "changes.wrong_readings", most=f"{_RAW_MOST:g}")
    return values


ROUTES = (
    Route("/gardens/{garden}/changes", changes),
    Route("/gardens/{garden}/soil", soil, methods=["POST"]),
    Route("/gardens/{garden}/probes", swap, methods=["POST"]),
    Route("/gardens/{garden}/calibrations", calibrate, methods=["POST"]),
    Route("/gardens/{garden}/moves", move, methods=["POST"]),
)
