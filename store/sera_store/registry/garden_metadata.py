"""What people state about a garden: its soil, and how right its detectors are."""

from __future__ import annotations

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, is_name

_CLAY_MOST, _ORGANIC_MOST_PERCENT = 0.6, 8.0


class GardenSoil(msgspec.Struct, frozen=True):
    """Texture of a garden's soil, as found or assumed.

    Parameters
    ----------
    id
        The garden's id.
    sand, clay
        Shares of the fine earth by mass.
    organic_matter_percent
        Organic matter [% by mass].
    source
        Who says so, and how it was found: "felt between the fingers, by the host".
    """

    id: str
    sand: float
    clay: float
    organic_matter_percent: float = 2.5
    source: str = ""

    @property
    def garden(self) -> str:
        """The garden."""
        return self.id

    def __post_init__(self) -> None:
        shares = 0 <= self.sand <= 1 and 0 <= self.clay <= _CLAY_MOST and self.sand + self.clay <= 1
        if not shares or not 0 <= self.organic_matter_percent <= _ORGANIC_MOST_PERCENT:
            raise InvalidEntryError(
                f"soil of {self.id}: sand {self.sand:g}, clay {self.clay:g}, organic matter "
                f"{self.organic_matter_percent:g} %; expected shares that add up to at most 1, clay "
                "to 0.6 and "
                "organic matter to 8 %"
            )


class Verification(msgspec.Struct, frozen=True):
    """What people's labels said about the detectors of one comparability class in one garden.

    Parameters
    ----------
    garden
        Id of the garden.
    comparability
        The class: detector and the fields of its class, as `key=value`, sorted.
    groups
        Insect groups, in the order of rows and columns; one row and column more is for `nothing`.
    weights
        Events by what they are (rows) and were named (columns), each standing for those it was drawn from.
    labels
        How many events of each row were labelled.
    recall_low, recall_high
        Ends of the interval of each group's recall, or None where too few labels tell.
    source
        Which file, and who labelled.
    """

    id: str
    garden: str
    comparability: tuple[str, ...]
    groups: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...]
    recall_low: tuple[float | None, ...]
    recall_high: tuple[float | None, ...]
    source: str = ""

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise InvalidEntryError(
                f"verification id {self.id!r} is not possible; expected {NAME_SHORTEST} to "
                f"{NAME_LONGEST} of the "
                "characters a-z, 0-9 and -"
            )
        size = len(self.groups) + 1
        rows = {len(row) for row in self.weights}
        if len(self.weights) != size or rows != {size} or len(self.labels) != size:
            raise InvalidEntryError(
                f"verification {self.id}: {len(self.groups)} groups need {size} rows and columns of "
                "weights and "
                f"{size} numbers of labels"
            )
        if not len(self.recall_low) == len(self.recall_high) == len(self.groups):
            raise InvalidEntryError(
                f"verification {self.id}: each group needs both ends of its recall, or None"
            )
        if any(not weight >= 0 for row in self.weights for weight in row):
            raise InvalidEntryError(f"verification {self.id}: a weight is below 0; expected 0 or more")
