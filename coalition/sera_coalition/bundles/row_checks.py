"""Hold every row of a bundle against its agreement: place, time, smallest cell, licence, origin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sera_coalition.agreements.terms import LICENCES, DataClass, Place
from sera_coalition.bundles.periods import is_whole, period_around
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.bundles.tables import TABLES, file_name, period_of, read_table
from sera_coalition.errors import RefusedBundleError
from sera_store.coarse_grid import SIDE, SIDE_PER_DEGREE, ConsentLevel, cell_of
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_coalition.agreements.terms import Agreement
    from sera_coalition.bundles.tables import Row, Value
    from sera_coalition.bundles.verification import Bundle

_LEVEL_OF: Final = {side / SIDE_PER_DEGREE: level for level, side in SIDE.items()}


# Returns a picture or sound with nothing but what shows or plays it, or raises ValueError.
Clean = Callable[[bytes, str], bytes]


def check_media(bundle: Bundle, tables: Mapping[str, list[Row]], clean: Clean) -> dict[str, bytes]:
    """Check pictures and sounds against the stories that they came with, and make each safe once more.

    Parameters
    ----------
    tables
        Rows that were checked.
    clean
        Makes a picture or sound safe: what is kept is what it returns, and no byte that came.

    Returns
    -------
    dict of bytes
        By the name of the file.

    Raises
    ------
    RefusedBundleError
        One is named by no row or by two, belongs to no story of the bundle, or cannot be shown or played.
    """
    licence_of = {(row[2], row[3]): row[1] for row in tables.get(DataClass.STORIES, ())}
    file_names = set()
    for number, (_, licence, item, version, file, _) in enumerate(tables.get(DataClass.MEDIA, ()), 2):
        if licence_of.get((item, version)) != licence:
            raise _refused_file(number, "item", item, "is no story of this bundle, or has another licence")
        if file in file_names or file not in bundle.media:
            raise _refused_file(number, "file", file, "is named twice, or is not in the bundle")
        file_names.add(file)
    if stray := set(bundle.media) - file_names:
        raise RefusedBundleError(Refusal.LAYOUT, f"has {min(stray)}, which belongs to no story")
    cleaned = {}
    for name, content in sorted(bundle.media.items()):
        try:
            cleaned[name] = clean(content, name.rpartition(".")[2])
        except ValueError as error:
            raise RefusedBundleError(
                Refusal.CONTENT, f"{name} is no picture or sound that can be kept: {error}"
            ) from error
    return cleaned


def _refused_file(number: int, column: str, value: Value, problem: str) -> RefusedBundleError:
    name = file_name(DataClass.MEDIA)
    return RefusedBundleError(
        Refusal.CONTENT, f"{name}, row {number}, {column}: {str(value)[:80]!a} {problem}"
    )


def check_rows(bundle: Bundle, agreement: Agreement) -> dict[str, list[Row]]:
    """Read all tables of a bundle, and hold every row against the agreement.

    Raises
    ------
    RefusedBundleError
        It names file, row and column, what was agreed, and what came.
    """
    tables = {name: read_table(name, content) for name, content in sorted(bundle.tables.items())}
    for table, rows in tables.items():
        columns = [column.name for column in TABLES[table]]
        for number, row in enumerate(rows, 2):
            _RowCheck(bundle, agreement, table, number, dict(zip(columns, row, strict=True))).check()
    if sum(map(len, tables.values())) != bundle.manifest.rows:
        raise RefusedBundleError(Refusal.CONTENT, f"has not the {bundle.manifest.rows} rows that were signed")
    return tables


class _RowCheck:
    """One row that came, and what was agreed of it."""

    def __init__(
        self, bundle: Bundle, agreement: Agreement, table: str, number: int, cells: dict[str, Any]
    ) -> None:
        self._manifest = bundle.manifest
        self._agreement = agreement
        self._table = table
        self._number = number
        self._cells = cells

    def check(self) -> None:
        """Check the rows of this table.

        Raises
        ------
        RefusedBundleError
            The row is not as it was agreed.
        """
        if self._cells["origin"] != self._manifest.giver:
            self._refuse(Refusal.ORIGIN, "origin", f"expected {self._manifest.giver}")
        self._check_licence()
        if "first_day" in self._cells:
            self._check_days()
        if "grid_deg" in self._cells:
            self._check_place()
        for column in ("gardens", "persons"):
            if self._cells.get(column, self._agreement.smallest_cell) < self._agreement.smallest_cell:
                self._refuse(
                    Refusal.SMALL_CELL, column, f"agreed are {self._agreement.smallest_cell} or more"
                )
        if self._cells.get("value", 0.0) is None:
            self._refuse(Refusal.CONTENT, "value", "expected a number")
        if self._cells.get("simulated", 0) not in (0, 1):
            self._refuse(Refusal.CONTENT, "simulated", "expected 0 or 1")

    def _check_licence(self) -> None:
        """Allow a story under a wider licence than agreed, and all else under the agreed one alone."""
        agreed, licence = self._agreement.licence, self._cells["licence"]
        is_wider = licence in LICENCES and LICENCES.index(licence) <= LICENCES.index(agreed)
        if licence != agreed and not (self._table in (DataClass.STORIES, DataClass.MEDIA) and is_wider):
            self._refuse(Refusal.LICENCE, "licence", f"agreed is {agreed}")

    def _check_days(self) -> None:
        # First of all, since at the ends of the calendar no period can be reckoned.
        if (
            not self._manifest.first
            <= self._cells["first_day"]
            <= self._cells["last_day"]
            <= self._manifest.last
        ):
            self._refuse(Refusal.CONTENT, "first_day", "lies outside the days of the bundle")
        period = period_of(self._table, self._agreement)
        first = date.fromisoformat(self._cells["first_day"])
        last = date.fromisoformat(self._cells["last_day"])
        if not is_whole(first, last, period) or period_around(first, period)[1] != last:
            self._refuse(Refusal.PRECISION, "first_day", f"agreed is one whole {period}, to the day")

    def _check_place(self) -> None:
        place = (self._cells["latitude"], self._cells["longitude"], self._cells["grid_deg"])
        if place == (None, None, None):
            return
        if None in place or not self._is_cell(*place):
            self._refuse(
                Refusal.PRECISION,
                "latitude",
                f"agreed is the centre of a cell of {self._agreement.place} or more",
            )

    def _is_cell(self, north: float, east: float, grid_deg: float) -> bool:
        level = _LEVEL_OF.get(grid_deg)
        finest = self._agreement.place
        if level is None or finest is Place.COMMUNITY or SIDE[level] < SIDE[finest.level]:
            return False
        try:
            return cell_of(north, east, ConsentLevel(level)).centre == (north, east)
        except InvalidEntryError:
            return False

    def _refuse(self, reason: Refusal, column: str, expected: str) -> None:
        text = str(self._cells[column])[:40]
        raise RefusedBundleError(
            reason, f"{file_name(self._table)}, row {self._number}, {column}: {text!a}; {expected}"
        )
