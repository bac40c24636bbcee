"""A WebSocket over the real server: for our pages alone, so large and no larger, and given back after it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from garden_designs.drawings import START, Phone
from real_parts import wait_until
from sera_commons.designs.update_log import UPDATE_BYTES_MOST
from sera_pages.security.connections import CLIENT_CONNECTIONS_MOST, BoundedProtocol
from sera_pages.serving import listening_socket, server_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

    from web.parts import Pages

TOO_BIG = 1009


@pytest.fixture
def port(pages: Pages) -> Iterator[int]:
    listener = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(server_config(pages.app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started, label="the server")
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(120)
    listener.close()


@contextmanager
def drawing(pages: Pages, port: int, origin: str = "") -> Iterator[ClientConnection]:
    row = pages.installation.designs.of_garden("elm-yard")[0]
    cookie = pages.signed_in(pages.person()).cookies["sera_session"]
    with connect(
        f"ws://127.0.0.1:{port}/designs/{row.id}/live",
        origin=origin or f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        additional_headers={"cookie": f"sera_session={cookie}"},
    ) as socket:
        socket.send(json.dumps({"state": "AA=="}))
        assert json.loads(socket.recv(10))["generation"] == row.generation
        socket.recv(10)
        yield socket


@pytest.fixture(autouse=True)
def _bed(pages: Pages) -> None:
    pages.installation.designs.begin("elm-yard", "oak", START)


def test_a_change_goes_over_the_real_server_and_is_acknowledged(pages: Pages, port: int) -> None:
    phone = Phone(START)
    phone.put("aaaaaaaa", "Lavandula angustifolia", 1, 0.5)
    with drawing(pages, port) as socket:
        socket.send((7).to_bytes(4, "big") + phone.sent[0])
        assert json.loads(socket.recv(10)) == {"kept": 7}


def test_a_page_of_another_site_is_refused_before_it_is_open(pages: Pages, port: int) -> None:
    with pytest.raises(InvalidStatus) as refusal, drawing(pages, port, "http://evil.example"):
        pass
    assert refusal.value.response.status_code == 403


def test_a_message_larger_than_a_change_may_be_ends_the_connection(pages: Pages, port: int) -> None:
    with drawing(pages, port) as socket:
        socket.send(bytes(UPDATE_BYTES_MOST + 5))
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(10)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == TOO_BIG


@pytest.mark.slow
def test_an_address_gets_back_the_connections_of_its_drawings(
    pages: Pages, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if all of this came over the network.
    monkeypatch.setattr("sera_pages.security.connections.LOOPBACK", frozenset())
    for _ in range(CLIENT_CONNECTIONS_MOST + 3):
        with drawing(pages, port):
            pass
    wait_until(lambda: not BoundedProtocol._open, label="no connection that is still counted")
