"""Moving gardens inside their cells changes no byte of any output, and none has a story not given for it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World
from commons_parts.events import consent as event_consent
from commons_parts.events import meal
from commons_parts.stories import ANNA, AUDIENCES, BO, ELDERS, consent, story
from released_outputs import MAKERS, OUTPUTS, commands, outputs
from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.tallies import tally
from sera_commons.events.event import EventRole, RoleKind
from sera_commons.items.item import Statement
from sera_commons.storage.event_book import EVENT_ROLE, EventBook
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft
from sera_store.chronicle.schema import chronicle_folder
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Community, Garden
from sera_store.release.places import released_garden
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("pyarrow")

PUBLIC, SECRET = "Quince jam of the yellow house", "Whispered lentils"
HIDDEN_COMMUNITY = "silent-brook"
DAYS = 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty store with a builder of records."""
    with Store.open(tmp_path / "store") as store:
        yield World(store)


class Place(NamedTuple):
    """A garden with its community and consent, and where it may be without anybody's knowing."""

    garden: str
    community: str
    consent: ConsentLevel
    places: tuple[tuple[float, float], ...]


# In each row the first place, and two others within the same cell; a hidden garden may be anywhere.
PLACES = (
    Place(
        "street-yard",
        COMMUNITY,
        ConsentLevel.STREET,
        ((51.45467, -2.58793), (51.454, -2.588), (51.4549999, -2.5870001)),
    ),
    Place(
        "near-yard",
        COMMUNITY,
        ConsentLevel.NEIGHBOURHOOD,
        ((51.45467, -2.58793), (51.45, -2.59), (51.4599999, -2.5800001)),
    ),
    Place(
        "city-yard",
        COMMUNITY,
        ConsentLevel.CITY,
        ((51.45467, -2.58793), (51.4, -2.6), (51.4999999, -2.5000001)),
    ),
    Place("hidden-yard", COMMUNITY, ConsentLevel.HIDDEN, ((51.45467, -2.58793), (60.1, -1.2), (50.0, 5.3))),
    Place(
        "silent-yard",
        HIDDEN_COMMUNITY,
        ConsentLevel.HIDDEN,
        ((51.45467, -2.58793), (58.9, -7.0), (49.2, 1.1)),
    ),
)


def visit_values(time_s: int, number: int) -> dict[str, float]:
    """More insects the higher the sun stands, so that each minute of sunrise shows in the rates."""
    hour = (time_s - MIDNIGHT_S) / 3600 % 24
    light = max(0.0, float(np.sin(np.pi * (hour - 4.9) / 16.4)))
    return {"bumblebees": float(round(20 * light) + number), "hoverflies": float(round(7 * light))}


def fill(store: Store, variant: int) -> None:
    """Register the gardens where the variant has them, and write the same records in each."""
    world = World(store, days=DAYS)
    for number, place in enumerate(PLACES):
        store.registry.put(Community(place.community), since_s=0, by="test")
        latitude, longitude = place.places[variant]
        garden = Garden(
            place.garden, place.community, None, "", latitude, longitude, "Europe/London", place.consent
        )
        store.registry.put(garden, since_s=0, by="test")
        for detector in ("camera", "beam", "person"):
            world.node(place.garden, f"{detector}-{number}", detector)
        write_records(world, place.garden, number)
    world.action("street-yard", "watering", MIDNIGHT_S + 86_400, 10.0)


def watch(world: World, garden: str, number: int) -> None:
    """Let a camera report each minute around sunrise and sunset, and each quarter of an hour else."""
    minutes = [
        MIDNIGHT_S + 86_400 * day + 60 * minute
        for day in range(DAYS)
        for start in (4 * 60 + 40, 21 * 60)
        for minute in range(start, start + 40)
    ]
    times = sorted({*world.times().tolist(), *minutes})
    world.write(
        [
            world.record(
                garden,
                f"camera-{number}",
                "counts",
                int(time_s),
                dict.fromkeys(GROUPS, 0.0)
                | visit_values(int(time_s), number)
                | {"awake_s": float(time_s - before_s)},
            )
            for before_s, time_s in itertools.pairwise([MIDNIGHT_S, *times])
        ]
    )


def write_records(world: World, garden: str, number: int) -> None:
    times = [int(time) for time in world.times()]
    watch(world, garden, number)
    world.beam(garden, f"beam-{number}", 2.0)
    # A sky just light enough to count as clear or not, by where the sun stands.
    air = {"air_temperature": 14.0, "rainfall": 0.0, "sound_level": 41.0}
    light = {
        time: 45_000.0 * max(0.0, np.sin(np.pi * ((time - MIDNIGHT_S) / 3600 % 24 - 5) / 16))
        for time in times
    }
    world.write(
        [
            world.record(garden, f"camera-{number}", "air", time, air | {"illuminance": float(light[time])})
            for time in times
        ]
    )
    world.soil(garden, f"beam-{number}", lambda time_s: {"soil_temperature@1": 12.0 + time_s % 7})
    counts: dict[str, float | None] = dict.fromkeys(GROUPS, 1.0) | {"awake_s": 600.0}
    world.write(
        [
            world.record(garden, f"person-{number}", "counts", MIDNIGHT_S + 3600 * hour + 127, dict(counts))
            for hour in (9, 33, 58)
        ]
    )


