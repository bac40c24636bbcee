"""`sera diversity` says where its figures are published, how sure they are, and how Sera is cited."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sera_analysis
from sera_analysis.sites.references import REFERENCES
from sera_command.main import main
from sera_command.tables.citation import citation

if TYPE_CHECKING:
    from collections.abc import Iterator

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[4]
# What is counted, and no estimate that somebody has published.
COUNTED = {"n", "units", "richness_observed", "singletons", "doubletons", "more", "reasons", "notes"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "gardens.csv"
    path.write_text("site,a,b,c,d,e,f\nelm yard,12,6,2,1,1,0\nmill lane,9,5,3,2,1,1\n", encoding="utf-8")
    return path


def docstrings() -> Iterator[str]:
    for path in Path(sera_analysis.__file__).parent.rglob("*.py"):
        if path.name != "references.py":
            yield path.read_text(encoding="utf-8")


def test_every_reference_stands_beside_the_function_too() -> None:
    text = "\n".join(docstrings())
    for reference in REFERENCES.values():
        dois = re.findall(r"doi ([^\s;,]+)", reference)
        assert dois
        assert [doi for doi in dois if doi not in text] == []


@pytest.mark.parametrize("more", [[], ["--incidence"]])
def test_every_figure_of_a_record_has_its_reference(tmp_path: Path, capsys: Capture, more: list[str]) -> None:
    path = tmp_path / "units.csv"
    path.write_text("unit,a,b,c\nu1,1,0,1\nu2,1,1,0\nu3,1,0,0\n", encoding="utf-8")
    options = ["--bootstrap", "20", "--sizes", "2", "--coverages", "0.5", "--json", *more]
    assert main(["diversity", str(path), *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    keys = {key for record in answer["sites"].values() for key in record}
    assert set(answer["references"]) == keys - COUNTED
    assert answer["cite"] == citation()


def test_people_read_intervals_references_and_how_to_cite(table: Path, capsys: Capture) -> None:
    assert main(["diversity", str(table), "--coverages", "0.9", "--bootstrap", "50"]) == 0
    output = capsys.readouterr().out
    compared = output.partition("At one coverage")[2].splitlines()
    [row] = [line for line in compared if line.startswith("elm yard")]
    assert len(re.findall(r"\d\.\d{3} \(\d+\.\d{3}-\d+\.\d{3}\)", row)) >= 3
    assert "asymptotic: A. Chao and L. Jost, Methods in Ecology and Evolution" in output
    assert citation() in output


def test_the_citation_is_that_of_the_repository() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for key in ("title", "version", "repository-code"):
        value = re.search(rf"^{key}: (.+)$", text, re.MULTILINE)
        assert value is not None
        assert value[1].strip('"') in citation()
    author = re.search(r"- name: (.+)", text)
    assert author is not None
    assert author[1] in citation()
