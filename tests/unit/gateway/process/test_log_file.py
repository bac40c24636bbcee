"""A log file that is appended to over starts, with a bound."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from typing import TYPE_CHECKING

from sera_gateway.process.log_file import LogFile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_second_start_leaves_what_the_first_one_wrote(tmp_path: Path) -> None:
    for line in (b"first\n", b"second\n"):
        with closing(LogFile(tmp_path / "gateway.log")) as log:
            log.write(line)
    assert (tmp_path / "gateway.log").read_bytes() == b"first\nsecond\n"
    assert (tmp_path / "gateway.log").stat().st_mode & 0o777 == 0o600


def test_from_its_bound_on_it_is_the_older_one_of_two(tmp_path: Path) -> None:
    with closing(LogFile(tmp_path / "gateway.log", bytes_most=100)) as log:
        for number in range(100):
            log.write(b"line %04d\n" % number)
    older, newer = (tmp_path / "gateway.log.1").read_bytes(), (tmp_path / "gateway.log").read_bytes()
    assert len(older) == 100
    assert 0 < len(newer) <= 100
    assert (older + newer).endswith(b"line 0098\nline 0099\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.log", "gateway.log.1"]


def test_a_disk_without_room_for_a_new_file_costs_no_line_after_it_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with closing(LogFile(tmp_path / "gateway.log", bytes_most=20)) as log:
        log.write(b"written before\n")
        with monkeypatch.context() as disk:
            disk.setattr(os, "open", full)
            log.write(b"lost\n" * 2)
            log.write(b"lost\n" * 2)
        log.write(b"written after\n")
    assert (tmp_path / "gateway.log").read_bytes() == b"written after\n"
    assert (tmp_path / "gateway.log.1").read_bytes() == b"written before\n"
