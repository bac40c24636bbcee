"""Loggers' tables in every dialect give back the numbers that were written, or are refused."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sera_gateway.importers import DateOrder, ReadingOptions, Recording, UnreadableFileError, read_file
from sera_store.tables.numbers import DecimalMark
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path

FORMS = {
    "ymd": "%Y{0}%m{0}%d",
    "dmy": "%d{0}%m{0}%Y",
    "mdy": "%m{0}%d{0}%Y",
    "ymd2": "%y{0}%m{0}%d",
    "dmy2": "%d{0}%m{0}%y",
    "mdy2": "%m{0}%d{0}%y",
}
HOURS = {"24": " %H:%M:%S", "12": " %I:%M:%S %p", "czech": " %I:%M:%S %p", "iso": "T%H:%M:%S"}
CZECH = {"AM": "dop.", "PM": "odp."}
TMS_NAMES = ("index", "datetime", "timezone", "T1", "T2", "T3", "moisture", "shake", "errFlag")


class Dialect(NamedTuple):
    """How a program writes a table."""

    separator: str
    mark: str
    form: str
    date_mark: str
    hours: str
    has_names: bool
    encoding: str
    line_end: str
    trailing: str
    offset_h: int


dialects = st.builds(
    Dialect,
    st.sampled_from([";", "\t", ",", "|"]),
    st.sampled_from([".", ","]),
    st.sampled_from(sorted(FORMS)),
    st.sampled_from([".", "/", "-"]),
    st.sampled_from(sorted(HOURS)),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "mark"]),
    st.integers(-11, 14),
)
values = st.one_of(st.none(), st.integers(-640, 960).map(lambda sixteenths: sixteenths / 16))
counts = st.one_of(st.none(), st.integers(1, 4095).map(float))
tms_rows = st.lists(st.tuples(values, values, values, counts), min_size=1, max_size=12)
hobo_rows = st.lists(
    st.tuples(*[st.integers(1, 40_000).map(lambda thousandths: thousandths / 1000)] * 2),
    min_size=1,
    max_size=12,
)
first_times = st.integers(0, 36 * 365 * 96).map(
    lambda quarters: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=15) * quarters
)
steps = st.sampled_from([timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)])


def stamp(moment: datetime, dialect: Dialect) -> str:
    text = (moment + timedelta(hours=dialect.offset_h)).strftime(
        FORMS[dialect.form].format(dialect.date_mark) + HOURS[dialect.hours]
    )
    if dialect.hours == "czech":
        for english, czech in CZECH.items():
            text = text.replace(english, czech)
    return text


def number(value: float | None, dialect: Dialect, sentinel: str, form: str = "g") -> str:
    return sentinel if value is None else f"{value:{form}}".replace(".", dialect.mark)


def write(path: Path, rows: list[list[str]], dialect: Dialect) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=dialect.separator, lineterminator=dialect.line_end).writerows(rows)
    trailing = dialect.separator + dialect.line_end if dialect.trailing else dialect.line_end
    path.write_bytes(text.getvalue().replace(dialect.line_end, trailing).encode(dialect.encoding))
    return path


def read(path: Path, options: ReadingOptions) -> Recording:
    [recording] = read_file(path, options)
    assert isinstance(recording, Recording)
    return recording


# Commas between cells and in numbers: only quotes tell them apart.
COMMAS = Dialect(
    separator=",",
    mark=",",
    form="dmy",
    date_mark=".",
    hours="24",
    has_names=False,
    encoding="utf-8",
    line_end="\n",
    trailing="",
    offset_h=0,
)

# A file made in each example would cost more than what is tested.
quick = settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(tms_rows, dialects, first_times, steps)
@example(
    [(0.5, None, 1.0, None)],
    COMMAS,
    datetime(2020, 1, 2, tzinfo=UTC),
    timedelta(days=1),
)
@quick
def test_a_tms_table_gives_back_what_was_written(
    tmp_path: Path,
    rows: list[tuple[float | None, ...]],
    dialect: Dialect,
    first: datetime,
    step: timedelta,
) -> None:
    # TOMST files are in UTC, with the day before the month unless the year comes first, or strokes part them.
    assume(dialect.form in ("ymd", "dmy", "dmy2") or (dialect.date_mark == "/" and "ymd" not in dialect.form))
    dialect = dialect._replace(offset_h=0)
    assume(any(row[1] is not None or row[2] is not None for row in rows))
    moments = [first + index * step for index in range(len(rows))]
    table = [
        [
            str(index),
            stamp(moment, dialect),
            "4",
            *[number(value, dialect, "-200") for value in row[:3]],
            number(row[3], dialect, "65336"),
            "202",
            "0",
        ]
        for index, (moment, row) in enumerate(zip(moments, rows, strict=True))
    ]
    path = write(tmp_path / "data_94184102_0.csv", [list(TMS_NAMES)] * dialect.has_names + table, dialect)

    # Strokes leave the order open, and quoted commas among commas may part thousands: a person says which.
    order = DateOrder(dialect.form[:3]) if dialect.date_mark == "/" else None
    decimal = DecimalMark.COMMA if dialect.separator == dialect.mark else None

    recording = read(path, ReadingOptions(order, decimal=decimal))

    expected = {
        int(moment.timestamp()): (row[3], *row[:3])
        for moment, row in zip(moments, rows, strict=True)
        if any(value is not None for value in row)
    }
    assert {row.utc_s: row.values for row in recording.rows} == expected
    assert not [finding for finding in recording.findings if finding.is_loss]


@given(hobo_rows, dialects, first_times, steps)
@quick
def test_a_hobo_table_gives_back_what_was_written(
    tmp_path: Path, rows: list[tuple[float, ...]], dialect: Dialect, first: datetime, step: timedelta
) -> None:
    moments = [first + index * step for index in range(len(rows))]
    sign = "-" if dialect.offset_h < 0 else "+"
    names = [
        "#",
        f"Date Time, GMT{sign}{abs(dialect.offset_h):02d}:00",
        "Temp, °C (LGR S/N: 7)",
        "RH, % (LGR S/N: 7)",
        "Host Connected (LGR S/N: 7)",
    ]
    table = [
        [str(index), stamp(moment, dialect), *[number(value, dialect, "", ".3f") for value in row], ""]
        for index, (moment, row) in enumerate(zip(moments, rows, strict=True))
    ]
    path = write(tmp_path / "hobo.csv", [names, *table], dialect)
    # What a whole file may leave open is said here; that it is refused otherwise has tests of its own.
    order = DateOrder(dialect.form[:3])
    options = ReadingOptions(order, decimal=DecimalMark.POINT if dialect.mark == "." else DecimalMark.COMMA)

    recording = read(path, options)

    expected = {int(moment.timestamp()): row for moment, row in zip(moments, rows, strict=True)}
    assert {row.utc_s: row.values for row in recording.rows} == expected
    assert recording.findings == ()


@given(hobo_rows, dialects, first_times, steps)
@quick
def test_a_hobo_table_of_which_nothing_is_said_is_read_rightly_or_refused(
    tmp_path: Path, rows: list[tuple[float, ...]], dialect: Dialect, first: datetime, step: timedelta
) -> None:
    # Rows a quarter of an hour to a day apart, as loggers write them: no other order may come out.
    moments = [first + index * step for index in range(len(rows))]
    names = ["Date Time, GMT+00:00", "Temp, °C (LGR S/N: 7)", "RH, % (LGR S/N: 7)"]
    dialect = dialect._replace(offset_h=0)
    table = [
        [stamp(moment, dialect), *[number(value, dialect, "", ".3f") for value in row]]
        for moment, row in zip(moments, rows, strict=True)
    ]
    path = write(tmp_path / "hobo.csv", [names, *table], dialect)
    refusal, recording = "", None
    try:
        recording = read(path, ReadingOptions())
    except UnreadableFileError as error:
        refusal = str(error)
    if recording is None:
        assert "--date-order" in refusal or "--decimal" in refusal
        return
    expected = {int(moment.timestamp()): row for moment, row in zip(moments, rows, strict=True)}
    assert {row.utc_s: row.values for row in recording.rows} == expected
