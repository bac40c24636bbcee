"""HOBO exports in the settings that their programs offer."""

from pathlib import Path

import pytest

from sera_gateway.importers import (
    DateOrder,
    HalfDays,
    ReadingOptions,
    Recording,
    UnreadableFileError,
    read_file,
)
from sera_store.tables.numbers import DecimalMark

SENSORS = "(LGR S/N: 20024354, SEN S/N: 20024354)"
COMMAS = (
    '\ufeff"Plot Title:  20024354"\n'
    f'"#","Date Time, GMT+02:00","Temp, °C {SENSORS}","RH, % {SENSORS}",'
    '"Coupler Detached (LGR S/N: 20024354)","End Of File (LGR S/N: 20024354)"\n'
    "1,21.04.28 23:45:00,18.771,43.792,Logged,\n"
    "2,21.04.29 00:00:00,18.652,36.978,,\n"
    "3,21.04.29 00:07:00,,,,Logged\n"
)
SEMICOLONS = (
    "\ufeffDate Time;Temp (°C) LGR S/N: 20024354,  #20024354;RH (%) LGR S/N: 20024354,  #20024354;"
    "End Of File LGR S/N: 20024354\n"
    "28.04.2021 21:45:00;18.771;43.792;\n28.04.2021 22:00:00;18.652;36.978;Logged\n"
)
ROWS = [(1619646300, (18.771, 43.792)), (1619647200, (18.652, 36.978))]


def read(folder: Path, text: str, options: ReadingOptions | None = None) -> Recording:
    path = folder / "hobo.csv"
    path.write_text(text, encoding="utf-8")
    [recording] = read_file(path, options or ReadingOptions())
    assert isinstance(recording, Recording)
    return recording


def rows_of(recording: Recording) -> list[tuple[int, tuple[float | None, ...]]]:
    return [(row.utc_s, row.values) for row in recording.rows]


def kinds(recording: Recording) -> list[str]:
    return [finding.kind for finding in recording.findings]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (COMMAS, ReadingOptions()),
        (SEMICOLONS, ReadingOptions()),
        (SEMICOLONS.replace("28.04.2021", "04/28/21"), ReadingOptions(date_order=DateOrder.MDY)),
        (
            SEMICOLONS.replace(".771", ",771").replace(".652", ",652"),
            ReadingOptions(decimal=DecimalMark.COMMA),
        ),
        (SEMICOLONS.replace(";", "\t"), ReadingOptions()),
        (
            SEMICOLONS.replace("Temp (°C)", "Temp, (*C)")
            .replace("RH (%)", "RH, (%)")
            .replace("Time;", "Time - GMT -05:00;")
            .replace("21:45", "16:45")
            .replace("22:00", "17:00"),
            ReadingOptions(),
        ),
        (
            SEMICOLONS.replace("Date Time", "#;Date-Time (PDT)")
            .replace("\n28", "\n1;28")
            .replace("Temp (°C)", "Tidbit 1 , °C"),
            ReadingOptions(offset_s=0),
        ),
        (
            SEMICOLONS.replace("18.771", "65.788").replace("18.652", "65.574").replace("°C", "°F"),
            ReadingOptions(),
        ),
        (
            SEMICOLONS.replace("21:45:00", "09:45:00 odp.").replace("22:00:00", "10:00:00 odp."),
            ReadingOptions(),
        ),
        (SEMICOLONS.replace("21:45:00", "09:45:00 PM").replace("22:00:00", "10:00:00 PM"), ReadingOptions()),
        (
            SEMICOLONS.replace("21:45:00", "09:45:00 abend").replace("22:00:00", "10:00:00 abend"),
            ReadingOptions(half_days=HalfDays.of("morgen", "Abend")),
        ),
        (SEMICOLONS.replace("21:45", "19:45").replace("22:00", "20:00"), ReadingOptions(offset_s=-7200)),
        (
            SEMICOLONS.replace("Date Time", "Date;Time, GMT+00:00").replace("2021 ", "2021;"),
            ReadingOptions(),
        ),
    ],
    ids=[
        "title and offset",
        "no offset",
        "order said",
        "decimal comma",
        "tabs",
        "signs without degrees",
        "zone by letters",
        "fahrenheit",
        "czech",
        "english",
        "words said",
        "offset said",
        "two columns of time",
    ],
)
def test_one_logger_is_the_same_in_every_setting(tmp_path: Path, text: str, options: ReadingOptions) -> None:
    if options.decimal is not None:
        text = text.replace("43.792", "43,792").replace("36.978", "36,978")

    recording = read(tmp_path, text, options)

    assert recording.origin == "hobo/20024354"
    assert recording.columns == ("air_temperature", "air_humidity")
    assert rows_of(recording) == ROWS


def test_rows_of_events_and_the_order_of_the_dates_are_named(tmp_path: Path) -> None:
    recording = read(tmp_path, COMMAS)

    assert kinds(recording) == ["date_order", "row_of_event"]
    assert "year, month, day" in recording.findings[0].problem
    assert (recording.findings[1].row, recording.findings[1].value) == (5, "3 | 21.04.29 00:07:00 | Logged")


