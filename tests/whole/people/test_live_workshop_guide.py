"""The commands of the guide to a live workshop, as they stand there, beside a running `sera up`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from house.guides import follow
from installation_parts import PLACE, running
from real_parts import wait_until
from sera_command.installation.installation import DEFAULT_FOLDER, Installation
from sera_command.main import main
from tree import ROOT
from web.browser import own_address

if TYPE_CHECKING:
    from pathlib import Path

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
    names = {ADDRESS: room}
    with running(data, tmp_path / "ready.json", "--every-minutes", "60") as (_, facts):
        names[PORT] = f":{facts['page'].strip('/').rsplit(':', 1)[1]}"
        for command, printed in follow(GUIDE, "workshop", tmp_path, names, SERA_WIFI_PASSWORD="not a secret"):
            if started := re.search(r"(workshop-\w+)  code (\w+)", printed):
                names |= {WORKSHOP: started[1], CODE: started[2]}
            if "room open" in command:
                wait_until(lambda: room in Installation.existing(data).pages_address(), label="the room")
    assert (data / "workshops" / f"{names[WORKSHOP]}.zip").exists()
