"""What a steward enters in the registry on a phone of 390 px, by keys alone, without script."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from real_parts import wait_until
from web.every_page import full_pages, served
from web.keyboard import Phones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, FileChooser

    from web.every_page import Full
    from web.keyboard import Keys

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SIZE = {"width": 390, "height": 844}
SQUARE = [[[-0.2, 51.4], [0.0, 51.4], [0.0, 51.6], [-0.2, 51.6], [-0.2, 51.4]]]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    with full_pages(tmp_path / "full") as opened:
        yield opened


@pytest.fixture
def keys(full: Full, browser: Browser) -> Iterator[Keys]:
    with served(full) as address:
        phones = Phones(browser, address, has_script=False, size=SIZE)
        phone = phones.of(full.steward)
        # Each act starts a process, on a machine that others may keep busy.
        phone.page.set_default_timeout(120_000)
        yield phone
        phones.close()


def test_an_entry_is_found_changed_from_a_date_on_and_seen_in_its_history(full: Full, keys: Keys) -> None:
    keys.go("/registry")
    keys.press("a[href='/registry/garden']")
    keys.write("#q", "mill")
    keys.press("main form button")
    keys.press("a[href*='id=mill-court']")
    keys.reach("main details summary")
    keys.page.keyboard.press("Enter")
    keys.write("#field-area_m2", "84")
    keys.reach("#since")
    # Day, month, year, hour, minute and second of the browser's own field.
    keys.page.keyboard.type("06012026")
    keys.page.keyboard.press("Tab")
    keys.page.keyboard.type("120000PM")
    keys.press("form[action='/registry/garden/entry'] > button")
    keys.says("It is entered.")
    keys.says("1 June 2026, 12:00 UTC")
    last = full.pages.installation.registry.history("garden", "mill-court")[-1]
    assert (last.since_s, last.entity.area_m2) == (1_780_315_200, 84.0)  # type: ignore[union-attr]


def test_a_new_node_is_entered_and_its_files_are_fetched_once(full: Full, keys: Keys, tmp_path: Path) -> None:
    keys.go("/registry/node/new")
    keys.write("#id", "elm-7")
    keys.reach("#garden")
    keys.page.keyboard.press("e")
    keys.reach("#detector")
    keys.page.keyboard.press("b")
    keys.press("form[action='/registry/node/new'] > button")
    keys.says("Node elm-7 is entered")
    keys.reach("form[action='/registry/node/files'] button")
    with keys.page.expect_download() as waiting:
        keys.page.keyboard.press("Enter")
    file = tmp_path / "elm-7.zip"
    waiting.value.save_as(file)
    assert "elm-7/node_key.der" in zipfile.ZipFile(file).namelist()
    node = full.pages.installation.registry.node("elm-7")
    assert node is not None
    assert (node.garden, node.detector) == ("elm-yard", "beam")
    keys.go("/registry/node/entry?id=elm-7")
    keys.says("Its secret key is not on this machine any more.")
    keys.sure("form[action='/registry/node/key']")
    keys.says("can be fetched once")


def choosers(keys: Keys) -> list[FileChooser]:
    """Collect the choosers that open; listening begins before the page is there, since it begins late."""
    opened: list[FileChooser] = []
    # A function of its own: the driver marks what it calls, and a method of a list cannot be marked.
    keys.page.on("filechooser", lambda chooser: opened.append(chooser))
    return opened


def choose(keys: Keys, opened: list[FileChooser], file: Path) -> None:
    """Press Enter on a field for a file, and choose one in what opens."""
    keys.page.keyboard.press("Enter")
    wait_until(lambda: keys.page.wait_for_timeout(50) or bool(opened), label="the chooser of files")
    opened[0].set_files(file)


def test_a_table_is_tried_and_then_entered(full: Full, keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "gardens.csv"
    file.write_text("id,area_m2\nelm-yard,140\nmill-court,84\n", encoding="utf-8")
    pickers = choosers(keys)
    keys.go("/registry/garden/import")
    keys.reach("#file")
    choose(keys, pickers, file)
    keys.press("main form button")
    keys.says("Of these 2 would change something; nothing is entered yet.")
    assert full.pages.installation.registry.garden("elm-yard").area_m2 is None  # type: ignore[union-attr]
    keys.press("main form button")
    keys.says("Entered: 2 of 2 rows")
    assert full.pages.installation.registry.garden("elm-yard").area_m2 == 140  # type: ignore[union-attr]


def test_districts_come_from_a_map(full: Full, keys: Keys, tmp_path: Path) -> None:
    geometry = {"type": "Polygon", "coordinates": SQUARE}
    feature = {"type": "Feature", "properties": {"name": "Elm Side"}, "geometry": geometry}
    file = tmp_path / "wards.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    pickers = choosers(keys)
    keys.go("/registry/district/map")
    keys.reach("#file")
    choose(keys, pickers, file)
    keys.press("main form > button")
    keys.says("Districts in the map: 1; new entries: 1.")
    keys.press("a[href*='id=elm-side']")
    keys.says("Elm Side")


def test_a_mapping_is_tried_on_a_message_and_then_entered(full: Full, keys: Keys) -> None:
    keys.go("/registry/mapping/new")
    keys.reach("#family")
    keys.page.keyboard.type("zigbee")
    keys.write("#topic", "zigbee2mqtt/shed")
    keys.write("#payload", "{")
    keys.press("button[name='try']")
    keys.says("It would be refused:")
    keys.write("#payload", '{"temperature": 21.4, "humidity": 50}')
    keys.press("button[name='try']")
    keys.says("21.4 °C")
    assert full.pages.installation.registry.mappings() == []
    keys.press("button[name='enter']")
    keys.says("zigbee2mqtt, version 1, is entered.")
    assert [mapping.id for mapping in full.pages.installation.registry.mappings()] == ["zigbee2mqtt"]


def test_a_device_is_let_in_and_a_community_begun(full: Full, keys: Keys) -> None:
    keys.go("/registry/devices")
    keys.write("#name", "shed-1")
    keys.press("form[action='/registry/devices'] button")
    keys.says("This password is shown once and kept nowhere.")
    keys.sure("form[action='/registry/devices/revoke']")
    assert "shed-1" not in keys.page.inner_text("main")
    keys.go("/registry/community/new")
    keys.write("#id", "ash")
    keys.write("#title", "Ash Lane")
    keys.press("main form button")
    keys.says("/join/")
    assert full.pages.installation.registry.community("ash") is not None
