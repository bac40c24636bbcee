"""Bundles of a neighbour who cheats, a stranger, a thief: each refused with its reason, nothing comes in."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import GIVES, WEEK, make, neighbours, rows_of, take
from coalition.forging import resigned, with_fields, with_file
from coalition.laptops import ID, NOW_S, Laptop, agree, laptop, terms
from sera_coalition.agreements.key_files import draw_key
from sera_coalition.agreements.statements import KEY_STOLEN, RECEIPT, Receipt, StolenKey
from sera_coalition.bundles.container import BYTES_MOST, read_container, write_container
from sera_coalition.bundles.making import make_bundle
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.receiving import purge
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.bundles.tables import TABLES
from sera_coalition.errors import InvalidEnvelopeError, RefusedBundleError, RefusedDocumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_coalition.bundles.manifest import Manifest
    from sera_coalition.bundles.tables import Row, Value


def refusal(taker: Laptop, content: bytes) -> str:
    """The reason for which a bundle is refused; nothing of it may have come in."""
    before = state(taker)
    with pytest.raises(RefusedBundleError) as refused:
        take(taker, content)
    assert state(taker) == before or refused.value.reason == Refusal.SPLIT
    assert refused.value.message
    return str(refused.value.reason)


def state(taker: Laptop) -> tuple[object, ...]:
    with Received(taker.data, taker.community, ID) as received:
        return received.accepted(), received.parts()


def changed(rows: list[Row], table: str, column: str, value: Value) -> list[Row]:
    """The same rows, one cell of the first one with a place another one."""
    rows = sorted(rows, key=lambda row: row[5] is None)
    place = [entry.name for entry in TABLES[table]].index(column)
    first = (*rows[0][:place], value, *rows[0][place + 1 :])
    return [first, *rows[1:]]


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    [
        ("readings", "latitude", 51.4523, Refusal.PRECISION),
        ("readings", "latitude", 91.0, Refusal.PRECISION),
        ("readings", "grid_deg", 0.001, Refusal.PRECISION),
        ("readings", "grid_deg", None, Refusal.PRECISION),
        ("readings", "last_day", "2027-06-08", Refusal.PRECISION),
        ("visits", "last_day", "2027-06-07", Refusal.PRECISION),
        ("readings", "gardens", 2, Refusal.SMALL_CELL),
        ("visits", "gardens", 1, Refusal.SMALL_CELL),
        ("readings", "licence", "cc0", Refusal.LICENCE),
        ("readings", "origin", "ash", Refusal.ORIGIN),
        ("readings", "measurement", "=HYPERLINK(1)", Refusal.CONTENT),
        ("readings", "measurement", "-1+1", Refusal.CONTENT),
        ("readings", "unit", "@SUM(A1)", Refusal.CONTENT),
        ("readings", "unit", "a\x1b[2J", Refusal.CONTENT),
        ("readings", "value", float("inf"), Refusal.CONTENT),
        ("readings", "value", "1.50", Refusal.CONTENT),
        ("readings", "value", 1e300, Refusal.CONTENT),
        ("readings", "value", None, Refusal.CONTENT),
        ("readings", "first_day", "7 June", Refusal.CONTENT),
        ("readings", "simulated", 2, Refusal.CONTENT),
    ],
)
def test_a_row_that_is_not_as_agreed_is_refused(
    tmp_path: Path, table: str, column: str, value: Value, reason: str
) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    bundle = make(elm, {**tables, table: changed(tables[table], table, column, value)})
    assert refusal(oak, bundle.content) == reason
    with Received(oak.data, "oak", ID) as received:
        [aside] = received.asides()
        assert (aside.reason, aside.sequence) == (reason, 1)
        assert f"{table}.csv" in aside.message


def test_rows_of_other_days_than_signed_are_refused(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    columns = [entry.name for entry in TABLES["readings"]]
    later = [dict(zip(columns, row, strict=True)) for row in tables["readings"][:1]]
    later[0] |= {"first_day": "2027-06-20", "last_day": "2027-06-20"}
    bundle = make(elm, {"readings": [tuple(later[0].values())]})
    assert refusal(oak, bundle.content) == Refusal.CONTENT


def test_a_table_that_was_not_agreed_is_refused(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    assert refusal(oak, make(elm, {"stories": []}).content) == Refusal.CLASS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_fields(sequence=3), Refusal.GAP),
        (with_fields(made="2027-06-01"), Refusal.CONTENT),
        (with_fields(previous="0" * 64), Refusal.CHAIN),
        (with_fields(receiver="ash"), Refusal.RECEIVER),
        (with_fields(agreement="f" * 32), Refusal.AGREEMENT),
        (with_fields(version=2), Refusal.VERSION),
        (with_fields(agreement_digest="0" * 64), Refusal.VERSION),
        (with_fields(made="2026-12-31"), Refusal.NOT_IN_FORCE),
        (with_fields(made="2027-08-01"), Refusal.NOT_IN_FORCE),
        (with_fields(rows=1), Refusal.CONTENT),
        (with_fields(first="2027-06-14"), Refusal.LAYOUT),
        (with_fields(form=9), Refusal.LAYOUT),
        (with_file("formula.xlsm", b"x"), Refusal.LAYOUT),
        (with_file("readings.csv", b"origin,licence,who\nelm,none,ada\n"), Refusal.COLUMNS),
        (with_file("readings.csv", b"\xff\xfe"), Refusal.CONTENT),
        (with_file("datapackage.json", b"{}"), Refusal.COLUMNS),
    ],
)
def test_a_giver_who_signs_what_was_not_agreed_is_refused(
    tmp_path: Path, change: Callable[[Manifest, dict[str, bytes]], Manifest], reason: str
) -> None:
    elm, oak = neighbours(tmp_path)
    assert refusal(oak, resigned(elm, make(elm).content, change)) == reason


def repacked(content: bytes, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]) -> bytes:
    """The same files packed by another program, or by somebody hostile."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.infolist():
            change(archive, member, source.read(member))
    return target.getvalue()


