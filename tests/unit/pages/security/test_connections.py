"""Slow and silent clients are ended, and hold neither others nor memory; who is quick notices nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from sera_pages.quiet_server import QuietServer
from sera_pages.security.connections import BoundedProtocol
from sera_pages.security.limits import Limits, Rate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WITHIN_S = 0.15
_MANY = Rate(1e6, 1e6)
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n"


class _FewConnections(BoundedProtocol):
    client_connections_most = 3


class _QuickProtocol(_FewConnections):
    request_within_s = WITHIN_S


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": body.ljust(10)})


class _BusyProtocol(_FewConnections):
    # What a whole request may take on a busy machine.
    request_within_s = 0.4


class _Server(QuietServer):
    port = 0

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
        self.port = self.servers[0].sockets[0].getsockname()[1]


def served(test: Callable[[int], Awaitable[None]], http: type[BoundedProtocol] = _QuickProtocol) -> None:
    async def run() -> None:
        config = uvicorn.Config(
            Limits(_echo, requests=_MANY, forms=_MANY), host="127.0.0.1", port=0, http=http,
            ws="none", log_level="critical",
            lifespan="off", timeout_keep_alive=1,
        )  # fmt: skip
        server = _Server(config)
        task = asyncio.create_task(server.serve())
        await server.is_up.wait()
        try:
            await test(server.port)
        finally:
            server.end()
            await task

    asyncio.run(run())


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), 120)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD, HEAD + b"\r\n", HEAD + b"\r\n12345"])
def test_what_does_not_arrive_whole_is_ended(sent: bytes) -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await _read_to_end(reader) == b""
        writer.close()

    served(test)


def test_a_trickle_of_bytes_puts_the_end_off_by_nothing() -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ended, sent = asyncio.ensure_future(_read_to_end(reader)), 0
        while sent < len(HEAD) and not ended.done():
            writer.write(HEAD[sent : sent + 1])
            sent += 1
            await asyncio.wait([ended], timeout=WITHIN_S / 8)
        assert ended.done()
        assert sent < len(HEAD)
        writer.close()

    served(test)


@pytest.mark.slow
def test_requests_that_are_whole_go_on_for_as_long_as_they_like() -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while loop.time() - began_s < 3 * _BusyProtocol.request_within_s:
            writer.write(HEAD + b"\r\n0123456789")
            answer = await reader.readuntil(b"0123456789")
            assert answer.startswith(b"HTTP/1.1 200")
        writer.close()

    served(test, _BusyProtocol)


def test_each_answer_has_its_own_date_without_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT"]
    clock = iter(dates)
    monkeypatch.setattr("sera_pages.security.connections.formatdate", lambda usegmt: next(clock))

    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for date in dates:
            writer.write(HEAD + b"\r\n0123456789")
            answer = await reader.readuntil(b"0123456789")
            assert f"\r\ndate: {date}\r\n".encode() in answer
        writer.close()

    served(test, _FewConnections)


def test_one_address_has_a_bounded_number_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sera_pages.security.connections.LOOPBACK", frozenset())

    async def test(port: int) -> None:
        open_connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        refused, closing = await asyncio.open_connection("127.0.0.1", port)
        assert await _read_to_end(refused) == b""
        closing.close()
        # The others were not touched, and make room when they go.
        reader, writer = open_connections[0]
        writer.write(HEAD + b"\r\n0123456789")
        assert (await reader.readuntil(b"0123456789")).startswith(b"HTTP/1.1 200")
        for _, writer in open_connections:
            writer.close()
        for reader, _ in open_connections:
            await _read_to_end(reader)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"\r\n0123456789")
        assert (await reader.readuntil(b"0123456789")).startswith(b"HTTP/1.1 200")
        writer.close()

    served(test, _FewConnections)
