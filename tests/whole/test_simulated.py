"""Simulated is a property of a node: every output says so, and nothing of it enters figures of real nodes."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from analysis_world import COMMUNITY, World, figure_of, visits_of
from gateway_parts import GARDEN, NOW_S, SINCE_S, batch, data_topic, plant, row
from ledger_parts import NODE, way_in
from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import roll_up
from sera_analysis.figures.garden_comparison import difference_figure
from sera_analysis.figures.garden_figures import Draws
from sera_analysis.runs.jobs import WITHDRAWN, analyse
from sera_command.installation.report_pages import renew_pages
from sera_command.main import main
from sera_gateway.process.logs import json_log
from sera_pages.counting.counters import counter_of
from sera_pages.installation import PageSettings, open_installation
from sera_pages.publishing.site import NoSender, publish
from sera_store.errors import InvalidEntryError
from sera_store.outputs.line_protocol import encode, points
from sera_store.registry.entities import Node
from sera_store.release.places import released_garden
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.results.results import Result

pytestmark = pytest.mark.slow

WORD = "imulated"
LANGUAGES = {"de", "es", "fr", "ar"}
SPAN = ("--from", "2026-06-01", "--to", "2026-06-14")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "data" / "store") as store:
        yield World(store)


def real_garden(world: World, name: str, visits: float = 1.0) -> None:
    world.garden(name)
    world.node(name, f"{name}-1", "camera")
    world.node(name, f"{name}-2", "camera")
    for number in (1, 2):
        world.camera(name, f"{name}-{number}", lambda t: {k: v * visits for k, v in visits_of(t).items()})
    world.air(name, f"{name}-1")
    soil(world, name, f"{name}-1", 0.3)


def soil(world: World, garden: str, node: str, moisture: float) -> None:
    world.soil(
        garden, node, lambda t: {"soil_moisture@1": moisture + t % 7_200 / 72_000, "soil_temperature@1": 14.0}
    )


def simulated_node(world: World, garden: str, name: str) -> None:
    """A model that says much else, in the same hours."""
    world.node(garden, name, "camera", simulated=True)
    world.camera(garden, name, lambda _: {"hoverflies": 40.0})
    world.air(garden, name, temperature=3.0)
    soil(world, garden, name, 0.05)


def simulated_garden(world: World, name: str = "model-yard") -> None:
    world.garden(name)
    for number in (1, 2):
        simulated_node(world, name, f"{name}-{number}")


def values(world: World, *scopes: str) -> dict[Any, Any]:
    """All that figures say but for their notes and which rows they name."""
    plain = {}
    for result in world.store.results.current():
        if result.scope_id in scopes and result.reason is None:
            whole: dict[str, Any] = msgspec.to_builtins(result)
            plain[result.key] = {k: v for k, v in whole.items() if k not in ("notes", "inputs")}
    return plain


def notes(result: Result) -> set[str]:
    return {note.code for note in result.notes}


def test_a_simulated_garden_changes_no_figure_of_real_ones_and_they_say_so(world: World) -> None:
    real_garden(world, "elm-yard")
    real_garden(world, "mill-court", 2.0)
    analyse(world.store)
    before = values(world, "elm-yard", "mill-court", COMMUNITY)
    assert before

    simulated_garden(world)
    analyse(world.store)

    assert values(world, "elm-yard", "mill-court", COMMUNITY) == before
    assert "simulated_gardens_left_out" in notes(figure_of(world, COMMUNITY, "effort"))
    assert notes(figure_of(world, "elm-yard", "effort")).isdisjoint({"simulated", "simulated_nodes_left_out"})
    own = list(world.store.results.current(scope_id="model-yard"))
    assert own
    assert all(result.is_simulated for result in own)


def test_simulated_nodes_in_a_real_garden_change_nothing_and_its_figures_say_so(world: World) -> None:
    real_garden(world, "elm-yard")
    analyse(world.store)
    before = values(world, "elm-yard", COMMUNITY)

    simulated_node(world, "elm-yard", "model-1")
    analyse(world.store)

    assert values(world, "elm-yard", COMMUNITY) == before
    for scope in ("elm-yard", COMMUNITY):
        assert "simulated_nodes_left_out" in notes(figure_of(world, scope, "effort"))


def test_a_real_node_in_a_garden_of_models_makes_it_real(world: World) -> None:
    simulated_garden(world)
    analyse(world.store)
    assert figure_of(world, "model-yard", "effort").value
    assert figure_of(world, COMMUNITY, "effort").is_simulated

    world.node("model-yard", "real-1", "camera")
    analyse(world.store)

    # What the models said is gone, and the node has said nothing yet.
    for scope in ("model-yard", COMMUNITY):
        assert all(result.reason == WITHDRAWN for result in world.store.results.current(scope_id=scope))


def test_simulated_and_real_gardens_are_not_compared(world: World) -> None:
    real_garden(world, "elm-yard")
    simulated_garden(world)
    days = Days.between(date(2026, 6, 1), date(2026, 6, 15))
    gardens = [released_garden(world.store.registry, name) for name in ("elm-yard", "model-yard")]
    first, second = [roll_up(world.store, garden, days) for garden in gardens if garden is not None]
    refused = difference_figure(first, second, Draws())
    assert refused.value is None
    assert refused.reason is not None
    assert refused.reason.code == "simulated_beside_real"


def test_what_a_node_is_stays_so_and_a_counter_of_a_model_is_one(world: World) -> None:
    real_garden(world, "elm-yard")
    simulated_garden(world)
    registry = world.store.registry
    with pytest.raises(InvalidEntryError, match="for ever; choose a new id"):
        registry.put(Node("model-yard-1", "model-yard", "camera"), since_s=5, by="test")
    with pytest.raises(InvalidEntryError, match="for ever; choose a new id"):
        registry.put(Node("elm-yard-1", "elm-yard", "camera", simulated=True), since_s=5, by="test")
    for garden, simulated in (("elm-yard", False), ("model-yard", True)):
        counter = registry.node(counter_of(registry, "", garden, 9, "test"))
        assert counter is not None
        assert counter.simulated is simulated


def test_every_output_of_a_model_says_so(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated_garden(world)
    data = tmp_path / "data"
    renew_pages(data, world.store)
    world.store.close()

    assert main(["pack", *SPAN, "--readings", "--out", str(tmp_path / "pack"), "--data", str(data)]) == 0
    assert main(["mural", "--out", str(tmp_path / "mural.svg"), "--data", str(data)]) == 0
    assert main(["publish", "--out", str(tmp_path / "site"), "--data", str(data)]) == 0
    capsys.readouterr()
    assert main(["export", "raw", "--data", str(data)]) == 0
    exported = csv.DictReader(io.StringIO(capsys.readouterr().out))

    written = [tmp_path / "mural.svg", *(tmp_path / "pack").iterdir(), *(tmp_path / "site").rglob("*.*")]
    # What stands in folders of other languages says it in their words.
    written = [path for path in written if not LANGUAGES & _words(path)]
    texts = {path: path.read_text() for path in written if path.suffix in (".html", ".svg", ".csv")}
    silent = [path for path, text in texts.items() if WORD not in text and path.parent.name != "static"]
    assert silent == []
    for name in ("readings.csv", "figures.csv"):
        assert {row["simulated"] for row in rows_of(tmp_path / "pack" / name)} == {"simulated"}
    assert {row["simulated"] for row in exported} == {"1"}


def _words(path: Path) -> set[str]:
    return {*path.parts, *path.name.split(".")}


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_outputs_of_real_gardens_leave_models_out(world: World, tmp_path: Path) -> None:
    real_garden(world, "elm-yard")
    simulated_node(world, "elm-yard", "model-1")
    simulated_garden(world)
    data = tmp_path / "data"
    renew_pages(data, world.store)
    world.store.close()

    assert main(["pack", *SPAN, "--readings", "--out", str(tmp_path / "pack"), "--data", str(data)]) == 0
    gardens = ["--garden", "elm-yard", "--garden", "model-yard"]
    assert main(["pack", *SPAN, *gardens, "--out", str(tmp_path / "both"), "--data", str(data)]) == 3

    readings = rows_of(tmp_path / "pack" / "readings.csv")
    assert {row["node"] for row in readings} == {"elm-yard-1", "elm-yard-2"}
    assert {row["simulated"] for row in readings} == {""}
    assert WORD not in (tmp_path / "pack" / "mural.svg").read_text()
    report = (data / "pages" / "index.html").read_text()
    assert "1 simulated garden of this community is not on this page" in report
    assert "model-yard" not in report


def test_a_page_names_the_models_among_gardens(world: World, tmp_path: Path) -> None:
    real_garden(world, "elm-yard")
    simulated_node(world, "elm-yard", "model-1")
    simulated_garden(world)
    data = tmp_path / "data"
    world.store.close()
    with open_installation(data, NoSender(), json_log(), PageSettings(is_published=True)) as installation:
        publish(installation, tmp_path / "site")
    site = tmp_path / "site"
    own = [path for path in site.rglob("*.html") if not LANGUAGES & _words(path)]
    pages = {path.stem: path.read_text() for path in own}
    assert "Simulated, and in no figure of the others: model-yard." in pages["index"]
    assert "Simulated garden, not data" in pages["model-yard"]
    assert "1 simulated node stands here, and is in no figure." in pages["elm-yard"]


@pytest.mark.parametrize("utc_s", [NOW_S, None])
def test_a_record_of_a_model_says_so_in_the_table_and_in_influxdb(tmp_path: Path, utc_s: int | None) -> None:
    with way_in(tmp_path) as way:
        plant(way.store, [NODE])
        way.store.registry.put(Node("model-1", GARDEN, simulated=True), since_s=SINCE_S, by="a test")
        for node in (NODE, "model-1"):
            way.take(batch([row(1, 14.5, utc_s=utc_s)]), topic=data_topic(node))
        details = {record.node: record.detail for record in way.current()}
        lines = [encode(point) for stored in way.store.records.changes(0, 10) for point in points(stored)]
    assert details == {NODE: None, "model-1": {"simulated": "node"}}
    assert ['simulated="node"' in line for line in lines] == ([False, True] if utc_s else [])
