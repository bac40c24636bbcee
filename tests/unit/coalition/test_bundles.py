"""Bundles from what a community's gardens say to what a neighbour keeps of it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import frictionless
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition.exchange import GIVES, make, neighbours, rows_of, take
from coalition.gardens import street
from coalition.laptops import ID, NOW_S, Laptop, laptop, terms
from sera_coalition.agreements.stored_agreements import StoredAgreement
from sera_coalition.agreements.terms import Period, Place
from sera_coalition.bundles.container import read_container, read_folder, write_container
from sera_coalition.bundles.making import check_gives, next_window
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.receiving import verify
from sera_coalition.bundles.tables import TABLES
from sera_coalition.errors import NoBundleError, RefusedBundleError
from sera_commons.media.foreign import clean_media
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_vocabulary.durations import DAY_S
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path


def columns(table: str, row: tuple[object, ...]) -> dict[str, object]:
    return dict(zip([column.name for column in TABLES[table]], row, strict=True))


def test_rows_are_as_coarse_as_agreed_and_say_of_how_many_gardens(tmp_path: Path) -> None:
    elm, _ = neighbours(tmp_path, period=Period.WEEK)
    tables = rows_of(elm)
    rows = [columns("readings", row) for row in tables["readings"]]
    temperatures = [row for row in rows if row["measurement"] == "air_temperature"]
    # Four gardens of 14 to 17 degrees, a degree more each day: 15.5 at first, 18.5 over the week.
    assert {row["value"] for row in temperatures} == {18.5}
    assert {(row["first_day"], row["last_day"]) for row in rows} == {("2027-06-07", "2027-06-13")}
    assert {(row["latitude"], row["longitude"], row["grid_deg"]) for row in rows} == {
        (51.455, -2.595, 0.01),
        (None, None, None),
    }
    assert {row["gardens"] for row in rows} == {4}
    assert {row["measurement"] for row in rows} == {"air_temperature", "rainfall"}
    visits = [columns("visits", row) for row in tables["visits"]]
    assert {(row["group"], row["visits"], row["effort_h"]) for row in visits} == {("passages", 280, 28.0)}


def test_visits_are_by_week_even_where_readings_are_by_day(tmp_path: Path) -> None:
    elm, _ = neighbours(tmp_path)
    tables = rows_of(elm)
    assert len({columns("readings", row)["first_day"] for row in tables["readings"]}) == 7
    assert {columns("visits", row)["first_day"] for row in tables["visits"]} == {"2027-06-07"}


def test_a_host_who_allows_less_than_the_agreement_is_heard(tmp_path: Path) -> None:
    plots = street(4)
    city = [plot._replace(name=f"city-{n}", consent=ConsentLevel.CITY) for n, plot in enumerate(street(3))]
    hidden = [plot._replace(name=f"hid-{n}", consent=ConsentLevel.HIDDEN) for n, plot in enumerate(street(3))]
    elm, oak = neighbours(tmp_path, [*plots, *city, *hidden])
    rows = [columns("readings", row) for row in rows_of(elm)["readings"]]
    assert {(row["grid_deg"], row["gardens"]) for row in rows} == {(0.01, 4), (0.1, 3), (None, 10)}
    take(oak, make(elm).content)


def test_what_its_giver_keeps_narrower_than_the_licence_stays(tmp_path: Path) -> None:
    plots = [plot._replace(licence=Licence.CC_BY) for plot in street(4)]
    plots[0] = plots[0]._replace(licence=Licence.CC_BY_NC)
    elm, _ = neighbours(tmp_path, plots, licence="cc-by", onward="yes")
    rows = [columns("readings", row) for row in rows_of(elm)["readings"]]
    assert {row["gardens"] for row in rows} == {3}
    assert {row["licence"] for row in rows} == {"cc-by"}


def test_few_who_count_leave_no_row(tmp_path: Path) -> None:
    single = [plot._replace(person="person-one", insects=5) for plot in street(4)]
    three = [plot._replace(person=f"person-{n % 3}x", insects=5) for n, plot in enumerate(street(4))]
    elm, _ = neighbours(tmp_path / "one", single)
    assert rows_of(elm)["counts"] == []
    elm, _ = neighbours(tmp_path / "three", three)
    counts = [columns("counts", row) for row in rows_of(elm)["counts"] if row[5] is None]
    assert {(row["gardens"], row["persons"], row["insects"]) for row in counts} == {(4, 3, 20)}


def test_an_exact_place_or_person_leaves_no_trace_within_a_cell(tmp_path: Path) -> None:
    """Metamorphic: other places within the cell, other people, other names of gardens: the same bytes."""
    plots = [plot._replace(person=f"person-a{n}", insects=n) for n, plot in enumerate(street(4))]
    moved = [
        plot._replace(
            name=f"other-{9 - n}", latitude=51.4599 - 0.001 * n, longitude=-2.5909, person=f"person-b{n}"
        )
        for n, plot in enumerate(plots)
    ]
    elm, _ = neighbours(tmp_path / "a", plots)
    other, _ = neighbours(tmp_path / "b", moved)
    assert make(elm, is_entered=False).content == make(elm, rows_of(other), is_entered=False).content


def test_a_garden_that_crosses_the_edge_of_a_cell_shows(tmp_path: Path) -> None:
    """So that the test above can fail."""
    plots = street(4)
    crossed = [plots[0]._replace(latitude=51.461), *plots[1:]]
    elm, _ = neighbours(tmp_path / "a", plots)
    other, _ = neighbours(tmp_path / "b", crossed)
    assert rows_of(elm) != rows_of(other)


def test_a_bundle_comes_in_with_origin_and_licence_on_every_row(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    verified = take(oak, make(elm).content)
    assert verified.manifest.rows == sum(map(len, verified.tables.values())) > 0
    with Received(oak.data, "oak", ID) as received:
        parts = {part.table: part for part in received.parts()}
        assert parts["readings"].rows == len(verified.tables["readings"])
        assert (parts["readings"].first, parts["readings"].last) == ("2027-06-07", "2027-06-13")
        rows = received.rows("readings", 1000)
        assert {(row["origin"], row["licence"]) for row in rows} == {("elm", "none")}


def test_the_same_tables_make_the_same_bytes(tmp_path: Path) -> None:
    elm, _ = neighbours(tmp_path)
    assert make(elm, is_entered=False).content == make(elm, is_entered=False).content


def test_a_later_bundle_of_the_same_days_replaces_their_rows(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    take(oak, make(elm, tables).content)
    fewer = {**tables, "readings": tables["readings"][:2]}
    take(oak, make(elm, fewer).content)
    with Received(oak.data, "oak", ID) as received:
        assert {part.table: part.rows for part in received.parts()}["readings"] == 2
        assert [bundle.sequence for bundle in received.accepted()] == [1, 2]


def test_it_is_a_bag_and_a_data_package_for_programs_of_others(tmp_path: Path) -> None:
    elm, _ = neighbours(tmp_path)
    content = make(elm).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    [bag] = (tmp_path / "out").iterdir()
    assert (bag / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    validated = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(bag)], capture_output=True, text=True, check=False
    )
    assert validated.returncode == 0, validated.stderr
    report = frictionless.validate(str(bag / "data" / "datapackage.json"))
    assert report.valid, report.flatten()
    assert {task.name for task in report.tasks} == {str(name) for name in GIVES}
    readings = (bag / "data" / "readings.csv").read_text(encoding="utf-8")
    assert next(csv.DictReader(io.StringIO(readings)))["origin"] == "elm"


def test_an_unpacked_bundle_is_as_good_as_its_file(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    _, files = read_container(make(elm).content)
    for path, content in files.items():
        (tmp_path / "usb" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "usb" / path).write_bytes(content)
    _, files = read_folder(tmp_path / "usb")
    with oak.book() as book:
        assert verify(book, None, None, files, clean_media).manifest.sequence == 1
    (tmp_path / "usb" / "data" / "more.csv").symlink_to("/etc/hostname")
    with pytest.raises(RefusedBundleError, match="layout"):
        read_folder(tmp_path / "usb")


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laptop, bytes]:
    elm, oak = neighbours(tmp_path_factory.mktemp("exchanged"))
    return oak, make(elm).content


@pytest.mark.slow
@settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0), bit=st.integers(0, 7))
def test_any_changed_bit_of_the_file_is_refused(
    exchanged: tuple[Laptop, bytes], place: int, bit: int
) -> None:
    oak, content = exchanged
    changed = bytearray(content)
    changed[place % len(content)] ^= 1 << bit
    with oak.book() as book, pytest.raises(RefusedBundleError):
        verify(book, None, *read_container(bytes(changed)), clean_media)


@pytest.mark.slow
@settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), bit=st.integers(0, 7))
def test_any_changed_bit_of_any_file_inside_is_refused(
    exchanged: tuple[Laptop, bytes], data: st.DataObject, bit: int
) -> None:
    """Each file as often as the others, however short, and packed again as it must be."""
    oak, content = exchanged
    folder, files = read_container(content)
    name = data.draw(st.sampled_from(sorted(files)))
    changed = bytearray(files[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << bit
    packed = write_container(folder, {**files, name: bytes(changed)})
    with oak.book() as book, pytest.raises(RefusedBundleError):
        verify(book, None, *read_container(packed), clean_media)


def test_who_gives_too_early_reads_from_when_on_it_can_be(tmp_path: Path) -> None:
    elm, oak = laptop(tmp_path / "elm", "elm"), laptop(tmp_path / "oak", "oak")
    agreement = terms(elm.party(*GIVES), oak.party(), begins="2027-01-01", period=Period.WEEK)
    stored = StoredAgreement(agreement, digest="", number=1)
    with pytest.raises(NoBundleError, match="begins on 2027-01-01; until then nothing is given"):
        check_gives(stored, "elm", date(2026, 12, 31))
    with pytest.raises(NoBundleError, match="2027-01-04 to 2027-01-10 can be given from 2027-01-12 on"):
        next_window(agreement, "elm", date(2027, 1, 4), date(2027, 1, 11))
    window = next_window(agreement, "elm", date(2027, 1, 4), date(2027, 1, 12))
    assert window == (date(2027, 1, 4), date(2027, 1, 10))


def test_what_came_in_is_forgotten_after_its_time(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path, retention_days=30)
    take(oak, make(elm).content)
    with Received(oak.data, "oak", ID) as received:
        assert received.forget_old(date(2027, 7, 31), 30) == 0
        assert received.forget_old(date(2027, 8, 1), 30) > 0
        assert received.parts() == []
    raw = b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))
    assert b"air_temperature" not in raw


def test_what_came_in_under_a_clock_that_was_ahead_is_kept_no_longer_than_agreed(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path, retention_days=30)
    take(Laptop(oak.data, "oak", NOW_S + 60 * DAY_S), make(elm).content)
    with Received(oak.data, "oak", ID) as received:
        # A clock that is not set yet tells of nothing.
        assert received.forget_old(date(1970, 1, 1), 30) == 0
        assert received.forget_old(date(2027, 7, 1), 30) == 0
        assert received.forget_old(date(2027, 7, 31), 30) == 0
        assert received.forget_old(date(2027, 8, 1), 30) > 0


def test_a_place_that_is_the_community_alone_has_no_cell(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path, place=Place.COMMUNITY)
    bundle = make(elm)
    assert {row[5] for row in rows_of(elm)["readings"]} == {None}
    take(oak, bundle.content)
    assert json.loads(read_container(bundle.content)[1]["data/datapackage.json"])["name"] == "elm-01234567-1"
