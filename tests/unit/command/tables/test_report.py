"""`sera report`: tables with slips, small districts, the same bytes, and a machine's claim with errors."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from open_report.town import LIVING, OUTLETS, WRONG_LINES, build, register_town, town, write_tables
from sera_coalition.report import report as codes
from sera_coalition.report.report import Report, decode_report, read_report
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.registry.entities import District, Garden
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def built(folder: Path, *more: str, **tables: str) -> Report:
    """Make the town's report, and read it back."""
    data = town(folder, **tables)
    assert build(folder, data, *more) == ExitCode.DONE
    report = read_report(data, "oak")
    assert report is not None
    return report


def value(
    report: Report, measure: str, district: str = ""
) -> tuple[float | None, float | None, float | None]:
    figure = report.figure(measure, district)
    assert figure is not None
    return figure.value, figure.low, figure.high


def test_a_machines_claim_is_answered_line_by_line_and_each_of_its_errors_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built(tmp_path)
    capsys.readouterr()
    words = ["report", "check", str(tmp_path / "claim.toml"), "--data", str(tmp_path / "data")]
    assert main([*words, "--json"]) == ExitCode.CHECK_FAILED
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert {line["line"]: line["code"] for line in lines if line["verdict"] != "supported"} == WRONG_LINES
    assert [line["verdict"] for line in lines].count("supported") == 4
    assert main(words) == ExitCode.CHECK_FAILED
    printed = capsys.readouterr().out
    assert "3. Contradicted: In Hill, more than 30 % lack a food outlet within reach." in printed
    assert "5. Cannot be said: Docks has the fewest pollinators of all districts." in printed
    assert "names a cause (poor nature)" in printed


def rectangle(west: float, east: float, south: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


AREAS = {
    "Brook": rectangle(-0.12, -0.09, 51.49, 51.52),
    "Docks": rectangle(-0.09, -0.03, 51.52, 51.56),
    "Hill": rectangle(-0.16, -0.12, 51.47, 51.49),
}


def write_map(folder: Path, **changes: dict[str, Any]) -> str:
    features = [
        {"type": "Feature", "geometry": geometry, "properties": {"name": name}}
        for name, geometry in (AREAS | changes).items()
    ]
    path = folder / "wards.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return str(path)


def without_districts(living: str) -> str:
    """The table without its column of districts, as a census has it."""
    rows = [line.split(",") for line in living.splitlines()]
    return "".join(f"{','.join([row[0], *row[2:]])}\n" for row in rows)


def test_a_map_says_in_which_district_people_live_and_is_named_among_the_tables(tmp_path: Path) -> None:
    by_column = built(tmp_path / "column")
    data = town(tmp_path, living=without_districts(LIVING))
    assert build(tmp_path, data) == ExitCode.BAD_INPUT
    assert build(tmp_path, data, "--map", write_map(tmp_path)) == ExitCode.DONE
    by_map = read_report(data, "oak")
    assert by_map is not None
    assert by_map.districts == by_column.districts
    assert [(figure.measure, figure.value) for figure in by_map.figures] == [
        (figure.measure, figure.value) for figure in by_column.figures
    ]
    [source] = [table for table in by_map.tables if table.key == "areas"]
    content = (tmp_path / "wards.geojson").read_bytes()
    assert (source.name, source.rows) == ("wards.geojson", 3)
    assert source.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Hill": rectangle(-0.16, -0.139, 51.47, 51.49)}, "51.4833, -0.1381 lies in no district of the map"),
        (
            {"Hill": rectangle(-0.16, -0.09, 51.47, 51.52)},
            "it lies in brook and hill, whose outlines overlap",
        ),
        ({"Quay": rectangle(1.0, 1.1, 51.0, 51.1)}, "quay not registered; registered are brook, docks, hill"),
        ({"Hill": {"type": "Point", "coordinates": [0, 51]}}, "feature 3"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_with_what_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], words: str
) -> None:
    data = town(tmp_path)
    assert build(tmp_path, data, "--map", write_map(tmp_path, **changes)) == ExitCode.BAD_INPUT
    assert words in capsys.readouterr().err
    assert read_report(data, "oak") is None


