"""What the virtual sensors say: rows of a trace, read by seek, with the faults of the plan."""

import struct
from math import isnan

from sera_simulator.board.portable import Any


class Readings:
    """A trace and its faults, at the board's time.

    Parameters
    ----------
    path
        The trace: little-endian 32-bit floats, row by row.
    header
        Its `start_s`, `step_s`, `columns` and `rows`.
    faults
        Of the plan, `stuck` and `missing`: lists of [column, start_s, end_s].
    """

    def __init__(self, path: str, header: dict[str, Any], faults: dict[str, Any]) -> None:
        self.columns = list(header["columns"])
        self._start_s = header["start_s"]
        self._step_s = header["step_s"]
        self._rows = header["rows"]
        self._stuck = faults.get("stuck", ())
        self._missing = faults.get("missing", ())
        self._form = "<%df" % len(self.columns)
        self._bytes = 4 * len(self.columns)
        self._row = bytearray(self._bytes)
        self._file = open(path, "rb")
        self._loaded = -1
        self._values: tuple[Any, ...] = ()

    def row_at(self, utc_s: int) -> int:
        """Find the number of the trace's row that is in force at a time."""
        return int(min(max(0, (utc_s - self._start_s) // self._step_s), self._rows - 1))

    def _load(self, row: int) -> tuple[Any, ...]:
        if row != self._loaded:
            self._file.seek(row * self._bytes)
            self._file.readinto(self._row)
            self._values = struct.unpack(self._form, self._row)
            self._loaded = row
        return self._values

    def value(self, column: str, utc_s: int) -> float | None:
        """Return a column's value at a time, or None where the sensor fails."""
        if column not in self.columns or _within(self._missing, column, utc_s):
            return None
        stuck = _within(self._stuck, column, utc_s)
        value = self._load(self.row_at(stuck[1] if stuck else utc_s))[self.columns.index(column)]
        return None if isnan(value) else value

    def sums(self, columns: tuple[Any, ...], after_s: int, until_s: int) -> list[Any] | None:
        """Sum counting columns over the steps that ended after one time until another.

        A step in which a column fails counts in none of them, so that effort and counts stay
        together; None if no step was good.
        """
        places = [self.columns.index(name) for name in columns]
        totals = [0.0] * len(columns)
        good = 0
        first = max(0, (after_s - self._start_s) // self._step_s + 1)
        last = min((until_s - self._start_s) // self._step_s, self._rows - 1)
        for row in range(first, last + 1):
            at_s = self._start_s + row * self._step_s
            if any(_within(self._missing, name, at_s) for name in columns):
                continue
            values = self._load(row)
            if any(isnan(values[place]) for place in places):
                continue
            good += 1
            for index, place in enumerate(places):
                totals[index] += values[place]
        return totals if good else None


def _within(spans: list[list[Any]], column: str, utc_s: int) -> list[Any] | None:
    for span in spans:
        if span[0] == column and span[1] <= utc_s < span[2]:
            return span
    return None
