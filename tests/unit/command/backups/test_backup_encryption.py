"""Encrypted backups: who can open them, and that no byte of one can be changed, moved or left out."""

from __future__ import annotations

import io
import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway_parts import NOW_NS, batch, data_topic, message, plant, row
from sera_command.backups.container import ContainerWriter
from sera_command.backups.encryption import CHUNK_BYTES, SealedReader, SealedWriter
from sera_command.backups.secrets import PASSPHRASE_VARIABLE
from sera_command.errors import BadInputError, ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_store.store import Store
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path

KEY, BOUND = bytes(range(32)), b"head"
PASSPHRASE = "gravel otter lantern mauve"
PLANTED = "planted-secret"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with one node, one message and a key."""
    folder = tmp_path / "data"
    with Journal(folder / "journal", lambda: NOW_NS) as journal, Store.open(folder / "store") as store:
        plant(store, ["node-a"])
        journal.append([message(data_topic("node-a"), batch([row(1, 14.5)], x=PLANTED))])
    (folder / "authority").mkdir(mode=0o700)
    (folder / "authority" / "key").write_text(PLANTED)
    return folder


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)


def run(*words: object) -> int:
    return main([str(word) for word in words])


def sealed(content: bytes) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, KEY, BOUND)
    writer.write(content)
    writer.close()
    return target.getvalue()


def opened(content: bytes, bound: bytes = BOUND) -> bytes:
    reader, result = SealedReader(io.BytesIO(content), KEY, bound, "a backup"), b""
    while piece := reader.read(50_000):
        result += piece
    return result


@pytest.mark.slow
@pytest.mark.usefixtures("passphrase")
def test_a_passphrase_opens_what_it_closed_and_nothing_else_does(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup", tmp_path / "b", "--data", data, "--encrypt") == ExitCode.DONE
    content = (tmp_path / "b").read_bytes()
    for readable in (PLANTED.encode(), b"SQLite", b"journal", b"authority", PASSPHRASE.encode()):
        assert readable not in content

    assert run("restore", tmp_path / "b", "--data", tmp_path / "again") == ExitCode.DONE
    with JournalReader(tmp_path / "again" / "journal") as journal:
        assert journal.last_number() == 1
    assert (tmp_path / "again" / "authority" / "key").read_text() == PLANTED

    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE + "x")
    assert run("restore", tmp_path / "b", "--data", tmp_path / "other") == ExitCode.BAD_INPUT
    assert "does not open with this passphrase" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_a_passphrase_comes_from_a_file_and_must_be_long(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "passphrase"
    file.write_text("short\n")
    assert run("backup", tmp_path / "b", "--data", data, "--passphrase-file", file) == ExitCode.BAD_INPUT
    assert "has 5 characters" in capsys.readouterr().err
    assert run("backup", tmp_path / "b", "--data", data, "--encrypt") == ExitCode.BAD_INPUT
    assert "there is no passphrase" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    file.write_text(PASSPHRASE + "\n")
    assert run("backup", tmp_path / "b", "--data", data, "--passphrase-file", file) == ExitCode.DONE
    words = ("restore", tmp_path / "b", "--data", tmp_path / "again", "--passphrase-file", file)
    assert run(*words) == ExitCode.DONE


def test_who_makes_a_backup_for_a_recipient_cannot_open_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, other = tmp_path / "key", tmp_path / "other"
    assert run("backup-key", key) == run("backup-key", other) == ExitCode.DONE
    assert run("backup-key", key) == ExitCode.BAD_INPUT
    assert os.name == "nt" or key.stat().st_mode & 0o077 == 0
    words = ("backup", tmp_path / "b", "--data", data, "--recipient", tmp_path / "key.pub")
    assert run(*words) == ExitCode.DONE
    assert PLANTED.encode() not in (tmp_path / "b").read_bytes()

    restore = ("restore", tmp_path / "b", "--data", tmp_path / "again")
    capsys.readouterr()
    assert run(*restore) == ExitCode.BAD_INPUT
    assert "name the file of the private one" in capsys.readouterr().err
    assert run(*restore, "--key", other) == ExitCode.BAD_INPUT
    assert "for another key" in capsys.readouterr().err
    assert run(*restore, "--key", tmp_path / "key.pub") == ExitCode.BAD_INPUT
    assert run(*restore, "--key", key) == ExitCode.DONE


@pytest.mark.slow
def test_every_flipped_byte_is_an_error_before_anything_is_written(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("backup-key", tmp_path / "key")
    run("backup", tmp_path / "b", "--data", data, "--recipient", tmp_path / "key.pub", "--only-keys")
    run("backup", tmp_path / "r", "--data", data, "--without-keys")
    whole = (tmp_path / "b").read_bytes()
    before = sorted(tmp_path.iterdir())
    for index in range(len(whole)):
        (tmp_path / "b").write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        words = (
            "restore",
            tmp_path / "b",
            tmp_path / "r",
            "--data",
            tmp_path / "x",
            "--key",
            tmp_path / "key",
        )
        assert run(*words) == ExitCode.BAD_INPUT, index
        assert sorted(tmp_path.iterdir()) == before
    assert len(whole) > 300
    capsys.readouterr()


@settings(max_examples=examples(30))
@given(st.integers(0, 3 * CHUNK_BYTES))
@example(0)
@example(1)
@example(CHUNK_BYTES)
@example(2 * CHUNK_BYTES)
@example(CHUNK_BYTES + 1)
def test_what_was_sealed_opens_again(size: int) -> None:
    content = (b"sera" * (size // 4 + 1))[:size]
    assert opened(sealed(content)) == content


@given(st.integers(0, 3 * CHUNK_BYTES + 1), st.integers(0, 4 * CHUNK_BYTES), st.integers(0, 7))
def test_no_byte_of_a_sealed_stream_can_change(size: int, place: int, bit: int) -> None:
    whole = bytearray(sealed(bytes(size)))
    whole[place % len(whole)] ^= 1 << bit
    with pytest.raises(BadInputError, match="was changed or cut off"):
        opened(bytes(whole))


@given(st.integers(0, 3 * CHUNK_BYTES), st.integers(0, 4 * CHUNK_BYTES))
@example(2 * CHUNK_BYTES + 5, CHUNK_BYTES + 16)
@example(CHUNK_BYTES, 0)
def test_a_sealed_stream_cannot_be_cut_off_or_go_on(size: int, place: int) -> None:
    whole = sealed(bytes(size))
    for other in (whole[: place % len(whole)], whole + b"x", whole + whole):
        with pytest.raises(BadInputError, match="was changed or cut off"):
            opened(other)


def test_a_large_file_takes_no_more_memory_than_a_small_one() -> None:
    size, written = 64 << 20, [0]

    class Zeros:
        def __init__(self) -> None:
            self.left = size

        def read(self, count: int) -> bytes:
            count = min(count, self.left)
            self.left -= count
            return bytes(count)

    class Counter:
        def write(self, content: bytes) -> None:
            written[0] += len(content)

    tracemalloc.start()
    try:
        writer = SealedWriter(Counter(), KEY, BOUND)
        ContainerWriter(writer).add("journal/2026-05.sqlite", Zeros(), size)
        writer.close()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert written[0] > size
    assert peak < 8 << 20


def test_chunks_cannot_change_places_or_come_from_another_backup() -> None:
    whole = sealed(os.urandom(3 * CHUNK_BYTES))
    step = CHUNK_BYTES + 16
    chunks = [whole[start : start + step] for start in range(0, len(whole), step)]
    assert len(chunks) == 3
    for order in ((1, 0, 2), (0, 2), (0, 0, 1, 2), (0, 1, 1, 2), (2,)):
        with pytest.raises(BadInputError):
            opened(b"".join(chunks[number] for number in order))
    with pytest.raises(BadInputError):
        opened(whole, b"another head")
