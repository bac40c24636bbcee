"""The index of decisions has every page under its own number, and no gap that it does not explain."""

from __future__ import annotations

import re

from tree import ROOT, committed_files, place, text_of

DECISIONS = ROOT / "docs/adr"
INDEX = text_of(DECISIONS / "README.md")


def numbers() -> list[int]:
    """Return the numbers of the pages, as their file names and titles have them."""
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    for page in pages:
        assert text_of(page).startswith(f"# {int(page.name[:4])}. "), page.name
    return [int(page.name[:4]) for page in pages]


def test_the_index_lists_every_decision_under_its_number() -> None:
    rows = re.findall(r"^\| \[(\d+)\]\((\d{4})-[\w-]+\.md\) \|", INDEX, re.MULTILINE)
    assert [int(file) for _, file in rows] == numbers()
    assert [int(row) for row, _ in rows] == numbers()


def test_a_number_without_a_page_is_explained() -> None:
    explained = {int(number) for number in re.findall(r"\b\d+\b", INDEX.partition("\n| ")[0])}
    gaps = set(range(1, max(numbers()) + 1)) - set(numbers())
    assert gaps - explained == set()


def test_a_link_to_a_decision_shows_its_number() -> None:
    link = re.compile(r"\[(?:ADR|[Dd]ecision) (\d+)\]\((?:\S*/)?(\d{4})-")
    pages = [page for page in committed_files() if page.suffix == ".md"]
    wrong = [
        f"{place(page, number)}: {output}"
        for page in pages
        for number, line in enumerate(text_of(page).splitlines(), 1)
        for output, file in link.findall(line)
        if int(output) != int(file)
    ]
    assert wrong == []
