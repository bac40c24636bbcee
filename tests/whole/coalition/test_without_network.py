"""A laptop without any network verifies and takes what came on a stick, and refuses what was changed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from coalition.story_laptops import sera, story_laptops

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
# A namespace of its own has no interface but loopback, and that is down.
ALONE = ("unshare", "--map-root-user", "--net")


def alone(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own."""
    return subprocess.run([*ALONE, *words], capture_output=True, text=True, timeout=120, env=os.environ)


@pytest.fixture
def _namespaces() -> None:
    if shutil.which("unshare") is None or alone("true").returncode:
        pytest.skip("this machine lets nobody make a network namespace")


@pytest.mark.usefixtures("_namespaces")
def test_what_came_on_a_stick_is_verified_and_taken_without_a_network(tmp_path: Path) -> None:
    elm, oak = story_laptops(tmp_path)
    bundle = tmp_path / "elm.zip"
    assert sera(elm, "bundle", "make", "oak", "--out", str(bundle)) == 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reach = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        assert subprocess.run([sys.executable, "-c", reach], timeout=120).returncode == 0
        assert "Network is unreachable" in alone(sys.executable, "-c", reach).stderr

    def by_oak(verb: str, file: Path) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-m", "sera_command", "bundle", verb, str(file), "--data", str(oak.data))
        return alone(*words)

    assert "may be taken" in by_oak("verify", bundle).stdout
    changed = bytearray(bundle.read_bytes())
    changed[len(changed) // 2] ^= 1
    forged = tmp_path / "forged.zip"
    forged.write_bytes(bytes(changed))
    assert "refused" in by_oak("take", forged).stderr
    assert "is taken" in by_oak("take", bundle).stdout
