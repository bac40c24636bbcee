"""`sera bundle` between two data folders: given by one, taken by the other, stories and ends included."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from coalition.laptops import ID, Laptop, agree, terms
from coalition.story_laptops import MONDAY, TODAY, sera, story_laptops, tell
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.contents import SharedTables
from sera_coalition.bundles.received import Received
from sera_command.main import main
from sera_command.neighbours.bundle_contents import BundleContents
from sera_store.release.handouts import handouts_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def laptops(tmp_path: Path) -> tuple[Laptop, Laptop]:
    return story_laptops(tmp_path)


def test_what_is_made_here_is_verified_and_taken_there(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    bundle = tmp_path / "stick" / "elm.zip"
    bundle.parent.mkdir()
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 0
    assert "number 1" in capsys.readouterr().out
    assert sera(oak, "bundle", "verify", str(bundle)) == 0
    assert "may be taken" in capsys.readouterr().out
    assert not (oak.data / "received").exists()
    assert sera(oak, "bundle", "take", str(bundle)) == 0
    assert "is taken" in capsys.readouterr().out
    assert sera(oak, "bundle", "take", str(bundle)) == 1
    assert "refused (replay)" in capsys.readouterr().err
    for side, word in ((elm, "given"), (oak, "received")):
        assert sera(side, "bundle", "list", "--json") == 0
        lines = json.loads(capsys.readouterr().out)
        assert {line[4] for line in lines if line[0] == word} >= {"readings", "visits"}
    assert [handout.kind for handout in handouts_of(elm.data)] == ["bundle"]


def test_a_story_travels_only_with_its_givers_yes_and_is_taken_back_everywhere(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    shared = tell(elm)
    tell(elm, uses=("page",))
    tell(elm, audience="community")
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    days = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())
    assert sera(elm, "bundle", "make", "oak", *days, "--out", str(first)) == 0
    assert sera(oak, "bundle", "take", str(first)) == 0
    with Received(oak.data, "oak", ID) as received:
        [row] = received.rows("stories", 10)
        assert f"{row['item']}/{row['version']}" == shared
        assert (row["licence"], row["origin"], row["giver"]) == ("cc-by", "elm", "Anna of the green door")
    assert sera(elm, "story", "withdraw", shared) == 0
    assert "Handed out before" in capsys.readouterr().out
    assert sera(elm, "bundle", "make", "oak", *days, "--out", str(second)) == 0
    assert sera(oak, "bundle", "take", str(second)) == 0
    with Received(oak.data, "oak", ID) as received:
        assert received.rows("stories", 10) == []
    raw = b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))
    assert b"Simmer slowly" not in raw


def test_stories_that_a_new_version_gives_no_more_are_taken_back(
    laptops: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    elm, oak = laptops
    tell(elm)
    days = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    assert sera(elm, "bundle", "make", "oak", *days, "--out", str(first)) == 0
    assert sera(oak, "bundle", "take", str(first)) == 0
    terms_fields = {"begins": MONDAY.isoformat(), "review": (TODAY + timedelta(days=300)).isoformat()}
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party(), version=2, **terms_fields))
    assert sera(elm, "bundle", "make", "oak", *days, "--out", str(second)) == 0
    assert sera(oak, "bundle", "take", str(second)) == 0
    with Received(oak.data, "oak", ID) as received:
        assert received.rows("stories", 10) == []
        assert {part.table for part in received.parts()} == {"readings", "visits"}


def test_nothing_that_would_be_refused_there_takes_a_number(
    laptops: tuple[Laptop, Laptop],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    elm, _ = laptops
    bad = SharedTables({"readings": [("elm", "none", 0, "someday")]}, {}, 0, 0)
    monkeypatch.setattr("sera_command.neighbours.bundle_making.tables_of", lambda *_: BundleContents(bad))
    out = tmp_path / "1.zip"
    assert sera(elm, "bundle", "make", "oak", "--out", str(out)) == 3
    assert "would be refused there" in capsys.readouterr().err
    assert not out.exists()
    monkeypatch.undo()
    assert sera(elm, "bundle", "make", "oak", "--out", str(out)) == 0
    assert "number 1" in capsys.readouterr().out


def test_nothing_is_made_of_days_that_are_none(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    out = ("--out", str(tmp_path / "x.zip"))
    for days in (
        ("--from", (MONDAY + timedelta(days=1)).isoformat()),
        ("--to", (TODAY + timedelta(days=6 - TODAY.weekday())).isoformat()),
        ("--from", "soon"),
        ("--from", (TODAY + timedelta(days=70)).isoformat()),
    ):
        assert sera(elm, "bundle", "make", "oak", *days, *out) == 3
    assert "expected one such as" in capsys.readouterr().err
    assert sera(oak, "bundle", "make", "elm", *out) == 3
    assert "gives nothing" in capsys.readouterr().err
    assert sera(elm, "bundle", "make", "ash", *out) == 3
    assert not (tmp_path / "x.zip").exists()


def test_an_end_is_purged_and_answered(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    bundle, end, receipt = tmp_path / "1.zip", tmp_path / "end.json", tmp_path / "receipt.json"
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 0
    assert sera(oak, "bundle", "take", str(bundle)) == 0
    assert sera(oak, "bundle", "purge", "elm", "--out", str(receipt)) == 3
    assert sera(elm, "agreement", "revoke", "oak", "--out", str(end)) == 0
    assert sera(oak, "agreement", "add", str(end)) == 0
    assert sera(oak, "bundle", "purge", "elm", "--out", str(receipt)) == 0
    assert sera(elm, "agreement", "add", str(receipt)) == 0
    capsys.readouterr()
    assert sera(elm, "bundle", "list") == 0
    assert "erased there  oak" in capsys.readouterr().out
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 3
    assert "revoked" in capsys.readouterr().err


def test_what_came_in_is_in_a_backup_and_in_no_output_of_ones_own(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    bundle = tmp_path / "1.zip"
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 0
    assert sera(oak, "bundle", "take", str(bundle)) == 0
    assert sera(oak, "backup", str(tmp_path / "b"), "--without-keys") == 0
    assert main(["restore", str(tmp_path / "b"), "--data", str(tmp_path / "back")]) == 0
    with Received(tmp_path / "back", "oak", ID) as received:
        assert {part.table for part in received.parts()} >= {"readings"}
    capsys.readouterr()
    for words in (("figures",), ("garden", "list"), ("export", "raw", "--out", str(tmp_path / "raw.csv"))):
        assert sera(oak, *words) in (0, 1, 3)
    output = capsys.readouterr().out
    raw = (tmp_path / "raw.csv").read_text(encoding="utf-8") if (tmp_path / "raw.csv").exists() else ""
    assert "plot-" not in output + raw
    assert "air_temperature" not in output + raw


def test_an_unpacked_bundle_comes_in_from_its_folder(laptops: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    elm, oak = laptops
    bundle = tmp_path / "1.zip"
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 0
    with ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    assert sera(oak, "bundle", "take", str(folder)) == 0
