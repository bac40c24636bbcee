"""SD cards of Smart Citizen kits: lines above the readings, words for nothing, other units."""

from pathlib import Path

import pytest

from sera_gateway.importers import ReadingOptions, Recording, UnreadableFileError, read_file

HEAD = [
    "TIME,TEMP,HUM,BATT,PRESS,ADC_48_0,PM_25",
    "ISO 8601,C,%,%,kPa,V,ug/m3",
    "Time,Temperature,Humidity,Battery,Barometric pressure,ADS1x15 ADC 0x48 Ch0,PM 2.5",
    ",55,56,10,58,0,87",
]
ROWS = [
    "2020-09-02T15:35:19Z,26.92,61.17,-1,101.53,0.204281,null",
    "2020-09-02T15:35:49Z,26.90,null,99,101.55,0.2,7",
]


def read(folder: Path, lines: list[str], logger: str = "kit") -> list[Recording]:
    path = folder / "20-09-02.CSV"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    recordings = read_file(path, ReadingOptions(logger=logger))
    return [recording for recording in recordings if isinstance(recording, Recording)]


def test_a_card_gives_air_in_our_units_and_the_battery_where_there_is_one(tmp_path: Path) -> None:
    air, health = read(tmp_path, HEAD + ROWS)

    assert (air.origin, health.origin) == ("smart-citizen/kit", "smart-citizen/kit")
    assert air.columns == ("air_temperature", "air_humidity", "air_pressure")
    assert [row.values for row in air.rows] == [(26.92, 61.17, 1015.3), (26.9, None, 1015.5)]
    assert [(row.utc_s, row.values) for row in health.rows] == [(1599060949, (99,))]


def test_what_is_left_out_is_left_out_by_name(tmp_path: Path) -> None:
    air, _ = read(tmp_path, HEAD + ROWS)

    omitted = {
        finding.column: finding.problem for finding in air.findings if finding.kind == "column_left_out"
    }
    assert "no line says the sensor of" in omitted["ADC_48_0"]
    assert "ug/m3" in omitted["PM_25"]
    [battery] = [finding for finding in air.findings if finding.kind == "sensor_absent"]
    assert (battery.row, battery.column, battery.value) == (5, "BATT", "-1")


def test_cards_joined_with_their_heads_come_in_once(tmp_path: Path) -> None:
    air, health = read(tmp_path, HEAD + ROWS + HEAD + ROWS)

    assert (len(air.rows), len(health.rows)) == (2, 1)
    assert [finding.kind for finding in air.findings].count("row_of_names") == 4


def test_a_card_without_a_kits_name_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="--logger"):
        read(tmp_path, HEAD + ROWS, logger="")


def test_a_card_with_its_head_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no row holds a reading"):
        read(tmp_path, HEAD)
