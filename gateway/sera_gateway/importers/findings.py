"""What was found in a recorded file besides its readings, so that nothing is left out unsaid."""

from __future__ import annotations

from typing import Final, NamedTuple

LEFT_OUT: Final = "left out"
READ_AS_MISSING: Final = "read as missing"
KEPT: Final = "kept"
SKIPPED: Final = "skipped"
DEAD_LETTER: Final = "kept as a dead letter"


class Finding(NamedTuple):
    """One thing that a file holds and that is no plain reading.

    Parameters
    ----------
    kind
        One of `KINDS`.
    row
        Row of the file, from 1, blank ones too; None for the whole file or a whole column.
    column
        The column's name in the file, or what it holds where the file names none; empty for a whole row.
    value
        What stands there, as it is written.
    problem
        What was expected, and what to do.
    action
        What was done: left out, read as missing, kept, skipped, kept as a dead letter.
    """

    kind: str
    row: int | None
    column: str
    value: str
    problem: str
    action: str

    @property
    def is_loss(self) -> bool:
        """Whether something that should have been a reading is none."""
        return KINDS[self.kind].is_loss


class Kind(NamedTuple):
    """A kind of finding: what it is, for the summary, and whether a reading was lost by it."""

    label: str
    is_loss: bool


KINDS: Final[dict[str, Kind]] = {
    "file_unreadable": Kind("file that could not be read", is_loss=True),
    "encoding": Kind("encoding that the file does not say", is_loss=False),
    "row_too_short": Kind("row with too few cells", is_loss=True),
    "row_too_long": Kind("row with more cells than columns", is_loss=True),
    "row_blank": Kind("blank row", is_loss=False),
    "row_of_event": Kind("row of an event without a reading", is_loss=False),
    "row_of_names": Kind("row of names amid the readings", is_loss=False),
    "row_repeated": Kind("row that stands twice in the file", is_loss=False),
    "row_without_values": Kind("row without any value", is_loss=False),
    "time_unreadable": Kind("time that cannot be read", is_loss=True),
    "time_impossible": Kind("time that no reading can have", is_loss=True),
    "time_without_hour": Kind("date without a time, read as midnight", is_loss=False),
    "time_offset": Kind("offset of the times", is_loss=False),
    "date_order": Kind("order of day, month and year", is_loss=False),
    "two_at_one_time": Kind("row with other values than an earlier row of its time", is_loss=True),
    "conflict": Kind("row with other values than what is stored of its time", is_loss=True),
    "total_wrong": Kind("count whose total is not the sum of its groups", is_loss=True),
    "group_repeated": Kind("count that has a group twice", is_loss=True),
    "surveys_differ": Kind("count with two numbers of surveys", is_loss=True),
    "refused": Kind("row that the gateway refused", is_loss=True),
    "not_a_number": Kind("value that is no number", is_loss=True),
    "sensor_absent": Kind("mark of an absent or broken sensor", is_loss=False),
    "count_impossible": Kind("moisture count beyond 12 bits", is_loss=False),
    "logger_error": Kind("error that the logger itself noted", is_loss=False),
    "column_left_out": Kind("column that was left out", is_loss=False),
    "assumption": Kind("assumption", is_loss=False),
}
