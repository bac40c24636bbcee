"""`sera dissimilarity`: a matrix by site, all sites at once and the partition, with reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reference_tables import OWN, read_json
from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

GARDENS = str(OWN / "synth_gardens.csv")


@pytest.mark.parametrize(
    ("measure", "table", "column"),
    [
        ("bray_curtis", "pair_bray", "beta.bray"),
        ("jaccard", "pair_jaccard", "beta.jac"),
        ("sorensen", "pair_sorensen", "beta.sor"),
        ("simpson_turnover", "pair_sorensen", "beta.sim"),
    ],
)
def test_the_matrix_is_that_of_betapart(
    capsys: pytest.CaptureFixture[str], measure: str, table: str, column: str
) -> None:
    assert main(["dissimilarity", GARDENS, "--measure", measure, "--json"]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    betapart = read_json(OWN / "betapart_synth_gardens.json")
    result = [[row[name] for name in betapart["labels"]] for row in answer["matrix"].values()]
    assert list(answer["matrix"]) == betapart["labels"]
    assert np.array(result) == pytest.approx(
        np.array(betapart[table][column], dtype=float), rel=1e-9, abs=1e-12
    )
    assert answer["multi_site"]["sorensen"]["turnover"] == pytest.approx(0.26181818181818184, rel=1e-9)
    assert answer["partition"]["orders"]["1"]["beta"] == pytest.approx(1.477618005233315, rel=1e-9)
    assert answer["reasons"] == {}


def test_the_same_seed_draws_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    matrices = []
    for seed in ("1", "1", "2"):
        options = ("--thin-to", "30", "--draws", "20", "--seed", seed, "--json")
        assert main(["dissimilarity", GARDENS, *options]) == ExitCode.DONE
        matrices.append(json.loads(capsys.readouterr().out)["matrix"])
    assert matrices[0] == matrices[1] != matrices[2]


def test_what_has_no_value_is_null_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("site,a,b\nx,1,2\ny,0,0\n", encoding="utf-8")
    assert main(["dissimilarity", str(table), "--measure", "simpson_turnover", "--json"]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["matrix"]["x"] == {"x": 0.0, "y": None}
    assert answer["reasons"]["matrix.x.y"] == "nothing was found at y"
    assert answer["partition"] is None
    assert "leave empty sites out" in answer["reasons"]["partition"]


def test_a_person_is_told_that_effort_is_part_of_the_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dissimilarity", GARDENS]) == ExitCode.DONE
    assert "Efforts differ (30 to 673 individuals)" in capsys.readouterr().out


def test_a_wrong_measure_and_a_site_too_small_to_draw_from_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["dissimilarity", GARDENS, "--measure", "distance"]) == ExitCode.USAGE
    assert "simpson_turnover" in capsys.readouterr().err
    assert main(["dissimilarity", GARDENS, "--thin-to", "31"]) == ExitCode.BAD_INPUT
    assert "site 'G05' has 30 individuals" in capsys.readouterr().err
