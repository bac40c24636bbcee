"""The lock of a data folder, and its mode."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from sera_gateway.errors import BrokerUnusableError, FolderInUseError, FolderUnwritableError
from sera_gateway.process.leftovers import end_leftover
from sera_gateway.process.logs import json_log
from sera_gateway.process.ownership import owned
from sera_gateway.security.embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """
import sys, time
from pathlib import Path
from sera_gateway.process.ownership import owned
with owned(Path(sys.argv[1]), "up"):
    print("owns", flush=True)
    sys.stdin.read()
"""

DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", OWNER, str(tmp_path / "data")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "owns\n"
    return process


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_second_owner_is_refused_until_the_first_has_ended_in_whatever_way(
    tmp_path: Path, owner: subprocess.Popen[str]
) -> None:
    with (
        pytest.raises(FolderInUseError, match=rf"in use by `sera up` \(process {owner.pid}\)") as refused,
        owned(tmp_path / "data", "demo"),
    ):
        pass
    assert (refused.value.verb, refused.value.pid) == ("up", owner.pid)
    owner.kill()
    owner.wait(120)
    with owned(tmp_path / "data", "demo"):
        answer = json.loads((tmp_path / "data/owner.json").read_text(encoding="utf-8"))
        assert answer == {"verb": "demo", "pid": os.getpid()}
    assert not (tmp_path / "data/owner.json").exists()


def test_who_is_refused_leaves_a_wide_folder_as_it_is(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    (tmp_path / "data").chmod(0o755)
    with pytest.raises(FolderInUseError), owned(tmp_path / "data", "demo"):
        pass
    assert mode_of(tmp_path / "data") == 0o755
    owner.kill()
    owner.wait(120)


def test_a_folder_is_made_and_closed_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with owned(tmp_path / "above/data", "up"):
            assert mode_of(tmp_path / "above") == mode_of(tmp_path / "above/data") == 0o700
    finally:
        os.umask(before)


def test_a_folder_that_was_open_to_others_is_closed_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    stream = io.StringIO()
    for _ in range(2):
        with owned(tmp_path / "data", "up", json_log(stream)):
            assert mode_of(tmp_path / "data") == 0o700
    [line] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["mode"], line["now"]) == ("folder_was_open_to_others", "0755", "0700")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder", encoding="utf-8")
    with pytest.raises(FolderUnwritableError, match="--data"), owned(tmp_path / "data", "up"):
        pass


def test_a_gateway_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    settings, pid_file, message = tmp_path / "gateway.toml", tmp_path / "gateway.pid", io.StringIO()
    left = subprocess.Popen(
        [sys.executable, "-c", DEAF, str(settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert left.stdout is not None
    left.stdout.readline()
    pid_file.write_text(str(left.pid), encoding="utf-8")
    # Whoever started it has gone; here it is this process, which has to ask how it ended.
    arguments = threading.Thread(target=left.wait)
    arguments.start()
    end_leftover(pid_file, settings, json_log(message), within_s=0.1)
    arguments.join(120)
    assert left.returncode == -signal.SIGKILL
    assert "leftover_ended" in message.getvalue()


def test_the_number_of_another_program_is_not_believed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "gateway.pid").write_text(str(os.getpid()), encoding="utf-8")
    stream = io.StringIO()
    with owned(data, "up", json_log(stream)):
        pass
    assert "leftover_ended" not in stream.getvalue()


def test_a_broker_without_certificates_never_opens_what_rights_protected(tmp_path: Path) -> None:
    (tmp_path / "rights.conf").write_text("authorization {}", encoding="utf-8")
    with pytest.raises(BrokerUnusableError, match="never runs without them"):
        EmbeddedBroker(tmp_path).start()
    assert [path.name for path in tmp_path.iterdir()] == ["rights.conf"]
