"""`sera surveys`: tables of timed watches as people keep them, with the traps that were seen in real ones.

The small tables are ours; each says in which real one its trap was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from tables.surveys import COUNT_OPTIONS, COUNTS, answered, refused

if TYPE_CHECKING:
    from pathlib import Path


# Effort stands on each row of a watch; nobody is a row of its own; counts are no whole numbers (Avon Gorge).
FLOWERS = """Period,Plant,effort,visitor,count
1,Centranthus,300,bee,3
1,Centranthus,300,beetle,1
1,Thymus,40,no visits,0
3,Centranthus,120,bee,1.235294118
"""
FLOWER_OPTIONS = (
    "--watch", "Period", "--watch", "Plant", "--visits", "count", "--effort", "effort", "--group", "visitor",
    "--none", "no visits", "--by", "Period",
)  # fmt: skip


def test_effort_belongs_to_the_watch_and_a_watch_without_visit_is_a_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "flowers.csv"
    path.write_text(FLOWERS, encoding="utf-8")
    output = answered(capsys, path, *FLOWER_OPTIONS)
    assert (output["watches"], output["without_visit"], output["effort"]) == (3, 1, 460)
    assert output["rate"]["value"] == pytest.approx(5.235294118 / 460)
    assert set(output["groups"]) == {"bee", "beetle"}
    assert output["groups"]["bee"]["share_of_watches"] == pytest.approx(2 / 3)
    assert output["by"]["1"]["value"] == pytest.approx(4 / 340)
    # One watch in period 3 alone: exact Poisson.
    assert output["by"]["3"]["method"] == "exact Poisson, one bout"
    assert output["notes"] == ["1 count is no whole number; it is taken as it stands."]


def test_two_efforts_in_one_watch_are_refused_by_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "flowers.csv"
    path.write_text(FLOWERS, encoding="utf-8")
    options = [option for option in FLOWER_OPTIONS if option not in ("--watch", "Period", "Plant", "--by")]
    message = refused(capsys, path, "--watch", "Plant", *options)
    assert "row 5, column 'effort' (C5): 120, but 300 in row 2 of the same watch (Centranthus)" in message


def test_a_total_beside_its_groups_does_not_double_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS, encoding="utf-8")
    output = answered(capsys, path, *COUNT_OPTIONS, "--total", "all")
    assert (output["insects"], output["effort"]) == (8, 6)
    assert output["groups"]["wasps"]["share_of_watches"] == 0.5
    assert "all is the sum of its groups in all 2 watches, and was left out." in output["notes"]
    path.write_text(COUNTS.replace("bees,7", "bees,6"), encoding="utf-8")
    assert "row 2, column 'group' (C2): all is 7, its groups sum to 6" in refused(
        capsys, path, *COUNT_OPTIONS, "--total", "all"
    )


# A row is an insect; NA is nobody where a date stands, and no visit at all where none does (Vancouver parks).
INSECTS = """SITE,DATE,SPECIES,CLADE
balaclava,5.2.2022,Bombus mixtus,Anthophila
balaclava,5.2.2022,Bombus mixtus,Anthophila
balaclava,6.9.2022,Eristalis tenax,NA
gordon,5.6.2022,NA,NA
gordon,NA,NA,NA
"""
INSECT_OPTIONS = ("--watch", "SITE", "--watch", "DATE", "--none", "NA", "--required", "DATE")


def test_rows_are_counted_nobody_is_zero_and_not_visited_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "insects.csv"
    path.write_text(INSECTS, encoding="utf-8")
    output = answered(capsys, path, *INSECT_OPTIONS, "--group", "SPECIES", "--sites", "SITE")
    assert (output["watches"], output["without_visit"], output["insects"]) == (3, 1, 3)
    assert output["rate"]["value"] == 1
    assert output["notes"] == ["1 row left out: SITE or DATE not noted; that is no zero."]
    assert output["use"]["Bombus mixtus"]["value"] is None
    # Only one site was visited twice, and the share seen is over the same sites as the share used.
    assert (output["use"]["Bombus mixtus"]["naive"], output["use"]["Bombus mixtus"]["sites"]) == (1, 1)
    assert output["reasons"]["use.Bombus mixtus"] == "1 site visited at least twice; 20 needed"


def test_use_of_sites_begins_near_what_was_seen_and_its_shares_are_over_the_same_sites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 40 sites visited twice, wasps at 17 of them (14 once, 3 twice), and 10 sites visited once, wasps at all.
    counts = [(1, 0)] * 14 + [(1, 1)] * 3 + [(0, 0)] * 23 + [(1,)] * 10
    rows = [f"s{site},{day},wasps,{n}" for site, visits in enumerate(counts) for day, n in enumerate(visits)]
    path = tmp_path / "wasps.csv"
    path.write_text("\n".join(["site,day,group,count", *rows]) + "\n", encoding="utf-8")
    options = (
        "--watch",
        "site",
        "--watch",
        "day",
        "--visits",
        "count",
        "--group",
        "group",
        "--sites",
        "site",
    )
    use = answered(capsys, path, *options)["use"]["wasps"]
    assert (use["naive"], use["sites"]) == (17 / 40, 40)
    # Twice noticed / noticed at all = p / (2 - p), so p = 0.3 and psi = 20 / (80 p).
    assert use["value"] == pytest.approx(20 / (80 * 0.3))
    assert use["low"] == pytest.approx(0.431, abs=1e-3)
    assert use["high"] == 1


def test_a_rate_that_hardly_anything_is_said_of_has_no_interval_but_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.csv"
    path.write_text("site,group,count,minutes\nA,bee,4,10\nB,bee,0,10\n", encoding="utf-8")
    options = ("--watch", "site", "--visits", "count", "--effort", "minutes", "--group", "group")
    answer = answered(capsys, path, *options)
    assert answer["rate"]["value"] == 0.2
    assert (answer["rate"]["low"], answer["rate"]["high"], answer["rate"]["method"]) == (None, None, "none")
    assert main(["surveys", str(path), *options]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(
        "all together: 0.2 per unit of effort (no interval: 2 bouts with so few insects"
    )
    assert lines[2].startswith("bee: on 50 % of watches, 0.2 per unit of effort (no interval: 2 bouts")


PEOPLE = "site,day,observer,group,count,minutes\nA,1,p,bee,3,10\nA,1,q,bee,3,10\n"
PEOPLE_OPTIONS = (
    "--watch", "site", "--watch", "day", "--visits", "count", "--effort", "minutes", "--group", "group",
)  # fmt: skip


def test_two_observers_of_one_place_and_day_are_refused_or_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    message = refused(capsys, path, *PEOPLE_OPTIONS)
    assert "row 3, column observer: 'q', but 'p' in row 2 of the same survey (A, 1)" in message
    assert "give --watch 'observer' too" in message
    # Three insects in ten minutes, twice.
    answer = answered(capsys, path, *PEOPLE_OPTIONS, "--watch", "observer")
    assert (answer["watches"], answer["effort"], answer["rate"]["value"]) == (2, 20, 0.3)
    # Two people who counted together, each some of the insects of one survey.
    answer = answered(capsys, path, *PEOPLE_OPTIONS, "--division", "observer")
    assert (answer["watches"], answer["effort"], answer["rate"]["value"]) == (1, 10, 0.6)
    assert answer["notes"] == ["1 row repeats a group of its survey and was added to it"]


@pytest.mark.parametrize("column", ["Recorded by", "surveyor", "observer_id"])
def test_two_observers_who_saw_different_groups_are_two_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    path = tmp_path / "people.csv"
    text = PEOPLE.replace("q,bee", "q,fly").replace("observer", column)
    path.write_text(text, encoding="utf-8")
    assert f"row 3, column {column}: 'q', but 'p'" in refused(capsys, path, *PEOPLE_OPTIONS)
    # Where each row is an insect too.
    rows = [name for name in PEOPLE_OPTIONS if name not in ("--visits", "count")]
    assert f"row 3, column {column}: 'q'" in refused(capsys, path, *rows)


def test_a_group_that_stands_twice_in_a_survey_is_refused_where_an_hour_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(
        "site,day,hour,group,count,minutes\nA,1,10:00,bee,3,10\nA,1,10:00,fly,1,10\nA,1,14:00,bee,5,10\n",
        encoding="utf-8",
    )
    message = refused(capsys, path, *PEOPLE_OPTIONS)
    assert "row 4 repeats 'bee' of the survey (A, 1) in row 2" in message
    assert "differs from it in column hour ('10:00', '14:00')" in message
    assert answered(capsys, path, *PEOPLE_OPTIONS, "--watch", "hour")["rate"]["value"] == 9 / 20


def test_species_of_one_group_are_added_up_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "species.csv"
    path.write_text(
        "site,day,species,group,count,minutes\nA,1,Bombus terrestris,bee,3,10\nA,1,Apis mellifera,bee,2,10\n"
        "A,1,Eristalis tenax,fly,1,10\nB,1,Apis mellifera,bee,4,10\n",
        encoding="utf-8",
    )
    answer = answered(capsys, path, *PEOPLE_OPTIONS)
    assert answer["groups"]["bee"]["rate"]["value"] == pytest.approx(9 / 20)
    assert answer["notes"] == [
        "1 row was added to another of its group and survey: each value of species belongs to one group"
    ]


IDLE = "site,group,count,minutes\nA,bee,4,10\nB,bee,0,0\nC,fly,2,0\n"
IDLE_OPTIONS = ("--watch", "site", "--visits", "count", "--effort", "minutes", "--group", "group")


def test_a_survey_without_effort_is_in_no_share_no_rate_and_no_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "idle.csv", tmp_path / "units.csv"
    path.write_text(IDLE, encoding="utf-8")
    answer = answered(capsys, path, *IDLE_OPTIONS, "--by", "site", "--sites", "site", "--incidence", str(out))
    assert (answer["watches"], answer["without_visit"], answer["insects"]) == (1, 0, 4)
    assert (answer["units"], answer["effort"]) == (1, 10)
    assert answer["groups"]["bee"]["share_of_watches"] == 1
    assert answer["groups"]["fly"]["share_of_watches"] == 0
    assert answer["rate"]["value"] == 0.4
    assert {level: figure["value"] for level, figure in answer["by"].items()} == {
        "A": 0.4,
        "B": None,
        "C": None,
    }
    assert out.read_text(encoding="utf-8") == "unit,bee,fly\nA,1,0\n"
    assert answer["notes"] == [
        "2 surveys without effort are left out of every rate and share: they were not made",
        "2 insects stand in surveys without effort and are in no figure: C; mend the effort, or these counts",
    ]


def test_a_survey_without_effort_is_no_visit_to_a_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"s{site},{day},bee,{site % 2},{5 * (1 - day)}" for site in range(30) for day in range(2)]
    path = tmp_path / "sites.csv"
    path.write_text("\n".join(["site,day,group,count,minutes", *rows]) + "\n", encoding="utf-8")
    answer = answered(capsys, path, "--watch", "day", *IDLE_OPTIONS, "--sites", "site")
    assert answer["reasons"]["use.bee"] == "0 sites visited at least twice; 20 needed"


def test_a_table_of_surveys_that_were_not_made_has_no_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "idle.csv"
    path.write_text("site,group,count,minutes\nA,bee,4,0\n", encoding="utf-8")
    answer = answered(capsys, path, *IDLE_OPTIONS)
    assert (answer["watches"], answer["rate"]["value"], answer["reasons"]["rate"]) == (0, None, "no effort")


def test_watches_of_one_site_are_one_unit_for_a_list_of_species(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "insects.csv", tmp_path / "units.csv"
    path.write_text(INSECTS, encoding="utf-8")
    options = [*INSECT_OPTIONS, "--group", "SPECIES", "--incidence", str(out), "--unit", "SITE"]
    assert main(["surveys", str(path), *options]) == ExitCode.DONE
    assert "2 units of 3 watches" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == (
        "unit,Bombus mixtus,Eristalis tenax\nbalaclava,1,1\ngordon,0,0\n"
    )


def test_watches_of_one_square_are_one_unit_of_the_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.csv"
    rows = [
        f"S{square},{day}/6/2018,bees,{count},1"
        for square, count in enumerate((2, 9, 0, 5))
        for day in range(1, 11)
    ]
    path.write_text("\n".join(["square,date,group,count,n_surveys", *rows]) + "\n", encoding="utf-8")
    by_date = answered(capsys, path, *COUNT_OPTIONS)
    by_square = answered(capsys, path, *COUNT_OPTIONS, "--unit", "square")
    assert by_square["rate"]["value"] == by_date["rate"]["value"] == 4
    assert (by_square["units"], by_date["units"], by_square["watches"]) == (4, 40, 40)
    # Ten dates of a square say the same ten times over.
    assert by_square["rate"]["high"] > 2 * by_date["rate"]["high"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n", ("--watch", "a"), "no row below"),
        ("a,b\n1,2\n", ("--watch", "c"), "no column 'c'"),
        (
            "a,b\n1,x\n",
            ("--watch", "a", "--visits", "b"),
            "row 2, column 'b' (B2): found 'x'; expected a number of 0 or more",
        ),
        (
            "a,b\n1,-1\n",
            ("--watch", "a", "--visits", "b"),
            "row 2, column 'b' (B2): found '-1'; expected a number of 0 or more",
        ),
        ("a,b\n1\n", ("--watch", "a"), "row 2 ('1') has 1 cell; expected 2"),
        (
            "a,g,n\n1,none,3\n",
            ("--watch", "a", "--group", "g", "--visits", "n", "--none", "none"),
            "means nobody",
        ),
        ("a,b\n1,2\n", ("--watch", "a", "--by", "b"), "'b' names no watch"),
    ],
)
def test_a_table_that_is_none_is_refused_by_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, options: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    assert message in refused(capsys, path, *options)


def test_a_count_that_was_not_noted_takes_its_watch_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("w,g,n\n1,bee,NA\n1,fly,4\n2,bee,3\n", encoding="utf-8")
    output = answered(capsys, path, "--watch", "w", "--group", "g", "--visits", "n")
    assert (output["watches"], output["insects"]) == (1, 3)
    assert output["notes"] == ["1 watch left out: a count or its effort was not noted."]


def test_the_real_fit_counts_come_out_as_a_calculator_has_them(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared / "real" / "pollinators" / "poms_fit_counts_A.csv"
    output = answered(
        capsys, path, "--watch", "X1km_square", "--watch", "date", "--visits", "count",
        "--effort", "n_surveys", "--group", "insect_group", "--total", "all_insects_total",
        "--sites", "X1km_square",
    )  # fmt: skip
    assert (output["watches"], output["effort"], output["insects"]) == (126, 338, 3971)
    assert output["rate"]["value"] == pytest.approx(3971 / 338)
    # Clumped far beyond chance: an exact Poisson interval would be a fifth as wide.
    assert output["rate"]["dispersion"] > 20
    assert len(output["groups"]) == 10
    squares = answered(
        capsys, path, "--watch", "X1km_square", "--watch", "date", "--visits", "count",
        "--effort", "n_surveys", "--group", "insect_group", "--total", "all_insects_total",
        "--unit", "X1km_square",
    )  # fmt: skip
    assert squares["units"] == 37
    assert squares["rate"]["value"] == pytest.approx(3971 / 338)
    hoverflies = output["use"]["hoverflies"]
    assert hoverflies["naive"] < hoverflies["value"] < 1


def test_the_real_watches_of_the_gorge_keep_their_zeros_and_their_effort(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared / "real" / "pollinators" / "avon_gorge_2004_timed_observations_A.csv"
    options = (
        "--watch", "Period", "--watch", "Plant", "--visits", "Visitation.frequency.original",
        "--effort", "Total.sampling.effort..fu_x_min.", "--group", "Visitor_type", "--none", "no visits",
    )  # fmt: skip
    output = answered(capsys, path, *options, "--by", "Period")
    assert (output["watches"], output["without_visit"], output["effort"]) == (180, 61, 129540)
    assert output["insects"] == pytest.approx(652.22, abs=0.01)
    assert set(output["by"]) == {"1.0", "3.0", "5.0", "7.0", "9.0", "11.0"}
    assert "no visits" not in output["groups"]


def test_the_real_parks_are_too_few_for_use_and_their_missing_visits_are_no_zeros(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared / "real" / "pollinators" / "vancouver_parks_pollinators_2021_2022.csv"
    output = answered(capsys, path, *INSECT_OPTIONS, "--group", "SPECIES", "--sites", "SITE")
    assert (output["watches"], output["without_visit"], output["insects"]) == (222, 3, 4887)
    assert output["notes"] == ["12 rows left out: SITE or DATE not noted; that is no zero."]
    assert set(output["reasons"].values()) >= {"18 sites visited at least twice; 20 needed"}
    assert {option["value"] for option in output["use"].values()} == {None}
