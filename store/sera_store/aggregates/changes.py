"""What has changed in the table of records since something was last made from it.

Roll-ups and the sums of the analysis follow the records in the same way: by a position (the change number up
to which all is in them), by the fingerprint of the row at that position, and by the stretches of time that
later rows touch, where they are and where what they supersede was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.calendar import TIME_FIRST_S, TIME_LAST_S

if TYPE_CHECKING:
    import sqlite3

# A row, and the row that it supersedes: where a record came from is touched too.
_CHANGED: Final = """
SELECT DISTINCT origin, time_s / ?5 FROM records
WHERE id > ?1 AND id <= ?2 AND layout IS NOT NULL AND time_s >= ?3 AND time_s < ?4
UNION
SELECT DISTINCT old.origin, old.time_s / ?5 FROM records new JOIN records old ON old.id = new.supersedes
WHERE new.id > ?1 AND new.id <= ?2 AND old.layout IS NOT NULL AND old.time_s >= ?3 AND old.time_s < ?4
"""


def last_change(records: sqlite3.Connection) -> int:
    """Return the highest change number of the table of records, 0 without any."""
    return int(records.execute("SELECT coalesce(max(id), 0) FROM records").fetchone()[0])


def fingerprint(records: sqlite3.Connection, position: int) -> str:
    """Describe the row at a position by what no other row there would have; empty where there is none.

    A table of records that was rebuilt or restored has another row there, or none: whatever follows it begins
    again.
    """
    row = records.execute(
        "SELECT origin, seq, time_s, journal, supersedes, length(body) FROM records WHERE id=?", (position,)
    ).fetchone()
    return ",".join(map(str, row)) if row else ""


def changed_slots(records: sqlite3.Connection, after: int, to: int, slot_s: int) -> dict[int, set[int]]:
    """Find by origin which stretches of Unix time the rows between two change numbers touch.

    Parameters
    ----------
    after, to
        Change numbers: the rows above the first, up to the second.
    slot_s
        Length of a stretch [s]; stretches are numbered from 1970 on.
    """
    slots_by_origin: dict[int, set[int]] = {}
    for origin, slot in records.execute(_CHANGED, (after, to, TIME_FIRST_S, TIME_LAST_S, slot_s)):
        slots_by_origin.setdefault(origin, set()).add(slot)
    return slots_by_origin