def test_shares_and_access_are_those_worked_by_hand(tmp_path: Path) -> None:
    report = built(tmp_path)
    # Of Docks only Basin (900 of 2,700) has the Quay Stores within 1 km; in Hill all have the farm shop.
    assert value(report, "without_outlet", "docks") == (67, 66, 67)
    assert value(report, "without_outlet", "hill") == (0, 0, 0)
    # Three shops for 2,600 people of Brook, one for 900 of Hill, all within reach of all there.
    assert value(report, "outlets_a_thousand", "brook")[0] == pytest.approx(3 / 2.6, abs=0.005)
    assert value(report, "outlets_a_thousand", "hill")[0] == pytest.approx(1 / 0.9, abs=0.005)
    assert value(report, "outlets_a_thousand", "docks")[0] == pytest.approx(1 / 2.7, abs=0.005)


def test_a_garden_known_too_coarsely_widens_the_bounds_and_a_hidden_one_is_in_no_figure(
    tmp_path: Path,
) -> None:
    report = built(tmp_path)
    assert (report.gardens, report.gardens_coarse, report.gardens_hidden) == (2, 1, 1)
    share, low, high = value(report, "without_garden", "docks")
    assert (share, low, high) == (74, 0, 100)
    figure = report.figure("without_garden", "hill")
    assert figure is not None
    assert codes.GARDENS_LEFT_OUT in figure.doubts


def test_every_number_names_its_tables_method_doubts_and_effort_and_districts_stand_by_name(
    tmp_path: Path,
) -> None:
    report = built(tmp_path)
    digests = {table.key: table.sha256 for table in report.tables}
    assert digests["outlets"] == hashlib.sha256(OUTLETS.encode()).hexdigest()
    assert digests["districts"] == hashlib.sha256(LIVING.encode()).hexdigest()
    assert report.code.startswith("sera ")
    for figure in report.figures:
        assert set(figure.tables) <= digests.keys()
        assert figure.doubts
        assert figure.method or figure.reason == codes.NO_EFFORT
        assert (figure.effort_h == 240.0) == (figure.district == "brook")
    assert [district.name for district in report.districts] == ["Brook", "Docks", "Hill"]
    for measure in {figure.measure for figure in report.figures} - {"outlets_gini", "gardens_gini"}:
        districts = [figure.district for figure in report.figures if figure.measure == measure]
        assert districts == ["brook", "docks", "hill"]


def test_the_same_tables_and_seed_give_the_same_bytes_and_another_seed_another_chance(tmp_path: Path) -> None:
    data = town(tmp_path)
    out = [tmp_path / f"{number}.json" for number in range(3)]
    for path, seed in zip(out, ("1", "1", "2"), strict=True):
        assert build(tmp_path, data, "--out", str(path), "--seed", seed) == ExitCode.DONE
    first, again, other = (path.read_bytes() for path in out)
    assert first == again
    before, after = (decode_report(content, "report.json") for content in (first, other))
    assert before.figures != after.figures or before.seed != after.seed
    assert value(before, "outlets_gini") == value(after, "outlets_gini")


def test_small_districts_and_what_they_could_be_reckoned_from_are_hidden(tmp_path: Path) -> None:
    # Of Hill 7 people have no outlet: it is hidden, and the next smallest with it.
    living = LIVING.replace("Slope,hill,51.4833,-0.1381,400", "Slope,hill,51.60,-0.2,7")
    report = built(tmp_path, living=living)
    by_name = {figure.district: figure for figure in report.figures if figure.measure == "without_outlet"}
    assert by_name["hill"].reason == codes.TOO_FEW
    assert by_name["docks"].reason == codes.DERIVABLE
    assert by_name["hill"].low is by_name["hill"].high is None
    assert "507" not in json.dumps(msgspec.to_builtins(report.districts))


def test_rounding_contradicts_nobody_who_is_right(tmp_path: Path) -> None:
    living = LIVING.replace("Crest,hill,51.4802,-0.1404,500", "Crest,hill,51.60,-0.2,14").replace(
        "Slope,hill,51.4833,-0.1381,400\n", ""
    )
    # All 14 of Hill have no outlet, which is 10 of 14 where people are counted in tens.
    low, high = value(built(tmp_path, living=living), "without_outlet", "hill")[1:]
    assert low < 71 < high == 100


def test_counts_of_people_are_rounded_to_tens_before_shares_are_made(tmp_path: Path) -> None:
    living = LIVING.replace("Crest,hill,51.4802,-0.1404,500", "Crest,hill,51.60,-0.2,24").replace(
        "51.4833,-0.1381,400", "51.4833,-0.1381,76"
    )
    report = built(tmp_path, living=living)
    # 24 of 100: the bounds hold what rounding does.
    assert value(report, "without_outlet", "hill") == (20, 15, 25)
    assert next(row.residents for row in report.districts if row.id == "hill") == 100