def tell(data: Path) -> None:
    """Give one story to everybody for all uses, and others that nobody but their givers may see anywhere."""
    secrets = {
        "of its giver": {"audience": "me"},
        "of neighbours": {"audience": "community"},
        "of elders": {"audience": ELDERS},
        "for no use": {"uses": ()},
        "past its day": {"review": "2026-01-01"},
        "hidden": {},
        "taken back": {},
    }

    def clock() -> float:
        return MIDNIGHT_S + DAYS * 86_400.0

    with Chronicle.open(chronicle_folder(data, COMMUNITY), clock=clock) as chronicle:
        shelf = Shelf(chronicle, COMMUNITY)
        shelf.put_audience(AUDIENCES[ELDERS], BO)
        where = {"gardens": ("street-yard",), "version_note": ""}
        public = story(title=PUBLIC, consent=consent(review="2031-01-01"), **where)
        shelf.give(public, ANNA, item_id="1" * 32)
        for number, (name, agreed) in enumerate(secrets.items(), 1):
            agreement = consent(**{"review": "2031-01-01", "name": f"{SECRET} {name}", **agreed})
            words = (Statement(text=f"{SECRET} {name}"),)
            item = story(title=f"{SECRET} {name}", statements=words, consent=agreement, **where)
            entered = shelf.give(item, ANNA, item_id=f"{number:031x}f", is_new=False)
            if name == "hidden":
                shelf.hide(entered.number, BO, is_hidden=True)
            if name == "taken back":
                shelf.withdraw([entered.number])
        arrange(shelf)


def arrange(shelf: Shelf) -> None:
    """Enter one event for everybody, with a name that no file may have, and one for neighbours."""
    book = EventBook(shelf)
    where = {"gardens": ("street-yard", "city-yard"), "dishes": ()}
    entered = book.arrange(meal(title=PUBLIC, place=f"{SECRET} behind the city", **where), ANNA, "e" * 32)
    name = EventRole(event=entered.item_id, kind=RoleKind.COOK, name=f"{SECRET} cook")
    # Draws are the same for all variants, so that this one is named here.
    shelf.chronicle.append([Draft(EVENT_ROLE, "d" * 32, 1, BO, msgspec.json.encode(name))])
    agreed = event_consent(audience="community")
    book.arrange(meal(title=f"{SECRET} meal", consent=agreed, **where), ANNA, "f" * 32)


def test_every_command_has_a_row_in_the_table_of_outputs() -> None:
    assert commands() == set(OUTPUTS)


def test_moving_gardens_inside_their_cells_changes_no_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pseudonyms are drawn again for each output; here the draws are the same for all variants.
    monkeypatch.setattr("secrets.token_bytes", bytes)
    messages = []
    for variant in range(3):
        root = tmp_path / str(variant)
        with Store.open(root / "data" / "store", clock=lambda: MIDNIGHT_S + DAYS * 86_400.0) as store:
            fill(store, variant)
        tell(root / "data")
        messages.append(dict(outputs(root / "data", root / "out", capsys)))

    first, *moved = messages
    assert len(first) > 2 * len(MAKERS) - 8
    assert sum(len(content) for content in first.values()) > 100_000
    for other in moved:
        assert list(other) == list(first)
        assert [name for name, content in first.items() if other[name] != content] == []
    outputs_with_title = {
        name.partition(":")[0] for name, content in first.items() if PUBLIC.encode() in content
    }
    assert outputs_with_title >= {
        "event export",
        "event list",
        "exhibit build",
        "publish",
        "story export",
        "story list",
        "up",
    }
    for name, content in first.items():
        assert SECRET.encode() not in content, name
        assert b"51.45467" not in content, name
        assert b"2.58793" not in content, name


def test_these_figures_would_tell_where_in_its_cell_a_garden_is(world: World) -> None:
    """The test above can fail: sunrise at the places themselves puts minutes of watching on other sides."""
    world.days = DAYS
    world.garden("city-yard")
    world.node("city-yard", "camera-2", "camera")
    watch(world, "city-yard", 2)
    garden = released_garden(world.store.registry, "city-yard")
    assert garden is not None
    days = Days(date(2026, 6, 1), DAYS)

    def daylight(latitude: float, longitude: float) -> bytes:
        placed = replace(garden, sun_place=(latitude, longitude))
        return tally(world.store, placed, {"camera-2": "camera"}, days).to_bytes()

    assert len({daylight(*place) for place in PLACES[2].places}) == 3
