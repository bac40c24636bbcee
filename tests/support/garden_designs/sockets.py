"""A WebSocket to an application in memory: what a page sends and gets, without a browser and a port."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from web.parts import Client

WITHIN_S = 120


class Socket:
    """One connection: messages to the application, and from it, in order."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_page: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.number = 0

    async def say(self, **words: str) -> None:
        await self.to_server.put({"type": "websocket.receive", "text": json.dumps(words)})

    async def greet(self, state: bytes = b"\x00", generation: str = "") -> tuple[dict[str, Any], bytes]:
        """Send the hello; return the server's answer and what the copy lacks."""
        await self.say(state=base64.b64encode(state).decode(), generation=generation)
        answer = await self.read_text()
        return answer, await self.read_bytes()

    async def change(self, update: bytes) -> int:
        """Send a change under the next number."""
        self.number += 1
        content = self.number.to_bytes(4, "big") + update
        await self.to_server.put({"type": "websocket.receive", "bytes": content})
        return self.number

    async def read(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.to_page.get(), WITHIN_S)

    async def read_text(self) -> dict[str, Any]:
        message = await self.read()
        answer: dict[str, Any] = json.loads(message["text"])
        return answer

    async def read_bytes(self) -> bytes:
        message = await self.read()
        content: bytes = message["bytes"]
        return content

    async def read_close(self) -> int:
        """Return the code with which the server closes; whatever it says before is passed over."""
        while (message := await self.read())["type"] != "websocket.close":
            pass
        code: int = message["code"]
        return code


@asynccontextmanager
async def opened(client: Client, path: str, **headers: str) -> AsyncIterator[Socket]:
    """Open a WebSocket as a page of ours would; the first message is the server's answer to that."""
    socket = Socket()
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    scheme = "wss" if client.scheme == "https" else "ws"
    sent = {"host": client.host, "origin": f"{client.scheme}://{client.host}", "cookie": cookie, **headers}
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": scheme,
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "client": (client.address, 50_000), "server": ("127.0.0.1", 8080), "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
    }  # fmt: skip
    await socket.to_server.put({"type": "websocket.connect"})
    task = asyncio.create_task(client.app(scope, socket.to_server.get, socket.to_page.put))
    try:
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(task, WITHIN_S)
