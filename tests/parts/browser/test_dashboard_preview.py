"""Dashboards drawn with Grafana's own packages: what is drawn is what the queries' rows say, gaps and all."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from influx.dashboard_season import (
    SEASON_START_S,
    SHARING,
    DashboardSeason,
    asker,
    follow,
    write_dashboard_season,
)
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.lint.layout import units_of
from sera_dashboards.lint.reading import drawn
from sera_dashboards.preview.answers import (
    Source,
    answers,
    duration_s,
    filled,
    interval_s,
    variable_values,
)
from sera_dashboards.preview.bundle import make_bundle
from sera_dashboards.preview.drawing import (
    DARK,
    DESK_WIDTH,
    LIGHT,
    PHONE_WIDTH,
    Drawer,
    Drawing,
    Look,
    open_drawer,
)
from sera_dashboards.preview.gallery import EMPTY, LOOKS, WITH_ERROR, Picture, write_gallery
from sera_dashboards.preview.states import state_answers
from sera_store.store import Store
from sera_vocabulary.meanings import UNITS
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_parts import Bucket, InfluxDB

pytestmark = [pytest.mark.slow, pytest.mark.influxdb, pytest.mark.browser]

NAMES = ("community", "garden", "analyst", "operations", "districts")
DESK, PHONE = Look(LIGHT, DESK_WIDTH), Look(DARK, PHONE_WIDTH)


class View(NamedTuple):
    """A dashboard with the answers of its queries."""

    dashboard: Any
    answers: Any
    span: tuple[int, int]


class Loaded(NamedTuple):
    """A bucket with a season, and the dashboards with what they ask of it."""

    bucket: Bucket
    written: DashboardSeason
    view: dict[str, View]


@pytest.fixture(scope="module")
def loaded(influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("preview")
    bucket = influxdb.make_bucket("preview")
    with Store.open(folder / "store", clock=lambda: SEASON_START_S) as store:
        written = write_dashboard_season(store)
        follow(store, bucket, folder, written, hours=30)
        gardens = {garden.id: garden.name for garden in store.registry.gardens()}
    source = Source(bucket.url, bucket.name, bucket.token)
    community = PublicCommunity(written.community, "Avonbrook", gardens)
    dashboards = build(dashboard_words(), [community])
    view = {
        name: ask(
            dashboards[f"community-{written.community}" if name == "community" else name],
            source,
            written,
            name,
        )
        for name in NAMES
    }
    yield Loaded(bucket, written, view)
    influxdb.remove_bucket(bucket.name)


def ask(dashboard: Any, source: Source, written: DashboardSeason, name: str) -> View:
    span = (written.end_s - duration_s(dashboard["time"]["from"]), written.end_s)
    choices = {"garden": "rose-court", "zone": written.timezone, "class": "camera, optics v2"}
    if name == "districts":
        choices["community"] = SHARING
    choices = variable_values(dashboard, source.ask, choices, span)
    return View(dashboard, answers(dashboard, source, choices, span), span)


@pytest.fixture(scope="module")
def drawer(chromium: Path, grafana_ui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawer]:
    bundle = make_bundle(grafana_ui, tmp_path_factory.mktemp("bundle"))
    with open_drawer(chromium, bundle) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawings(loaded: Loaded, drawer: Drawer) -> dict[str, Drawing]:
    return {
        name: drawer.draw(item.dashboard, item.answers, DESK, item.span, loaded.written.timezone)
        for name, item in loaded.view.items()
    }


def series_of(view: View, panel: Any) -> list[dict[str, Any]]:
    """The series of a panel's queries, each with its alias."""
    own = view.answers[str(panel["id"])]["targets"]
    return [
        {**series, "alias": target["alias"]}
        for target in panel["targets"]
        for series in own[target["refId"]]["results"][0].get("series", [])
    ]


def panels(view: View, *kinds: str) -> list[Any]:
    return [panel for panel in drawn(view.dashboard) if panel["type"] in kinds]


