"""What is live is seen by host and steward at once, by all others a day later, unless the host says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from analysis_world import COMMUNITY, MIDNIGHT_S, STEP_S, World, visits_of
from sera_analysis.runs.jobs import analyse
from sera_command.installation.report_pages import draw_pages
from sera_pages.installation import PageSettings
from sera_pages.publishing.site import publish
from sera_store.registry.entities import Delay
from sera_store.registry.persons import HOST, MEMBER, STEWARD, Person
from sera_store.store import Store
from web.parts import Clock, pages_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Pages

DAY_S = 86_400
DAYS = 13
END_S = MIDNIGHT_S + DAYS * DAY_S
NOW_S = END_S + DAY_S + 1_800
# All that differs is later than this, a day before now.
LIVE_S = END_S + 3_600
PUBLIC = (
    "/", f"/communities/{COMMUNITY}", "/gardens/elm-yard", "/gardens/mill-court",
    *[f"/communities/{COMMUNITY}/figures.csv?period={period}" for period in ("span", "week", "day")],
)  # fmt: skip


def season(folder: Path, factor: float, *, delay: Delay = Delay.DAY) -> None:
    """Two gardens over a fortnight, whose last day has `factor` times its visits, and a watering or none."""
    clock = Clock()
    clock.now_s = END_S + 600.0
    with Store.open(folder / "store", clock=clock) as store:
        world = World(store, days=DAYS)
        for garden in ("elm-yard", "mill-court"):
            world.garden(garden)
            world.node(garden, f"{garden}-camera", "camera")
            world.camera(garden, f"{garden}-camera", visits_of)
            world.air(garden, f"{garden}-camera")
        elm = store.registry.garden("elm-yard")
        assert elm is not None
        store.registry.put(structs.replace(elm, delay=delay), since_s=1, by="test")
        world.node("elm-yard", "person-act", "person")
        analyse(store, replicates=50)
        for time_s in range(LIVE_S, END_S + DAY_S, STEP_S):
            visits = {group: number * factor for group, number in visits_of(time_s).items()}
            values = world._visit_values(visits, STEP_S)
            world.write([world.record("elm-yard", "elm-yard-camera", "counts", time_s, values)])
        if factor > 1:
            world.action("elm-yard", "watering", LIVE_S + 3_600, 5.0)
        clock.now_s = END_S + DAY_S - 600.0
        analyse(store, replicates=50)
        draw_pages(folder, store, lambda: NOW_S)
        for name, role in (("host", HOST), ("steward", STEWARD), ("member", MEMBER)):
            person = Person(f"person-{name}", COMMUNITY, (role,), ("elm-yard",) if role == HOST else ())
            store.registry.put(person, since_s=1, by="test")


@contextmanager
def pages_at(folder: Path) -> Iterator[Pages]:
    clock = Clock()
    clock.now_s = NOW_S
    with pages_over(folder, PageSettings(), clock) as opened:
        yield opened


def page_bodies(folder: Path, role: str = "") -> list[str]:
    with pages_at(folder) as pages:
        client = pages.client()
        if role:
            client.cookies["sera_session"] = pages.installation.sessions.begin(f"person-{role}")
        answered = [client.get(path) for path in PUBLIC]
    assert [answer.status for answer in answered] == [200] * len(PUBLIC)
    return [answer.body for answer in answered]


def published(folder: Path, out: Path) -> dict[str, bytes]:
    clock = Clock()
    clock.now_s = NOW_S
    with pages_over(folder, PageSettings(is_published=True), clock) as pages:
        publish(pages.installation, out)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quiet")
    season(folder, 1.0)
    return folder


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("busy")
    season(folder, 40.0)
    return folder


@pytest.mark.slow
def test_other_readings_of_the_last_day_change_no_byte_for_a_stranger(quiet: Path, busy: Path) -> None:
    pages = page_bodies(quiet)
    assert pages == page_bodies(busy)
    assert "bumblebees" in pages[4]


@pytest.mark.slow
def test_nor_do_they_change_what_is_published_drawn_and_reported(
    quiet: Path, busy: Path, tmp_path: Path
) -> None:
    first, second = published(quiet, tmp_path / "quiet"), published(busy, tmp_path / "busy")
    assert {"drawings/en/elm-yard.svg", "report/index.html", "gardens/elm-yard.html"} <= set(first)
    assert first == second


@pytest.mark.slow
def test_host_and_steward_see_them_at_once_and_a_member_does_not(quiet: Path, busy: Path) -> None:
    elm, mill = PUBLIC.index("/gardens/elm-yard"), PUBLIC.index("/gardens/mill-court")
    for role, differs in (("host", True), ("steward", True), ("member", False)):
        before, after = page_bodies(quiet, role), page_bodies(busy, role)
        assert (without_tokens(before[elm]) != without_tokens(after[elm])) == differs, role
        # Not theirs, so the host waits for it as everybody does.
        assert role == "steward" or without_tokens(before[mill]) == without_tokens(after[mill])


def without_tokens(page: str) -> str:
    return "\n".join(line for line in page.split("\n") if "form_token" not in line)


@pytest.mark.slow
def test_a_held_figure_has_no_page_for_others_by_its_number(busy: Path) -> None:
    with pages_at(busy) as pages:
        heads = pages.installation.view.results.heads("garden", "elm-yard")
        number = max(heads.values())
        host = pages.client()
        host.cookies["sera_session"] = pages.installation.sessions.begin("person-host")
        assert pages.client().get(f"/figures/{number}").status == 404
        assert host.get(f"/figures/{number}").status == 200


@pytest.mark.slow
def test_a_host_who_says_so_is_seen_at_once(quiet: Path, tmp_path: Path) -> None:
    season(tmp_path, 40.0, delay=Delay.NONE)
    elm = PUBLIC.index("/gardens/elm-yard")
    page = page_bodies(tmp_path)[elm]
    assert page != page_bodies(quiet)[elm]
    assert "a day later" not in page
    # The other garden waits, and with it the figures of all gardens together.
    assert page_bodies(tmp_path)[elm + 1] == page_bodies(quiet)[elm + 1]


def test_a_day_after_the_last_figure_everybody_sees_it(busy: Path) -> None:
    with pages_at(busy) as pages:
        clock = pages.installation.clock
        assert isinstance(clock, Clock)
        host = pages.client()
        host.cookies["sera_session"] = pages.installation.sessions.begin("person-host")
        clock.now_s += DAY_S
        for period in ("span", "day"):
            public_table = pages.client().get(f"/communities/{COMMUNITY}/figures.csv?period={period}").body
            rows = pages.installation.view.results.current(scope="garden", scope_id="elm-yard", period=period)
            assert public_table.count("elm-yard,") == len(rows)
            assert all(str(row.value) in public_table for row in rows if row.value is not None)