def test_farther_people_count_less_where_that_is_asked_for(tmp_path: Path) -> None:
    plain = value(built(tmp_path), "outlets_a_thousand", "docks")
    enhanced = built(tmp_path, "--enhanced")
    assert enhanced.method == "enhanced"
    near = value(enhanced, "outlets_a_thousand", "docks")
    assert near[0] == plain[0]  # one place reaches one shop: all of it is theirs, whatever the weight
    assert value(enhanced, "outlets_a_thousand", "brook") != value(
        built(tmp_path), "outlets_a_thousand", "brook"
    )


BAD_OUTLETS = {
    "swapped": ("Odd,-0.1012,51.5011,shop", "row 7", "swapped"),
    "nowhere": ("Odd,0,0,shop", "row 7", "lies in the sea off Africa"),
    "off the globe": ("Odd,151.5,-0.1,shop", "row 7", "not on the globe"),
    "outside": ("Odd,48.85,2.35,shop", "row 7", "outside the area"),
    "twice": ("market,51.5032,-0.1037,market", "row 7", "repeats row 3"),
    "no name": (",51.5032,-0.1037,market", "row 7", "expected a name"),
    "degrees and minutes": ("Odd,51°30'N,0°6'W,shop", "row 7", "degrees in decimals"),
}


@pytest.mark.parametrize("slip", BAD_OUTLETS)
def test_an_outlet_with_wrong_coordinates_is_named_by_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slip: str
) -> None:
    row, place, problem = BAD_OUTLETS[slip]
    data = town(tmp_path, outlets=f"{OUTLETS}{row}\n")
    assert build(tmp_path, data) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    assert place in printed
    assert problem in printed
    assert not (data / codes.FOLDER).exists()


@pytest.mark.parametrize("metres", [3, 45])
def test_an_outlet_that_two_people_noted_a_few_metres_apart_is_named_wherever_it_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], metres: int
) -> None:
    # Also where a rounding of coordinates has an edge between the two.
    for number in range(20):
        latitude, apart = 51.5 + number * 0.00005, metres / 111_200
        rows = (
            f"Twin,{latitude:.6f},-0.1\nTwin,{latitude + apart:.6f},-0.1\nTwin,{latitude + 0.002:.6f},-0.1\n"
        )
        data = town(tmp_path, outlets=f"name,latitude,longitude\n{rows}")
        assert build(tmp_path, data) == ExitCode.BAD_INPUT, latitude
        printed = capsys.readouterr().err
        assert "1 of 3 outlets" in printed
        assert "row 3" in printed


@pytest.mark.parametrize(("column", "value"), [("supply", "1e308"), ("supply", "2e9")])
def test_an_outlet_that_counts_for_more_than_a_country_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str, value: str
) -> None:
    outlets = f"name,latitude,longitude,{column}\nCorner Shop,51.5011,-0.1012,{value}\n"
    assert build(tmp_path, town(tmp_path, outlets=outlets)) == ExitCode.BAD_INPUT
    assert "row 2, column 'supply' (D2): " in capsys.readouterr().err


def test_a_radius_as_wide_as_the_earth_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    living = "place,district,latitude,longitude,residents,radius_m\nMill Row,Brook,51.5004,-0.1003,1200,1e9\n"
    assert build(tmp_path, town(tmp_path, living=living)) == ExitCode.BAD_INPUT
    assert "1e+09; expected 50,000 at most" in capsys.readouterr().err


def test_a_name_of_two_districts_is_refused_and_the_id_of_one_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = town(tmp_path)
    with Store.open(data / "store") as store:
        # Another district of the same name; one whose name is the id of another; one without a name.
        for name, title in (("docks-2", "DOCKS"), ("north", "hill"), ("blank", "")):
            district = District(name, "oak", title, None, None, "a census")
            store.registry.put(district, since_s=1, by="a test")
    assert build(tmp_path, data) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    assert "3 of 8 places cannot be used" in printed
    assert "several districts are called 'Docks'; write the id of one: docks, docks-2" in printed
    write_tables(tmp_path, living=LIVING.replace(",Docks,", ",docks,"))
    assert build(tmp_path, data) == ExitCode.DONE


