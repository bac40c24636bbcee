"""A running `sera up` is opened to the room and closed again, and goes on serving this machine."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from installation_parts import PLACE, running
from real_parts import wait_until
from sera_command.main import main
from web.browser import own_address

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=120)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_the_room_is_opened_and_closed_while_all_else_runs(nats: object, tmp_path: Path) -> None:
    room = own_address()
    if not room:
        pytest.skip("this machine has no address besides loopback")
    data = tmp_path / "data"
    main(["community", "new", "oak", "--data", str(data)])
    main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)])
    with running(data, tmp_path / "ready.json", "--every-minutes", "60") as (_, facts):
        port = int(facts["page"].strip("/").rsplit(":", 1)[1])
        assert not answers(room, port)
        assert main(["room", "open", room, "--data", str(data)]) == 0
        wait_until(lambda: answers(room, port))
        assert answers("127.0.0.1", port)
        assert main(["room", "close", "--data", str(data)]) == 0
        wait_until(lambda: not answers(room, port))
        wait_until(lambda: answers("127.0.0.1", port))
