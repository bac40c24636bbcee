"""A chain that was changed, cut, reordered or forked is named at the entry; a whole one never is."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.chronicle.chain_file import read_chain, write_chain
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.entries import Entry, hash_of, read_header
from sera_store.chronicle.head_words import Head, read_words, words_of
from sera_store.chronicle.verification import find_fork, verify_chain, verify_contents
from sera_store.errors import InvalidEntryError, TableError
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Lines = list[tuple[bytes, str]]
LENGTH = 9


def draft(body: bytes = b"a story", attachments: tuple[Attachment, ...] = ()) -> Draft:
    return Draft("story", draw_item(), 1, "p-1", body, attachments)


def fill(folder: Path) -> None:
    with Chronicle.open(folder, clock=lambda: 1_780_000_000) as chronicle:
        chronicle.append([draft(b"%d" % number) for number in range(6)])
        chronicle.erase([2, 3], "withdrawn")
        chronicle.append([draft(attachments=(Attachment(b"a picture", "image/png"),)), draft()])


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    folder = tmp_path_factory.mktemp("chronicle")
    fill(folder)
    with Chronicle.open(folder) as chronicle:
        return list(chronicle.lines())


def problems(lines: Lines, *heads: Head) -> list[tuple[int, str]]:
    return [(problem.number, problem.code) for problem in verify_chain(lines, heads)]


def changed(line: tuple[bytes, str], *, is_rehashed: bool, **fields: object) -> tuple[bytes, str]:
    entry = read_header(line[0])
    header = Entry(**{**{name: getattr(entry, name) for name in entry.__struct_fields__}, **fields}).header
    return header, hash_of(header) if is_rehashed else line[1]


def rechained(lines: Lines, since: int) -> Lines:
    """Chain again from a place on, as somebody does who wants to hide a change."""
    for index in range(since, len(lines)):
        lines[index] = changed(lines[index], is_rehashed=True, previous=lines[index - 1][1])
    return lines


def test_a_whole_chain_has_no_problem(lines: Lines) -> None:
    assert len(lines) == LENGTH
    assert problems(lines, *(head_of(line) for line in lines)) == []


def head_of(line: tuple[bytes, str]) -> Head:
    return read_words(words_of(read_header(line[0])))


@given(st.data())
@settings(max_examples=examples(200))
def test_any_changed_byte_is_named_at_its_entry(lines: Lines, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, LENGTH - 1))
    header, stored_hash = lines[index]
    at = data.draw(st.integers(0, len(header) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != header[at]))
    broken = list(lines)
    broken[index] = (header[:at] + bytes([byte]) + header[at + 1 :], stored_hash)
    assert {number for number, _ in problems(broken)} >= {index + 1}


@given(st.permutations(range(LENGTH)).filter(lambda order: order != list(range(LENGTH))))
@settings(max_examples=examples(100))
def test_entries_in_another_order_are_named_where_the_order_ends(lines: Lines, order: list[int]) -> None:
    first = next(index for index, place in enumerate(order) if index != place)
    assert (first + 1, "number") in problems([lines[place] for place in order])


@given(st.integers(0, LENGTH - 2))
@settings(max_examples=examples(20))
def test_an_entry_that_was_taken_out_is_named(lines: Lines, index: int) -> None:
    assert problems(lines[:index] + lines[index + 1 :])[0] == (index + 1, "number")


@given(st.integers(0, LENGTH - 1))
@settings(max_examples=examples(20))
def test_a_change_that_was_hashed_again_breaks_the_link_behind_it(lines: Lines, index: int) -> None:
    broken = list(lines)
    broken[index] = changed(lines[index], is_rehashed=True, day="2020-01-01")
    expected = [] if index == LENGTH - 1 else [(index + 2, "link")]
    assert problems(broken) == expected
    assert problems(broken, head_of(lines[index])) == [(index + 1, "head"), *expected]


def test_a_change_that_was_chained_again_is_seen_by_a_noted_head_alone(lines: Lines) -> None:
    other = list(lines)
    other[4] = changed(lines[4], is_rehashed=True, kind="recipe")
    rechained(other, 5)
    assert problems(other) == []
    assert problems(other, head_of(lines[3])) == []
    assert problems(other, head_of(lines[-1])) == [(LENGTH, "head")]
    fork = find_fork(lines, other)
    assert fork is not None
    assert (fork.number, fork.code) == (5, "fork")
    assert find_fork(lines, lines[:4]) is None


def test_entries_cut_off_are_seen_by_a_noted_head_alone(lines: Lines) -> None:
    assert problems(lines[:6]) == []
    assert problems(lines[:6], head_of(lines[7])) == [(7, "cut_off")]


def test_entries_of_another_chronicle_and_needless_erasures_are_named(lines: Lines) -> None:
    other = list(lines)
    other[5] = changed(lines[5], is_rehashed=True, chronicle="0" * 32)
    assert problems(rechained(other, 6)) == [(6, "other_chronicle")]
    twice = list(lines)
    twice.append(changed(lines[6], is_rehashed=True, number=LENGTH + 1, previous=lines[-1][1]))
    assert problems(twice) == [(LENGTH + 1, "erasure"), (LENGTH + 1, "erasure")]


def statement(text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        connection = sqlite3.connect(folder / "chronicle.sqlite")
        connection.execute(text)
        connection.commit()
        connection.close()

    return change


def hide_a_body(folder: Path) -> None:
    for text in ("DELETE FROM bodies WHERE number=4", "INSERT INTO erased VALUES (4, 7)"):
        statement(text)(folder)


def lose_a_picture(folder: Path) -> None:
    [picture] = (folder / "attachments").iterdir()
    picture.unlink()


def exchange_a_picture(folder: Path) -> None:
    [picture] = (folder / "attachments").iterdir()
    picture.write_bytes(b"another one")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (statement("UPDATE bodies SET body=x'00' WHERE number=4"), (4, "altered_contents")),
        (statement("DELETE FROM bodies WHERE number=4"), (4, "missing_contents")),
        (statement("UPDATE authors SET author='p-2' WHERE number=5"), (5, "altered_contents")),
        (statement("INSERT INTO bodies VALUES (2, x'00', x'00')"), (2, "left_contents")),
        (statement("DELETE FROM erased WHERE number=3"), (3, "erasure")),
        (statement("INSERT INTO erased VALUES (4, 7)"), (4, "erasure")),
        (hide_a_body, (4, "missing_contents")),
        (statement("DELETE FROM attachments"), (8, "missing_contents")),
        (lose_a_picture, (8, "missing_contents")),
        (exchange_a_picture, (8, "altered_contents")),
    ],
)
def test_contents_that_are_not_what_was_entered_are_named(
    tmp_path: Path, change: Callable[[Path], None], expected: tuple[int, str]
) -> None:
    fill(tmp_path)
    with Chronicle.open(tmp_path) as chronicle:
        assert list(verify_contents(chronicle)) == []
    change(tmp_path)
    with Chronicle.open(tmp_path) as chronicle:
        problems = [(problem.number, problem.code) for problem in verify_contents(chronicle)]
    assert expected in problems
    assert {number for number, _ in problems} == {expected[0]}


def test_a_restored_copy_verifies(tmp_path: Path) -> None:
    fill(tmp_path / "elm")
    with Chronicle.open(tmp_path / "elm") as chronicle:
        (tmp_path / "copy").mkdir()
        chronicle.backup(tmp_path / "copy" / "chronicle.sqlite")
        shutil.copytree(chronicle.folder / "attachments", tmp_path / "copy" / "attachments")
        head = chronicle.head()
    with Chronicle.open(tmp_path / "copy") as copy:
        assert copy.head() == head
        assert [*verify_chain(copy.lines()), *verify_contents(copy)] == []


def test_a_chain_goes_through_a_file(lines: Lines, tmp_path: Path) -> None:
    with (tmp_path / "chain.jsonl").open("wb") as file:
        assert write_chain(lines, file) == LENGTH
    assert list(read_chain(tmp_path / "chain.jsonl")) == lines


@pytest.mark.parametrize(
    "text", [b"entry 1\n", b'{"entry": {}}\n', b"\xff\xfe\n", b'{"hash": "' + b"0" * 9000 + b'"}\n', b"[]\n"]
)
def test_a_file_that_is_no_chain_names_the_line(lines: Lines, tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "chain.jsonl"
    with path.open("wb") as file:
        write_chain(lines[:2], file)
        file.write(text)
    with pytest.raises(TableError, match="line 3 is"):
        list(read_chain(path))


def test_an_entry_that_is_not_written_canonically_is_unreadable(lines: Lines) -> None:
    spaced = [(json.dumps(json.loads(lines[0][0]), sort_keys=True).encode(), lines[0][1]), *lines[1:]]
    assert problems(spaced) == [(1, "unreadable")]


@given(st.binary(min_size=16, max_size=16), st.integers(1, 10**6))
@settings(max_examples=examples(100))
def test_a_head_read_aloud_is_the_same_head(start: bytes, number: int) -> None:
    from sera_store.chronicle.head_words import _LIST

    words = _LIST.to_mnemonic(start)
    loud = f"{number}: " + ", ".join(words.upper().split())
    short = f"{number} " + " ".join(word[:4] for word in words.split())
    assert read_words(loud) == read_words(short) == Head(number, start.hex())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a number|number of an entry"),
        ("12 abandon ability", "there are 2 words"),
        ("12 " + "abandon " * 12, "do not belong together"),
        ("12 " + "abandon " * 11 + "lovage", "'lovage' is no word of the list"),
        ("twelve " + "abandon " * 12, "number of an entry"),
    ],
)
def test_a_head_that_was_misread_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidEntryError, match=says):
        read_words(text)