def test_all_bad_rows_are_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = town(tmp_path, outlets=f"{OUTLETS}A,0,0,x\nB,48.85,2.35,x\nC,-0.1012,51.5011,x\n")
    assert build(tmp_path, data) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    assert "3 of 8 outlets cannot be used" in printed
    assert all(f"row {number}," in printed for number in (7, 8, 9))


BAD_PLACES = {
    "unknown district": ("Odd,Atlantis,51.5,-0.1,40", "district 'Atlantis' is not registered"),
    "far away": ("Odd,Brook,48.85,2.35,40", "outside the area"),
    "swapped": ("Odd,Brook,-0.1,51.5,40", "swapped"),
    "twice": ("mill row,brook,51.51,-0.11,40", "repeats row 2"),
    "negative": ("Odd,Brook,51.5,-0.1,-40", "a number of 0 or more"),
    "more than a town": ("Odd,Brook,51.5,-0.1,1e308", "expected 1,000,000 at most"),
    "no district": ("Odd,,51.5,-0.1,40", "district '' is not registered"),
    "words": ("Odd,Brook,51.5,-0.1,many", "found 'many'"),
}


@pytest.mark.parametrize("slip", BAD_PLACES)
def test_a_place_that_cannot_be_is_named_by_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slip: str
) -> None:
    row, problem = BAD_PLACES[slip]
    assert build(tmp_path, town(tmp_path, living=f"{LIVING}{row}\n")) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    assert problem in printed
    assert "row 10" in printed


def test_three_decimals_of_a_degree_are_no_thousands(tmp_path: Path) -> None:
    outlets = "name,lat,lon\nCorner,51.501,-0.101\nQuay,51.531,-0.061\n"
    assert (
        next(table.rows for table in built(tmp_path, outlets=outlets).tables if table.key == "outlets") == 2
    )


def test_places_without_residents_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = built(tmp_path, living=f"{LIVING}Marsh,Brook,51.5,-0.11,0\n")
    assert "1 places without residents are left out" in capsys.readouterr().err
    assert next(district.places for district in report.districts if district.id == "brook") == 3


def test_other_residents_than_registered_are_a_doubt(tmp_path: Path) -> None:
    data = town(tmp_path)
    with Store.open(data / "store") as store:
        register_town(store.registry, residents=1_000)
    assert build(tmp_path, data) == ExitCode.DONE
    report = read_report(data, "oak")
    assert report is not None
    figure = report.figure("without_outlet", "brook")
    assert figure is not None
    assert codes.RESIDENTS_DIFFER in figure.doubts


def test_without_a_table_of_outlets_their_figures_say_so(tmp_path: Path) -> None:
    data = town(tmp_path)
    words = ["report", "build", "--districts", str(tmp_path / "living.csv"), "--data", str(data)]
    assert main(words) == ExitCode.DONE
    report = read_report(data, "oak")
    assert report is not None
    assert {figure.reason for figure in report.figures if "outlet" in figure.measure} == {codes.NO_TABLE}


def test_moving_a_garden_inside_its_cell_changes_no_byte(tmp_path: Path) -> None:
    data, contents = town(tmp_path), []
    for latitude in (51.5012, 51.5018):
        with Store.open(data / "store") as store:
            garden: Any = store.registry.garden("bean-yard")
            assert isinstance(garden, Garden)
            store.registry.put(msgspec.structs.replace(garden, latitude=latitude), since_s=1, by="a test")
        assert build(tmp_path, data) == ExitCode.DONE
        contents.append((data / codes.FOLDER / "oak.json").read_bytes())
    assert contents[0] == contents[1]


def test_a_report_that_was_handed_on_answers_without_an_installation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "handed-on.json"
    built(tmp_path, "--out", str(out))
    write_tables(tmp_path / "data")
    capsys.readouterr()
    words = ["report", "check", str(tmp_path / "claim.toml"), "--report", str(out)]
    assert main([*words, "--data", str(tmp_path / "nothing")]) == ExitCode.CHECK_FAILED
    assert "Contradicted" in capsys.readouterr().out
    out.write_text("{}", encoding="utf-8")
    assert main(words) == ExitCode.BAD_INPUT
    assert "is no open report" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "problem"),
    [(["--community", "elm"], "there are: oak"), (["--data", "nowhere"], "holds no store")],
)
def test_what_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], problem: str
) -> None:
    data = town(tmp_path)
    assert main(["report", "show", "--data", str(data), *more]) == ExitCode.BAD_INPUT
    assert problem in capsys.readouterr().err
