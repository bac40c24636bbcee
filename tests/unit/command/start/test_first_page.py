"""The first page of a real host: no date that never was, nothing held against a garden that began today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis_world import MIDNIGHT_S, World, visits_of
from sera_command.installation.report_pages import renew_pages
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_garden_that_began_today_is_told_what_comes_next(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        world = World(store)
        world.garden("elm-yard")
        renew_pages(tmp_path, store)
        bare = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
        world.node("elm-yard", "elm-1", "camera")
        renew_pages(tmp_path, store)
        first = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
        # An older garden of the same community reads already.
        world.garden("rose-court")
        world.node("rose-court", "rose-1", "camera")
        world.camera("rose-court", "rose-1", visits_of)
        renew_pages(tmp_path, store)
        beside = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    for html in (bare, first, beside):
        assert "1970" not in html
        assert "Nothing has been read here yet." in html
        assert "no camera watches here" not in html
    assert "a node or a person that counts. In a terminal: <code>sera node new</code>" in bare
    assert "Figures come with the first readings of what watches here." in first


@pytest.mark.slow
def test_handout_and_pack_of_days_without_a_reading_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "store") as store:
        World(store).garden("elm-yard")
    words = ["pack", "--data", str(tmp_path), "--from", "2026-05-04", "--to", "2026-05-05"]
    assert main([*words, "--out", str(tmp_path / "pack")]) == 0
    assert "No reading lies within these dates" in capsys.readouterr().err
    html = (tmp_path / "pack" / "handout.html").read_text(encoding="utf-8")
    assert "Nothing was read in this garden in these days" in html
    assert "1970" not in html


@pytest.mark.slow
def test_the_page_of_a_garden_that_reads_shows_weather_hours_and_what_was_noticed_but_nothing_live(
    tmp_path: Path,
) -> None:
    day_s = 86_400
    with Store.open(tmp_path / "store") as store:
        world = World(store)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.air("elm-yard", "elm-1")
        silent = (2, world.days - 1)
        world.camera(
            "elm-yard", "elm-1", visits_of, awake=lambda t: (t - 1 - MIDNIGHT_S) // day_s not in silent
        )
        # One hour after the last day: all of that is live yet.
        renew_pages(tmp_path, store, lambda: MIDNIGHT_S + world.days * day_s + 3600)
        html = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "What Sera noticed" in html
    listed = html.partition('id="noticed"')[2].partition("</ul>")[0]
    assert listed.count("Nobody watched in elm-yard on 1 day (3 June)") == 1
    assert listed.count("<li>") == 1
    assert 'class="weather"' in html
    assert 'class="strip hours"' in html
