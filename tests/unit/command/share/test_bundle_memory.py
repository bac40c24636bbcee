"""What the giver remembers of bundles: after an erasure it confirms no guess, and a backup may lack some."""

from __future__ import annotations

import hashlib
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from coalition.gardens import plant, street
from coalition.laptops import Laptop
from coalition.story_laptops import MONDAY, sera, story_laptops, time_s
from sera_coalition.bundles.aggregation import GardenSum
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.given.salts import Salts, unknown_until
from sera_coalition.bundles.subtraction import member_of
from sera_coalition.bundles.tables import read_table
from sera_command.main import main
from sera_command.run.erasure import _forget_salts
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

WEEK = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Laptop, Laptop]:
    return story_laptops(tmp_path)


def made(elm: Laptop, file: Path, *words: str) -> int:
    """Make a bundle of the week; return how many rows of readings it has."""
    file.unlink(missing_ok=True)
    assert sera(elm, "bundle", "make", "oak", *WEEK, *words, "--out", str(file)) == 0
    return len(read_table("readings", read_container(file.read_bytes())[1]["data/readings.csv"]))


def kept(data: Path) -> bytes:
    """All that is kept of a community, unpacked."""
    files = [path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()]
    return b"".join(zlib.decompress(file) if file[:1] == b"\x78" else file for file in files)


def guesses(names: list[str], salts: Salts) -> set[bytes]:
    """Digests by which a guess of each garden's mean on each day would be confirmed."""
    members = {
        member_of(GardenSum(token, None, mean=14.0 + number + day))
        for number, name in enumerate(names)
        for day in range(7)
        for token in (name, salts.garden(name))
    }
    return {member.value.encode() for member in members}


def test_no_guess_is_confirmed_after_an_erasure(sides: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    elm, _ = sides
    names = [plot.name for plot in street(4)]
    assert made(elm, tmp_path / "one.zip") > 0
    before = Salts.open(elm.data, "elm")
    # Who has the salts can guess, and nobody can without.
    assert any(guess in kept(elm.data) for guess in guesses(names, before))
    assert not any(guess in kept(elm.data) for guess in guesses(names, Salts()))
    with Store.open(elm.data / "store") as store:
        _forget_salts(elm.data, store, {f"{names[0]}-node"})
    after = Salts.open(elm.data, "elm")
    for name in names:
        has_changed = after.garden(name) != before.garden(name)
        assert has_changed == (name == names[0])
    assert hashlib.sha256(names[0].encode()).hexdigest().encode() not in kept(elm.data)
    # It is not known any more what rested on that garden: nothing of these days leaves again.
    assert made(elm, tmp_path / "two.zip") == 0


def test_of_what_a_restored_backup_may_not_know_nothing_leaves(
    sides: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, _ = sides
    backup, again = tmp_path / "elm.backup", tmp_path / "again"
    assert main(["backup", str(backup), "--data", str(elm.data)]) == 0
    rows = made(elm, tmp_path / "one.zip")
    # A garden joins after that bundle; without its memory, the difference would tell of it alone.
    plant(elm.data, "elm", [street(1, first=9)[0]], start_s=time_s(MONDAY))
    assert main(["restore", str(backup), "--data", str(again)]) == 0
    restored = Laptop(again, "elm", elm.now_s)
    plant(again, "elm", [street(1, first=9)[0]], start_s=time_s(MONDAY))
    assert unknown_until(again)
    assert made(restored, tmp_path / "two.zip") == 0
    assert "restored backup" in capsys.readouterr().err
    assert made(restored, tmp_path / "two.zip", "--none-left") == rows
    assert not unknown_until(again)
    assert "restored backup" not in capsys.readouterr().err


def test_a_backup_brings_back_what_rows_rested_on(sides: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    elm, _ = sides
    made(elm, tmp_path / "one.zip")
    backup, again = tmp_path / "elm.backup", tmp_path / "again"
    assert main(["backup", str(backup), "--data", str(elm.data)]) == 0
    assert main(["restore", str(backup), "--data", str(again)]) == 0
    restored = Laptop(again, "elm", elm.now_s)
    assert made(restored, tmp_path / "two.zip", "--none-left") > 0
