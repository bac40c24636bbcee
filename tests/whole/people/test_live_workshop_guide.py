"""The commands of the guide to a live workshop, as they stand there, beside a running `sera up`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from house.doc_blocks import assert_prints, blocks, commands
from installation_parts import PLACE, running
from real_parts import wait_until
from sera_command.installation.installation import DEFAULT_FOLDER, Installation
from sera_command.main import main
from tree import ROOT
from web.browser import own_address

pytestmark = pytest.mark.slow

GUIDE = ROOT / "docs" / "how-to" / "live-workshop.md"
ADDRESS, WORKSHOP, CODE, PORT = "192.168.1.20", "workshop-1f0c2a9b", "7kq2m4", ":8080"


def test_the_commands_of_the_guide_run_as_they_stand(nats: object, tmp_path: Path) -> None:
    room = own_address()
    if not room:
        pytest.skip("this machine has no address besides loopback")
    data = tmp_path / DEFAULT_FOLDER
    assert main(["community", "new", "oak", "--data", str(data)]) == 0
    assert main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)]) == 0
    steps = [
        step for block in blocks(GUIDE) if block.words == ("console", "workshop") for step in commands(block)
    ]
    assert len(steps) >= 5
    names = {ADDRESS: room}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "SERA_WIFI_PASSWORD": "not a secret"}
    with running(data, tmp_path / "ready.json", "--every-minutes", "60") as (_, facts):
        names[PORT] = f":{facts['page'].strip('/').rsplit(':', 1)[1]}"
        for command, message in steps:
            done = subprocess.run(
                ("bash", "-c", _in_place(command, names)),
                cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=240, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            if started := re.search(r"(workshop-\w+)  code (\w+)", done.stdout):
                names |= {WORKSHOP: started[1], CODE: started[2]}
            assert_prints(done.stdout + done.stderr, [_in_place(line, names) for line in message])
            if "room open" in command:
                wait_until(lambda: room in Installation.existing(data).pages_address(), 60, "the room")
    assert (data / "workshops" / f"{names[WORKSHOP]}.zip").exists()


def _in_place(text: str, names: dict[str, str]) -> str:
    for shown, actual in names.items():
        text = text.replace(shown, actual)
    return text
