"""A reader of PDF reads the printed sheets back: their words, order, language and number of pages."""

from __future__ import annotations

import re
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from sera_command.main import main
from sera_words.language import LANGUAGES
from sera_workshop.packs.pack_words import pack_words

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
SHEETS = ("handout", "facilitator", "cards", "assembly")
# Three gardens and the children's side; two plans; ten cards, plants, count sheet; evidence, decision sheet.
PAGES = {"handout": 4, "facilitator": 2, "cards": 3, "assembly": 2}


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sheets(language: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sheets of the bundled sample, by name."""
    pytest.importorskip("typst")
    folder = tmp_path_factory.mktemp("pack")
    out = folder / "pack.zip"
    sample = ["pack", "--sample", "--language", language, "--kind", "assembly", "--out", str(out)]
    assert main(sample) == 0
    with zipfile.ZipFile(out) as pack:
        pack.extractall(folder, [f"{name}.pdf" for name in SHEETS])
    return {name: folder / f"{name}.pdf" for name in SHEETS}


def read_back(program: Path, *words: str) -> str:
    output = subprocess.run([str(program), *words], capture_output=True, check=True).stdout
    return output.decode(errors="replace")


def plain(text: str) -> str:
    """Without white space, and without marks of direction that the reader adds."""
    return "".join([char for char in text if char.isprintable() and not char.isspace()])


def has(text: str, sentence: str) -> bool:
    """Whether a text holds a sentence; of Arabic at least one of its words.

    The reader turns the words of a line round there, and takes ligatures and signs above letters apart.
    """
    if not re.search("[\u0621-\u064a]", sentence):
        return plain(sentence) in plain(text)
    words = [word.removeprefix("ال") for word in re.findall("[\u0621-\u064a]{3,}", sentence)]
    return any(word in plain(text) for word in words)


def test_each_page_of_simulated_gardens_says_so_and_none_is_too_many(
    language: str, sheets: dict[str, Path], pdftotext: Path
) -> None:
    mark = pack_words(language).say("start.simulated")
    for name, path in sheets.items():
        pages = read_back(pdftotext, "-raw", str(path), "-").split("\f")[:-1]
        assert len(pages) == PAGES[name], name
        for number, page in enumerate(pages, 1):
            assert has(page, mark), (name, number)


def test_a_sheet_says_what_it_must_in_words(language: str, sheets: dict[str, Path], pdftotext: Path) -> None:
    """Each page of a garden names the ten petals, and no unit is in another language."""
    words = pack_words(language)
    pages = read_back(pdftotext, "-raw", str(sheets["handout"]), "-").split("\f")[:-1]
    for page in pages[:3]:
        for id_ in ("handout.nobody_can_say", "handout.figures", "handout.portrait"):
            assert has(page, words.say(id_))
        for group in ("bumblebees", "wasps", "other_insects"):
            assert has(page, words.figures.name(group))
        assert has(page, words.figures.unit("1/h"))
        assert language == "en" or "perhour" not in plain(page)
        assert "n=" not in plain(page)
    assert has(pages[3], words.say("child.title"))


def test_tags_name_headings_tables_and_pictures_in_the_order_of_reading(
    language: str, sheets: dict[str, Path], pdftotext: Path
) -> None:
    words = pack_words(language)
    tree = read_back(pdftotext.with_name("pdfinfo"), "-struct-text", str(sheets["facilitator"]))
    titles = ("lead.title", "lead.sixty", "lead.ninety", "game.title", "question.title", "sheet.questions")
    if words.direction == "ltr":
        places = [plain(tree).index(plain(words.say(id_))) for id_ in titles]
        assert places == sorted(places)
    assert tree.count("Table") >= 2
    kinds = {line.split()[0].rstrip(":") for line in tree.splitlines() if line.split()}
    assert kinds >= {"H1", "H2", "TH", "TD", "LI"}
    figures = read_back(pdftotext.with_name("pdfinfo"), "-struct", str(sheets["handout"]))
    assert figures.count("Figure") >= 3 + 3 * 10 + 10