def compressed(archive: zipfile.ZipFile, member: zipfile.ZipInfo, body: bytes) -> None:
    archive.writestr(member, body, zipfile.ZIP_DEFLATED)


def climbing(archive: zipfile.ZipFile, member: zipfile.ZipInfo, body: bytes) -> None:
    archive.writestr(member, body)
    archive.writestr(f"../../../etc/cron.d/{member.CRC}", b"* * * * * root true")


def dated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, body: bytes) -> None:
    member.date_time = (2027, 6, 14, 12, 0, 0)
    archive.writestr(member, body)


def commented(archive: zipfile.ZipFile, member: zipfile.ZipInfo, body: bytes) -> None:
    archive.comment = b"hello"
    archive.writestr(member, body)


def linked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, body: bytes) -> None:
    member.external_attr = 0o120777 << 16
    archive.writestr(member, body)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (compressed, Refusal.LAYOUT),
        (climbing, Refusal.LAYOUT),
        (dated, Refusal.LAYOUT),
        (commented, Refusal.LAYOUT),
        (linked, Refusal.LAYOUT),
    ],
)
def test_a_file_that_is_packed_in_another_way_is_refused(
    tmp_path: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None], reason: str
) -> None:
    elm, oak = neighbours(tmp_path)
    content = make(elm).content
    packed = repacked(content, change)
    assert packed != content
    assert refusal(oak, packed) in (reason, Refusal.TOO_LARGE)
    assert not (tmp_path / "etc").exists()


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/zeros", b"\0" * (8 << 20))
    assert len(target.getvalue()) < 1 << 16
    assert refusal(oak, target.getvalue()) == Refusal.TOO_LARGE
    assert refusal(oak, b"\0" * (BYTES_MOST + 1)) == Refusal.TOO_LARGE
    many = write_container("many", {f"f{number}": b"" for number in range(199)})
    assert refusal(oak, many) == Refusal.TOO_LARGE
    for rubbish in (b"", b"PK", b"PK\5\6", b"PK\5\6" + b"\0" * 18, make(elm).content[:-9], b"{}"):
        assert refusal(oak, rubbish) in (Refusal.UNREADABLE, Refusal.LAYOUT)


def entries(count: int, said: int, before_end: bytes = b"") -> bytes:
    """A ZIP whose directory has so many entries, of which its end says another number."""
    entry = b"PK\1\2" + b"\0" * 24 + b"\1" + b"\0" * 17 + b"a"
    size = struct.pack("<I", count * len(entry))
    number = struct.pack("<H", said)
    end = b"PK\5\6" + b"\0" * 4 + number * 2 + size + b"\0" * 6
    return entry * count + before_end + end


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (entries(2_000, 2_000), Refusal.TOO_LARGE),
        (entries(2_000, 1), Refusal.TOO_LARGE),
        # Its own end is beyond the one that is looked at first.
        (entries(0, 0, b"PK\6\7" + b"\0" * 16), Refusal.LAYOUT),
        (entries(2_000, 1) + b"comment", Refusal.LAYOUT),
    ],
)
def test_a_directory_of_millions_is_refused_before_anything_is_made_of_it(
    content: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZipInfo", None)
    with pytest.raises(RefusedBundleError) as refused:
        read_container(content)
    assert refused.value.reason == reason


def test_a_stranger_is_refused_and_nothing_of_theirs_is_kept(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    content = make(elm).content
    ash = laptop(tmp_path, "ash")
    forged = resigned(ash, content, lambda manifest, _: manifest)
    assert refusal(oak, forged) == Refusal.SIGNATURE
    raw = b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))
    assert b"air_temperature" not in raw
    take(oak, content)


