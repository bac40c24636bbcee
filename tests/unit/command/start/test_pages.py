"""Pages are served under the names of this machine alone."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING

import pytest

from real_parts import wait_until
from sera_command.installation import page_server
from sera_command.installation.installation import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "index.html").write_text("a coarse place", encoding="utf-8")
    web, listener = page_server.server(tmp_path), page_server.listening_socket(LOOPBACK, 0)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: web.started, label="the pages")
    yield listener.getsockname()[1]
    web.end()
    thread.join()


@pytest.mark.parametrize(
    ("header", "status"),
    [("127.0.0.1", 200), ("localhost:8080", 200), ("garden.example", 421), ("127.0.0.1.garden.example", 421)],
)
def test_a_page_is_answered_under_our_names_alone(port: int, header: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/", headers={"Host": header})
    answer = connection.getresponse()
    assert (answer.status, b"a coarse place" in answer.read()) == (status, status == 200)
    connection.close()
