"""Dashboards as files: the same bytes each time, as they are committed, in each language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.errors import DashboardNotReadError, DashboardNotWrittenError
from sera_dashboards.files import dashboard_text, read_dashboard, write_dashboards
from sera_dashboards.lint.findings import all_findings
from sera_dashboards.provisioning.alerts import alert_groups
from sera_store.registry.entities import Community, Garden
from sera_store.store import Store
from sera_words.dashboard_words import DashboardWords, dashboard_words
from sera_words.language import LANGUAGES
from sera_words.translations import DASHBOARDS, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path


def test_the_committed_dashboards_are_up_to_date(root: Path) -> None:
    folder = root / "dashboards" / "generated"
    committed = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    dashboards = {name: dashboard_text(board) for name, board in build(dashboard_words()).items()}
    assert committed == dashboards, "write them again: make dashboards"


def test_the_verb_writes_what_lint_and_reader_take(tmp_path: Path) -> None:
    out = tmp_path / "made"
    assert main(["dashboards", "build", "--out", str(out), "--timezone", "Asia/Tokyo"]) == ExitCode.DONE
    files = sorted(map(str, out.glob("*.json")))
    assert len(files) == 5
    assert "Asia/Tokyo" in (out / "garden.json").read_text(encoding="utf-8")
    assert main(["dashboards", "lint", *files]) == ExitCode.DONE


def test_a_broken_rule_ends_lint_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [path] = write_dashboards(tmp_path, {"garden": build(dashboard_words())["garden"]})
    path.write_text(path.read_text(encoding="utf-8").replace('"5m"', '"5s"'), encoding="utf-8")
    assert main(["dashboards", "lint", str(path)]) == ExitCode.CHECK_FAILED
    assert "refresh" in capsys.readouterr().out


def test_each_community_has_a_public_dashboard_without_an_exact_place(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data" / "store") as store:
        for name in ("oak", "elm"):
            store.registry.put(Community(name, name.title()), since_s=0, by="test")
            garden = Garden(f"{name}-yard", name, None, "The Yard", 51.45467, -2.58793, "Europe/London")
            store.registry.put(garden, since_s=0, by="test")
    out = tmp_path / "made"
    words = ["dashboards", "build", "--out", str(out), "--data", str(tmp_path / "data")]
    assert main(words) == ExitCode.DONE
    text = (out / "community-oak.json").read_text(encoding="utf-8")
    assert "oak-yard" in text
    assert "elm-yard" not in text
    assert (out / "community-elm.json").is_file()
    assert "51.4" not in "".join(path.read_text(encoding="utf-8") for path in out.glob("*.json"))
    assert read_dashboard(out / "community-oak.json")["title"] == "Oak: what was seen"


def test_names_of_gardens_stand_as_they_are_and_end_no_query() -> None:
    odd = PublicCommunity("oak", 'Oak\'s "yard" ${x}', {"a-yard": 'A\'; DROP "x"'})
    dashboard = build(dashboard_words(), [odd])["community-oak"]
    assert dashboard["title"].startswith(odd.title)
    assert "DROP" not in "".join(target["query"] for p in dashboard["panels"] for target in p["targets"])


def test_a_file_that_cannot_be_written_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(DashboardNotWrittenError, match="--out"):
        write_dashboards(tmp_path / "taken", build(dashboard_words()))


@pytest.mark.parametrize("text", ["", "[]", '{"uid": "x"}', "\x00"])
def test_a_file_that_is_no_dashboard_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(DashboardNotReadError, match="expected"):
        read_dashboard(tmp_path / "x.json")


def test_every_text_of_the_catalogue_is_used_and_every_one_used_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested_ids: set[str] = set()
    say = DashboardWords.say

    def noted(self: DashboardWords, id: str, /, **arguments: str) -> str:  # noqa: A002
        requested_ids.add(id)
        return say(self, id, **arguments)

    monkeypatch.setattr(DashboardWords, "say", noted)
    build(DashboardWords("en_GB"))
    alert_groups(DashboardWords("en_GB"))
    catalogue_ids = {message.id for message in read_catalogue(DASHBOARDS / "en.po") if message.id}
    unused = {
        name
        for name in catalogue_ids - requested_ids
        if not name.endswith(".no_data") and not name.startswith("finding.")
    }
    assert unused == set()
    assert requested_ids <= catalogue_ids


def test_another_language_takes_the_place_of_english_where_it_has_words(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_bytes((DASHBOARDS / "en.po").read_bytes())
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "row.soil"\nmsgstr "Boden"\n',
        encoding="utf-8",
    )
    titles = [panel["title"] for panel in build(DashboardWords("de", tmp_path))["garden"]["panels"]]
    assert "Boden" in titles
    assert "Light" in titles


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_and_its_dashboards_keep_the_rules(language: str) -> None:
    english = {message.id for message in read_catalogue(DASHBOARDS / "en.po") if message.id}
    own = {
        message.id: message.string for message in read_catalogue(DASHBOARDS / f"{language}.po") if message.id
    }
    assert own.keys() == english
    assert all(own.values())
    dashboards = build(dashboard_words(language))
    assert all_findings(dashboards) == []
    for dashboard in dashboards.values():
        for panel in dashboard["panels"]:
            overrides = panel.get("fieldConfig", {}).get("overrides", [])
            names = [
                override["matcher"]["options"]
                for override in overrides
                if override["matcher"]["id"] == "byName"
            ]
            assert len(set(names)) == len(names), panel["title"]


def test_a_phone_shows_every_number_whole() -> None:
    """Four numbers side by side are too small to read; a number with a long unit lost its first digits."""
    panels = [panel for dashboard in build(dashboard_words()).values() for panel in dashboard["panels"]]
    override_lists = [panel["fieldConfig"]["overrides"] for panel in panels if panel["type"] == "stat"]
    assert override_lists
    assert max(map(len, override_lists)) <= 3
    columns = [
        {row["id"]: row["value"] for row in override["properties"]}
        for panel in panels
        if panel["type"] == "table"
        for override in panel["fieldConfig"]["overrides"]
    ]
    long = [column for column in columns if len(str(column.get("unit", "")).removeprefix("suffix:")) > 5
            and str(column["unit"]).startswith("suffix:")]  # fmt: skip
    assert len(long) >= 3
    assert [column for column in long if column.get("custom.minWidth", 0) < 100] == []
