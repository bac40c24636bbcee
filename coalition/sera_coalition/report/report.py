"""The open report as a file: districts by name, and every number with where it is from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.errors import InvalidReportError
from sera_coalition.report.measures import MEASURES_BY_NAME
from sera_words.statements import Reason  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from pathlib import Path

FORM: Final = 1
FOLDER: Final = "open-report"
# A number about fewer people than these is not said, and sums are rounded to it (ADR 71, rule 5).
SMALLEST_CELL: Final = 10

# Why a figure has no value.
TOO_FEW: Final = "too_few"
DERIVABLE: Final = "derivable"
NO_TABLE: Final = "no_table"
NO_GARDEN: Final = "no_garden"
NO_PLACE: Final = "no_place"
NO_EFFORT: Final = "no_effort"
NOT_ENOUGH: Final = "not_enough"
NOTHING_SHARED: Final = "nothing_shared"
REASONS: Final = (
    TOO_FEW,
    DERIVABLE,
    NO_TABLE,
    NO_GARDEN,
    NO_PLACE,
    NO_EFFORT,
    NOT_ENOUGH,
    NOTHING_SHARED,
)

# What makes a number less certain than it looks.
STRAIGHT_LINE: Final = "straight_line"
COARSE_CENTRES: Final = "coarse_centres"
GARDENS_LEFT_OUT: Final = "gardens_left_out"
RESIDENTS_DIFFER: Final = "residents_differ"
ROUNDED: Final = "rounded"
WHERE_SENSORS_STAND: Final = "where_sensors_stand"
SIMULATED: Final = "simulated"
DOUBTS: Final = (
    STRAIGHT_LINE,
    COARSE_CENTRES,
    GARDENS_LEFT_OUT,
    RESIDENTS_DIFFER,
    ROUNDED,
    WHERE_SENSORS_STAND,
    SIMULATED,
)
# Each tenth of the residents, from those with the least on: 0, 0.1 and so on to 1.
LORENZ_POINTS: Final = 11


class SourceTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table from which numbers are made.

    Parameters
    ----------
    key
        By which figures name it: `outlets`, `districts`, `gardens`, `results`.
    name
        Name of the file, or of what of the installation it is.
    sha256
        Of the file's bytes, or of the JSON of what was read.
    rows
        How many rows were used.
    """

    key: str
    name: str
    sha256: str
    rows: int


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the report, or why there is none.

    Parameters
    ----------
    measure, district
        What of which district; the empty text for all of them together.
    value, low, high
        In the measure's unit, rounded as it is published; between low and high it lies whatever the places
        are within their coarse cells, or in the interval of a figure of watching. None where there is none.
    reason, statement
        Why there is no value: one of `REASONS`, and what the store says of a figure of watching.
    effort_h
        Hours of watching in the district [h]; None where nothing watched.
    n, n_of
        How many units are behind it: `places`, `nodes`.
    method
        Code of the line of method: `two_step`, `enhanced`, `share`, `gini`, or that of the store's figure.
    tables
        Keys of the tables that it is made from.
    doubts
        Of `DOUBTS`.
    chance_mean, chance_low, chance_high
        Of an index of inequality, what chance alone would give: mean, and the middle 95 %.
    """

    measure: str
    district: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    statement: Reason | None = None
    effort_h: float | None = None
    n: int = 0
    n_of: str = ""
    method: str
    tables: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    chance_mean: float | None = None
    chance_low: float | None = None
    chance_high: float | None = None


class ReportDistrict(msgspec.Struct, frozen=True, kw_only=True):
    """A district of the report.

    Parameters
    ----------
    id, name
        As registered.
    residents
        In the table of places, to tens; None where they are fewer than the smallest cell.
    places
        How many places the table has in it.
    effort_h
        Hours of watching [h]; None where nothing watched, or the district is too small to be shown.
    """

    id: str
    name: str
    residents: int | None
    places: int
    effort_h: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The open report of one community.

    Parameters
    ----------
    form
        Version of this layout.
    community
        Its id.
    day
        Day on which it was made, ISO 8601.
    code
        Version of the program and of its methods.
    reach_m
        How far people go [m], in a straight line.
    method
        `two_step` (Luo and Wang 2003) or `enhanced` (Luo and Qi 2009).
    seed, draws
        Of the random numbers of chance, and how often all was placed again.
    smallest_cell
        A number about fewer people is not said.
    districts, tables, figures
        In the order of their names; figures by measure, then district.
    lorenz
        By measure of access: the share that the poorest tenth, two tenths and so on of all residents have.
    gardens, gardens_hidden, gardens_coarse
        How many gardens count; how many do not because their place is hidden; how many only widen the
        bounds, because it is coarser than the reach.
    is_simulated
        Whether its gardens are simulated.
    """

    form: int = FORM
    community: str
    day: str
    code: str
    reach_m: float
    method: str
    seed: int
    draws: int
    smallest_cell: int = SMALLEST_CELL
    districts: tuple[ReportDistrict, ...]
    tables: tuple[SourceTable, ...]
    figures: tuple[Figure, ...]
    lorenz: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    gardens: int
    gardens_hidden: int
    gardens_coarse: int
    is_simulated: bool = False

    def figure(self, measure: str, district: str = "") -> Figure | None:
        """Return the figure of a measure and a district; None where the report has none."""
        for figure in self.figures:
            if (figure.measure, figure.district) == (measure, district):
                return figure
        return None


def with_effort(figure: Figure, effort_h: float | None) -> Figure:
    """Return a figure with the hours of watching of its district beside it [h]."""
    return msgspec.structs.replace(figure, effort_h=effort_h)


def encode_report(report: Report) -> bytes:
    """Write a report as JSON, the same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report, order="deterministic"), indent=1) + b"\n"


def digest_of(report: Report) -> str:
    """Return the SHA-256 of a report's JSON, in hexadecimal digits."""
    return hashlib.sha256(encode_report(report)).hexdigest()


def decode_report(content: bytes, name: str) -> Report:
    """Read a report, and hold it against its own rules.

    Parameters
    ----------
    name
        What messages call the file.

    Raises
    ------
    InvalidReportError
        It is no report, or of another form.
    """
    try:
        report = msgspec.json.decode(content, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidReportError(
            f"{name} is no open report ({error}); make it with `sera report build`"
        ) from (error)
    for holds, problem in _rules(report):
        if not holds:
            raise InvalidReportError(f"{name}: {problem}; make it again with `sera report build`")
    return report


def _rules(report: Report) -> list[tuple[bool, str]]:
    tables = {table.key for table in report.tables}
    districts = {"", *(district.id for district in report.districts)}
    figures = report.figures
    return [
        (report.form == FORM, f"form {report.form} is not known; this Sera knows {FORM}"),
        (all(figure.measure in MEASURES_BY_NAME for figure in figures), "a figure has an unknown measure"),
        (all(figure.district in districts for figure in figures), "a figure is of an unknown district"),
        (all(set(figure.tables) <= tables for figure in figures), "a figure names a table that is not there"),
        (
            all((figure.value is None) == (figure.reason in REASONS) for figure in figures),
            "a figure has neither a value nor a reason, or both",
        ),
    ]


def report_path(data: Path, community: str) -> Path:
    """Return where the report of a community lies in a data folder; it can be made again at any time."""
    return data / FOLDER / f"{community}.json"


def read_report(data: Path, community: str) -> Report | None:
    """Read the report of a community; None where none was made.

    Raises
    ------
    InvalidReportError
        The file is no report.
    """
    path = report_path(data, community)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return decode_report(content, path.name)
