"""Requests for a name that is not ours, as a browser sends them that a hostile page led here."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

import pytest

from real_parts import free_port
from sera_gateway import metrics
from sera_gateway.own_hosts import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = socket.gethostname()


@pytest.mark.parametrize(
    ("header", "host", "is_ours"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("LOCALHOST.:8080", "127.0.0.1", True),
        ("[::1]:8080", "127.0.0.1", True),
        ("garden.example:9108", "garden.example", True),
        ("garden.example", "127.0.0.1", False),
        ("127.0.0.1.garden.example:8080", "127.0.0.1", False),
        ("localhost.garden.example", "127.0.0.1", False),
        ("garden.example:8080@127.0.0.1", "127.0.0.1", False),
        ("10.0.0.7:9108", "127.0.0.1", False),
        ("10.0.0.7:9108", "0.0.0.0", True),
        ("[fd00::7]:9108", "::", True),
        (f"{MACHINE}:9108", "0.0.0.0", True),
        ("garden.example:9108", "0.0.0.0", False),
        ("", "127.0.0.1", False),
    ],
)
def test_names_of_this_machine_are_ours_and_others_are_not(header: str, host: str, is_ours: bool) -> None:
    assert is_own(header, host) is is_ours


@pytest.fixture
def port() -> Iterator[int]:
    number = free_port()
    end = metrics.serve(("127.0.0.1", number), lambda: {"connected": 1.0})
    yield number
    end()


@pytest.mark.parametrize(
    ("header", "status"), [("127.0.0.1", 200), ("localhost:1", 200), ("garden.example", 421)]
)
def test_figures_are_served_under_our_names_alone(port: int, header: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/metrics", headers={"Host": header})
    answer = connection.getresponse()
    assert (answer.status, b"sera_gateway_connected 1.0" in answer.read()) == (status, status == 200)
    connection.close()
