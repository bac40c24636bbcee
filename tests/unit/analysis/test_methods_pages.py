"""The pages about the methods say what the code does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import sera_analysis
from sera_analysis import thresholds
from sera_vocabulary import figure_codes
from sera_vocabulary.indices import INDICES, WATCHING

MODULES = [module.name for module in pkgutil.walk_packages(sera_analysis.__path__, "sera_analysis.")]
METHODS = Path(__file__).parents[3] / "docs" / "methods"
PAGES = [
    page.stem for page in sorted(METHODS.glob("*.md")) if "```python" in page.read_text(encoding="utf-8")
]


def test_most_methods_pages_have_an_example() -> None:
    assert len(PAGES) > 20


@pytest.mark.parametrize("page", PAGES)
def test_the_example_on_a_methods_page_runs(page: str) -> None:
    text = (METHODS / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_code_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_page_of_thresholds_is_the_table_of_thresholds(root: Path) -> None:
    page = (root / "docs" / "methods" / "thresholds.md").read_text(encoding="utf-8")
    for name, result in vars(thresholds).items():
        if isinstance(result, thresholds.Threshold):
            unit = "" if result.unit == "1" else f" {result.unit}"
            assert f"| `{name}` | {result.value:g}{unit} | {result.reason} |" in page


def test_every_index_has_a_method_and_stands_in_the_overview(root: Path) -> None:
    overview = "".join(
        (root / "docs" / "methods" / f"{page}.md").read_text(encoding="utf-8") for page in (*PAGES, "README")
    )
    for index in INDICES:
        assert index.method in figure_codes.METHODS
        assert f"`{index.name}`" in overview


def test_every_figure_stands_in_the_words_for_facilitators(root: Path) -> None:
    page = (root / "docs" / "what-may-be-said.md").read_text(encoding="utf-8")
    for index in INDICES:
        words = index.label.partition(",")[0]
        assert index.aspect == WATCHING or f"| {words} |" in page, words
