"""How large a plant is drawn: stated by people, else from the table, else a stand-in that is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from sera_commons.designs.document import Placed
    from sera_commons.plants.table import Plant

# No source gives them: round numbers, so that something can be drawn. Width and height [m] by habit.
_STAND_INS: Final[dict[str | None, tuple[float, float]]] = {
    "annual": (0.3, 0.4),
    "biennial": (0.4, 0.8),
    "perennial": (0.4, 0.5),
    "bulb": (0.1, 0.2),
    "climber": (0.5, 2.0),
    "shrub": (0.8, 1.0),
    "tree": (3.0, 5.0),
    None: (0.4, 0.4),
}
_DRAWN_MOST_M: Final = 6.0


class Size(NamedTuple):
    """Width and height of a grown plant [m], and whether each is known."""

    width_m: float
    height_m: float
    is_width_known: bool
    is_height_known: bool


def size_of(plant: Plant, placed: Placed | None = None) -> Size:
    """Return how large a plant is drawn.

    Parameters
    ----------
    plant
        From the table.
    placed
        As it stands in a bed, where its people may have stated another width.
    """
    width_m, height_m = _STAND_INS[plant.habit]
    stated_m = placed.width_m if placed is not None else None
    true_width_m = stated_m or plant.width_m
    heights = [height for height in plant.height_m if height is not None]
    return Size(
        min(true_width_m or width_m, _DRAWN_MOST_M),
        sum(heights) / len(heights) if heights else height_m,
        true_width_m is not None,
        bool(heights),
    )
