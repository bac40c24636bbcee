"""`sera district import`: a map's districts with their numbers, and the gardens that lie in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Community, Garden
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = ["--residents-from", "pop", "--deprivation-from", "imd", "--source", "Census 2021, IMD 2019"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A community with gardens at 0.5 and 1.5 degrees east, one in a hole, and a hidden one."""
    with Store.open(tmp_path / "data" / "store") as store:
        store.registry.put(Community("oak"), since_s=0, by="a test")
        for name, longitude, consent in (
            ("west-yard", 0.5, ConsentLevel.CITY),
            ("east-yard", 1.5, ConsentLevel.CITY),
            ("hole-yard", 0.8, ConsentLevel.CITY),
            ("secret-yard", 0.5, ConsentLevel.HIDDEN),
        ):
            garden = Garden(name, "oak", None, name, 51.5, longitude, "Europe/London", consent)
            store.registry.put(garden, since_s=0, by="a test")
    return tmp_path / "data"


def ring(west: float, east: float, south: float = 51.0, north: float = 52.0) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(name: str, geometry: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    polygon = {"type": "Polygon", "coordinates": [ring(0, 1), ring(0.7, 0.9, 51.4, 51.6)]}
    return {
        "type": "Feature",
        "geometry": geometry or polygon,
        "properties": {"name": name, "pop": 8200, "imd": 21.4} | properties,
    }


def write(path: Path, *features: Any) -> str:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return str(path)


def imported(data: Path, file: str, *words: str) -> int:
    return main(["district", "import", file, "--community", "oak", *words, "--data", str(data)])


def test_districts_come_with_their_numbers_and_gardens(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east = {"type": "MultiPolygon", "coordinates": [[ring(1, 2)], [ring(4, 5)]]}
    file = write(tmp_path / "wards.geojson", feature("Brook West"), feature("Brook East", east, pop="9100"))
    assert imported(data, file, *NUMBERS) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "west-yard would lie (--assign enters it) in brook-west" in printed
    assert "east-yard would lie (--assign enters it) in brook-east" in printed
    assert "hole-yard" not in printed
    assert "secret-yard" not in printed
    with Store.open(data / "store") as store:
        west = store.registry.district("brook-west")
        assert west is not None
        assert (west.name, west.residents, west.deprivation) == ("Brook West", 8200, 21.4)
        assert store.registry.garden("west-yard").district is None  # type: ignore[union-attr]
    assert imported(data, file, *NUMBERS, "--assign") == ExitCode.DONE
    with Store.open(data / "store") as store:
        districts = {garden.id: garden.district for garden in store.registry.gardens()}
    assert districts == {
        "west-yard": "brook-west",
        "east-yard": "brook-east",
        "hole-yard": None,
        "secret-yard": None,
    }


def test_bad_features_are_all_named_and_none_is_entered(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    projected = {"type": "Polygon", "coordinates": [[[350_000, 170_000]] * 4]}
    open_ring = {"type": "Polygon", "coordinates": [ring(0, 1)[:4]]}
    file = write(
        tmp_path / "wards.geojson",
        feature("Brook"),
        feature("brook"),
        feature("Ash", pop=0),
        feature("Elm", imd="high"),
        feature("Fir", projected),
        feature("Oak", open_ring),
        feature("Bay", {"type": "Point", "coordinates": [0, 51]}),
        {"type": "Feature", "geometry": None, "properties": {}},
        feature("!"),
    )
    assert imported(data, file, *NUMBERS) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    for part in (
        "feature 2: id 'brook' is that of feature 1 too",
        "feature 3: pop 0 is no number of residents",
        "feature 4: imd 'high' is no number",
        "feature 5: position 350000, 170000 is not on the globe",
        "feature 6: an outline is not closed",
        "feature 7: ",
        "feature 8: ",
        "feature 9: district id",
    ):
        assert part in printed
    with Store.open(data / "store") as store:
        assert store.registry.districts() == []


def test_a_garden_in_two_outlines_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "wards.geojson", feature("Brook"), feature("Ash"))
    assert imported(data, file, *NUMBERS, "--assign") == ExitCode.BAD_INPUT
    assert "west-yard lies in brook and in ash" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words", "printed"),
    [
        ("{}", NUMBERS, "is no GeoJSON FeatureCollection"),
        ("not json", NUMBERS, "is no GeoJSON FeatureCollection"),
        (None, NUMBERS[:4], "need their source"),
        (None, ["--id-from", "code"], "has no property 'code'; its properties are name, pop, imd"),
        (None, ["--residents-from", "people", "--source", "x"], "has no property 'people'"),
    ],
)
def test_a_file_that_is_none_is_refused(
    data: Path,
    tmp_path: Path,
    content: str | None,
    words: list[str],
    printed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write(tmp_path / "wards.geojson", feature("Brook"))
    if content is not None:
        (tmp_path / "wards.geojson").write_text(content, encoding="utf-8")
    assert imported(data, file, *words) == ExitCode.BAD_INPUT
    assert printed in capsys.readouterr().err
