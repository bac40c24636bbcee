"""`sera garden list` and `sera garden set`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analysis_world import World
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_pages.report_folder import RENEWAL_REQUEST, REPORT_FOLDER
from sera_store.coarse_grid import ConsentLevel
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one garden."""
    with Store.open(tmp_path / "data" / "store") as store:
        World(store).garden("elm-yard")
    return tmp_path / "data"


def garden(data: Path, *words: str) -> int:
    return main(["garden", *words, "--data", str(data)])


def test_a_host_who_withdraws_consent_is_served_by_one_command(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert garden(data, "list") == ExitCode.DONE
    assert "city, within" in capsys.readouterr().out
    assert garden(data, "set", "elm-yard", "--consent", "hidden") == ExitCode.DONE
    assert "handed out before" in capsys.readouterr().out
    assert garden(data, "list", "--json") == ExitCode.DONE
    [row] = json.loads(capsys.readouterr().out)
    assert (row["consent"], row["place_latitude"]) == ("hidden", None)


def test_title_place_zone_and_soil_change_together(data: Path) -> None:
    changes = [
        "--title",
        "Elm",
        "--place",
        "-33.86,151.2",
        "--timezone",
        "Australia/Sydney",
        "--soil",
        "loam",
    ]
    assert garden(data, "set", "elm-yard", *changes) == ExitCode.DONE
    with Store.open(data / "store") as store:
        entity, soil = store.registry.garden("elm-yard"), store.registry.soil("elm-yard")
    assert entity is not None
    assert soil is not None
    assert (entity.name, entity.latitude, entity.consent) == ("Elm", -33.86, ConsentLevel.CITY)
    assert soil.sand == 0.4


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["set", "elm-yard"], "nothing to change"),
        (["set", "ash-yard", "--title", "Ash"], "'ash-yard' is not registered"),
        (["set", "elm-yard", "--place", "51.5"], "expected latitude and longitude"),
        (["set", "elm-yard", "--place", "north,west"], "expected latitude and longitude"),
        (["set", "elm-yard", "--place", "151.2,-33.86"], "latitude"),
        (["set", "elm-yard", "--soil", "mud"], "expected one of sand"),
        (["set", "elm-yard", "--timezone", "Europe/Atlantis"], "IANA"),
    ],
)
def test_what_cannot_be_is_refused(
    data: Path, words: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert garden(data, *words) == ExitCode.BAD_INPUT
    assert printed in capsys.readouterr().err


def test_a_delay_by_command_takes_drawings_and_reports_away_at_once(data: Path) -> None:
    with Store.open(data / "store") as store:
        community = store.registry.communities()[0].id
    pages = data / REPORT_FOLDER
    visible = [
        pages / name
        for name in (
            "index.html",
            "index.de.html",
            "drawings/en/elm-yard.svg",
            f"drawings/ar/community-{community}.svg",
            f"drawings/en/community-{community}-narrow.svg",
        )
    ]
    other = pages / "drawings/en/mill-court.svg"
    for path in (*visible, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("drawn")
    assert garden(data, "set", "elm-yard", "--soil", "loam") == ExitCode.DONE
    assert all(path.exists() for path in visible)
    assert garden(data, "set", "elm-yard", "--delay", "none") == ExitCode.DONE
    assert not any(path.exists() for path in visible)
    assert other.exists()
    assert (pages / RENEWAL_REQUEST).exists()
