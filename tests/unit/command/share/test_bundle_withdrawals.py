"""What a giver takes back leaves whatever has ended, and nothing else does; shown again is given again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from coalition.forging import resigned, with_fields, with_file
from coalition.laptops import ID, Laptop, agree, laptop, terms
from coalition.story_laptops import MONDAY, TODAY, sera, story_laptops, tell
from commons_parts.stories import ANNA
from sera_coalition.agreements.key_files import draw_key
from sera_coalition.agreements.statements import KEY_STOLEN, StolenKey
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.issued import issued_bundles
from sera_coalition.bundles.received import Received
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder

if TYPE_CHECKING:
    from pathlib import Path

PASSED = {
    "begins": (TODAY - timedelta(days=300)).isoformat(),
    "review": (TODAY - timedelta(days=1)).isoformat(),
}
DAYS = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Laptop, Laptop, str]:
    """Elm gave oak two stories, and oak took them; the name of one."""
    elm, oak = story_laptops(tmp_path)
    name = tell(elm)
    tell(elm)
    assert hand(elm, oak, tmp_path, *DAYS) == 0
    assert len(stories(oak)) == 2
    return elm, oak, name


def hand(elm: Laptop, oak: Laptop, folder: Path, *words: str) -> int:
    """Make the next bundle and take it; the first exit code that is not 0."""
    file = folder / "next.zip"
    return sera(elm, "bundle", "make", "oak", *words, "--out", str(file)) or sera(
        oak, "bundle", "take", str(file)
    )


def stories(oak: Laptop) -> list[str]:
    with Received(oak.data, "oak", ID) as received:
        return [f"{row['item']}/{row['version']}" for row in received.rows("stories", 10)]


def hide(elm: Laptop, name: str, *, is_hidden: bool) -> None:
    item, _, version = name.partition("/")
    with Chronicle.open(chronicle_folder(elm.data, "elm")) as chronicle:
        shelf = Shelf(chronicle, "elm")
        stored = shelf.find(item, int(version))
        assert stored is not None
        shelf.hide(stored.number, ANNA, is_hidden=is_hidden)


def end(elm: Laptop, oak: Laptop, folder: Path) -> None:
    file = folder / "end.json"
    assert sera(elm, "agreement", "revoke", "oak", "--out", str(file)) == 0
    assert sera(oak, "agreement", "add", str(file)) == 0


def wait_for_review(elm: Laptop, oak: Laptop, _: Path) -> None:
    agree(elm, oak, terms(elm.party(DataClass.STORIES), oak.party(), version=2, **PASSED))


def give_nothing(elm: Laptop, oak: Laptop, _: Path) -> None:
    dates = {"begins": MONDAY.isoformat(), "review": (TODAY + timedelta(days=300)).isoformat()}
    agree(elm, oak, terms(elm.party(), oak.party(DataClass.READINGS), version=2, **dates))


@pytest.mark.parametrize("ended", [end, wait_for_review])
def test_a_story_is_taken_back_after_the_end_and_after_the_review(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path, ended: object, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak, name = sides
    assert callable(ended)
    ended(elm, oak, tmp_path)
    assert hand(elm, oak, tmp_path) == 3
    assert "nothing is to be taken back" in capsys.readouterr().err
    assert sera(elm, "story", "withdraw", name) == 0
    tell(elm)
    assert hand(elm, oak, tmp_path) == 0
    # The other story stays; a new one, and readings, do not come in.
    [left] = stories(oak)
    assert left != name
    with elm.book() as book:
        *_, last = issued_bundles(book.chronicle, ID)
    assert (last.rows, last.items, last.withdrawn) == ({"withdrawals": 1}, (), (name,))


def test_what_is_given_no_more_at_all_is_taken_back(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path
) -> None:
    elm, oak, _ = sides
    give_nothing(elm, oak, tmp_path)
    assert hand(elm, oak, tmp_path) == 0
    assert stories(oak) == []


def test_a_withdrawal_waits_for_no_bundle_that_was_lost(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path
) -> None:
    elm, oak, name = sides
    assert sera(elm, "bundle", "make", "oak", *DAYS, "--out", str(tmp_path / "lost.zip")) == 0
    end(elm, oak, tmp_path)
    assert sera(elm, "story", "withdraw", name) == 0
    assert sera(elm, "bundle", "make", "oak", "--out", str(tmp_path / "lost, too.zip")) == 0
    assert hand(elm, oak, tmp_path) == 0
    assert name not in stories(oak)
    assert sera(oak, "bundle", "take", str(tmp_path / "lost.zip")) == 1


def test_a_key_that_was_lost_takes_back_by_another_agreement(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak, name = sides
    end(elm, oak, tmp_path)
    assert sera(elm, "story", "withdraw", name) == 0
    draw_key(elm.data, "elm")
    assert sera(elm, "bundle", "make", ID, "--out", str(tmp_path / "x.zip")) == 3
    assert "sign it again" in capsys.readouterr().err
    dates = {"begins": MONDAY.isoformat(), "review": (TODAY + timedelta(days=300)).isoformat()}
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party(), id="f" * 32, **dates))
    assert sera(elm, "bundle", "make", ID, "--out", str(tmp_path / "x.zip")) == 0
    assert sera(oak, "bundle", "take", str(tmp_path / "x.zip")) == 0
    assert name not in stories(oak)


def test_a_key_that_was_changed_takes_back_after_the_end(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path
) -> None:
    elm, oak, name = sides
    end(elm, oak, tmp_path)
    change = tmp_path / "key-change.json"
    assert sera(elm, "agreement", "change-key", "--out", str(change)) == 0
    assert sera(oak, "agreement", "add", str(change)) == 0
    assert sera(elm, "story", "withdraw", name) == 0
    assert hand(elm, oak, tmp_path) == 0
    assert name not in stories(oak)


def test_nothing_but_a_withdrawal_comes_in_after_the_end(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Strangers, thieves, a table more, another version, a far day: what the end leaves open is no door."""
    elm, oak, name = sides
    end(elm, oak, tmp_path)
    assert sera(elm, "story", "withdraw", name) == 0
    file = tmp_path / "next.zip"
    assert sera(elm, "bundle", "make", "oak", "--out", str(file)) == 0
    content = file.read_bytes()
    hostile = {
        "signature": resigned(laptop(tmp_path, "ash"), content, lambda manifest, _: manifest),
        "revoked": resigned(elm, content, with_file("readings.csv", b"origin\n")),
        "version": resigned(elm, content, with_fields(version=7)),
        "not_in_force": resigned(elm, content, with_fields(made=(TODAY + timedelta(days=9)).isoformat())),
        "replay": resigned(elm, content, with_fields(sequence=1, previous="")),
        "origin": resigned(elm, content, with_file("withdrawals.csv", ROW.replace(b"elm", b"ash"))),
        "content": resigned(elm, content, with_file("withdrawals.csv", ROW.replace(b"aa", b"=A"))),
    }
    for reason, forged in hostile.items():
        file.write_bytes(forged)
        assert sera(oak, "bundle", "take", str(file)) == 1
        output = capsys.readouterr().err
        assert f"refused ({reason})" in output or (reason == "replay" and "refused (split)" in output), output
    assert len(stories(oak)) in (0, 2)
    file.write_bytes(content)
    oak.enter(KEY_STOLEN, StolenKey(community="elm", key=elm.public, day=TODAY.isoformat()))
    assert sera(oak, "bundle", "take", str(file)) == 1
    assert "key_stolen" in capsys.readouterr().err


ROW = b"origin,licence,item,version\nelm,none," + b"a" * 32 + b",1\n"


def test_a_story_that_is_hidden_and_shown_again_is_given_again(
    sides: tuple[Laptop, Laptop, str], tmp_path: Path
) -> None:
    elm, oak, name = sides
    hide(elm, name, is_hidden=True)
    assert hand(elm, oak, tmp_path, *DAYS) == 0
    assert name not in stories(oak)
    assert hand(elm, oak, tmp_path, *DAYS) == 0
    hide(elm, name, is_hidden=False)
    assert hand(elm, oak, tmp_path, *DAYS) == 0
    assert name in stories(oak)
    assert len(stories(oak)) == 2
    # And no oftener than once.
    assert hand(elm, oak, tmp_path, *DAYS) == 0
    with elm.book() as book:
        issued = issued_bundles(book.chronicle, ID)
    assert [bundle.items.count(name) for bundle in issued] == [1, 0, 0, 1, 0]
    assert [bundle.withdrawn for bundle in issued] == [(), (name,), (), (), ()]
