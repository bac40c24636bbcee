"""The page and the handout in a real browser: on a phone, by keyboard, in print, without a network."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sera_store.coarse_grid import CoarsePlace
from sera_workshop.packs import handout
from sera_workshop.report.page import account_rows, file_links, write_page
from sera_workshop.report.strip import strip
from sera_workshop.views.days import Day
from sera_workshop.views.diary import Diary, Weather
from sera_workshop.views.facts import GardenFacts
from sera_workshop.views.noticed import STUCK, UNWATCHED, WAITED, Noticed
from web.page_faults import CONTRASTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from sera_store.results.results import Result

ACCOUNTS = {
    "made": 1241, "stored": 1238, "undated": 0, "dead_lettered": 3, "missing": 0, "lost": 0, "duplicated": 0,
    "repeated": 37,
}  # fmt: skip
DAYS = tuple(Day(f"2026-05-{4 + i:02}", None if i in (3, 4) else 10.0 * i, 8.0) for i in range(14))
DAY = dt.date(2026, 5, 4)
# No weather on the third day, and nobody watches before 05:00 or after 21:00.
DIARY = Diary(
    {day.date: Weather(12.0 + i % 5, 5.0 if i == 6 else 0.0) for i, day in enumerate(DAYS) if i != 2},
    tuple(None if hour < 5 or hour > 21 else 30.0 - abs(hour - 13) for hour in range(24)),
)


@contextmanager
def opened(
    browser: Browser, page: Path, *, width: int = 390, dark: bool = False, open_details: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """Open a file in the browser; gives the page and the addresses that it asked for."""
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    try:
        requests: list[str] = []
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(page.as_uri())
        if open_details:
            tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        yield tab, requests
    finally:
        tab.close()


@pytest.fixture
def page(tmp_path: Path, gardens: tuple[GardenFacts, ...], results: list[Result]) -> Path:
    """The page of the three gardens, with hostile texts from outside."""
    long = GardenFacts(
        "long-name", "Donaudampfschifffahrtsgesellschaftskapitaensgarten " * 2, "Europe/Berlin"
    )
    return write_page(
        tmp_path / "page",
        community="<script>alert(1)</script> & neighbours",
        gardens=[replace(garden, is_simulated=True) for garden in (*gardens, long)],
        results=results,
        accounts=ACCOUNTS,
        noticed=[
            Noticed(STUCK, "elm-yard", DAY, DAY, "soil_moisture", 48),
            Noticed(WAITED, "elm-yard", DAY, DAY, count=120),
            Noticed(UNWATCHED, "of-another-page", DAY, DAY, count=1),
        ],
        diaries={"elm-yard": DIARY},
        files={"The mural as SVG": tmp_path / "pack" / "mural of elms.svg"},
        days={"elm-yard": DAYS},
    )


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, page: Path, width: int) -> None:
    with opened(browser, page, width=width, open_details=True) as (tab, _):
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_asked_from_elsewhere_and_no_script_runs(browser: Browser, page: Path) -> None:
    with opened(browser, page) as (tab, arguments):
        assert arguments == [page.as_uri()]
        assert tab.locator("script").count() == 0
        assert tab.locator("h1").inner_text() == "<script>alert(1)</script> & neighbours"


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_a_contrast_of_four_and_a_half(browser: Browser, page: Path, dark: bool) -> None:
    with opened(browser, page, dark=dark, open_details=True) as (tab, _):
        value: list[Any] = tab.evaluate(CONTRASTS, "svg")
    assert len(value) > 60
    assert [row for row in value if row[0] < 4.5] == []


def test_the_keyboard_reaches_every_link_and_shows_where_it_is(browser: Browser, page: Path) -> None:
    with opened(browser, page, width=1280) as (tab, _):
        count = tab.locator("a:visible, summary:visible").count()
        reached = set()
        for _ in range(count + 2):
            tab.keyboard.press("Tab")
            value = tab.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.tagName, e.textContent.trim(), s.outlineStyle, parseFloat(s.outlineWidth)]; }"
            )
            if value[0] in ("A", "SUMMARY"):
                reached.add((value[0], value[1]))
                assert value[2] == "solid"
                assert value[3] >= 2
    assert len(reached) == count


def test_landmarks_headings_and_tables_are_in_order(browser: Browser, page: Path) -> None:
    with opened(browser, page, width=1280, open_details=True) as (tab, _):
        for landmark in ("header", "nav", "main", "footer"):
            assert tab.locator(f"body {landmark}").first.is_visible()
        levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
        assert tab.locator("table:not(:has(th[scope=col]))").count() == 0
        assert tab.locator("tbody tr:not(:has(th[scope=row]))").count() == 0
        ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        assert tab.locator("nav a").evaluate_all("as => as.every(a => document.querySelector(a.hash))")


def test_the_phone_gets_a_portrait_in_each_card_and_the_desk_one_drawing(
    browser: Browser, page: Path
) -> None:
    with opened(browser, page, width=390) as (tab, _):
        assert tab.locator(".card .portrait svg:visible").count() == tab.locator(".card").count() == 4
        assert tab.locator("#mural svg:visible").count() == 0
    with opened(browser, page, width=1280) as (tab, _):
        assert tab.locator(".card .portrait svg:visible").count() == 0
        assert tab.locator("#mural svg:visible").count() == 1


def test_the_first_screen_says_what_to_repeat_and_that_nothing_was_lost(browser: Browser, page: Path) -> None:
    with opened(browser, page, width=1280) as (tab, _):
        for place in (".headlines", ".kept"):
            box = tab.locator(place).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 900
        assert tab.locator("#mural svg:visible").bounding_box()["y"] < 500  # type: ignore[index]


def test_print_has_every_table_also_of_closed_parts_and_the_drawing_on_its_first_sheet(
    browser: Browser, page: Path, tmp_path: Path
) -> None:
    with opened(browser, page, width=1280) as (tab, _):
        tab.emulate_media(media="print")
        assert tab.locator("details[open]").count() == 0
        rows = tab.locator("table").evaluate_all(
            "all => all.map(t => t.checkVisibility({contentVisibilityAuto: true}) && t.offsetHeight > 20)"
        )
        assert len(rows) == 3
        assert all(rows)
        assert tab.locator("summary:visible, #files:visible, nav:visible").count() == 0
        assert tab.locator("#mural .wide svg:visible").count() == 2


def test_a_gap_is_drawn_as_a_gap_and_told_as_not_watched(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    days = html[html.index('<figure class="strip">') : html.index('<figure class="strip hours">')]
    assert days.count('class="gap"') == 2
    assert html.count("not watched") == 2
    assert "2 of 14 days without watching" in html


def test_each_day_with_visits_has_a_bar_as_high_as_its_visits(gardens: tuple[GardenFacts, ...]) -> None:
    drawn = strip(gardens[0], DAYS)
    heights = [float(height) for height in re.findall(r"M[\d.]+ 70v-([\d.]+)h", drawn.visits)]
    top = float(drawn.top)
    assert max(day.visits or 0 for day in DAYS) <= top <= 2 * max(day.visits or 0 for day in DAYS)
    assert heights == [pytest.approx(70 * day.visits / top, abs=0.05) for day in DAYS if day.visits]
    assert drawn.effort.count("M") == 12


def test_refusals_what_was_noticed_accounts_and_files_are_told(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert (
        "Not enough watching yet:</strong> 12 h watched in flight weather; 20 h needed; about 4 more days"
        in html
    )
    assert "Cannot be said here:</strong> no camera watches here" in html
    assert "a probe gave the very same soil moisture again and again (4 May)" in html
    assert "up to 120 records waited there and came home later" in html
    assert "of-another-page" not in html
    assert "not yet arrived" in html
    assert 'href="../pack/mural%20of%20elms.svg"' in html
    # The day whose readings came later is marked, in the drawing and in words.
    assert html.count('class="late"') == 1
    assert "came home later.</figcaption>" in html
    assert "Air temperature as a line (12 to 16 °C), rain downwards as bars (to 5 mm)" in html
    assert "most came at 13:00" in html
    assert "Simulated garden, not data" in html


def test_a_page_about_real_gardens_has_no_banner(
    tmp_path: Path, gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    page = write_page(
        tmp_path, community="Elm", gardens=gardens, results=results, accounts={},
        files={},
    )  # fmt: skip
    html = page.read_text(encoding="utf-8")
    assert "Simulated" not in html
    assert 'href="#accounts"' not in html


def test_a_page_without_gardens_says_what_comes_next_and_what_went_wrong(tmp_path: Path) -> None:
    page = write_page(
        tmp_path, community="Elm", gardens=[], results=[], accounts={},
        files={}, problem="The store is locked.",
    )  # fmt: skip
    html = page.read_text(encoding="utf-8")
    assert "No garden here yet" in html
    assert re.search(r'role="alert".*The store is locked\.', html, re.DOTALL)
    assert "<svg" not in html


def test_the_same_figures_give_the_same_page(
    tmp_path: Path, gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    pages = [
        write_page(
            tmp_path / name, community="Elm", gardens=gardens, results=order, accounts=ACCOUNTS,
            files={"Mural": tmp_path / name / "mural.svg"},
        ).read_bytes()
        for name, order in (("one", results), ("other", results[::-1]))
    ]  # fmt: skip
    assert pages[0] == pages[1]


def test_a_pack_is_linked_file_by_file_and_other_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("pack", "store"):
        (tmp_path / name).mkdir()
    (tmp_path / "pack" / "handout.html").write_text("", encoding="utf-8")
    links = file_links(tmp_path / "page", {"pack": tmp_path / "pack", "store": tmp_path / "store"})
    assert [(link.label, link.href) for link in links] == [
        ("pack: handout.html", "../pack/handout.html"),
    ]


def test_accounts_that_nobody_has_worded_are_still_shown() -> None:
    (row,) = account_rows({"set_aside": 12345})
    assert (row.label, row.count) == ("set aside", "12,345")


@pytest.mark.parametrize("count", [1, 2, 4, handout.GARDENS_MOST])
@pytest.mark.parametrize("kind", ["told", "refused"])
def test_the_handout_prints_on_one_a4_page(
    browser: Browser,
    tmp_path: Path,
    span_s: tuple[int, int],
    full_garden: Callable[[str], list[Result]],
    empty_garden: Callable[[str], list[Result]],
    count: int,
    kind: str,
) -> None:
    figures = full_garden if kind == "told" else empty_garden
    place = CoarsePlace(52.55, 13.45, 7000, 0.1)
    facts: Sequence[GardenFacts] = [
        GardenFacts(
            f"garden-{i}", f"The neighbours' garden number {i} " * 3, "Europe/Berlin", ("camera",), place
        )
        for i in range(count)
    ]
    results = [r for fact in facts for r in figures(fact.id)]
    (sheet,) = handout.sheets("A community of neighbours " * 5, facts, results, span_s)
    path = tmp_path / "handout.html"
    path.write_text(handout.handout_html(sheet, handout.meanings_of(sheet)), encoding="utf-8")
    with opened(browser, path) as (tab, _):
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        printed = tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]\.?\d* 84[12]", printed)
