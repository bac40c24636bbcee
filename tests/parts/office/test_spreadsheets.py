"""A real LibreOffice opens workbook and table of a pack: numbers are numbers, dates dates, by language."""

from __future__ import annotations

import os
import subprocess
import zipfile
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from analysis_world import GROUPS, MIDNIGHT_S, World
from sera_command.main import main
from sera_store.store import Store
from sera_words.language import LANGUAGES
from sera_workshop.packs.localized_csv import dialect_of
from sera_workshop.packs.pack_words import pack_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATES = ("--from", "2026-06-01", "--to", "2026-06-03")
# Numbers by which LibreOffice knows a language when it reads a table of text.
LCID = {"en": 2057, "de": 1031, "es": 1034, "fr": 1036, "ar": 1025}
# One language in `make test`, all in `make soak`.
OFFICE_LANGUAGES = os.environ.get("SERA_OFFICE_LANGUAGES", "de").split()
_NS = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}
_GROUPS_COUNTED: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"beetles": 3.0, "awake_s": 600.0}


class Cell(NamedTuple):
    """What LibreOffice takes a cell for (`float`, `date`, `string`, or nothing), and its value."""

    kind: str
    value: str


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A garden whose camera slept on the first day, with half degrees, and a count of a person."""
    folder = tmp_path_factory.mktemp("data")
    with Store.open(folder / "store") as store:
        world = World(store, days=3)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.camera("elm-yard", "elm-1", lambda _: {}, awake=lambda time_s: time_s > MIDNIGHT_S + 86_400)
        world.air("elm-yard", "elm-1", temperature=17.5)
        world.node("elm-yard", "person-secret", "person")
        count = world.record("elm-yard", "person-secret", "counts", MIDNIGHT_S + 36_127, _GROUPS_COUNTED)
        world.write([count])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("language", OFFICE_LANGUAGES)
def test_numbers_are_numbers_and_dates_are_dates(
    language: str, data: Path, tmp_path: Path, libreoffice: Path
) -> None:
    pytest.importorskip("xlsxwriter")
    pack = tmp_path / "pack.zip"
    assert main(["pack", "--data", str(data), *DATES, "--language", language, "--out", str(pack)]) == 0
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(tmp_path, ["data.xlsx", "days.csv"])

    sheets = opened(libreoffice, tmp_path / "data.xlsx", tmp_path)
    assert len(sheets) == 6
    days, hours = list(sheets.values())[:2]
    assert_days(days)
    assert {row[0].kind for row in hours[1:]} == {"date"}
    assert hours[2][0].value == "2026-06-01T01:00:00"

    separator = ord(dialect_of(pack_words(language).locale).separator)
    table = opened(
        libreoffice, tmp_path / "days.csv", tmp_path, f"--infilter=CSV:{separator},34,76,1,,{LCID[language]}"
    )
    assert_days(table["days"])


def assert_days(rows: list[list[Cell]]) -> None:
    """Three days of a garden: dates, effort, insects, the count, warmth; a gap is nothing, a zero is 0."""
    head, *days = rows
    assert {cell.kind for cell in head} == {"string"}
    assert [row[0][:2] for row in days] == [("date", f"2026-06-0{day}") for day in (1, 2, 3)]
    assert [row[2].kind for row in days] == ["", "float", "float"]
    assert [float(row[2].value) for row in days[1:]] == [24.0, 24.0]
    assert [float(row[3].value) for row in days[1:]] == [0.0, 0.0]
    assert (days[0][7].kind, float(days[0][7].value)) == ("float", 3.0)
    assert [(row[9].kind, float(row[9].value)) for row in days] == [("float", 17.5)] * 3
    assert {cell.kind for row in days for cell in row} == {"date", "string", "float", ""}


def opened(office: Path, path: Path, folder: Path, *words: str) -> dict[str, list[list[Cell]]]:
    """What LibreOffice makes of a file: by sheet, its rows of cells."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    run = [
        str(office),
        "--headless",
        profile,
        *words,
        "--convert-to",
        "fods",
        "--outdir",
        str(folder),
        str(path),
    ]
    subprocess.run(run, capture_output=True, check=True, timeout=240)
    written = ET.parse(folder / f"{path.stem}.fods")
    sheets = {}
    for sheet in written.iterfind("office:body/office:spreadsheet/table:table", _NS):
        rows = [_cells(element) for element in sheet.iterfind("table:table-row", _NS)]
        sheets[sheet.get(_name("table:name"), "")] = [row for row in rows if row]
    return sheets


def _cells(row: ET.Element) -> list[Cell]:
    cells = [cell for element in row for cell in _repeated(element)]
    while cells and not cells[-1].kind:
        cells.pop()
    return cells


def _repeated(element: ET.Element) -> Iterator[Cell]:
    # Empty cells up to the right edge of the sheet are one element that is repeated.
    count = int(element.get(_name("table:number-columns-repeated"), "1"))
    kind = element.get(_name("office:value-type"), "")
    value = element.get(_name("office:date-value")) or element.get(_name("office:value")) or ""
    yield from [Cell(kind, value)] * min(count, 40)


def _name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NS[prefix]}}}{local}"


def test_every_language_of_packs_can_be_asked_for() -> None:
    assert set(LCID) == set(LANGUAGES)
    assert set(OFFICE_LANGUAGES) <= set(LANGUAGES)
