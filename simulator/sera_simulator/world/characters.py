"""What makes gardens unlike: their flowers, how often they are mown, whom the flowers suit, what watches."""

from typing import NamedTuple

CAMERA = "camera"
BEAM = "beam"


class Character(NamedTuple):
    """What a garden is like.

    Parameters
    ----------
    called
        What follows its made-up name: `Kiln Lane Meadow`.
    flowers
        Flowers beside an ordinary garden's, a factor.
    mown_every_d
        Days between two mowings [d]; 0 for never.
    suits
        How much its flowers suit each group, a factor in the order of `INSECT_GROUPS`.
    detectors
        The kinds of its first, second, third node, and so on again.
    panel_covered
        Whether something hides its nodes' panels for some days of each four weeks.
    """

    called: str = ""
    flowers: float = 1.0
    mown_every_d: int = 16
    suits: tuple[float, ...] = (1.0,) * 10
    detectors: tuple[str, ...] = (CAMERA, CAMERA, BEAM)
    panel_covered: bool = False


ORDINARY = Character()

# Directions from the sources in docs/simulator.md; sizes set by eye. A short lawn offers clover and daisies
# to bees and little to others; pots of herbs suit bees and hoverflies; a shady yard suits flies.
MEADOW = Character("Meadow", 1.8, 0, (1.1, 0.8, 1.5, 0.8, 1.2, 1.0, 1.6, 1.6, 1.3, 1.4), (CAMERA,))
LAWN = Character("Lawn", 0.5, 7, (0.9, 1.1, 0.3, 0.3, 0.3, 0.7, 0.2, 0.05, 0.3, 0.15), (CAMERA,))
BALCONY = Character("Balcony", 0.6, 0, (1.0, 1.1, 0.8, 0.6, 0.9, 0.3, 0.3, 0.05, 0.3, 0.1), (BEAM,))
YARD = Character(
    "Yard", 0.7, 0, (0.6, 0.3, 0.5, 0.6, 0.9, 1.5, 0.2, 0.8, 1.1, 0.8), (CAMERA,), panel_covered=True
)

# The community of the demo: one garden of each, and in whose turn a node more comes.
UNLIKE = (MEADOW, LAWN, BALCONY, YARD)
UNLIKE_NAMES = ("Kiln Lane", "Elm Yard", "Rose Court", "Heron Close")
TURNS = (0, 1, 2, 3, 0, 1, 3, 0, 1, 2, 0, 3, 0, 1)
