"""A neighbour who subtracts one bundle from another of the same days learns of no garden alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from coalition.exchange import make, rows_of
from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop, agree, laptop, terms
from coalition.story_laptops import MONDAY, TODAY, sera, story_laptops, time_s
from sera_coalition.agreements.terms import DataClass, Place
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.tables import TABLES, read_table
from sera_command.neighbours import bundle_making

if TYPE_CHECKING:
    from pathlib import Path

WEEK = (MONDAY, MONDAY + timedelta(days=6))
DAYS = ("--from", WEEK[0].isoformat(), "--to", WEEK[1].isoformat())
NEW_C = 40.0
HELD = {"begins": MONDAY.isoformat(), "review": (TODAY + timedelta(days=300)).isoformat()}


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Laptop, Laptop]:
    """Elm gave oak a week of four gardens; then a fifth one joined, with records of that week."""
    elm, oak = story_laptops(tmp_path)
    issued(elm, "oak", tmp_path)
    assert sera(oak, "bundle", "take", str(tmp_path / "next.zip")) == 0
    fifth = street(1, first=9)[0]._replace(air=NEW_C)
    plant(elm.data, "elm", [fifth],
          start_s=time_s(MONDAY))  # fmt: skip
    return elm, oak


def issued(elm: Laptop, to: str, folder: Path, *words: str) -> list[dict[str, Any]]:
    """Make a bundle of that week; the rows of its readings."""
    file = folder / "next.zip"
    assert sera(elm, "bundle", "make", to, *DAYS, *words, "--out", str(file)) == 0
    _, files = read_container(file.read_bytes())
    return by_column(read_table("readings", files["data/readings.csv"]))


def by_column(rows: list[Any]) -> list[dict[str, Any]]:
    names = [column.name for column in TABLES["readings"]]
    return [dict(zip(names, row, strict=True)) for row in rows]


def subtracted(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> set[float]:
    """What the gardens more in a later row measured on the first day, for whoever has both."""

    def first_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row
            for row in rows
            if row["measurement"] == "air_temperature"
            and row["first_day"] == WEEK[0].isoformat()
            and row["grid_deg"] is None
        ]

    return {
        round((new["gardens"] * new["value"] - old["gardens"] * old["value"]) / more, 1)
        for old in first_day(before)
        for new in first_day(after)
        if (more := new["gardens"] - old["gardens"])
    }


def test_a_bundle_again_of_the_same_days_gives_no_garden_away(
    sides: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = sides
    with Received(oak.data, "oak", ID) as received:
        before = received.rows("readings", 1_000)
    # Without a look at what was given, a subtraction finds what the fifth garden measured.
    assert subtracted(before, by_column(rows_of(elm, WEEK)["readings"])) == {NEW_C}
    capsys.readouterr()
    for words in ((), ("--anew",)):
        after = issued(elm, "oak", tmp_path, *words)
        assert subtracted(before, after) == set()
        assert {row["gardens"] for row in after} == {4}
        assert "as they were given before" in capsys.readouterr().err
        assert sera(oak, "bundle", "take", str(tmp_path / "next.zip")) == 0
    with Received(oak.data, "oak", ID) as received:
        assert [{**row, "id": 0} for row in received.rows("readings", 1_000)] == [
            {**row, "id": 0} for row in before
        ]


def test_a_second_agreement_or_a_version_with_other_terms_gives_no_garden_away(
    sides: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    elm, oak = sides
    with Received(oak.data, "oak", ID) as received:
        before = received.rows("readings", 1_000)
    other = {"id": "e" * 32, "place": Place.TEN_KM, **HELD}
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party(), **other))
    assert subtracted(before, issued(elm, "e" * 32, tmp_path)) == set()
    agree(
        elm, oak, terms(elm.party(DataClass.READINGS), oak.party(), version=2, place=Place.COMMUNITY, **HELD)
    )
    assert subtracted(before, issued(elm, ID, tmp_path)) == set()


@pytest.mark.parametrize(
    ("fields", "found"), [({}, {NEW_C}), ({"onward": "yes", "licence": "cc-by-nc"}, set())]
)
def test_what_another_neighbour_may_hand_on_gives_no_garden_away(
    sides: tuple[Laptop, Laptop], tmp_path: Path, fields: dict[str, str], found: set[float]
) -> None:
    """Who may hand nothing on gets what is there; oak and ash together could subtract, and agreed not to."""
    elm, oak = sides
    ash = laptop(tmp_path, "ash")
    agree(elm, ash, terms(elm.party(DataClass.READINGS), ash.party(), id="a" * 32, **HELD, **fields))
    with Received(oak.data, "oak", ID) as received:
        before = received.rows("readings", 1_000)
    after = issued(elm, "ash", tmp_path)
    assert subtracted(before, after) == found
    assert after


def test_what_left_while_a_bundle_was_made_is_noticed(
    sides: tuple[Laptop, Laptop],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two that are made at once know nothing of each other: the later one is made once more."""
    elm, oak = sides
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party(), id="e" * 32, **HELD))
    check = bundle_making.check_new_bundle

    def meanwhile(*words: Any) -> None:
        monkeypatch.undo()
        issued(elm, "e" * 32, tmp_path)
        check(*words)

    monkeypatch.setattr(bundle_making, "check_new_bundle", meanwhile)
    late = tmp_path / "late.zip"
    assert sera(elm, "bundle", "make", ID, *DAYS, "--out", str(late)) == 3
    assert "at the same time" in capsys.readouterr().err
    assert not late.exists()
    assert issued(elm, ID, tmp_path)


def test_nothing_is_given_of_days_of_which_it_is_not_known_what_left(
    sides: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, _ = sides
    make(elm, {"readings": [], "visits": rows_of(elm, WEEK)["visits"]}, WEEK)
    assert issued(elm, "oak", tmp_path) != []
    assert "left out" in capsys.readouterr().err
    _, files = read_container((tmp_path / "next.zip").read_bytes())
    assert read_table("visits", files["data/visits.csv"]) == []
