"""What was done in gardens, or seen there, from the current records of series `action`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.records.rows import ROW_COLUMNS, stored_record
from sera_vocabulary.measurements import (
    CHRONICLE_ENTRY,
    GARDEN_ACTION,
    GARDEN_ACTIONS,
    PATCH_AREA,
    WATER_DEPTH,
)
from sera_vocabulary.series import ACTION

if TYPE_CHECKING:
    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.records.rows import Record

WATERING: Final = GARDEN_ACTIONS[1]
# What is seen and not done: it changes nothing, and bars no garden from a comparison.
FLOWERING: Final = GARDEN_ACTIONS[5]

_ROWS: Final = (
    f"SELECT {ROW_COLUMNS} FROM origins o JOIN timeline t ON t.origin = o.id JOIN records r ON r.id = t.id "  # noqa: S608
    "WHERE o.series=?1 AND (?2 IS NULL OR o.garden=?2) ORDER BY t.time_s, r.id"
)


class Action(NamedTuple):
    """Something that was done in a garden, or seen there.

    Parameters
    ----------
    id
        Its key: counter, epoch and sequence.
    garden
        Where.
    kind
        One of `sera_vocabulary.measurements.GARDEN_ACTIONS`.
    time_s
        When, Unix time [s].
    amount
        Water [mm] or area [m2], or None where not stated.
    uncertainty_s
        How far the time may be off [s].
    chronicle_entry
        Number of the entry of the community's chronicle that says more of it, if any.
    """

    id: str
    garden: str
    kind: str
    time_s: int
    amount: float | None = None
    uncertainty_s: int = 0
    chronicle_entry: int | None = None


def garden_actions(database: Database, names: Names, garden: str | None = None) -> list[Action]:
    """List what was done in a garden, or in all, by time; what was withdrawn is not among it."""
    rows = database.rows(_ROWS, (ACTION, garden))
    actions = [_action(stored_record(row, names).record) for row in rows]
    return [action for action in actions if action is not None]


def _action(record: Record) -> Action | None:
    values = record.by_column
    code = values.get(GARDEN_ACTION)
    if code is None or record.time_s is None or not 0 <= code < len(GARDEN_ACTIONS):
        return None
    amount, entry = values.get(WATER_DEPTH), values.get(CHRONICLE_ENTRY)
    return Action(
        record.name,
        record.garden,
        GARDEN_ACTIONS[int(code)],
        record.time_s,
        values.get(PATCH_AREA) if amount is None else amount,
        record.uncertainty_s or 0,
        int(entry) if entry is not None else None,
    )
