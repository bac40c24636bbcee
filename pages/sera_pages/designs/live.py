"""The way between an open page and its design: changes in both directions, kept before they are passed on.

In binary messages a phone sends a number of four bytes and a change, and gets changes of others. In text it
is told `kept` with the number once the change is on disk.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import anyio.to_thread
import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from sera_commons.errors import DesignError, DesignFullError, OtherGenerationError
from sera_pages.accounts.roles import Deed
from sera_pages.designs.rooms import NOT_KEPT_COSTS, GapError, Guest, Room
from sera_pages.errors import RefusedRequestError
from sera_pages.views.visit import visit_of
from sera_store.errors import StoreError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from sera_commons.designs.update_log import DesignRow
    from sera_pages.designs.rooms import Rooms
    from sera_pages.views.visit import Visit

# Codes of closing, which a page of ours understands; those of HTTP with 4000 before them.
NO_SESSION: Final = 4401
NOT_ALLOWED: Final = 4403
NO_DESIGN: Final = 4404
OTHER_GENERATION: Final = 4409
UNREADABLE: Final = 4400
TOO_MUCH: Final = 4413
TOO_MANY: Final = 4429
COME_AGAIN: Final = 4503
_CODES: Final = {401: NO_SESSION, 403: NOT_ALLOWED, 404: NO_DESIGN, 429: TOO_MANY}
# What became of a change, where the page stays open.
KEPT: Final = 0
AGAIN: Final = 1
_NUMBER_BYTES: Final = 4
_HELLO_WITHIN_S: Final = 15.0
# So often a session that was ended meanwhile is noticed.
_LOOK_AGAIN_S: Final = 5.0


class _Hello(msgspec.Struct, forbid_unknown_fields=True):
    """What a page says first: the generation of its copy, if it has one, and how far the copy is."""

    state: str
    generation: str = ""


_HELLO: Final = msgspec.json.Decoder(_Hello)


async def live(websocket: WebSocket) -> None:
    """Draw on a design."""
    # Its scope is that of a request, but for its type.
    visit = visit_of(cast("Request", websocket))
    await websocket.accept()
    try:
        row = await anyio.to_thread.run_sync(allowed_design, visit, websocket.path_params["design"])
        await _draw(websocket, visit, row)
    except RefusedRequestError as error:
        await _close(websocket, _CODES[error.status])
    except (WebSocketDisconnect, RuntimeError):
        # Gone: whatever was acknowledged is on disk, and the rest is still on the phone.
        pass


def allowed_design(visit: Visit, design: str) -> DesignRow:
    """Return a design that the person may draw on.

    Raises
    ------
    RefusedRequestError
        There is none (404), no session (401), or it may not (403).
    """
    row = visit.installation.designs.find(design)
    if row is None:
        raise RefusedRequestError(404, "refused.no_page")
    visit.require(Deed.DRAW, row.community)
    return row


async def _draw(websocket: WebSocket, visit: Visit, row: DesignRow) -> None:
    hello = await _hello(websocket)
    if hello is None:
        await _close(websocket, UNREADABLE)
    elif hello.generation and hello.generation != row.generation:
        await _say(websocket, generation=row.generation)
        await _close(websocket, OTHER_GENERATION)
    else:
        rooms: Rooms = websocket.app.state.rooms
        session = visit.session.id if visit.session else ""
        now_s = asyncio.get_running_loop().time()
        async with rooms.enter(row, session, now_s) as (room, guest):
            await _meet(websocket, visit, room, guest, hello)


async def _hello(websocket: WebSocket) -> _Hello | None:
    try:
        async with asyncio.timeout(_HELLO_WITHIN_S):
            return _HELLO.decode(await websocket.receive_text())
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TimeoutError):
        return None


async def _meet(websocket: WebSocket, visit: Visit, room: Room, guest: Guest, hello: _Hello) -> None:
    try:
        missing = room.missing(base64.b64decode(hello.state, validate=True))
    except (DesignError, binascii.Error):
        await _close(websocket, UNREADABLE)
        return
    await _say(websocket, generation=room.row.generation, state=_text(room.state()))
    await websocket.send_bytes(missing)
    works = _pass_on(websocket, guest), _receive(websocket, visit, room, guest), _fall_behind(guest)
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if guest.is_behind.is_set():
            await _close(websocket, COME_AGAIN)
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task


async def _fall_behind(guest: Guest) -> None:
    await guest.is_behind.wait()


async def _pass_on(websocket: WebSocket, guest: Guest) -> None:
    while True:
        await websocket.send_bytes(await guest.waiting.get())


async def _receive(websocket: WebSocket, visit: Visit, room: Room, guest: Guest) -> None:
    clock_s = asyncio.get_running_loop().time
    looked_s = clock_s()
    # What it owes from before it came again.
    await asyncio.sleep(guest.pause_s(0, looked_s, 0))
    while True:
        message = await websocket.receive_bytes()
        now_s = clock_s()
        if now_s - looked_s > _LOOK_AGAIN_S:
            looked_s = now_s
            await anyio.to_thread.run_sync(_require_still, visit, room.row.id)
        code = await _take(websocket, room, guest, message)
        # Whoever sends too much is read no further for a while: nothing of it is lost.
        pause_s = guest.pause_s(len(message), now_s, 1 if code == KEPT else NOT_KEPT_COSTS)
        if code not in (KEPT, AGAIN):
            await _close(websocket, code)
            return
        await asyncio.sleep(pause_s)


def _require_still(visit: Visit, design: str) -> None:
    """Return whether the session is still there, and its person still allowed."""
    allowed_design(visit_of(visit.request), design)


async def _take(websocket: WebSocket, room: Room, guest: Guest, message: bytes) -> int:
    """Keep one change and answer; return `KEPT`, `AGAIN`, or the code to close with."""
    number, update = int.from_bytes(message[:_NUMBER_BYTES], "big"), message[_NUMBER_BYTES:]
    try:
        await room.take(update, guest)
    except GapError:
        await _say(websocket, again=_text(room.state()))
        return AGAIN
    except OtherGenerationError:
        return OTHER_GENERATION
    except DesignFullError:
        return TOO_MUCH
    except DesignError:
        return UNREADABLE
    except StoreError:
        return COME_AGAIN
    else:
        await _say(websocket, kept=number)
    return KEPT


async def _say(websocket: WebSocket, **words: Any) -> None:
    await websocket.send_text(msgspec.json.encode(words).decode())


async def _close(websocket: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(code)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


SOCKETS = (WebSocketRoute("/designs/{design}/live", live),)
