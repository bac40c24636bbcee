"""Tables of sites and sampling units as people have them; most cases were read wrongly once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs `sera diversity` over a text and reads its JSON."""

    def read(text: str, *options: str, verb: str = "diversity") -> dict[str, Any]:
        table = tmp_path / "t.csv"
        table.write_text(text, encoding="utf-8")
        assert main([verb, str(table), "--json", *options]) == ExitCode.DONE
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return read


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that runs both verbs over a text that they refuse, and returns what was said."""

    def run(text: str, *options: str, code: ExitCode = ExitCode.BAD_INPUT) -> str:
        table = tmp_path / "t.csv"
        table.write_text(text, encoding="utf-8")
        assert main(["diversity", str(table), *options]) == code
        printed = capsys.readouterr()
        assert printed.out == ""
        return " ".join(printed.err.split())

    return run


def counts_of(site: dict[str, Any]) -> tuple[int, int, int]:
    """Sampling units, and kinds found in one and in two of them."""
    return site["units"], site["singletons"], site["doubletons"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_commas_of_authors_separate_nothing(run: Run, separator: str) -> None:
    """After PapaParse#600: as many commas as separators, and the comma won."""
    rows = [
        (
            "site",
            "Bombus terrestris (Linnaeus, 1758)",
            "Apis mellifera Linnaeus, 1758",
            "Osmia (Linnaeus, 1758)",
        ),
        ("elm", "3", "4", "0"),
        ("oak", "1", "2", "5"),
    ]
    sites = run("\n".join(separator.join(row) for row in rows))["sites"]
    assert {name: site["n"] for name, site in sites.items()} == {"elm": 7, "oak": 8}


def test_a_dot_between_thousands_is_never_silently_one(run: Run, refused: Callable[..., str]) -> None:
    """After frictionless-py#1005: 1.000 bees were one bee, found once."""
    text = "site;bees;flies\nelm;1.000;12\noak;2.000;12\n"
    message = refused(text)
    assert "row 2, column 'bees' (B2): '1.000' can be read as 1000 or as 1, and no other cell" in message
    sites = run(text, "--decimal", "comma")["sites"]
    assert {name: site["n"] for name, site in sites.items()} == {"elm": 1012, "oak": 2012}
    proven = run(text + "ash;1.234.567;0\n")
    assert [site["n"] for site in proven["sites"].values()] == [1012, 2012, 1234567]
    assert proven["notes"][0].startswith("row 2, column 'bees' (B2): 1.000 was read as 1000")


def test_totals_are_no_kinds_and_no_sites(run: Run, refused: Callable[..., str]) -> None:
    """A printed total that also added its own parts (murlach#10)."""
    text = "site,bees,flies,Total\nelm,3,4,7\noak,1,2,3\nTotal,4,6,10\n"
    answer = run(text)
    sites = answer["sites"]
    assert {name: (site["n"], site["richness_observed"]) for name, site in sites.items()} == {
        "elm": (7, 2),
        "oak": (3, 2),
    }
    assert answer["notes"] == [
        "Total (D1) is the sum of all others and was left out",
        "Total (A4) is the sum of all others and was left out",
    ]
    unlike = run(text, verb="dissimilarity")
    # Bray-Curtis of (3, 4) and (1, 2): the differences 2 + 2 over all 10.
    assert unlike["matrix"] == {"elm": {"elm": 0, "oak": 0.4}, "oak": {"elm": 0.4, "oak": 0}}
    assert "column 'Total' (D2): 'Total' is named as a total and is 8, but" in refused(
        text.replace(",7", ",8")
    )
    groups = "year,common or arctic,common,arctic,roseate\n2020,998,817,181,250\n2021,900,700,200,260\n"
    (note,) = run(groups)["notes"]
    assert note.startswith("common or arctic (B1) is throughout the sum of common, arctic; if it is a total")


