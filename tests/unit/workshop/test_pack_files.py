"""The files of a pack: printed, opened, read back by programs that know nothing of it, in five languages."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World
from sera_command.main import main
from sera_store.registry.entities import Community, Garden
from sera_store.store import Store
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_words.language import LANGUAGES
from sera_words.translations import read_catalogue
from sera_workshop.packs.pack_words import PACKS, pack_words
from sera_workshop.print.insects import insect_svg

if TYPE_CHECKING:
    from pathlib import Path

DATES = ("--from", "2026-06-01", "--to", "2026-06-03")
HOSTILE = '=HYPERLINK("http://x","<script>alert(1)</script>") #import "x"; $(id) \\ {0}'
PRINTED = ("handout.pdf", "facilitator.pdf", "cards.pdf", "mural-a3.pdf", "mural-a4.pdf")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two gardens, one with a hostile name; a day without a camera, a day without an insect, a count."""
    folder = tmp_path_factory.mktemp("data")
    with Store.open(folder / "store") as store:
        world = World(store, days=3)
        for garden, name in (("elm-yard", "Elm Yard"), ("bad-yard", HOSTILE)):
            world.garden(garden)
            entity = Garden(garden, COMMUNITY, None, name, 51.45467, -2.58793, "Europe/London")
            store.registry.put(entity, since_s=0, by="test")
            world.node(garden, f"{garden}-1", "camera", target_flower="lavender")
            first = MIDNIGHT_S + 86_400
            early = {"visits": lambda _: {}, "awake": lambda time_s, first=first: time_s > first}
            world.camera(garden, f"{garden}-1", **early)
            world.air(garden, f"{garden}-1", temperature=17.5)
        store.registry.put(Community(COMMUNITY, HOSTILE), since_s=0, by="test")
        world.node("elm-yard", "person-secret", "person")
        counts: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"beetles": 3.0, "awake_s": 600.0}
        world.write([world.record("elm-yard", "person-secret", "counts", MIDNIGHT_S + 36_127, counts)])
    return folder


def packed(data: Path, out: Path, *words: str) -> dict[str, bytes]:
    """The files of a pack by name."""
    assert main(["pack", "--data", str(data), *DATES, "--out", str(out), *words]) == 0
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


