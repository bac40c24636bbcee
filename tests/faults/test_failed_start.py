"""A gateway that another verb runs for a while: where it cannot begin, that verb is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import PartDidNotStartError
from sera_command.installation.gateway_process import running_gateway
from sera_gateway.config import DataSettings, GatewaySettings
from small_disks import IN_MEMORY, mounted

if TYPE_CHECKING:
    from pathlib import Path


def test_a_gateway_without_room_does_not_keep_its_verb_waiting(tmp_path: Path) -> None:
    with mounted(IN_MEMORY, tmp_path, mebibytes=1) as disk:
        disk.fill()
        settings = GatewaySettings(data=DataSettings(folder=str(disk.folder / "data")))
        log = tmp_path / "gateway.log"
        with (
            pytest.raises(PartDidNotStartError, match=r"ended with 5(.|\n)*its disk has no room"),
            running_gateway(settings, tmp_path / "gateway.toml", log),
        ):
            pass
