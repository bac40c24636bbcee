"""What a neighbour who cheats gave: shown as text or refused, and gone from pages when it is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import befriend, make, rows_of, take
from coalition.laptops import ID, Laptop
from sera_coalition.bundles.received import Received, received_folder
from sera_coalition.bundles.tables import TABLES
from sera_pages.installation import PageSettings
from sera_pages.neighbours.forgetting import forget_received
from sera_store.registry.persons import MEMBER
from web.parts import NOW_S, Clock, pages_of
from web.registry_desk import register_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Pages

AGREEMENT = f"/communities/oak/neighbours/{ID}"
MONDAY = date(2026, 6, 8)
WEEK = (MONDAY, MONDAY + timedelta(days=6))


@pytest.fixture
def elm(tmp_path: Path) -> Laptop:
    return befriend(Laptop(tmp_path / "data", "oak", NOW_S), tmp_path / "neighbour", MONDAY)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    folder = tmp_path / "data"
    with pages_of(folder, PageSettings(register=register_command(folder))) as opened:
        yield opened


@pytest.mark.parametrize(
    "cells",
    [
        {"value": 1e12},
        {"value": -0.0},
        {"measurement": "zzz"},
        {"measurement": ""},
        {"unit": "</td><script>alert(1)</script>"},
        {"unit": "%(name)s {value}"},
        {"gardens": 999_999_999_999_999},
    ],
)
def test_whatever_stands_in_a_row_the_page_is_shown(
    pages: Pages, elm: Laptop, tmp_path: Path, cells: dict[str, object]
) -> None:
    columns = [column.name for column in TABLES["readings"]]
    row = dict(zip(columns, rows_of(elm, WEEK)["readings"][0], strict=True)) | cells
    bundle = make(elm, {"readings": [tuple(row.values())]}, WEEK)
    take(Laptop(tmp_path / "data", "oak", NOW_S), bundle.content)
    answer = pages.signed_in(pages.person(MEMBER)).get(f"{AGREEMENT}/readings")
    assert answer.status == 200
    assert "<script>alert" not in answer.body


def test_what_came_in_is_erased_after_its_time_without_a_look(elm: Laptop, tmp_path: Path) -> None:
    assert elm.community == "elm"
    clock = Clock()
    received = received_folder(tmp_path / "data", "oak")
    with pages_of(tmp_path / "data", None, clock) as pages:
        clock.now_s += 400 * 86_400
        assert forget_received(pages.installation) == 0
        clock.now_s += 2 * 86_400
        assert forget_received(pages.installation) > 0
        assert not any(b"It stood here" in path.read_bytes() for path in received.iterdir())


def test_what_is_kept_too_long_or_ended_is_not_shown(pages: Pages, elm: Laptop, tmp_path: Path) -> None:
    oak = Laptop(tmp_path / "data", "oak", NOW_S)
    member = pages.signed_in(pages.person(MEMBER))
    assert "It stood here" in member.get(f"{AGREEMENT}/stories").body
    with elm.book() as book:
        agreement = book.agreements()[0].agreement
    oak.add(elm.revoke(agreement))
    for table in ("stories", "readings"):
        body = member.get(f"{AGREEMENT}/{table}").body
        assert "It stood here" not in body
        assert "air temperature" not in body
    # It is erased where a steward purges it, with a receipt.
    with Received(oak.data, "oak", ID) as received:
        assert received.parts()
