"""The page of many gardens: work that grows with them and no faster, from the results that it shows alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sera_store.store import Store
from sera_vocabulary import indices
from sera_workshop.errors import FolderUnusableError
from sera_workshop.files import open_text
from sera_workshop.report.page import write_page
from sera_workshop.views.display_results import DISPLAY_INDICES, display_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sera_store.results.results import Result
    from sera_workshop.views.facts import GardenFacts

DAY_S = 86_400
WEEKS = 12


def year_like(
    garden: str, figure: Callable[..., Result], whole: Sequence[Result], start_s: int
) -> list[Result]:
    """A garden's figures of the whole span, with those of weeks and days, and figures that no page shows."""
    weeks = [
        figure(
            garden, index, 1.0 + week, period="week", start_s=start_s + 7 * week * DAY_S,
            end_s=start_s + 7 * (week + 1) * DAY_S, effort_h=10.0,
        )
        for week in range(WEEKS)
        for index in (*DISPLAY_INDICES, indices.TEMPERATURE_SUM)
    ]  # fmt: skip
    days = [
        figure(
            garden, index, 3.0, period="day", start_s=start_s + day * DAY_S,
            end_s=start_s + (day + 1) * DAY_S, effort_h=8.0,
        )
        for day in range(7 * WEEKS)
        for index in (indices.TOTAL_ACTIVITY, indices.EFFORT)
    ]  # fmt: skip
    return [*whole, *weeks, *days]


def written(folder: Path, gardens: Sequence[GardenFacts], results: Any) -> bytes:
    """The bytes of the page of some gardens."""
    page = write_page(
        folder, community="Elm", gardens=gardens, results=results, accounts={},
        files={},
    )  # fmt: skip
    return page.read_bytes()


def steps_of(work: Callable[[], object]) -> int:
    """How many steps of bytecode the interpreter takes in code of ours: the same at each run."""
    steps = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal steps
        if "sera_" not in frame.f_globals.get("__name__", ""):
            return None
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.slow
def test_twice_the_gardens_are_twice_the_work(
    tmp_path: Path,
    gardens: tuple[GardenFacts, ...],
    make_result: Callable[..., Result],
    full_garden: Callable[[str], list[Result]],
    span_s: tuple[int, int],
) -> None:
    durations = []
    for count in (4, 4, 8):
        facts = [replace(gardens[0], id=f"garden-{number}") for number in range(count)]
        results = [
            result
            for garden in facts
            for result in year_like(garden.id, make_result, full_garden(garden.id), span_s[0])
        ]
        page = tmp_path / f"{count}"
        durations.append(
            steps_of(lambda page=page, facts=facts, results=results: written(page, facts, results))
        )
    # The first page reads the templates.
    assert durations[2] < 2.05 * durations[1]


@pytest.fixture
def figures_in_store(
    tmp_path: Path,
    results: list[Result],
    make_result: Callable[..., Result],
    span_s: tuple[int, int],
    gardens: tuple[GardenFacts, ...],
) -> Iterator[Store]:
    """A store with all figures of three gardens; the wetness of one is known for single weeks alone."""
    elm, mill, rose = (garden.id for garden in gardens)
    own = {name: [result for result in results if result.scope_id == name] for name in (elm, mill, rose)}
    own[elm] = [result for result in own[elm] if result.index != indices.RELATIVE_WETNESS]
    with Store.open(tmp_path / "store") as store:
        for name, whole in own.items():
            store.results.put(year_like(name, make_result, whole, span_s[0]))
        yield store


def test_a_page_of_what_it_shows_is_the_page_of_all_figures(
    tmp_path: Path, figures_in_store: Store, gardens: tuple[GardenFacts, ...]
) -> None:
    current = figures_in_store.results.current()
    output = display_results(figures_in_store, [garden.id for garden in gardens])
    assert {result.index for result in current} - {result.index for result in output} == {
        indices.TEMPERATURE_SUM
    }
    assert {result.period for result in output.find(gardens[0].id, indices.EFFORT)} == {"span"}
    assert written(tmp_path / "shown", gardens, output) == written(tmp_path / "all", gardens, current)


def test_figures_of_other_gardens_are_not_read(
    figures_in_store: Store, gardens: tuple[GardenFacts, ...]
) -> None:
    results = display_results(figures_in_store, [gardens[0].id])
    assert {result.scope_id for result in results} == {gardens[0].id}


def test_a_reader_sees_the_page_before_until_the_new_one_is_whole(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("the page before", encoding="utf-8")
    with open_text(page) as file:
        file.write("half of the ne")
        file.flush()
        assert page.read_text(encoding="utf-8") == "the page before"
        file.write("w page")
    assert page.read_text(encoding="utf-8") == "half of the new page"
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_that_fails_half_way_leaves_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("the page before", encoding="utf-8")

    def fail_half_way() -> None:
        with open_text(page) as file:
            file.write("half of it")
            raise OSError(28, "No space left on device")

    with pytest.raises(FolderUnusableError, match="No space left"):
        fail_half_way()
    assert page.read_text(encoding="utf-8") == "the page before"
    assert list(tmp_path.iterdir()) == [page]
