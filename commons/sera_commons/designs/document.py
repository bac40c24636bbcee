"""A design as a shared document: the bed, and plants with their places, in true metres.

Phones change copies of a Yjs document, and the copies are merged without asking anybody. So nothing in it can
be trusted to be well-formed: `read_design` takes what is, and names what is not. It never changes a document.

The library of shared documents is loaded when the first one is opened: it takes 3 MB, and most installations
never draw a bed while their pages are served.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_commons.errors import DesignError
from sera_commons.plants.table import LIGHT, WATER, load_plants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycrdt import Doc

BED: Final = "bed"
PLANTS: Final = "plants"
PLANTS_MOST: Final = 200
"""Of one bed. Two phones that were offline may bring more together: that is shown, and nothing is dropped."""
READ_MOST: Final = 1_000
"""Plants that are read of a document; the rest is counted and named."""
SIDE_LEAST_M: Final = 0.2
SIDE_MOST_M: Final = 30.0
CORNERS_MOST: Final = 40
TITLE_MOST: Final = 80
WIDTH_LEAST_M: Final = 0.02
WIDTH_MOST_M: Final = 20.0
SIDES: Final = ("front", "back", "left", "right")
_ID: Final = re.compile(r"[0-9a-f]{8,32}")


class Point(NamedTuple):
    """A place in the bed's plane [m]: x to the right, y to the back."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Placed:
    """One plant in a bed.

    Parameters
    ----------
    id
        Drawn by the phone that put it there.
    taxon
        A taxon of the table of plants.
    at
        Its middle.
    width_m
        Its width when grown, where the people who draw know better than the table; else None [m].
    """

    id: str
    taxon: str
    at: Point
    width_m: float | None = None


@dataclass(frozen=True, slots=True)
class Bed:
    """The bed as people described it.

    Parameters
    ----------
    outline
        Its corners in order, three at least.
    title
        What it is called.
    light, water
        How much light it has, and how wet it is, in the words of the table; None where nobody said.
    paths
        Sides along which children pass: of `SIDES`.
    """

    outline: tuple[Point, ...]
    title: str = ""
    light: str | None = None
    water: str | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Design:
    """What a document says, as far as it can be read.

    Parameters
    ----------
    bed
        The bed, or None where its outline cannot be read.
    plants
        Plants that can be read, by id.
    unreadable
        Ids of plants that cannot: another program wrote them, or a hand.
    left_out
        How many plants there are beyond those that are read.
    """

    bed: Bed | None
    plants: tuple[Placed, ...]
    unreadable: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def count(self) -> int:
        """How many plants the document holds."""
        return len(self.plants) + len(self.unreadable) + self.left_out


def rectangle(width_m: float, depth_m: float) -> tuple[Point, ...]:
    """Return the outline of a rectangle whose front left corner is the origin."""
    return (Point(0, 0), Point(width_m, 0), Point(width_m, depth_m), Point(0, depth_m))


def first_update(bed: Bed) -> bytes:
    """Return the update that begins a document with a bed and no plants.

    Raises
    ------
    DesignError
        `read_design` would not read the bed.
    """
    if read_bed(_cells_of(bed)) != bed:
        raise DesignError(
            f"no bed: it is {SIDE_LEAST_M} to {SIDE_MOST_M} m wide and deep, with at most {CORNERS_MOST} "
            f"corners and {TITLE_MOST} characters of title; light is one of {', '.join(LIGHT)}, water one of "
            f"{', '.join(WATER)}; change what differs"
        )
    from pycrdt import Doc, Map  # noqa: PLC0415 - see the module

    document = Doc[Any]()
    cells = document.get(BED, type=Map)
    document.get(PLANTS, type=Map)
    with document.transaction():
        for name, value in _cells_of(bed).items():
            cells[name] = value
    return document.get_update()


def bed_update(document: Doc[Any], before: Bed, after: Bed) -> bytes:
    """Change the bed of a document, and return the update that does the same to its copies.

    Parameters
    ----------
    document
        A copy that is the caller's own: it is changed.
    before, after
        What a person saw, and what they want. What they left as it was is not touched: somebody else may
        have changed it meanwhile.

    Raises
    ------
    DesignError
        `read_design` would not read the bed.
    """
    cells, old_cells = _cells_of(after), _cells_of(before)
    if read_bed(cells) != after:
        raise DesignError(
            f"no bed: it is {SIDE_LEAST_M} to {SIDE_MOST_M} m wide and deep, with 3 to {CORNERS_MOST} "
            "corners; change what differs"
        )
    from pycrdt import Map  # noqa: PLC0415 - see the module

    state, bed = document.get_state(), document.get(BED, type=Map)
    with document.transaction():
        for name in cells.keys() | old_cells.keys():
            if cells.get(name) == old_cells.get(name):
                continue
            if name in cells:
                bed[name] = cells[name]
            elif name in bed:
                del bed[name]
    return document.get_update(state)