@pytest.mark.parametrize("name", NAMES)
def test_no_error_and_no_request_comes_of_drawing(drawings: dict[str, Drawing], name: str) -> None:
    assert drawings[name].problems == []
    assert [panel["error"] for panel in drawings[name].panels.values() if panel["error"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_series_is_drawn_with_its_values_and_its_gaps(
    loaded: Loaded, drawings: dict[str, Drawing], name: str
) -> None:
    view, compared = loaded.view[name], 0
    for panel in panels(view, "timeseries", "bargauge", "status-history"):
        if panel["transformations"]:
            continue
        expected = [
            [row[index] for row in series["values"]]
            for series in series_of(view, panel)
            for index in range(1, len(series["columns"]))
        ]
        frames = drawings[name].panels[str(panel["id"])]["frames"]
        assert [frame["fields"][1]["values"] for frame in frames] == expected, panel["title"]
        compared += len(expected)
    assert compared > 2


@pytest.mark.parametrize("name", NAMES)
def test_each_legend_names_each_series_once_in_words(
    drawings: dict[str, Drawing], loaded: Loaded, name: str
) -> None:
    for panel in panels(loaded.view[name], "timeseries", "status-history", "xychart"):
        legend = drawings[name].legends[str(panel["id"])]
        fields = [
            field["name"]
            for frame in drawings[name].panels[str(panel["id"])]["frames"]
            for field in frame["fields"][1:]
        ]
        hidden = {"interval from", "8 of 10 nodes from", "residents_share", "step", "lorenz"}
        visible = [field for field in fields if field not in hidden]
        if drawings[name].messages[str(panel["id"])]:
            assert legend == []
        elif panel["type"] == "xychart":
            assert set(legend) == {"share of watching", "if it were even"}
        else:
            assert sorted(legend) == sorted(visible), panel["title"]
            assert len(set(legend)) == len(legend), panel["title"]
            assert not [text for text in legend if "$" in text or "undefined" in text]


@pytest.mark.parametrize("name", NAMES)
def test_each_table_has_a_row_for_each_of_what_is_asked_and_every_heading_in_words(
    loaded: Loaded, drawings: dict[str, Drawing], name: str
) -> None:
    view = loaded.view[name]
    for panel in panels(view, "table"):
        [organize] = [item["options"] for item in panel["transformations"] if item["id"] == "organize"]
        [frame] = drawings[name].panels[str(panel["id"])]["frames"]
        assert {field["name"] for field in frame["fields"]} == set(organize["renameByName"].values()), panel[
            "title"
        ]
        if any(item["id"] == "joinByField" for item in panel["transformations"]):
            keys = {next(iter(series["tags"].values())) for series in series_of(view, panel)}
            assert frame["rows"] == len(keys), panel["title"]


def test_a_silent_node_is_a_line_that_breaks_and_a_row_that_says_so(
    loaded: Loaded, drawings: dict[str, Drawing]
) -> None:
    silent = loaded.written.silent
    [panel] = [item for item in panels(loaded.view["operations"], "table") if "Which node" in item["title"]]
    [frame] = drawings["operations"].panels[str(panel["id"])]["frames"]
    columns = {field["name"]: field for field in frame["fields"]}
    place = columns["node"]["values"].index(silent)
    assert columns["state"]["texts"][place] == "urgent"
    assert columns["battery"]["texts"][place] == "–"
    soil = asker(loaded.bucket, loaded.written)
    assert silent in {
        row["node"]
        for row in soil.rows('SELECT mean("soil_temperature") FROM "soil" WHERE $timeFilter GROUP BY "node"')
    }


def test_values_are_written_in_their_units(drawings: dict[str, Drawing], loaded: Loaded) -> None:
    texts = [
        text
        for panel in drawings["community"].panels.values()
        for frame in panel["frames"]
        for field in frame["fields"]
        for text in field["texts"]
    ]
    assert any(text.endswith(" h") for text in texts)
    assert any(text.endswith("%") for text in texts)
    assert any(text.endswith(" °C") for text in texts)
    assert not [text for text in texts if text.endswith((" K", "weeks", "days"))]
    assert loaded.written.gardens


def test_every_unit_is_known_to_grafana_and_ours_have_one_blank(loaded: Loaded, drawer: Drawer) -> None:
    units = set(drawer.evaluate("() => window.sera.units()"))
    used = {unit.grafana for unit in UNITS.values()}
    for view in loaded.view.values():
        used |= {unit for panel in drawn(view.dashboard) for unit in units_of(panel)}
    assert {unit for unit in used if not unit.startswith("suffix:")} <= units
    written = drawer.evaluate("() => window.sera.format('suffix:m³/m³', 0.231, 2)")
    assert written == "0.23 m³/m³"
    assert drawer.evaluate("() => window.sera.format('suffix: m³/m³', 0.231, 2)") != written


@pytest.mark.parametrize("name", NAMES)
def test_panels_without_data_say_so_and_panels_with_an_error_show_it(
    loaded: Loaded, drawer: Drawer, name: str
) -> None:
    view = loaded.view[name]
    empty = drawer.draw(view.dashboard, state_answers(EMPTY, view.answers), PHONE, view.span)
    failed = drawer.draw(view.dashboard, state_answers(WITH_ERROR, view.answers), PHONE, view.span)
    for panel in drawn(view.dashboard):
        number = str(panel["id"])
        assert empty.messages[number] == panel["fieldConfig"]["defaults"]["noValue"]
        assert "error parsing query" in failed.messages[number]
    assert empty.problems == failed.problems == []


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_all_panels_below_one_another(loaded: Loaded, drawer: Drawer, name: str) -> None:
    view = loaded.view[name]
    phone = drawer.draw(view.dashboard, view.answers, PHONE, view.span)
    width = int.from_bytes(phone.picture[16:20], "big")
    assert width == PHONE_WIDTH
    assert phone.problems == []


def test_the_verb_draws_with_the_command_of_the_how_to(
    loaded: Loaded, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One dashboard in place of all: each has been drawn above."""
    page = (root / "docs" / "how-to" / "hang-a-board.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^\$ SERA_INFLUXDB_TOKEN=\S+ sera (dashboards preview .+)$", page, re.MULTILINE)
    single = {"districts": loaded.view["districts"].dashboard}
    monkeypatch.setattr("sera_command.share.dashboards.dashboards_of", lambda *_: single)
    monkeypatch.setenv("SERA_INFLUXDB_TOKEN", loaded.bucket.token)
    monkeypatch.chdir(tmp_path)
    where = [
        "--influxdb",
        loaded.bucket.url,
        "--bucket",
        loaded.bucket.name,
        "--choose",
        f"community={SHARING}",
    ]
    # In a thread of its own: the drawer of these tests drives a browser in this one.
    with ThreadPoolExecutor(1) as pool:
        words = [*command.split(), *where, "--at", "2025-06-30"]
        assert pool.submit(main, words).result() == ExitCode.DONE
    assert len(list((tmp_path / "pictures").glob("districts-*.png"))) == len(LOOKS) + 2
    assert "districts-with-data-dark-390.png" in (tmp_path / "pictures" / "index.html").read_text(
        encoding="utf-8"
    )


def test_the_gallery_is_a_page_of_pictures_with_words(
    drawings: dict[str, Drawing], loaded: Loaded, tmp_path: Path
) -> None:
    pictures = [
        Picture(name, loaded.view[name].dashboard["title"], EMPTY, DESK, item.picture)
        for name, item in drawings.items()
    ]
    *files, page = write_gallery(tmp_path, pictures)
    text = page.read_text(encoding="utf-8")
    assert text.count("alt=") == len(files) == len(NAMES)
    assert "http" not in text


def test_windows_are_as_wide_as_grafana_makes_them() -> None:
    assert interval_s((0, 2 * 86_400)) == 300
    assert interval_s((0, 14 * 86_400)) == 1800
    query = 'SELECT mean("a") FROM "b" WHERE $timeFilter AND "c" =~ /^${d:regex}$/ GROUP BY time($__interval)'
    assert filled(query, {"d": ["x.1", "y"]}, (0, 60), 3600).endswith(
        '"c" =~ /^(x\\.1|y)$/ GROUP BY time(3600s)'
    )