def test_dates_of_one_day_that_have_several_readings_are_refused_with_all_of_them(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as refusal:
        read(tmp_path, SEMICOLONS.replace("28.04.2021", "08.04.21"))

    for reading in (
        "2008-04-21 (ymd)",
        "2021-04-08 (dmy)",
        "2021-08-04 (mdy)",
        "--date-order ymd or dmy or mdy",
    ):
        assert reading in str(refusal.value)


def test_times_without_an_offset_are_named_as_an_assumption(tmp_path: Path) -> None:
    assert "assumption" in kinds(read(tmp_path, SEMICOLONS))
    assert "assumption" not in kinds(read(tmp_path, SEMICOLONS, ReadingOptions(offset_s=0)))


def test_a_word_beside_the_time_that_is_not_known_is_refused_with_what_to_say(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"'abend' is not known .*--half-days"):
        read(tmp_path, SEMICOLONS.replace(":00;", ":00 abend;"))


def test_a_thermometer_alone_is_of_the_air_by_assumption_or_where_it_is_said_to_lie(tmp_path: Path) -> None:
    single = "Date Time, GMT+00:00;Temp, °C (LGR S/N: 7)\n28.04.2021 21:45:00;18.7;\n"

    assert kinds(read(tmp_path, single)) == ["assumption"]
    soil = read(tmp_path, single, ReadingOptions(lies_in="soil"))
    assert (soil.stream, soil.columns, soil.probes) == (
        "soil",
        ("soil_temperature@1",),
        ((1, "hobo", "7-1"),),
    )
    assert soil.findings == ()


def test_columns_that_the_vocabulary_has_no_quantity_for_are_left_out_by_name(tmp_path: Path) -> None:
    recording = read(tmp_path, COMMAS.replace("RH, %", "DewPt, °C"))

    assert recording.columns == ("air_temperature",)
    assert [finding.column for finding in recording.findings if finding.kind == "column_left_out"] == [
        f"DewPt, °C {SENSORS}"
    ]


def test_light_in_lumens_a_square_foot_is_lux_and_a_serial_may_stand_in_the_files_name(
    tmp_path: Path,
) -> None:
    path = tmp_path / "SN_20472339_2019-04-03_14_43_35_-0400.csv"
    path.write_text(
        '"#","Date Time, GMT-05:00","Temp, °C","Intensity, lum/ftÂ²"\n1,11/17/2014 11:10:00 AM,3.472,16.0\n',
        encoding="utf-8",
    )

    [recording] = read_file(path)

    assert isinstance(recording, Recording)
    assert recording.origin == "hobo/20472339"
    assert rows_of(recording) == [(1416240600, (3.472, 172.223))]


def test_an_encoding_that_no_mark_says_is_named_with_a_word_of_it(tmp_path: Path) -> None:
    path = tmp_path / "hobo.csv"
    path.write_bytes(SEMICOLONS.removeprefix("\ufeff").encode("cp1252"))

    [recording] = read_file(path)

    assert isinstance(recording, Recording)
    assert rows_of(recording) == ROWS
    [finding] = [finding for finding in recording.findings if finding.kind == "encoding"]
    assert "(°C)" in finding.problem


def test_a_zone_by_letters_is_refused_until_its_offset_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"times are in PDT.*--offset"):
        read(tmp_path, COMMAS.replace("Date Time, GMT+02:00", "Date-Time (PDT)"))


def test_the_names_of_two_loggers_in_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"several loggers \(20024354, 7\)"):
        read(tmp_path, COMMAS.replace(f"RH, % {SENSORS}", "RH, % (LGR S/N: 7)"))


def test_a_decimal_comma_that_may_part_thousands_is_refused_with_both_readings(tmp_path: Path) -> None:
    text = COMMAS.replace("18.771,43.792", '"18,771","43,792"').replace("18.652,36.978", '"18,652","36,978"')

    with pytest.raises(UnreadableFileError, match=r"'18,771' can be read as 18\.771 or as 18771"):
        read(tmp_path, text)
    assert rows_of(read(tmp_path, text, ReadingOptions(decimal=DecimalMark.COMMA))) == ROWS


@pytest.mark.parametrize(
    ("title", "numbers", "time", "temperature", "humidity"),
    [
        ("Titre de tracé", "#", "Date Heure", "Temp., °C", "HR, %"),
        ("Plot-Titel", "Anz.", "Datum Zeit", "Temp., °C", "RH, %"),
        ("Título de trazado", "N.º", "Fecha Tiempo", "Temp, °C", "HR, %"),
    ],
)
def test_a_program_in_another_language_is_read_alike(
    tmp_path: Path, title: str, numbers: str, time: str, temperature: str, humidity: str
) -> None:
    text = (
        COMMAS.replace("Plot Title", title)
        .replace('"#"', f'"{numbers}"')
        .replace("Date Time", time)
        .replace("Temp, °C", temperature)
        .replace("RH, %", humidity)
    )
    recording = read(tmp_path, text)
    assert rows_of(recording) == ROWS
    assert "assumption" not in kinds(recording)


@pytest.mark.parametrize("absent", ["-888.88", "-888.888"])
def test_a_sensor_that_did_not_answer_is_missing(tmp_path: Path, absent: str) -> None:
    recording = read(tmp_path, COMMAS.replace("18.652", absent))
    assert rows_of(recording) == [ROWS[0], (ROWS[1][0], (None, ROWS[1][1][1]))]
    assert "sensor_absent" in kinds(recording)


def test_the_point_of_dew_is_no_temperature_of_the_air_in_any_language(tmp_path: Path) -> None:
    for name in ("TauPkt", "Point de rosée", "Punto de rocío"):
        text = COMMAS.replace("Temp, °C", f"{name}, °C")
        assert [row.values for row in read(tmp_path, text).rows] == [(43.792,), (36.978,)]


@pytest.mark.parametrize("moved", ["18,652,36,978,,", "18,652,36.978,,", "18,652,36,978,0,652,,"])
def test_decimal_commas_that_split_cells_are_named_and_move_no_value(tmp_path: Path, moved: str) -> None:
    recording = read(tmp_path, COMMAS.replace("18.652,36.978,,", moved))
    assert rows_of(recording) == ROWS[:1]
    [finding] = [finding for finding in recording.findings if finding.kind == "row_too_long"]
    assert finding.row == 4
    assert finding.is_loss
    assert "expected 6 at most" in finding.problem