@pytest.fixture(scope="module")
def pack(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return packed(data, tmp_path_factory.mktemp("pack") / "pack.zip")


def test_the_first_page_and_the_checksums_name_every_file(pack: dict[str, bytes]) -> None:
    page = pack["START-HERE.html"].decode()
    assert {name for name in pack if f'href="{name}"' not in page} == {"START-HERE.html"}
    sums = dict(reversed(line.split("  ")) for line in pack["SHA256SUMS.txt"].decode().splitlines())
    assert sums == {
        name: sha256(content).hexdigest() for name, content in pack.items() if name != "SHA256SUMS.txt"
    }
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "<script>" not in page


def test_gaps_are_empty_and_zeros_are_zero(pack: dict[str, bytes]) -> None:
    rows = [row for row in table(pack["days.csv"]) if row["garden"] == "Elm Yard"]
    effort_and_visits = [(row["hours watched (h)"], row["insect visits seen by cameras"]) for row in rows]
    assert effort_and_visits == [("", ""), ("24.00", "0"), ("24.00", "0")]
    counted = [(row["ten-minute counts by people"], row["insect visits counted by people"]) for row in rows]
    assert counted == [("1", "3"), ("", ""), ("", "")]
    assert [row["air temperature (°C)"] for row in rows] == ["17.5"] * 3
    assert len(rows[0]) == 13


def test_no_person_time_or_exact_place_leaves(pack: dict[str, bytes]) -> None:
    for name, content in pack.items():
        if not name.endswith((".pdf", ".xlsx")):
            for secret in ("person-secret", "51.4546", "2.5879", "10:02"):
                assert secret not in content.decode(), name


def test_no_cell_is_a_formula(pack: dict[str, bytes]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    for name in ("days.csv", "figures.csv", "dictionary.csv"):
        cells = [cell for row in table(pack[name]) for cell in row.values() if cell]
        assert [cell for cell in cells if cell[0] in "=+@\t\r"] == []
    book = openpyxl.load_workbook(io.BytesIO(pack["data.xlsx"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert HOSTILE in {cell.value for cell in cells}
    assert [cell.value for cell in cells if cell.hyperlink] == []


def test_no_name_in_a_chart_is_a_formula(pack: dict[str, bytes]) -> None:
    """Charts have formulas of their own, for what they show; each is of a sheet of the workbook."""
    pytest.importorskip("xlsxwriter")
    with zipfile.ZipFile(io.BytesIO(pack["data.xlsx"])) as book:
        charts = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/charts/")]
    formulas = {formula for chart in charts for formula in re.findall("<c:f>([^<]*)", chart)}
    assert len(charts) == 2
    assert {re.sub(r"[0-9]+", "1", formula) for formula in formulas} == {
        "Days!$B$1", "Days!$A$1:$A$1", "Days!$E$1:$E$1",
    }  # fmt: skip
    assert any("=HYPERLINK" in chart for chart in charts), "the name is in it, as a text"


def test_a_title_is_no_markup_in_the_notebook(data: Path, tmp_path: Path) -> None:
    title = "![x](https://example.org/p.png)\n<img src=x> $y$ `z` *b*"
    files = packed(data, tmp_path / "titled.zip", "--title", title)
    cell = json.loads(files["notebook.ipynb"])["cells"][0]["source"]
    assert cell == [r"# \!\[x\]\(https\:\/\/example\.org\/p\.png\) \<img src\=x\> \$y\$ \`z\` \*b\*"]


def test_the_workbook_has_dates_as_dates_and_numbers_as_numbers(pack: dict[str, bytes]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(pack["data.xlsx"]))
    assert book.sheetnames == ["Days", "Hours", "Charts", "Dictionary", "About", "Questions"]
    days = list(book["Days"].iter_rows(min_row=2, values_only=True))
    assert {type(row[0]) for row in days} == {datetime}
    assert {row[0].date() for row in days} == {date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)}
    elm = [row for row in days if row[1] == "Elm Yard"]
    assert [row[2:4] for row in elm] == [(None, None), (24, 0), (24, 0)]
    hours = list(book["Hours"].iter_rows(min_row=2, values_only=True))
    assert {type(row[0]) for row in hours} == {datetime}
    effort_h = [row[2] for row in hours if row[1] == "Elm Yard" and row[2] is not None]
    assert sum(effort_h) == pytest.approx(48)
    assert len(book["Charts"]._charts) == 2


@pytest.mark.slow
def test_frictionless_finds_the_tables_valid(pack: dict[str, bytes], tmp_path: Path, data: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    german = packed(data, tmp_path / "de.zip", "--language", "de", "--readings")
    for number, files in enumerate((pack, german)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        report = frictionless.Package(str(folder / "datapackage.json")).validate()
        assert report.valid, report.flatten(["type", "note"])
    rows = frictionless.Package(str(tmp_path / "1" / "datapackage.json")).get_resource("days").read_rows()
    assert float(rows[1]["Lufttemperatur (°C)"]) == 17.5


def test_the_codap_document_has_the_structure_that_codap_saves(pack: dict[str, bytes]) -> None:
    document: dict[str, Any] = json.loads(pack["days.codap"])
    assert (document["appName"], document["type"]) == ("DG", "DG.Document")
    [context] = document["contexts"]
    gardens, days = context["collections"]
    assert days["parent"] == gardens["guid"]
    parents = {case["guid"] for case in gardens["cases"]}
    assert {case["parent"] for case in days["cases"]} == parents
    names = {attribute["name"] for attribute in days["attrs"]}
    assert all(set(case["values"]) == names for case in days["cases"])
    ids = [
        thing["guid"]
        for collection in (gardens, days)
        for thing in (collection, *collection["attrs"], *collection["cases"])
    ]
    assert len(set(ids)) == len(ids)
    assert max(ids) < document["idCount"]
    [component] = document["components"]
    assert component["componentStorage"]["_links_"]["context"]["id"] == context["guid"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_notebook_runs_on_the_pack_alone(language: str, data: Path, tmp_path: Path) -> None:
    files = packed(data, tmp_path / "pack.zip", "--language", language)
    (tmp_path / "days.csv").write_bytes(files["days.csv"])
    notebook = json.loads(files["notebook.ipynb"])
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    source = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    run = subprocess.run(
        [sys.executable, "-I", "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "6 days;" in run.stdout
    assert "2026-06-01 (nobody watched)" in run.stdout
    assert "odd weeks: explore" in run.stdout


def test_the_same_data_give_the_same_bytes(pack: dict[str, bytes], data: Path, tmp_path: Path) -> None:
    assert packed(data, tmp_path / "again.zip") == pack


@pytest.mark.slow
def test_a_pack_takes_the_place_of_an_earlier_one_in_its_folder(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What somebody took back since stood in the earlier one; what is not of a pack is not touched."""
    out = tmp_path / "pack"
    command = ["pack", "--data", str(data), *DATES, "--out", str(out)]
    assert main([*command, "--readings", "--kind", "assembly"]) == 0
    assert (out / "readings.csv").is_file()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    outside = tmp_path / "outside.csv"
    outside.write_text("mine", encoding="utf-8")
    with (out / "SHA256SUMS.txt").open("a", encoding="utf-8") as sums:
        sums.write(f"{sha256(b'mine').hexdigest()}  ../outside.csv\n")
    assert main(command) == 0
    names = {path.name for path in out.iterdir()}
    assert names & {"readings.csv", "assembly.pdf"} == set()
    assert "notes.txt" in names
    assert outside.is_file()

    assert main([*command, "--readings"]) == 0
    (out / "readings.csv").write_text("changed by hand", encoding="utf-8")
    capsys.readouterr()
    assert main(command) == 0
    assert "readings.csv: of an earlier pack and changed since" in capsys.readouterr().err
    assert (out / "readings.csv").read_text(encoding="utf-8") == "changed by hand"


def test_sheets_are_tagged_pdf_in_their_language(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    files = packed(data, tmp_path / "ar.zip", "--language", "ar", "--kind", "assembly", "--title", "عنوان")
    for name in (*PRINTED, "assembly.pdf"):
        content = files[name]
        assert content.startswith(b"%PDF-1.7")
        assert b"/StructTreeRoot" in content, name
        assert b"/Lang(ar" in content, name
        assert b"pdfuaid" in content, name
    assert 'dir="rtl"' in files["START-HERE.html"].decode()


def test_without_the_typesetter_the_pack_says_what_is_missing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sera_workshop.packs.pack_files.load_typst", lambda: None)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    files = packed(data, tmp_path / "plain.zip")
    assert [name for name in files if name.endswith((".pdf", ".xlsx"))] == []
    assert "installed without its extra" in files["START-HERE.html"].decode()
    assert "sera-gardens[print]" in capsys.readouterr().err


def test_the_outline_has_lines_and_no_areas(pack: dict[str, bytes]) -> None:
    outline = pack["mural-outline.svg"].decode()
    paths = re.findall(r"<path [^>]*>", outline)
    assert paths
    assert all('fill="#ffffff"' in path and path.count("fill=") == 1 and "stroke=" in path for path in paths)


def test_bad_options_are_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--language", "xx"), ("--kind", "party"), ("--community", "nowhere")):
        words = ["pack", "--data", str(data), *DATES, "--out", str(tmp_path / "x.zip"), option, value]
        assert main(words) == 3
        assert value in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


def test_every_language_has_every_sentence_with_the_same_places() -> None:
    english = {message.id: message.string for message in read_catalogue(PACKS / "en.po") if message.id}
    for language in LANGUAGES[1:]:
        other = {m.id: m.string for m in read_catalogue(PACKS / f"{language}.po") if m.id}
        assert other.keys() == english.keys()
        for name, text in english.items():
            places = re.findall(r"\{\w+\}", text)
            assert sorted(re.findall(r"\{\w+\}", other[name])) == sorted(places), (language, name)
            assert other[name].strip(), (language, name)


def test_ten_drawings_differ_and_are_pictures() -> None:
    drawings = {insect_svg(group.name) for group in INSECT_GROUPS}
    assert len(drawings) == 10
    assert all(drawing.startswith("<svg ") and drawing.endswith("</svg>\n") for drawing in drawings)


def test_numbers_are_written_as_the_language_does() -> None:
    words = pack_words("de")
    assert "10,5" in words.say("say.counts", value=words.figures.number(10.5))


def test_a_name_of_any_script_makes_no_sheet_fail(data: Path, tmp_path: Path) -> None:
    """What the letters lack is replaced on paper, and stays as it is in the tables."""
    pytest.importorskip("typst")
    name = "木の庭 \U0001f41d Καλημέρα حديقة \u202e evil"
    files = packed(data, tmp_path / "any.zip", "--title", name)
    assert files["handout.pdf"].startswith(b"%PDF")
    assert "木の庭" in json.loads(files["datapackage.json"])["title"]
