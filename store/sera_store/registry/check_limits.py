"""What a garden has its readings checked by instead of the usual limits, as a dated entry."""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, is_name

# A span from lowest to highest, and two steps from which a value is suspect, and fails.
RANGE: Final = "range"
CLIMATE: Final = "climate"
SPIKE: Final = "spike"
RATE: Final = "rate"
FLAT_LINE: Final = "flat_line"
NEIGHBOURS: Final = "neighbours"
AIR: Final = "air"
RISE: Final = "rise"
SPANS: Final = (RANGE, CLIMATE)
LAST_OF_PERIOD: Final = {"month": 12, "quarter": 4}


class CheckLimit(msgspec.Struct, frozen=True):
    """One limit of one measurement for one garden, in place of the one of `sera_quality.limits`.

    Parameters
    ----------
    garden
        Id of the garden.
    measurement
        Name of the measurement, without position.
    check
        Which: range, climate, spike, rate, flat_line, neighbours, air or rise.
    lowest, highest
        For range and climate: what is usual, in the measurement's unit; outside of it a value is suspect.
    suspect, fail
        For the others: beyond which a value is suspect, and fails; in the measurement's unit, for rate in the
        unit an hour, for flat_line in seconds. Both left out: the check is not made.
    period
        For climate: month or quarter (UTC).
    first, last
        For climate: from which month or quarter to which one, both of them.
    reason
        Why, for people.
    withdrawn
        Whether it holds no more from then on.
    """

    id: str
    garden: str
    measurement: str
    check: Literal["range", "climate", "spike", "rate", "flat_line", "neighbours", "air", "rise"]
    lowest: float | None = None
    highest: float | None = None
    suspect: float | None = None
    fail: float | None = None
    period: Literal["month", "quarter"] = "month"
    first: int = 1
    last: int = 12
    reason: str = ""
    withdrawn: bool = False

    def __post_init__(self) -> None:
        if not is_name(self.id):
            self._refuse(f"id; expected {NAME_SHORTEST} to {NAME_LONGEST} of the characters a-z, 0-9 and -")
        if self.measurement not in COLUMNS:
            self._refuse(
                f"measurement {self.measurement!r} is not known; expected a name such as soil_temperature"
            )
        if self.check in SPANS:
            self._check_span()
        else:
            self._check_steps()

    def _check_span(self) -> None:
        if self.lowest is None or self.highest is None or not self.lowest <= self.highest:
            self._refuse(f"{self.check} needs lowest and highest, the lowest first")
        if self.suspect is not None or self.fail is not None:
            self._refuse(f"{self.check} has lowest and highest, not suspect or fail")
        most = LAST_OF_PERIOD[self.period]
        if self.check == CLIMATE and not (1 <= self.first <= most and 1 <= self.last <= most):
            self._refuse(
                f"{self.period} {self.first} to {self.last} is not possible; expected first and last of "
                f"1 to {most}"
            )

    def _check_steps(self) -> None:
        if self.lowest is not None or self.highest is not None:
            self._refuse(f"{self.check} has suspect and fail, not lowest or highest")
        steps = [step for step in (self.suspect, self.fail) if step is not None]
        if any(not (step > 0 and math.isfinite(step)) for step in steps) or steps != sorted(steps):
            self._refuse("suspect and fail are to be numbers above 0, fail the larger one")
        if self.check == FLAT_LINE and len(steps) == 1:
            self._refuse("flat_line needs both suspect and fail, or none of them")

    def _refuse(self, why: str) -> None:
        raise InvalidEntryError(f"limit {self.id!r}: {why}")
