"""What a steward enters by a page and by the command ends in the same entries, of the same dates."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from sera_command.main import main
from sera_gateway.security.board_files import board_folder
from sera_store.registry.opening import open_registry
from web.registry_desk import entered, steward_desk, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from web.registry_desk import StewardDesk

pytestmark = pytest.mark.slow

SINCE = "2026-06-01T12:00"
SQUARE = [[[-0.2, 51.4], [0.0, 51.4], [0.0, 51.6], [-0.2, 51.6], [-0.2, 51.4]]]
MAP = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "Elm Side", "pop": 4100},
                "geometry": {"type": "Polygon", "coordinates": SQUARE},
            }
        ],
    }
).encode()
TABLE = b"id,name,area_m2\nelm-yard,Elm Yard,140\nmill-court,Mill-Court,\n"
OWN_TABLE = """id = "shed"
version = 1
topic = "shed/{node}"
format = "json"

values = [{ key = "t", series = "air", column = "air_temperature", units = ["degC"] }]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[StewardDesk]:
    with steward_desk(tmp_path / "by-page") as opened:
        yield opened


def by_command(folder: Path, *words: str) -> list[object]:
    """Enter something by the command in a copy of what pages start from; return all entries."""
    with steward_desk(folder):
        pass
    assert main([*words, "--data", str(folder)]) == 0
    with open_registry(folder / "store") as registry:
        return list(entered(registry))


def page_set(desk: StewardDesk, folder: Path) -> list[str]:
    fields = {"id": "elm-yard", "field-name": "Elm & Co", "field-area_m2": "140", "field-consent": "street"}
    answer = desk.post("/registry/garden/entry", **fields, since=SINCE)
    assert answer.status == 303, words_of(answer)
    changes = ["name=Elm & Co", "area_m2=140", "consent=street"]
    return ["registry", "set", "garden", "elm-yard", *changes, "--since", SINCE]


def page_new(desk: StewardDesk, folder: Path) -> list[str]:
    fields = {"field-serial": "c-0012", "field-position": "1", "field-depth_m": "0,1"}
    answer = desk.post("/registry/probe/new", **fields, since=SINCE)
    assert answer.status == 303, words_of(answer)
    return ["registry", "set", "probe", "c-0012", "position=1", "depth_m=0.1", "--since", SINCE]


def page_import(desk: StewardDesk, folder: Path) -> list[str]:
    preview = desk.upload("/registry/garden/import", "gardens.csv", TABLE, since=SINCE)
    assert "Of these 1 would change something" in words_of(preview)
    assert "Entered: 1 of 2 rows" in words_of(desk.confirm("/registry/garden/import", preview))
    (folder / "gardens.csv").write_bytes(TABLE)
    return ["registry", "import", "garden", str(folder / "gardens.csv"), "--since", SINCE]


def page_node(desk: StewardDesk, folder: Path) -> list[str]:
    fields = {"id": "elm-1", "garden": "elm-yard", "detector": "camera", "sensors": "ds18b20:22"}
    answer = desk.post("/registry/node/new", **fields, board="", since=SINCE)
    assert "Node elm-1 is entered" in words_of(answer)
    assert "2 short flashes: measured, stored and sent." in words_of(answer)
    return ["node", "new", "elm-1", "--garden", "elm-yard", "--detector", "camera", "--sensor", "ds18b20:22",
            "--since", SINCE]  # fmt: skip


def page_device(desk: StewardDesk, folder: Path) -> list[str]:
    answer = desk.post(
        "/registry/node/new", id="tasmota_A1B2C3", garden="elm-yard", detector="none", since=SINCE
    )
    assert "It calls itself tasmota_A1B2C3." in words_of(answer)
    return ["node", "new", "tasmota_A1B2C3", "--garden", "elm-yard", "--since", SINCE]


def page_community(desk: StewardDesk, folder: Path) -> list[str]:
    answer = desk.post("/registry/community/new", id="ash", title="Ash Lane", since=SINCE)
    assert "/join/" in answer.body
    return ["community", "new", "ash", "--title", "Ash Lane", "--since", SINCE]


def page_districts(desk: StewardDesk, folder: Path) -> list[str]:
    fields = {"id_from": "name", "residents_from": "pop", "source": "Census 2021", "assign": "1"}
    answer = desk.upload("/registry/district/map", "wards.geojson", MAP, **fields, since=SINCE)
    assert "Gardens in it: elm-yard, mill-court" in words_of(answer)
    (folder / "wards.geojson").write_bytes(MAP)
    columns = ["--residents-from", "pop", "--source", "Census 2021"]
    file = str(folder / "wards.geojson")
    return ["district", "import", file, "--community", "oak", *columns, "--assign", "--since", SINCE]


def page_mapping(desk: StewardDesk, folder: Path) -> list[str]:
    answer = desk.post("/registry/mapping/new", text=OWN_TABLE, at="lab/{node}", enter="1", since=SINCE)
    assert "shed, version 1, is entered" in words_of(answer), words_of(answer)
    (folder / "shed.toml").write_text(OWN_TABLE, encoding="utf-8")
    return ["mapping", "add", str(folder / "shed.toml"), "--at", "lab/{node}", "--since", SINCE]


@pytest.mark.parametrize(
    "act",
    [page_set, page_new, page_import, page_node, page_device, page_community, page_districts, page_mapping],
)
def test_a_page_and_the_command_enter_the_same(
    desk: StewardDesk, tmp_path: Path, act: Callable[[StewardDesk, Path], list[str]]
) -> None:
    before = entered(desk.registry)
    words = act(desk, tmp_path)
    came = entered(desk.registry)
    assert len(came) > len(before)
    assert by_command(tmp_path / "by-command", *words) == came
    # Only who entered it differs.
    assert {entry.by for entry in desk.registry.entries_after(0)} == {"a test", "member-0001"}


def test_a_new_board_gets_the_files_that_the_command_writes_and_its_key_leaves_with_them(
    desk: StewardDesk, tmp_path: Path
) -> None:
    words = page_node(desk, tmp_path)
    by_command(tmp_path / "by-command", *words)
    folders = [board_folder(folder, "elm-1") for folder in (desk.folder, tmp_path / "by-command")]
    names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert names[0] == names[1]
    configs = [json.loads((folder / "config.json").read_bytes()) for folder in folders]
    for config in configs:
        config.pop("issued_s")
        config.pop("expires_s")
        config["broker"].pop("client_id")
    assert configs[0] == configs[1]

    key = (folders[0] / "node_key.der").read_bytes()
    fetched = desk.client.request(
        "POST", "/registry/node/files", f"form_token={desk.token}&node=elm-1".encode(),
        {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{desk.client.host}"},
    )  # fmt: skip
    assert (fetched.status, fetched.header("cache-control")) == (200, "no-store")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert sorted(archive.namelist()) == [f"elm-1/{name}" for name in names[0]]
        assert archive.read("elm-1/node_key.der") == key
    # Nowhere on this machine is what opens the broker to whoever has it.
    pem = [path for path in desk.folder.rglob("*") if path.is_file() and key in path.read_bytes()]
    assert pem == []
    assert not (folders[0] / "node_key.der").exists()
    assert desk.post("/registry/node/files", node="elm-1").status == 409
    assert "elm-1" not in desk.pages.log.getvalue()

    renewed = desk.post("/registry/node/key", node="elm-1")
    assert "can be fetched once" in words_of(renewed)
    assert (folders[0] / "node_key.der").read_bytes() != key
    assert desk.post("/registry/node/flashed", node="elm-1").status == 303
    assert not (folders[0] / "node_key.der").exists()
