"""Backups that somebody else has made: whatever they hold, nothing outside the data folder is touched."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sera_command.backups import restoration
from sera_command.backups.container import (
    ALL,
    FORM,
    KEYS,
    ContainerReader,
    ContainerWriter,
    Head,
    Manifest,
    write_head,
)
from sera_command.backups.encryption import Secrets
from sera_command.backups.names import is_backup_name
from sera_command.errors import BadInputError, CannotWriteError, ExitCode
from sera_command.main import main
from strategies import examples

HARMLESS = "installation.json"
OUTSIDE = [
    "../.bashrc",
    "journal/../../.bashrc",
    "/etc/passwd",
    "journal//2026-01.sqlite",
    "./installation.json",
    "..\\.bashrc",
    "C:\\x",
    "C:x",
    "installation.json\0",
    "installation.json\n",
    "SITE.JSON",
    "boards/../../x",
    "boards/node/..",
    "boards/.hidden/x",
    "boards/node/key.",
    "boards/node/deeper/key",
    "boards/aux/key",
    "boards/nul.txt/key",
    "authority/con",
    "authority/certificates/a/b/c",
    "journal/2026-01.sqlite-wal",
    "journal/held.sqlite",
    "journal",
    "store/other.sqlite",
    "store/tallies.sqlite",
    "broker/nats.conf",
    "pages/index.html",
    "authority/\u00e9",
    "",
]
PARTS = st.sampled_from(
    ["..", ".", "", "journal", "store", "boards", "authority", "a", "x\\y", "\0", "C:", "é"]
)
NAMES = st.one_of(
    st.sampled_from(OUTSIDE), st.lists(PARTS, min_size=1, max_size=5).map("/".join), st.text(max_size=40)
)


def backup_of(files: list[tuple[str, bytes]], *, holds: str = ALL, count: int | None = None) -> bytes:
    """Write a backup of any names, past the list of names that `sera backup` writes."""
    target = io.BytesIO()
    write_head(target, Head(FORM, "0" * 16, None))
    writer = ContainerWriter(target)
    for name, content in files:
        writer.add(name, io.BytesIO(content), len(content))
    number = len(files) if count is None else count
    writer.finish(Manifest("0" * 16, 0, holds, 0, 0, number))
    return target.getvalue()


def restore(backup: Path, data: Path) -> int:
    return main(["restore", str(backup), "--data", str(data)])


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=4))
@example([(HARMLESS, b"{}"), ("../.bashrc", b"evil")])
@example([(HARMLESS, b"{}"), (HARMLESS, b"twice")])
@example([("boards/node/key", b"a"), ("boards/Node/key", b"b")])
def test_a_backup_of_any_names_brings_back_all_or_touches_nothing(files: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / ".bashrc").write_text("mine")
        (home / "backup").write_bytes(backup_of(files))
        before = tree(home)

        code = restore(home / "backup", home / "data")

        names = [name for name, _ in files]
        # Beginning with an empty name there would be another end.
        is_good = all(map(is_backup_name, names)) and len({name.casefold() for name in names}) == len(names)
        databases = any(name.startswith(("journal/", "store/")) for name in names)
        assert (home / ".bashrc").read_text() == "mine"
        if code == ExitCode.DONE:
            assert is_good
            assert {path for path in tree(home) - before if not path.startswith("data")} == set()
            for name, content in files:
                assert (home / "data" / name).read_bytes() == content
        else:
            assert not is_good or databases
            assert tree(home) == before


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_no_backup_has_are_no_names(name: str) -> None:
    assert not is_backup_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "journal/2026-05.sqlite",
        "journal/2026-05.packed",
        "store/registry.sqlite",
        "authority/authority-1.key",
        "authority/issued.jsonl",
        "authority/certificates/elm-1.2-0011/elm-1.2.key",
        "boards/elm-1/node_key.der",
        "installation.json",
    ],
)
def test_names_that_sera_writes_are_names(name: str) -> None:
    assert is_backup_name(name)


def test_a_manifest_that_says_something_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (
        backup_of([(HARMLESS, b"{}")], count=2),
        backup_of([(HARMLESS, b"{}")], holds=KEYS),
        backup_of([(HARMLESS, b"{}")], holds="nothing"),
    ):
        (tmp_path / "backup").write_bytes(content)
        assert restore(tmp_path / "backup", tmp_path / "data") == ExitCode.BAD_INPUT
        assert "does not say what it holds" in capsys.readouterr().err
    assert tree(tmp_path) == {"backup"}


def test_a_newer_form_and_an_unknown_lock_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for head, problem in (
        ({"form": FORM + 1, "id": "a", "more": 1}, "update Sera"),
        ({"form": FORM, "id": "a", "lock": {"type": "rot13"}}, "head cannot be read"),
    ):
        (tmp_path / "backup").write_bytes(b"SERA BACKUP\n" + msgspec.json.encode(head) + b"\n")
        assert restore(tmp_path / "backup", tmp_path / "data") == ExitCode.BAD_INPUT
        assert problem in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_a_pipe_or_a_folder_is_no_backup_and_nobody_waits_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "absent"):
        assert restore(path, tmp_path / "data") == ExitCode.BAD_INPUT
        assert "`sera backup` wrote" in capsys.readouterr().err
    assert tree(tmp_path) == {"pipe"}


@pytest.mark.parametrize(
    "later",
    [
        [(HARMLESS, b"[]")],
        [(HARMLESS, b"{}"), ("boards/node/key", b"more")],
        [("boards/node/key", b"{}")],
    ],
)
def test_what_is_swapped_between_check_and_copy_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: list[tuple[str, bytes]]
) -> None:
    backup = tmp_path / "backup"
    backup.write_bytes(backup_of([(HARMLESS, b"{}")]))
    check = restoration._refuse_mismatched

    def swap(*arguments: object) -> None:
        check(*arguments)  # type: ignore[arg-type]
        backup.write_bytes(backup_of(later))

    monkeypatch.setattr(restoration, "_refuse_mismatched", swap)
    with pytest.raises(BadInputError, match="was changed while it was read"):
        restoration.restore_backups([backup], tmp_path / "data", Secrets(str))
    assert tree(tmp_path) == {"backup"}


def test_a_disk_without_room_is_seen_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup"
    backup.write_bytes(backup_of([(HARMLESS, b"{}")]))
    usage = restoration.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(restoration.shutil, "disk_usage", lambda _: usage._replace(free=1))

    with pytest.raises(CannotWriteError, match="needs 2 bytes"):
        restoration.restore_backups([backup], tmp_path / "deep" / "data", Secrets(str))
    assert tree(tmp_path) == {"backup"}


@settings(max_examples=examples(200))
@given(st.binary(max_size=400))
def test_bytes_that_nobody_wrote_are_refused_and_never_asked_for_in_full(content: bytes) -> None:
    with pytest.raises(BadInputError):
        ContainerReader(io.BytesIO(content), "a backup").read(lambda _, __: None)
