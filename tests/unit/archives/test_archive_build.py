"""What archives say of gardens: presences, absences that may be published, effort, places as hosts ask."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World
from sera_command.main import main
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Community, Garden, Node
from sera_store.registry.garden_metadata import Verification
from sera_store.store import Store
from sera_workshop.archives.checks.check import check_archive
from sera_workshop.archives.checks.eml_profile import is_declared, profile_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATES = ("--from", "2026-06-01", "--to", "2026-06-02")
HOSTILE = '=HYPERLINK("http://x")\t<b>&amp;\r\n"; DROP'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "data" / "store") as store:
        yield World(store, days=2)


def fill(world: World) -> World:
    """A camera that saw bumblebees, two people of whom one counted three groups, soil; one hidden garden."""
    store = world.store
    world.garden("elm-yard")
    store.registry.put(Community(COMMUNITY, HOSTILE), since_s=0, by="test")
    world.node("elm-yard", "elm-1", "camera", target_flower="lavender")
    world.node("elm-yard", "person-a", "person")
    world.camera("elm-yard", "elm-1", lambda time_s: {"bumblebees": float(time_s % 3600 == 0)})
    world.soil("elm-yard", "elm-1", lambda _: {"soil_moisture@1": 0.25, "soil_moisture_raw@1": 1800.0})
    full: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"hoverflies": 2.0, "awake_s": 600.0}
    full["target_flower"] = 1.0
    part: dict[str, float | None] = {"bumblebees": 1.0, "wasps": 0.0, "beetles": None, "awake_s": 600.0}
    world.write(
        [
            world.record("elm-yard", "person-a", "counts", MIDNIGHT_S + 36_127, full),
            world.record("elm-yard", "person-a", "counts", MIDNIGHT_S + 40_321, part),
        ]
    )
    hidden = Garden("dark-yard", COMMUNITY, None, "", 51.4, -2.6, "Europe/London", ConsentLevel.HIDDEN)
    store.registry.put(hidden, since_s=0, by="test")
    world.node("dark-yard", "dark-1", "camera")
    world.camera("dark-yard", "dark-1", lambda _: {"beetles": 1.0})
    return world


def built(world: World, form: str = "dwca", out: str = "archive.zip", *more: str) -> dict[str, str]:
    """The files of an archive that the verb has built, by name."""
    path = world.store.folder.parent.parent / out
    words = ["archive", "build", "--data", str(world.store.folder.parent), "--form", form, "--out", str(path)]
    assert main([*words, *DATES, *more]) == 0
    if form == "cube":
        return {"cube": path.read_text(encoding="utf-8")}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rows(text: str, delimiter: str = "\t") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_the_archive_is_good_by_our_own_check(world: World, tmp_path: Path) -> None:
    fill(world)
    for form in ("dwca", "dwc-dp"):
        built(world, form)
        report = check_archive(tmp_path / "archive.zip")
        assert report.problems == []
        assert {finding.code for finding in report.warnings} <= {"draft_schema"}


def test_the_metadata_keep_to_the_profile_of_gbif(world: World) -> None:
    """Also of a community with a hostile name, hidden gardens alone, and soil without anybody who watched."""
    for soil_only in (True, False):
        if soil_only:
            world.garden("soil-yard")
            world.node("soil-yard", "soil-1", "none")
            world.soil("soil-yard", "soil-1", lambda _: {"soil_moisture@1": 0.25})
        else:
            fill(world)
        root = ET.fromstring(built(world)["eml.xml"])
        assert is_declared(root)
        assert list(profile_faults(root)) == []
        assert len(root.findall("dataset/methods/methodStep")) == (1 if soil_only else 3)
        [link] = root.iterfind("dataset/intellectualRights/para/ulink")
        assert link.get("url") == "http://creativecommons.org/licenses/by/4.0/legalcode"
        assert link.findtext("citetitle")


def test_a_zero_is_an_absence_only_where_it_may_be_one(world: World) -> None:
    """A camera whose recall nobody measured, and a person who counted three groups, prove no absence."""
    fill(world)
    occurrences = rows(built(world)["occurrence.txt"])
    absent = {row["eventID"] for row in occurrences if row["occurrenceStatus"] == "absent"}
    [count] = absent
    assert "count" in count
    of_count = [row for row in occurrences if row["eventID"] == count]
    assert len(of_count) == 10
    assert sum(row["occurrenceStatus"] == "present" for row in of_count) == 1
    assert {row["occurrenceStatus"] for row in occurrences} == {"present", "absent"}

    recall = tuple(0.8 if group == "wasps" else None for group in GROUPS)
    size = len(GROUPS) + 1
    world.store.registry.put(
        Verification(
            "labels-1", "elm-yard", ("camera", "target_flower=lavender"), GROUPS,
            ((0.0,) * size,) * size, (1,) * size, recall, recall,
        ), since_s=0, by="test",
    )  # fmt: skip
    absent_now = [
        row
        for row in rows(built(world)["occurrence.txt"])
        if row["occurrenceStatus"] == "absent" and row["eventID"] not in absent
    ]
    assert {(row["vernacularName"], row["basisOfRecord"]) for row in absent_now} == {
        ("wasps", "MachineObservation")
    }
    assert "recall at least 0.80" in absent_now[0]["identificationRemarks"]


def test_without_effort_there_is_no_absence_and_no_survey(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"bumblebees": 2.0}
    world.write([world.record("elm-yard", "elm-1", "counts", MIDNIGHT_S + 7_200, values)])
    files = built(world)
    assert [row["occurrenceStatus"] for row in rows(files["occurrence.txt"])] == ["present"]
    assert "humboldt.txt" not in files
    assert "humboldt.txt" not in files["meta.xml"]


def test_effort_and_counts_are_those_of_the_roll_ups(world: World) -> None:
    fill(world)
    files = built(world)
    events = {row["eventID"]: row for row in rows(files["event.txt"])}
    humboldt = {row["eventID"]: row for row in rows(files["humboldt.txt"])}
    day = f"{COMMUNITY}:elm-yard:2026-06-01:elm-1"
    assert (events[day]["sampleSizeValue"], events[day]["samplingEffort"]) == ("1440", "24 sensor-hours")
    assert (humboldt[day]["samplingEffortValue"], humboldt[day]["isAbsenceReported"]) == ("24", "false")
    [bumblebees] = [row for row in rows(files["occurrence.txt"]) if row["eventID"] == day]
    assert (bumblebees["organismQuantity"], bumblebees["organismQuantityType"]) == ("24", "detections")
    assert (bumblebees["scientificName"], bumblebees["taxonRank"]) == ("Bombus", "genus")
    [moisture] = [row for row in rows(files["emof.txt"]) if row["eventID"] == day]
    assert (moisture["measurementValue"], moisture["measurementUnit"]) == ("0.25", "m3/m3")


def test_places_are_as_coarse_as_hosts_ask(world: World) -> None:
    fill(world)
    events = {row["eventID"]: row for row in rows(built(world)["event.txt"])}
    site = events[f"{COMMUNITY}:elm-yard"]
    assert (site["decimalLatitude"], site["decimalLongitude"]) == ("51.45", "-2.55")
    assert int(site["coordinateUncertaintyInMeters"]) > 5_000
    assert "0.1 degree" in site["dataGeneralizations"]
    hidden = events[f"{COMMUNITY}:dark-yard"]
    assert (hidden["decimalLatitude"], hidden["coordinateUncertaintyInMeters"]) == ("", "")
    assert "withheld" in hidden["informationWithheld"]
    assert hidden["countryCode"] == "GB"


def test_no_person_and_no_hour_is_in_any_file(world: World) -> None:
    fill(world)
    for form in ("dwca", "dwc-dp"):
        text = "".join(built(world, form).values())
        assert "person-a" not in text
        assert "T1" not in text


def test_the_same_data_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    fill(world)
    for form in ("dwca", "dwc-dp", "cube"):
        built(world, form, "first")
        built(world, form, "second")
        assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_hostile_name_changes_nothing(world: World) -> None:
    fill(world)
    files = built(world)
    plain = " ".join(HOSTILE.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain in files["eml.xml"]
    assert len(rows(files["event.txt"])) == len(files["event.txt"].splitlines()) - 1


def test_a_visit_to_a_flower_is_an_interaction(world: World) -> None:
    files = built(fill(world), "dwc-dp")
    interactions = rows(files["organism-interaction.csv"], ",")
    occurrences = {row["occurrence_pk"]: row for row in rows(files["occurrence.csv"], ",")}
    assert {row["organismInteractionType"] for row in interactions} == {"visitedFlowerOf"}
    pairs = {
        (
            occurrences[row["subjectOccurrence_fk"]]["scientificName"],
            occurrences[row["relatedOccurrenceID"]]["scientificName"],
        )
        for row in interactions
    }
    assert pairs == {("Bombus", "Lavandula"), ("Syrphidae", "Rubus fruticosus agg.")}


def test_the_cube_has_zeros_with_their_hours(world: World) -> None:
    fill(world)
    cube = rows(built(world, "cube")["cube"], ",")
    by_group = {(row["basisOfRecord"], row["group"]): row for row in cube}
    assert len(cube) == 20
    wasps = by_group["MachineObservation", "wasps"]
    assert (wasps["occurrences"], wasps["effortHours"], wasps["surveys"]) == ("0", "48", "2")
    bees = by_group["HumanObservation", "bumblebees"]
    assert (bees["occurrences"], bees["surveys"], bees["effortHours"]) == ("1", "2", "0.333")
    assert {row["yearMonth"] for row in cube} == {"2026-06"}
    assert all(int(row["minCoordinateUncertaintyInMeters"]) > 0 for row in cube)


@pytest.mark.parametrize(
    ("place", "consent", "eea", "degree"),
    [
        # The centres of their cells: 47.165 N 9.505 E, 47.15 N 9.55 E, 49.285 N 123.125 W.
        ((47.168611, 9.508333), ConsentLevel.NEIGHBOURHOOD, "1kmE4283N2672", ""),
        ((47.168611, 9.508333), ConsentLevel.CITY, "10kmE428N267", ""),
        ((49.2827, -123.1207), ConsentLevel.NEIGHBOURHOOD, "", "0.01:4928:-12313"),
        ((49.2827, -123.1207), ConsentLevel.CITY, "", "0.1:492:-1232"),
    ],
)
def test_the_cube_names_places_as_gbif_does_and_no_closer_than_allowed(
    world: World, place: tuple[float, float], consent: ConsentLevel, eea: str, degree: str
) -> None:
    fill(world)
    garden = Garden("elm-yard", COMMUNITY, None, "", *place, "Europe/London", consent)
    world.store.registry.put(garden, since_s=0, by="test")
    cube = rows(built(world, "cube")["cube"], ",")
    assert {(row["eeaCellCode"], row["degreeCell"]) for row in cube} == {(eea, degree)}


@pytest.mark.slow
def test_other_readers_read_the_archive(world: World, tmp_path: Path) -> None:
    """python-dwca-reader and frictionless, which know nothing of ours."""
    from dwca.read import DwCAReader

    fill(world)
    files = built(world)
    with DwCAReader(str(tmp_path / "archive.zip")) as reader:
        core = list(reader)
        assert len(core) == len(rows(files["event.txt"]))
        occurrences = [
            extension
            for row in core
            for extension in row.extensions
            if extension.rowtype.endswith("dwc/terms/Occurrence")
        ]
        assert len(occurrences) == len(rows(files["occurrence.txt"]))
        assert reader.metadata is not None
        statuses = {item.data["http://rs.tdwg.org/dwc/terms/occurrenceStatus"] for item in occurrences}
    assert statuses == {"present", "absent"}


@pytest.mark.slow
def test_frictionless_finds_the_data_package_valid(world: World, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    files = built(fill(world), "dwc-dp")
    folder = tmp_path / "package"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    package: dict[str, Any] = json.loads(files["datapackage.json"])
    assert "draft" in package["description"]
    # It would fetch the profile; the schemas stand inline.
    del package["profile"]
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])
    broken = (folder / "occurrence.csv").read_text(encoding="utf-8").replace(":elm-1,", ":elm-9,")
    (folder / "occurrence.csv").write_text(broken, encoding="utf-8")
    assert not frictionless.Package(str(folder / "datapackage.json")).validate().valid


def test_bad_options_are_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.garden("elm-yard")
    data = ["--data", str(world.store.folder.parent), "--out", str(world.store.folder.parent / "x.zip")]
    for words in (
        ["--form", "abcd"],
        ["--garden", "nowhere"],
        ["--community", "nowhere"],
        ["--garden", "no"],
    ):
        assert main(["archive", "build", *DATES, *data, *words]) == 3
        assert words[1] in capsys.readouterr().err


def test_simulated_gardens_make_no_archive_and_simulated_nodes_enter_none(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(world)
    world.store.registry.put(Node("ghost-1", "elm-yard", "camera", simulated=True), since_s=0, by="test")
    world.camera("elm-yard", "ghost-1", lambda _: {"wasps": 1.0})
    assert "ghost-1" not in "".join(built(world).values())
    ghost = Garden("ghost-yard", COMMUNITY, None, "", 51.4, -2.6, "Europe/London")
    world.store.registry.put(ghost, since_s=0, by="test")
    world.store.registry.put(Node("ghost-2", "ghost-yard", "camera", simulated=True), since_s=0, by="test")
    words = ["archive", "build", *DATES, "--data", str(world.store.folder.parent), "--garden", "ghost-yard"]
    assert main([*words, "--out", str(world.store.folder.parent / "x.zip")]) == 3
    assert "ghost-yard: simulated" in capsys.readouterr().err


def test_gardens_of_two_communities_make_no_archive(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.garden("elm-yard")
    world.store.registry.put(Community("oak"), since_s=0, by="test")
    world.store.registry.put(
        Garden("oak-yard", "oak", None, "", 51.4, -2.6, "Europe/London"), since_s=0, by="test"
    )
    world.store.registry.put(Node("oak-1", "oak-yard", "camera"), since_s=0, by="test")
    words = ["archive", "build", *DATES, "--data", str(world.store.folder.parent)]
    assert main([*words, "--out", str(world.store.folder.parent / "x.zip")]) == 3
    assert "one publisher" in capsys.readouterr().err