def test_names_that_differ_in_case_or_blanks_are_one_name(refused: Callable[..., str]) -> None:
    """After austraits.build#103: three kinds of one."""
    message = refused("site,Bombus terrestris,bombus terrestris,Bombus  terrestris\nelm,3,2,1\noak,0,4,2\n")
    assert (
        "row 1, column 3 (C1): 'bombus terrestris' repeats the name 'Bombus terrestris' of row 1, column 2"
        in message
    )
    assert "'Elm' repeats the name 'elm'" in refused("site,a\nelm,3\nElm,2\n")


UNITS = "trap,garden,bee,fly,wasp\n1,elm,1,0,1\n2,elm,1,1,0\n3,elm,0,1,0\n1,oak,1,0,0\n2,oak,1,0,0\n"


def test_several_assemblages_of_units_stand_in_one_table(run: Run) -> None:
    sites = run(UNITS, "--incidence", "--assemblage", "Garden")["sites"]
    assert {name: counts_of(site) for name, site in sites.items()} == {"elm": (3, 1, 2), "oak": (2, 0, 1)}
    assert [site["richness_observed"] for site in sites.values()] == [3, 1]
    # Chao2 by hand: Q1 = 1 (wasp) and Q2 = 2 (bee, fly) in 3 units: 3 + 2/3 * 1/(2*2).
    assert sites["elm"]["chao2"]["value"] == pytest.approx(3 + 2 / 3 / 4)
    single = run("trap,bee,fly,wasp\n1,1,0,1\n2,1,1,0\n3,0,1,0\n", "--incidence")["sites"]["t"]
    assert single == sites["elm"]
    columns = zip(*[line.split(",") for line in UNITS.split()], strict=True)
    turned = "\n".join(",".join(column) for column in columns)
    assert run(turned, "--incidence", "--assemblage", "garden", "--transpose")["sites"] == sites
    first = "garden,trap,bee,fly,wasp\n" + "".join(
        ",".join([cells[1], cells[0], *cells[2:]]) + "\n"
        for cells in (line.split(",") for line in UNITS.split()[1:])
    )
    assert run(first, "--incidence", "--assemblage", "garden")["sites"] == sites


def test_frequencies_with_the_number_of_units_first_are_those_of_the_units(run: Run) -> None:
    wide = run(UNITS, "--incidence", "--assemblage", "garden")["sites"]
    assert run("garden,units,bee,fly,wasp\nelm,3,2,2,1\noak,2,2,0,0\n", "--frequencies")["sites"] == wide
    # iNEXT has kinds in rows and the units in the first of them.
    turned = ",elm,oak\nunits,3,2\nbee,2,2\nfly,2,0\nwasp,1,0\n"
    assert run(turned, "--frequencies", "--transpose")["sites"] == wide


LONG = (
    "garden;date;kind;count\nelm;1 May;bee;3\nelm;2 May;bee;2\nelm;1 May;fly;1\noak;1 May;NA;0\n"
    "oak;2 May;bee;4\n"
)
LONG_OPTIONS = ("--site", "garden", "--kind", "kind", "--count", "count")


def test_a_long_table_is_the_wide_one(run: Run) -> None:
    answer = run(LONG, *LONG_OPTIONS)
    assert answer["sites"] == run("site,bee,fly\nelm,5,1\noak,4,0\n")["sites"]
    assert answer["notes"] == [
        "1 row repeats a site and kind, as row 3 does those of row 2; their counts were added"
    ]
    specimens = "site,kind\nelm,bee\nelm,bee\nelm,fly\noak,bee\n"
    assert (
        run(specimens, "--site", "site", "--kind", "kind")["sites"]
        == run("site,bee,fly\nelm,2,1\noak,1,0\n")["sites"]
    )
    matrix = run(LONG, *LONG_OPTIONS, verb="dissimilarity")["matrix"]
    assert matrix["elm"]["oak"] == pytest.approx(2 / 10)


def test_a_long_table_of_units_keeps_those_without_a_find(run: Run) -> None:
    sites = run(LONG, *LONG_OPTIONS, "--incidence", "--unit", "date")["sites"]
    assert {name: counts_of(site) for name, site in sites.items()} == {"elm": (2, 1, 1), "oak": (2, 1, 0)}