def test_a_bundle_comes_in_once_and_in_its_turn(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    contents = [make(elm, tables).content for _ in range(3)]
    assert refusal(oak, contents[1]) == Refusal.GAP
    take(oak, contents[0])
    assert refusal(oak, contents[0]) == Refusal.REPLAY
    assert refusal(oak, contents[2]) == Refusal.GAP
    take(oak, contents[1])
    take(oak, contents[2])
    assert refusal(oak, contents[1]) == Refusal.REPLAY


def test_two_histories_are_both_set_aside_until_one_begins_anew(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    take(oak, make(elm, tables, is_entered=False).content)
    # An older backup was brought back at elm: the number is given a second time, with other rows.
    other = make(elm, {**tables, "readings": tables["readings"][:3]})
    assert refusal(oak, other.content) == Refusal.SPLIT
    with Received(oak.data, "oak", ID) as received:
        assert received.parts() == []
        assert [split.sequence for split in received.splits()] == [1]
        [aside] = received.asides()
        assert "Two histories" in aside.message
    assert refusal(oak, make(elm, tables).content) == Refusal.SPLIT
    take(oak, make(elm, tables, begins_anew=True).content)
    with Received(oak.data, "oak", ID) as received:
        assert {part.table: part.rows for part in received.parts()}["readings"] == len(tables["readings"])
    take(oak, make(elm, tables).content)


def test_a_lost_bundle_is_made_good_by_one_that_begins_anew(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    make(elm, tables)
    lost = make(elm, tables).content
    take(oak, make(elm, tables, begins_anew=True).content)
    assert refusal(oak, lost) == Refusal.REPLAY


def test_a_thief_is_refused_whatever_day_is_written(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    content = make(elm).content
    statement = StolenKey(community="elm", key=elm.public, day="2027-07-01")
    oak.enter(KEY_STOLEN, statement)
    assert refusal(oak, content) == Refusal.KEY_STOLEN
    assert refusal(oak, resigned(elm, content, with_fields(made="2027-06-14"))) == Refusal.KEY_STOLEN


def test_a_lost_key_takes_no_bundle_further(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    draw_key(elm.data, "elm")
    assert refusal(oak, make(elm).content) == Refusal.SIGNATURE


def test_an_agreement_whose_review_has_passed_gives_and_takes_nothing(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    content = make(elm).content
    oak.now_s = NOW_S + 200 * 86_400
    assert refusal(oak, content) == Refusal.NOT_IN_FORCE


def test_a_revoked_agreement_takes_nothing_purges_and_answers(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    first, second = make(elm).content, make(elm, {}).content
    take(oak, first)
    with oak.book() as book:
        [stored] = book.agreements()
        with pytest.raises(RefusedDocumentError, match="holds"):
            purge(oak.data, book, stored, oak.key)
    oak.add(elm.revoke(stored.agreement))
    assert refusal(oak, second) == Refusal.REVOKED
    with oak.book() as book:
        [stored] = book.agreements()
        receipt, rows = purge(oak.data, book, stored, oak.key)
    assert rows > 0
    raw = b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))
    assert b"air_temperature" not in raw
    assert elm.add(receipt) == RECEIPT
    with elm.book() as book:
        [answer] = book.receipts(ID)
        assert isinstance(answer, Receipt)
        assert (answer.rows, len(answer.bundles)) == (rows, 1)


def test_a_receipt_that_was_changed_or_is_of_another_is_refused(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    with elm.book() as book:
        [stored] = book.agreements()
    oak.add(elm.revoke(stored.agreement))
    with oak.book() as book:
        [stored] = book.agreements()
        receipt, _ = purge(oak.data, book, stored, oak.key)
        forged, _ = purge(oak.data, book, stored, laptop(tmp_path, "ash").key)
    for content in (forged, receipt[:-5] + b"AA" + receipt[-3:]):
        with pytest.raises(InvalidEnvelopeError):
            elm.add(content)


def test_what_is_given_to_one_neighbour_is_nothing_to_another(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    ash = laptop(tmp_path, "ash")
    agree(elm, ash, terms(elm.party(*GIVES), ash.party(), id=ID[::-1]))
    content = resigned(elm, make_for(elm, ID), lambda manifest, _: manifest)
    with pytest.raises(RefusedBundleError, match="agreement"):
        take(ash, content)
    take(oak, content)


def make_for(side: Laptop, agreement: str) -> bytes:
    with side.book() as book:
        stored = book.find(agreement)
        assert stored is not None
        return make_bundle(stored, side.community, side.key, {}, WEEK, book.today(), None).content
