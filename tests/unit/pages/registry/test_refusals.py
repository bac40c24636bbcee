"""Forms of the registry that cannot be entered: each says why, and nothing is entered."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from sera_gateway.security.device_users import DEVICES_FILE
from sera_pages.registry.imports import TABLE_BYTES_MOST
from sera_pages.security.limits import UPLOAD_BYTES_MOST
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import services
from web.registry_desk import entered, steward_desk, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Answer
    from web.registry_desk import StewardDesk

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[StewardDesk]:
    with steward_desk(tmp_path / "data") as opened:
        registry = opened.registry
        registry.put(Community("ash", "Ash Lane"), since_s=1, by="a test")
        registry.put(Garden("far", "ash", None, "Far", 50.0, 1.0, "Europe/London"), since_s=1, by="a test")
        registry.put(Node("elm-1", "elm-yard", "camera"), since_s=1, by="a test")
        yield opened


REFUSED = {
    "a place that is not on the globe": (
        "/registry/garden/entry", {"id": "elm-yard", "field-latitude": "91"}, "latitude",
    ),
    "a number that is none": (
        "/registry/garden/entry", {"id": "elm-yard", "field-area_m2": "much"}, "number",
    ),
    "a choice that is none": ("/registry/garden/entry", {"id": "elm-yard", "field-consent": "x"}, "one of"),
    "a garden given to another community": (
        "/registry/garden/entry", {"id": "elm-yard", "field-community": "ash"}, "another community",
    ),
    "a node carried into another community": (
        "/registry/node/entry", {"id": "elm-1", "field-garden": "far"}, "another community",
    ),
    "a node that becomes a person": (
        "/registry/node/entry", {"id": "elm-1", "field-detector": "person"}, "never used again",
    ),
    "a new garden in another community": (
        "/registry/garden/new",
        {"field-id": "new-yard", "field-community": "ash", "field-name": "N", "field-latitude": "51",
         "field-longitude": "0", "field-timezone": "Europe/London"},
        "another community",
    ),
    "a new entry under an id that is taken": (
        "/registry/garden/new", {"field-id": "elm-yard", "field-name": "N"}, "already",
    ),
    "a person's id that is typed": (
        "/registry/node/new", {"id": "ada", "garden": "elm-yard", "detector": "person"}, "invitation",
    ),
    "a node in a garden of others": ("/registry/node/new", {"id": "elm-2", "garden": "far"}, "none of this"),
    "a node that is there": ("/registry/node/new", {"id": "elm-1", "garden": "elm-yard"}, "exists already"),
    "a sensor that is none": (
        "/registry/node/new", {"id": "elm-2", "garden": "elm-yard", "sensors": "dragon:1"}, "dragon",
    ),
    "a network's password that is too short": (
        "/registry/node/new", {"id": "elm-2", "garden": "elm-yard", "network": "home", "password": "short"},
        "expected 8 to 63",
    ),
    "a community that is there": ("/registry/community/new", {"id": "ash"}, "registered already"),
    "a community whose id is none": ("/registry/community/new", {"id": "../etc"}, "not possible"),
    "a table that is no TOML": ("/registry/mapping/new", {"text": "= =", "enter": "1"}, "no TOML"),
    "a family that Sera does not ship": (
        "/registry/mapping/new", {"family": "../../etc/passwd", "enter": "1"}, "no mapping that Sera ships",
    ),
    "a device with the name of a service": (
        "/registry/devices", {"name": services.GATEWAY}, "no name of a device",
    ),
    "a device that publishes on our topics": (
        "/registry/devices", {"name": "shed-1", "prefix": "sera/v1"}, "belongs to nodes",
    ),
    "another password of a device that is none": ("/registry/devices/rotate", {"name": "x-1"}, "no device"),
    "a key of a node of others": ("/registry/node/key", {"node": "far-1"}, "none of this community"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(
    desk: StewardDesk, path: str, fields: dict[str, str], why: str
) -> None:
    before = entered(desk.registry)
    answer = desk.post(path, **fields)
    assert answer.status == 422, words_of(answer)
    assert "Nothing was entered." in words_of(answer)
    assert why in words_of(answer)
    assert entered(desk.registry) == before
    assert "short" not in desk.pages.log.getvalue()
    # What was filled in is still there, but for a password.
    for name in ("field-latitude", "field-area_m2", "field-name"):
        assert name not in fields or f'value="{fields[name]}"' in answer.body
    assert 'value="short"' not in answer.body


def district_map(properties: dict[str, str], outline: list[list[list[int]]]) -> bytes:
    geometry = {"type": "Polygon", "coordinates": outline}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


UPLOADS = {
    "a field that is none": ("/registry/garden/import", b"id,dragon\nelm-yard,1\n", "no field of a garden"),
    "a cell that is no value": ("/registry/garden/import", b"id,area_m2\nelm-yard,much\n", "row 2"),
    "an entry of others": ("/registry/garden/import", b"id,name\nfar,Mine\n", "another community"),
    "a row that gives a garden away": ("/registry/garden/import", b"id,community\nelm-yard,ash\n", "another"),
    "a person's id": (
        "/registry/node/import", b"id,garden,detector\nada,elm-yard,person\n", "drawn, never typed",
    ),
    "bytes that are no table": ("/registry/garden/import", bytes(range(256)), ""),
    "no GeoJSON": ("/registry/district/map", b"{}", "no GeoJSON"),
    "an outline that is open": (
        "/registry/district/map", district_map({"name": "A b"}, [[[0, 0], [1, 1]]]), "not closed",
    ),
    "a map without its property": ("/registry/district/map", district_map({}, []), "feature 1"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "content", "why"), UPLOADS.values(), ids=UPLOADS)
def test_a_file_that_cannot_be_is_refused_with_the_place(
    desk: StewardDesk, path: str, content: bytes, why: str
) -> None:
    before = entered(desk.registry)
    answer = desk.upload(path, "../../<b>file.csv", content)
    assert answer.status == 422
    assert why in words_of(answer)
    assert "<b>" not in answer.body
    assert entered(desk.registry) == before


def test_a_dry_run_enters_nothing_and_what_is_confirmed_is_what_was_shown(desk: StewardDesk) -> None:
    path, table = (
        "/registry/garden/import",
        b"id,name,latitude\nelm-yard,Elm & Co,51.5001\nmill-court,Mill-Court,51.5\n",
    )
    before = entered(desk.registry)
    preview = desk.upload(path, "gardens.csv", table)
    words = words_of(preview)
    assert entered(desk.registry) == before
    assert "What people call it: Elm-Yard Elm & Co" in words
    assert "Another value, not shown: Exact latitude [°]" in words
    assert "51.5001" not in words

    # Somebody enters something before it is confirmed: it is shown again.
    desk.registry.put(Node("elm-1", "mill-court", "camera"), since_s=9, by="somebody")
    stale = desk.confirm(path, preview)
    assert "Somebody entered something meanwhile" in words_of(stale)
    assert entered(desk.registry)[:-1] == before
    assert "Entered: 1 of 2 rows" in words_of(desk.confirm(path, stale))
    assert desk.registry.garden("elm-yard").name == "Elm & Co"  # type: ignore[union-attr]
    # Once more it says what holds already.
    assert "Of these 0 would change something" in words_of(desk.upload(path, "gardens.csv", table))


def test_a_confirmation_that_was_tampered_with_is_checked_as_a_new_table(desk: StewardDesk) -> None:
    path = "/registry/garden/import"
    preview = desk.upload(path, "gardens.csv", b"id,name\nelm-yard,New\n")
    before = entered(desk.registry)
    foreign = base64.b64encode(b"id,name\nfar,Mine\n").decode()
    for table in (foreign, "%%%", "", base64.b64encode(b"x" * (TABLE_BYTES_MOST + 1)).decode()):
        assert desk.confirm(path, preview, table=table).status in (400, 422)
    assert entered(desk.registry) == before


def test_files_and_forms_have_their_sizes(desk: StewardDesk) -> None:
    path = "/registry/garden/import"
    large = desk.upload(path, "gardens.csv", b"id\n" + b"x" * TABLE_BYTES_MOST)
    assert large.status == 422
    assert "larger than 256 KiB" in words_of(large)
    assert desk.upload(path, "gardens.csv", b"x" * UPLOAD_BYTES_MOST).status == 413
    assert desk.upload(path, "", b"").status == 422
    assert desk.client.post("/gardens/elm-yard/log", b"x" * 70_000).status == 413
    many = {f"field-{number}": "1" for number in range(100)}
    assert desk.post("/registry/garden/entry", id="elm-yard", **many).status == 400


@pytest.mark.parametrize("since", ["soon", "2026-13-01", "9" * 30, "-1"])
def test_a_date_that_is_none_is_said_beside_its_field(desk: StewardDesk, since: str) -> None:
    fields = {"id": "elm-yard", "field-name": "New"}
    answer = desk.post("/registry/garden/entry", **fields, since=since)
    assert answer.status == 422
    assert "Choose a day and a time" in words_of(answer)
    assert 'id="since-error"' in answer.body


@pytest.mark.parametrize("kind", ["mapping", "source", "verification", "person", "dragon"])
def test_what_has_a_way_of_its_own_is_not_entered_by_its_fields(desk: StewardDesk, kind: str) -> None:
    for path in (f"/registry/{kind}/import", f"/registry/{kind}/new"):
        assert desk.client.get(path).status in (200, 404)
        if (kind, path) != ("mapping", "/registry/mapping/new"):
            assert desk.post(path).status == 404, path
    answer: Answer = desk.post(f"/registry/{kind}/entry", id="member-0001", **{"field-roles": '["steward"]'})
    assert answer.status == 404


def test_a_table_is_tried_on_a_message_before_it_is_entered(desk: StewardDesk) -> None:
    message = {"family": "zigbee2mqtt", "topic": "zigbee2mqtt/shed", "timezone": "Europe/London", "try": "1"}
    before = entered(desk.registry)
    good = words_of(
        desk.post("/registry/mapping/new", payload='{"temperature": 21.4, "humidity": 50}', **message)
    )
    assert "From the device shed" in good
    assert "21.4 °C air_temperature" in good
    refused = words_of(desk.post("/registry/mapping/new", payload="{", **message))
    assert "It would be refused:" in refused
    other = {**message, "topic": "other/topic"}
    assert "It would be refused:" in words_of(desk.post("/registry/mapping/new", payload="{}", **other))
    for wrong in ({"topic": ""}, {"timezone": "Mars/Base"}, {"family": ""}):
        assert desk.post("/registry/mapping/new", payload="{}", **{**message, **wrong}).status == 422
    assert entered(desk.registry) == before


def test_a_devices_password_is_shown_once_and_kept_nowhere(desk: StewardDesk) -> None:
    answer = desk.post("/registry/devices", name="shed-1", prefix="tele/shed")
    password = answer.body.partition("<dt>Password</dt>")[2].partition("</dd>")[0].rpartition(">")[2]
    assert len(password) == 20
    words = words_of(answer)
    assert "devices/tele/shed/…" in words
    assert "Not reached there" in words
    assert password not in desk.client.get("/registry/devices").body
    leftovers = [
        path for path in desk.folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()
    ]
    assert leftovers == []
    assert password not in desk.pages.log.getvalue()
    assert "tele/shed" in (desk.folder / DEVICES_FILE).read_text()
    assert "<dt>Password</dt>" in desk.post("/registry/devices/rotate", name="shed-1").body
    assert desk.post("/registry/devices/revoke", name="shed-1").status == 303
    assert "shed-1" not in desk.client.get("/registry/devices").body
