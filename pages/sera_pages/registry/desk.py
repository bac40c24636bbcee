"""Ask the process that enters in the registry, one order at a time, and wait for its answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_pages.accounts.roles import Deed
from sera_pages.errors import PagesError, RefusedRequestError
from sera_pages.registry.acts import MakeBundle, Order, Reply

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation
    from sera_pages.registry.acts import Act
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

# Firmware for a board is compiled within it.
_DONE_WITHIN_S: Final = 60.0
# A year of many gardens for a neighbouring community.
_BUNDLE_WITHIN_S: Final = 600.0
# One at a time: each takes a processor for a second, and writes. So many more wait.
_SINGLE: Final = asyncio.Semaphore(1)
_WAITING_MOST: Final = 8
_waiting = 0


class RefusedActError(PagesError):
    """The registry refused an act; the message says why, in English, as the command does."""


def require_steward(visit: Visit) -> Person:
    """Return who asks, who is steward of a community.

    Raises
    ------
    RefusedRequestError
        There is no session (401), it is no steward's, or came over plain http (403).
    """
    if visit.person is None:
        raise RefusedRequestError(401, "refused.no_session")
    return visit.require(Deed.REGISTRY, visit.person.community)


async def perform(visit: Visit, person: Person, act: Act, since_s: int | None = None) -> dict[str, Any]:
    """Run an act for the community of a steward; return what it answers.

    Parameters
    ----------
    since_s
        From when on it holds, Unix time [s]; None for now.

    Raises
    ------
    RefusedActError
        It was refused.
    RefusedRequestError
        Too many wait (503), or the process failed (500).
    """
    global _waiting  # noqa: PLW0603 - of this process, as the semaphore is
    if _waiting >= _WAITING_MOST:
        raise RefusedRequestError(503, "registry.busy")
    order = Order(act=act, by=person.id, community=person.community, since_s=since_s)
    _waiting += 1
    try:
        async with _SINGLE:
            reply = await _ask(visit.installation, order)
    finally:
        _waiting -= 1
    if reply is None:
        raise RefusedRequestError(500, "refused.fault")
    if reply.problem:
        raise RefusedActError(reply.problem)
    return reply.content


async def _ask(installation: ServedInstallation, order: Order) -> Reply | None:
    """Ask the process; None where it failed, or did not answer in time."""
    command = installation.settings.register
    if not command:
        return None
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        within_s = _BUNDLE_WITHIN_S if isinstance(order.act, MakeBundle) else _DONE_WITHIN_S
        output, _ = await asyncio.wait_for(process.communicate(msgspec.json.encode(order)), within_s)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        output = b""
    try:
        return msgspec.json.decode(output, type=Reply)
    except msgspec.MsgspecError:
        # Without what was decoded: it may hold a secret.
        installation.log.error("registry_act_failed", act=type(order.act).__name__)  # noqa: TRY400
        return None