@pytest.mark.parametrize(
    ("text", "presence"),
    [
        ("unit,bee,fly\n1,x,\n2,X,x\n3,,x\n", "empty cells were read as absent"),
        ("unit,bee,fly\n1,yes,no\n2,Yes,yes\n3,no,yes\n", ""),
        ("unit,bee,fly\n1,1,0\n2,1,1\n3,0,1\n", ""),
        ("unit,bee,fly\n1,1,\n2,1,1\n3,,1\n", "empty cells were read as absent"),
        ("unit;bee;fly\n1;ja;-\n2;ja;ja\n3;nein;ja\n", ""),
    ],
)
def test_presence_is_read_as_people_mark_it(run: Run, text: str, presence: str) -> None:
    answer = run(text, "--incidence")
    assert counts_of(answer["sites"]["t"]) == (3, 0, 2)
    assert [presence in note for note in answer["notes"]] == ([True] if presence else [])


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "u,a,b\n1,x,0\n2,,1\n",
            ("--incidence",),
            "row 3, column 'a' (B3): found an empty cell; expected 0 or 1",
        ),
        ("u,a,b\n1,NA,0\n", ("--incidence",), "found 'NA'; expected 0 or 1"),
        ("u,a,b\n1,x,\n", (), "found 'x'; expected a whole number"),
        (
            "site,kind,n\nelm,bee,3\noak,fly,1\n",
            (),
            "if each row is one site and one kind, name their columns",
        ),
        (UNITS, ("--incidence", "--assemblage", "site"), "no column 'site' for the assemblages"),
        (
            UNITS.replace("2,oak", "1,oak"),
            ("--incidence", "--assemblage", "garden"),
            "repeats the name 'oak: 1'",
        ),
        (UNITS.replace("2,oak", "2,Oak"), ("--incidence", "--assemblage", "garden"), "differ only in case"),
        (
            UNITS.replace("2,oak", "2,"),
            ("--incidence", "--assemblage", "garden"),
            "'garden' (B6): found an empty",
        ),
        ("g,a,b\ne,1,0\ne,0,1\n", ("--incidence", "--assemblage", "g"), "'a' holds only marks of presence"),
        (
            "g,units,a\nelm,3,4\n",
            ("--frequencies",),
            "column 'a' (C2): found in 4 of 3 sampling units, which",
        ),
        (
            "g,units,a\nelm,0,0\n",
            ("--frequencies",),
            "found '0'; expected a number of sampling units, 1 or more",
        ),
        ("g,units\nelm,3\n", ("--frequencies",), "one number an assemblage"),
        (LONG.replace("oak;2 May;bee", "oak;2 May;Bee"), LONG_OPTIONS, "'Bee' and 'bee' of row 2"),
        (LONG + "oak;2 May;bee;4\n", LONG_OPTIONS, "the row repeats row 6 in every cell"),
        (
            LONG.replace("NA;0", "NA;1"),
            LONG_OPTIONS,
            "row 5, column 'kind' (C5): found 'NA'; expected the name",
        ),
        (LONG.replace("fly;1", "fly;"), LONG_OPTIONS, "row 4, column 'count' (D4): found an empty cell"),
        (LONG.replace("fly;1", "fly;1,5"), LONG_OPTIONS, "row 4, column 'count' (D4): found '1,5'"),
        (
            LONG + "elm;;Total;6\noak;;Total;4\n",
            LONG_OPTIONS,
            "row 7, column 'kind' (C7): 'Total' is a total",
        ),
    ],
)
def test_what_has_no_one_meaning_is_refused_by_row_and_column(
    refused: Callable[..., str], text: str, options: tuple[str, ...], message: str
) -> None:
    assert message in refused(text, *options)


@pytest.mark.parametrize(
    "options",
    [
        ("--site", "garden"),
        ("--assemblage", "garden"),
        ("--incidence", "--frequencies"),
        (*LONG_OPTIONS, "--transpose"),
        (*LONG_OPTIONS, "--unit", "date"),
        (*LONG_OPTIONS, "--incidence"),
        ("--decimal", "dot"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    refused: Callable[..., str], options: tuple[str, ...]
) -> None:
    refused(LONG, *options, code=ExitCode.USAGE)
