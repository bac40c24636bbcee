"""Real counts of the UK Pollinator Monitoring Scheme, from the published table to archives and packs."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

DATES = ("--from", "2017-01-01", "--to", "2021-12-31")
# What the scheme's table calls groups that are called otherwise here.
GROUPS = {"butterflies_moths": "butterflies_and_moths", "insects_small": "small_insects",
          "insects_other": "other_insects"}  # fmt: skip


def published(path: Path) -> tuple[Counter[str], int]:
    """Insects by group, and rows that count nothing of a group, in the scheme's own table."""
    insects: Counter[str] = Counter()
    zeros = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            group = GROUPS.get(row["insect_group"], row["insect_group"])
            if group != "all_insects_total":
                insects[group] += int(row["count"])
                zeros += row["count"] == "0"
    return insects, zeros


def table(archive: Path, name: str, delimiter: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as files:
        text = files.read(name).decode()
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.mark.slow
@pytest.mark.shared
def test_real_counts_reach_both_forms_of_archive_with_every_insect_and_every_zero(
    shared: Path, tmp_path: Path
) -> None:
    source = shared / "real" / "pollinators" / "poms_fit_counts_A.csv"
    data = ["--data", str(tmp_path / "data")]
    assert main(["ingest", str(source), *data]) == 0
    insects, zeros = published(source)

    for form, name, delimiter in (("dwca", "occurrence.txt", "\t"), ("dwc-dp", "occurrence.csv", ",")):
        out = tmp_path / f"{form}.zip"
        assert main(["archive", "build", *data, *DATES, "--form", form, "--out", str(out)]) == 0
        assert main(["archive", "check", str(out)]) == 0
        rows = [row for row in table(out, name, delimiter) if row["organismQuantity"]]
        counted: Counter[str] = Counter()
        for row in rows:
            counted[row["occurrenceID"].rpartition(":")[2]] += int(row["organismQuantity"])
        assert +counted == +insects
        assert sum(row["occurrenceStatus"] == "absent" for row in rows) == zeros
        assert {row["organismQuantityType"] for row in rows} == {"visits"}


@pytest.mark.slow
@pytest.mark.shared
def test_real_counts_reach_the_days_of_a_pack_with_every_insect_and_every_survey(
    shared: Path, tmp_path: Path
) -> None:
    source = shared / "real" / "pollinators" / "poms_fit_counts_A.csv"
    data, out = ["--data", str(tmp_path / "data")], tmp_path / "pack.zip"
    assert main(["ingest", str(source), *data]) == 0
    dates = ("--from", "2018-04-01", "--to", "2018-09-30")
    assert main(["pack", "--community", "recorded", *dates, "--out", str(out), *data]) == 0

    with source.open(encoding="utf-8", newline="") as file:
        totals = [
            row
            for row in csv.DictReader(file)
            if row["insect_group"] == "all_insects_total" and "/2018 " in row["date"]
        ]
    with zipfile.ZipFile(out) as files:
        days = list(csv.DictReader(io.StringIO(files.read("days.csv").decode("utf-8-sig"))))
    counted = [day for day in days if day["insect visits counted by people"]]
    assert len(totals) == 65
    assert len(counted) == len(totals)
    assert sum(int(day["insect visits counted by people"]) for day in counted) == sum(
        int(row["count"]) for row in totals
    )
    assert sum(int(day["ten-minute counts by people"]) for day in counted) == sum(
        int(row["n_surveys"]) for row in totals
    )
