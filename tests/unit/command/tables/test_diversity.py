"""`sera diversity`: exact figures of any table, and a clear word where a table is none."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_tables import OWN, UNITS, read_json
from sera_command.errors import ExitCode
from sera_command.importers.site_tables import read_site_table
from sera_command.main import main
from sera_store.errors import TableError
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the verb and reads its JSON."""

    def read(table: Path, *options: str) -> dict[str, Any]:
        assert main(["diversity", str(table), "--json", *options]) == ExitCode.DONE
        sites: dict[str, Any] = json.loads(capsys.readouterr().out)["sites"]
        return sites

    return read


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that runs the verb over some bytes and returns what it was told."""

    def run(content: bytes, *options: str, code: ExitCode = ExitCode.BAD_INPUT) -> str:
        table = tmp_path / "bees.csv"
        table.write_bytes(content)
        assert main(["diversity", str(table), *options]) == code
        output = capsys.readouterr()
        assert output.out == ""
        assert "Traceback" not in output.err
        return " ".join(output.err.split())

    return run


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """The path of each null, and of each estimate without value."""
    if value is None:
        yield path
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from nulls(part, f"{path}.{key}" if path else str(key))


def explained(record: dict[str, Any]) -> None:
    """Fail unless each null has its reason, under its path or that of the estimate it belongs to."""
    for path in nulls({key: value for key, value in record.items() if key not in {"units", "reasons"}}):
        assert path in record["reasons"] or path.rpartition(".")[0] in record["reasons"], path


def test_a_table_of_counts_gives_the_exact_figures(run: Run) -> None:
    exact = read_json(OWN / "exact_abundance_synth_gardens.json")["sites"]
    sizes = "1,10,100"
    sites = run(
        OWN / "synth_gardens.csv", "--orders", "0,0.5,1,2", "--sizes", sizes, "--coverages", "0.5,0.9"
    )
    assert list(sites) == [f"G{number:02}" for number in range(1, 13)]
    for name, expected in exact.items():
        site = sites[name]
        assert (site["n"], site["units"]) == (expected["n_or_T"], None)
        assert (site["singletons"], site["doubletons"]) == (expected["f1"], expected["f2"])
        assert site["asymptotic"]["0.5"]["value"] == pytest.approx(
            float(expected["asymptotic"]["0.5"]), rel=1e-9
        )
        assert [entry["size"] for entry in site["size_based"]] == [1, 10, 100]
        [half, nine] = site["coverage_based"]
        assert (half["target"], nine["target"]) == (0.5, 0.9)
        needed = {entry["target"]: entry for entry in expected["coverage_based"]}["0.9"]
        assert nine["size"] == pytest.approx(float(needed["m"]), rel=1e-9)
        assert [nine[q] for q in ("0", "1", "2")] == pytest.approx(
            [float(needed[f"q{q}"]) for q in range(3)], rel=1e-9
        )
        explained(site)


def test_the_keys_are_those_of_the_contract(run: Run) -> None:
    site = run(OWN / "synth_gardens.csv", "--sizes", "10")["G01"]
    keys = (
        "n units richness_observed singletons doubletons coverage chao1 chao1_bias_corrected ace jackknife1 "
        "jackknife2 observed asymptotic size_based coverage_based reasons notes"
    )
    assert list(site) == keys.split()
    assert list(site["chao1"]) == ["value", "standard_error", "low", "high"]
    assert list(site["size_based"][0]) == ["size", "coverage", "0", "1", "2"]


def test_units_make_one_assemblage_named_after_the_file(run: Run) -> None:
    [(name, site)] = run(OWN / UNITS, "--incidence").items()
    assert name == UNITS.removesuffix(".csv")
    assert (site["n"], site["units"], site["richness_observed"]) == (14, 14, 11)
    assert {"chao2", "chao2_bias_corrected", "ice"} <= site.keys()
    assert site["chao2"]["high"] == pytest.approx(21.413614874032838, rel=1e-9)


def test_units_without_single_finds_have_no_standard_error_and_say_why(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "t.csv"
    table.write_text("unit,a,b\nu,1,1\nv,1,1\nw,1,0\n", encoding="utf-8")
    site = run(table, "--incidence", "--more")["t"]
    assert site["chao2"] == {"value": 2.0, "standard_error": None, "low": None, "high": None}
    for path in ("chao2.standard_error", "chao2.low", "more.ichao2.high"):
        assert "no kind was found once" in site["reasons"][path]
    explained(site)


@pytest.mark.slow
def test_an_estimate_stands_within_its_interval_or_has_none(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "t.csv"
    rows = {"one": [1, 1] + [0] * 598, "doubled": [2] * 600, "thin": [1] * 3 + [2] + [0] * 596}
    head = ",".join(["site", *(f"k{index}" for index in range(600))])
    lines = [",".join([name, *map(str, row)]) for name, row in rows.items()]
    table.write_text("\n".join([head, *lines]), encoding="utf-8")
    for site in run(table).values():
        explained(site)
        for key in ("chao1", "chao1_bias_corrected", "ace", "jackknife1", "jackknife2"):
            result = site[key]
            if result["low"] is not None:
                assert result["low"] <= result["value"] <= result["high"], key


def test_one_unit_tells_nothing_and_says_so(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "t.csv"
    table.write_text("unit,a,b,c\nu,1,1,0\n", encoding="utf-8")
    site = run(table, "--incidence")["t"]
    explained(site)
    assert site["ice"]["value"] is None
    assert site["reasons"]["chao2.standard_error"] == site["reasons"]["ice"] == "one sampling unit"
    assert site["jackknife1"]["standard_error"] is None
    assert main(["diversity", str(table), "--incidence"]) == ExitCode.DONE


def test_an_order_that_is_undefined_is_null_and_its_reason_stands_under_its_path(run: Run) -> None:
    sites = run(OWN / "edge_cases.csv", "--orders", "0,1,2,2.5,inf", "--coverages", "0.3,1")
    single = sites["two_singletons"]
    assert single["asymptotic"]["2"] == {"value": None}
    assert "every kind was found once" in single["reasons"]["asymptotic.2"]
    assert single["coverage_based"][1]["size"] is None
    assert "no finite sample" in single["reasons"]["coverage_based.1.size"]
    assert single["ace"]["value"] is None
    assert "see chao1_bias_corrected" in single["reasons"]["ace"]
    for site in sites.values():
        explained(site)


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        # One singleton and no doubleton: coverage 1 at n, so that 0.95 lies between 14 and 15 individuals.
        ("9,5,1", 14.25),
        # 1 - 2/2 * 1/3 at two individuals and 0 at one: 0.5 lies three quarters of the way.
        ("1,1,0", 1.75),
    ],
)
def test_the_size_at_a_coverage_is_exact(tmp_path: Path, run: Run, counts: str, size: float) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"site,a,b,c\nx,{counts}\n", encoding="utf-8")
    target = "0.95" if size > 2 else "0.5"
    [entry] = run(table, "--coverages", target)["x"]["coverage_based"]
    assert entry["size"] == pytest.approx(size, rel=1e-12)
    assert entry["coverage"] == pytest.approx(float(target), rel=1e-12)


def test_columns_become_sites_when_the_table_is_turned(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "t.csv"
    table.write_text("kind,x,y\na,3,1\nb,4,0\n", encoding="utf-8")
    sites = run(table, "--transpose")
    assert {name: (site["n"], site["richness_observed"]) for name, site in sites.items()} == {
        "x": (7, 2),
        "y": (1, 1),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsite,a,b\r\nx,3,1\r\n\r\n",
        b"site;a;b\nx;3;1\n",
        b"site\ta\tb\nx\t3\t1",
        b'"site, place","a","b"\n"x","3","1"\n',
        b"site,a,b,\nx,3,1,\n",
        b"site , a, b\n x , 3.0 , 1e0\n",
    ],
)
def test_spreadsheets_of_all_makes_are_read_alike(tmp_path: Path, run: Run, content: bytes) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    [(name, site)] = run(table).items()
    assert (name, site["n"], site["singletons"]) == ("x", 4, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the table is empty"),
        (b"\n \n", "the table is empty"),
        (b"site,a,b\n", "one row only"),
        (b"site\nx\n", "row 1 has one column"),
        (
            b"site,a,b\nx,1,2\ny,3\n",
            "row 3 ('y') has 2 cells; expected 3, as row 1 (cells are separated by commas); they part",
        ),
        (b"site,a,b\nx,1,2\ny,3,4,5\n", "row 3 ('y') has 4 cells; expected 3, as row 1"),
        (b"site,a,b\nx,1,many\n", "row 2, column 'b' (C2): found 'many'; expected a whole number"),
        (b"site,a,b\nx,1,-2\n", "row 2, column 'b' (C2): found '-2'"),
        (b"site,a,b\nx,0.5,2\n", "row 2, column 'a' (B2): found '0.5'"),
        (b"site;a;b\nx;0,5;2\n", "row 2, column 'a' (B2): found '0,5'"),
        (b"site,a,b\nx,,2\n", "row 2, column 'a' (B2): found an empty cell; expected"),
        (b"site,a,b\nx,nan,2\n", "found 'nan'"),
        (b"site,a,b\nx,inf,2\n", "found 'inf'"),
        (b"site,a,b\nx,1_0,2\n", "found '1_0'"),
        (b"site,a,b\nx,1e300,2\n", "found '1e300'"),
        (
            b"site,a,b\nx,1,2\n\nx,1,2\n",
            "row 4, column 'site' (A4): 'x' repeats the name 'x' of row 2, column 'site' (A2)",
        ),
        (b"site,a,a\nx,1,2\n", "row 1, column 3 (C1): 'a' repeats the name 'a' of row 1, column 2 (B1)"),
        (b"site,a,b\n,1,2\n", "row 2, column 'site' (A2): it is empty; expected a name"),
        (b'site,a,b\n"x,1,2\n', "row 2"),
        (b"site,a,b\nx\xe9,1,2\ny\x81,1,2\n", "is neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_table_of_counts_is_refused_by_row_and_column(
    refused: Callable[..., str], content: bytes, message: str
) -> None:
    assert message in refused(content)


def test_units_hold_only_zero_and_one(refused: Callable[..., str]) -> None:
    message = refused(b"unit,a,b\nu,1,2\n", "--incidence")
    assert "row 2, column 'b' (C2): found '2'; expected 0 or 1" in message


@pytest.mark.parametrize(
    "options",
    [
        *[("--orders", word) for word in ("0,-1", "x", "nan", "-inf", "1_0", "", ",")],
        ("--sizes", "1_0"),
        ("--sizes", "0"),
        ("--sizes", "inf"),
        ("--coverages", "1.1"),
    ],
)
def test_a_question_that_makes_no_sense_is_wrong_usage(
    refused: Callable[..., str], options: tuple[str, str]
) -> None:
    assert "expected numbers" in refused(b"site,a\nx,1\n", *options, code=ExitCode.USAGE)


def test_a_table_that_is_not_there_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diversity", str(tmp_path / "none.csv")]) == ExitCode.BAD_INPUT
    assert main(["diversity", str(tmp_path)]) == ExitCode.BAD_INPUT
    assert "none.csv" in capsys.readouterr().err


def test_one_kind_is_one_kind_at_fractional_orders_of_individuals_and_of_units(
    tmp_path: Path, run: Run
) -> None:
    for name, text, order in (
        ("two", "site,a,b\ns,2,0\n", "2.5"),
        ("three", "site,a,b\ns,3,0\n", "3.5"),
        ("units", "u,a,b\n1,1,0\n2,1,0\n", "2.5"),
    ):
        table = tmp_path / f"{name}.csv"
        table.write_text(text, encoding="utf-8")
        options = ("--incidence",) if name == "units" else ()
        (site,) = run(table, "--orders", f"0,{order}", "--sizes", "2,6", *options).values()
        assert site["asymptotic"][order]["value"] == pytest.approx(1, rel=1e-12)
        assert [entry[order] for entry in site["size_based"]] == pytest.approx([1, 1], rel=1e-12)


def test_a_profile_that_rises_with_its_order_is_kept_and_said_to_be_too_small(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "small.csv"
    table.write_text("site,a,b,c\npairs,2,2,0\nlarge,30,20,10\n", encoding="utf-8")
    sites = run(table, "--orders", "2,0,1", "--sizes", "50")
    # By hand: n = 4, no singleton, so order 0 is 2; order 2 is n (n - 1) / sum x (x - 1) = 12 / 4.
    pairs = sites["pairs"]["asymptotic"]
    entropy = 2 * 2 / 4 * (1 / 2 + 1 / 3)
    assert [pairs[q]["value"] for q in ("0", "1", "2")] == pytest.approx([2, math.exp(entropy), 3])
    assert sites["pairs"]["notes"][0] == (
        "asymptotic rises from 2.3 at order 1 to 3 at order 2, which no assemblage does: "
        "the sample is too small for a profile"
    )
    assert sites["pairs"]["notes"][1].startswith("size_based.0 rises from")
    assert sites["large"]["notes"] == []
    assert main(["diversity", str(table), "--sizes", "50"]) == ExitCode.DONE
    assert "- pairs: asymptotic rises from 2.3 at order 1 to 3 at order 2" in capsys.readouterr().out


def test_a_person_is_told_what_may_not_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diversity", str(OWN / "synth_gardens.csv"), "--coverages", "0.9"]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "Efforts differ (30 to 673): observed numbers must not be compared" in output
    assert "lower bounds" in output


@given(st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=1, max_size=4))
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_table_makes_a_number_that_is_none(tmp_path: Path, run: Run, counts: list[list[int]]) -> None:
    table = tmp_path / "t.csv"
    lines = ["site,a,b,c,d"]
    lines += [",".join(map(str, [f"s{index}", *row])) for index, row in enumerate(counts)]
    table.write_text("\n".join(lines), encoding="utf-8")
    options = ("--orders", "0,0.7,1,1.3,2,3,7.5,inf", "--sizes", "1,2,7,500", "--coverages", "0,0.4,0.99,1")
    sites = run(table, *options)
    for site in sites.values():
        explained(site)
        assert all(math.isfinite(entry["size"]) for entry in site["size_based"])


cells = st.one_of(
    st.sampled_from(
        ["", "0", "1", "7", "-1", "0.5", "nan", "x", '"', '"a,b"', "1e400", "\u0661", "\x00", " 3 "]
    ),
    st.text(max_size=4),
)
texts = st.tuples(
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.lists(cells, max_size=4), max_size=4),
).map(
    lambda created: (created[0] + created[2].join(created[1].join(row) for row in created[3])).encode(
        "utf-8", "replace"
    )
)


@given(st.one_of(st.binary(max_size=40), texts), st.booleans(), st.booleans())
@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_read_or_refused_as_bad_input(
    tmp_path: Path, content: bytes, presence: bool, transpose: bool
) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    output = f"{table}: "
    with suppress(TableError):
        read = read_site_table(table, presence=presence, transpose=transpose)
        assert read.counts.shape == (len(read.rows), len(read.columns))
        return
    with pytest.raises(TableError, match=re.escape(output)):
        read_site_table(table, presence=presence, transpose=transpose)


def test_a_next_line_sign_within_a_name_is_no_line_end(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("site,a\x85b,c\u2028d\nx,1,2\n".encode())
    assert run(table)["x"]["n"] == 3