def open_document(updates: Sequence[bytes]) -> Doc[Any]:
    """Return the document that some updates make, in any order.

    Raises
    ------
    DesignError
        One of them is no update of a Yjs document.
    """
    from pycrdt import Doc  # noqa: PLC0415 - see the module

    document = Doc[Any]()
    for update in updates:
        apply(document, update)
    return document


def apply(document: Doc[Any], update: bytes) -> None:
    """Merge an update into a document.

    Raises
    ------
    DesignError
        It is no update of a Yjs document.
    """
    try:
        document.apply_update(update)
    except ValueError as error:
        raise DesignError(f"not an update of a drawing: {error}") from error


def has_gap(document: Doc[Any], update: bytes) -> bool:
    """Return whether an update that was applied waits for another that has not come."""
    from pycrdt import get_update  # noqa: PLC0415 - see the module

    # What is left of it beyond the document's state: the number of phones with changes, then their deletions.
    return get_update(update, document.get_state())[0] != 0


def read_design(document: Doc[Any]) -> Design:
    """Read a document as far as it can be read."""
    from pycrdt import Map  # noqa: PLC0415 - see the module

    plants: Mapping[str, object] = document.get(PLANTS, type=Map).to_py() or {}
    bed: Mapping[str, object] = document.get(BED, type=Map).to_py() or {}
    names = sorted(plants)
    placed, unreadable = [], []
    for name in names[:READ_MOST]:
        plant = _read_plant(name, plants[name])
        if plant is None:
            unreadable.append(name[:32])
        else:
            placed.append(plant)
    return Design(read_bed(bed), tuple(placed), tuple(unreadable), len(names[READ_MOST:]))


def read_bed(cells: Mapping[str, object]) -> Bed | None:
    """Read the bed's cells; None where the outline is not valid."""
    outline = _read_outline(cells.get("outline"))
    if outline is None:
        return None
    title, light, water, paths = (cells.get(name) for name in ("title", "light", "water", "paths"))
    sides = paths if isinstance(paths, list | tuple) else ()
    return Bed(
        outline,
        title[:TITLE_MOST] if isinstance(title, str) else "",
        light if isinstance(light, str) and light in LIGHT else None,
        water if isinstance(water, str) and water in WATER else None,
        tuple(side for side in SIDES if side in sides),
    )


def _cells_of(bed: Bed) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "outline": [[float(x), float(y)] for x, y in bed.outline],
        "paths": list(bed.paths),
    }
    stated = {"title": bed.title, "light": bed.light, "water": bed.water}
    return cells | {name: text for name, text in stated.items() if text}


def _read_outline(value: object) -> tuple[Point, ...] | None:
    if not isinstance(value, list | tuple) or not 3 <= len(value) <= CORNERS_MOST:
        return None
    points = [_read_point(corner) for corner in value]
    outline = tuple(point for point in points if point is not None)
    if len(outline) != len(value):
        return None
    extents = [max(axis) - min(axis) for axis in zip(*outline, strict=True)]
    return outline if all(SIDE_LEAST_M <= extent <= SIDE_MOST_M for extent in extents) else None


def _read_point(value: object) -> Point | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    x, y = (_read_number(part, 4 * SIDE_MOST_M) for part in value)
    return Point(x, y) if x is not None and y is not None else None


def _read_number(value: object, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= most else None


def _read_plant(name: str, cells: object) -> Placed | None:
    if not _ID.fullmatch(name) or not isinstance(cells, dict):
        return None
    taxon, at = cells.get("taxon"), _read_point(cells.get("at"))
    if at is None or not isinstance(taxon, str) or taxon not in load_plants():
        return None
    width_m = _read_number(cells.get("width_m"), WIDTH_MOST_M)
    is_width = width_m is not None and width_m >= WIDTH_LEAST_M
    return Placed(name, taxon, at, width_m if is_width else None)
