"""The commands of the guide to a first node, as they stand there, on a stand-in of a board."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from brokers.time_server import TimeServer, answer
from firmware.usb.board import UsbBoard
from house.doc_blocks import blocks, commands
from real_parts import free_port, wait_until
from sera_command.installation.installation import own_address
from tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.nats, pytest.mark.micropython]

GUIDE = ROOT / "docs" / "how-to" / "first-node.md"
ADDRESS = "192.0.2.7"
PASSWORD = "tomatoes & beans"
NETWORK = {"ssid": "Oak Street", "password": PASSWORD, "seen": []}
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def steps() -> Iterator[tuple[str, list[str]]]:
    for block in blocks(GUIDE):
        if block.words == ("console", "node"):
            yield from commands(block)


def typed(command: str, folder: Path, answers: str = "") -> str:
    """Run a command at a terminal of its own, where a person types; return what it showed."""
    process, terminal = pty.fork()
    if not process:
        os.chdir(folder)
        os.execvpe("bash", ["bash", "-c", command], {**os.environ, "PATH": PATH, "COLUMNS": "400"})
    output = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other side has ended
            part = b""
        if not part:
            break
        output += part
        # Echo is off once the blank behind the colon is there; what was typed before is thrown away.
        if answers and output.endswith(b": "):
            os.write(terminal, f"{answers}\n".encode())
            answers = ""
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    text = output.decode().replace("\r\n", "\n")
    assert os.waitstatus_to_exitcode(status) == 0, f"{command}\n{text}"
    return text


@contextmanager
def left_running(command: str, folder: Path) -> Iterator[str]:
    """Run `sera up` on ports that are free and leave it running; give what it said."""
    ready, log = folder / "ready.json", folder / "up.txt"
    ready.unlink(missing_ok=True)
    ports = f"--port {free_port()} --page-port 0 --ready-file {ready}"
    with log.open("wb") as file:
        process = subprocess.Popen(
            ("bash", "-c", f"exec {command} {ports}"),
            cwd=folder,
            env={**os.environ, "PATH": PATH},
            stdin=subprocess.DEVNULL,
            stderr=file,
        )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, label="sera up")
        wait_until(lambda: "Ctrl-C ends everything" in log.read_text(), label="what it says")
        yield log.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def assert_printed(expected: list[str], printed: str, names: dict[str, str]) -> None:
    """Fail unless the lines of the guide were shown in order; its numbers are those of another day."""
    at = 0
    for line in expected:
        pattern = re.escape(line.strip())
        for placeholder, actual in names.items():
            pattern = pattern.replace(re.escape(placeholder), actual)
        pattern = re.sub(r"(?<![\w.])\d+(?![\w.])", r"\\d+", pattern.replace(re.escape("..."), ".*"))
        match = re.compile(pattern).search(printed, at)
        assert match is not None, f"{line}\n--- expected: {pattern}\n{printed[at:]}"
        at = match.end()


def test_the_commands_of_the_guide_run_as_they_stand(
    nats: object, micropython: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address = own_address()
    if not address:
        pytest.skip("this machine has no address besides loopback")
    pending = list(steps())
    begun = [pending.pop(0), pending.pop(0), pending.pop(0)]
    assert [command.split()[1] for command, _ in begun] == ["community", "garden", "up"]
    *registrations, (up, _) = begun
    for command, _ in registrations:
        typed(command, tmp_path)
    names = {"Raspberry Pi Pico W with RP2040": ".*", "/dev/ttyACM0": r"\S+", ADDRESS: re.escape(address)}
    with (
        TimeServer(lambda request: answer(request, int(time.time()))) as clock,
        UsbBoard(micropython, tmp_path / "board", NETWORK) as board,
        left_running(up.replace(ADDRESS, address), tmp_path),
    ):
        (new, _), (trial, trial_lines), (flash, flashed) = pending[:3]
        assert [line.split()[1:3] for line in (new, trial, flash)] == [
            ["node", "new"], ["node", "try"], ["node", "flash"]
        ]  # fmt: skip
        assert PASSWORD not in typed(new, tmp_path, PASSWORD)
        config = tmp_path / "sera-data" / "boards" / "elm-1" / "config.json"
        # The stand-in reaches no time server of the world.
        content = {**json.loads(config.read_bytes()), "time_servers": [list(clock.address)]}
        config.write_text(json.dumps(content), encoding="utf-8")
        assert_printed(trial_lines, typed(trial, tmp_path), names)
        # It hangs at no USB port, so that its port is named.
        assert_printed(flashed, typed(f"{flash} --port {board.port}", tmp_path), names)
    [(start, expected)] = pending[3:]
    with left_running(start, tmp_path) as printed:
        assert_printed(
            expected, printed, names | {"mqtts://192.0.2.7:8883": r"mqtts://\S+", ":8080": r":\d+"}
        )
