"""What answers a form: once however often it is sent, and by a redirect to a page that can be read again.

A browser that goes back, forward or reloads asks for pages, and never to send a form again. What is shown but
once, as a slip, waits in memory for a day for the browser that sent the form.
"""

from __future__ import annotations

import asyncio
import secrets
import zlib
from contextlib import suppress
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from sera_pages.errors import AnsweredFormError, RefusedRequestError
from sera_pages.views.visit import visit_of
from sera_store.errors import StoreUnusableError
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.installation import ServedInstallation

    Endpoint = Callable[[Request], Awaitable[Response]]

# What a page draws for each form that it shows, and what shows that the session made it.
FORM: Final = "form"
TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
_PLAIN: Final = "application/x-www-form-urlencoded"
_TAKEN: Final = "is_taken"
_SHOWN: Final = "/shown/{key}"
# All pages that wait together, packed: about ten kilobytes each.
_SHOWN_BYTES_MOST: Final = 16 * 1024 * 1024


class ShownPage(NamedTuple):
    """A page that answered a form: its content, packed; the session that may see it; until when [s]."""

    content: bytes
    session: str
    ends_s: float


class Answers:
    """The answers of an application to forms.

    Parameters
    ----------
    installation
        Where it is kept which forms were taken.
    """

    def __init__(self, installation: ServedInstallation) -> None:
        self._installation = installation
        self._running: dict[bytes, asyncio.Event] = {}
        self._shown: dict[str, ShownPage] = {}
        self._shown_bytes = 0

    async def begin(self, request: Request, drawn: str, content: Iterable[tuple[str, bytes]]) -> None:
        """Begin to answer a form, after the same one that is being answered now.

        Parameters
        ----------
        request
            The request that brought it.
        drawn
            What its page has drawn for it; without it a form is answered each time.
        content
            Its fields and files, in their order.

        Raises
        ------
        AnsweredFormError
            It was taken before, and led to an address.
        """
        if not drawn or hasattr(request.state, FORM):
            return
        session = visit_of(request).session
        digest = sha256(f"{request.url.path}\n{session.id if session else ''}\n{drawn}".encode())
        for name, value in content:
            if name not in (FORM, TOKEN):
                digest.update(sha256(name.encode()).digest() + sha256(value).digest())
        form = digest.digest()
        while (running := self._running.get(form)) is not None:
            await running.wait()
        address = self._installation.answered_forms.find(form)
        if address is not None:
            raise AnsweredFormError(address)
        request.state.form = form
        self._running[form] = asyncio.Event()

    def answer(self, request: Request, response: Response) -> Response:
        """Return what answers a form: a page becomes a redirect to it, and what was taken is noted."""
        if isinstance(response, HTMLResponse) and response.status_code == 200:
            response = self._shown_at(request, response)
        form, headers = getattr(request.state, FORM, None), response.headers
        # Who comes in gets the cookie of their session, which no second answer could bring.
        is_taken = getattr(request.state, _TAKEN, True) and response.status_code == 303
        if form is not None and is_taken and "set-cookie" not in headers:
            try:
                self._installation.answered_forms.note(form, headers["location"])
            except StoreUnusableError as error:
                self._installation.log.warning("answer_not_noted", detail=str(error))
        return response

    def end(self, request: Request) -> None:
        """End with a form: who sent the same meanwhile is answered now."""
        running = self._running.pop(getattr(request.state, FORM, b""), None)
        if running is not None:
            running.set()

    def _shown_at(self, request: Request, response: Response) -> Response:
        cookies = response.headers.getlist("set-cookie")
        session = visit_of(request).session
        key = secrets.token_hex(16)
        # Who has just come in asks for it with another session than they sent the form with.
        owner = session.id if session is not None and not cookies else ""
        content = zlib.compress(bytes(response.body), 1)
        self._shown[key] = ShownPage(content, owner, self._installation.clock() + DAY_S)
        self._shown_bytes += len(content)
        while self._shown_bytes > _SHOWN_BYTES_MOST:
            oldest = self._shown.pop(next(iter(self._shown)))
            self._shown_bytes -= len(oldest.content)
        redirect = RedirectResponse(_SHOWN.format(key=key), 303)
        for cookie in cookies:
            redirect.headers.append("set-cookie", cookie)
        return redirect

    def shown(self, request: Request) -> Response:
        """Return a page that answered a form, to the session that sent it.

        Raises
        ------
        RefusedRequestError
            There is none, or none any more (404).
        """
        waiting, session = self._shown.get(request.path_params["key"]), visit_of(request).session
        is_own = waiting is not None and waiting.session in ("", session.id if session else "")
        if waiting is None or not is_own or waiting.ends_s < self._installation.clock():
            raise RefusedRequestError(404, "refused.shown")
        return HTMLResponse(zlib.decompress(waiting.content))


def answers_of(request: Request) -> Answers:
    """Return the answers of the application."""
    answers: Answers = request.app.state.answers
    return answers


def take_nothing(request: Request) -> None:
    """Note that a form led to a page alone, as to the next step: sent again, it is answered again."""
    setattr(request.state, _TAKEN, False)


def answered_once(endpoint: Endpoint) -> Endpoint:
    """Make an endpoint that takes forms answer each of them once, and by a redirect."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        answers = answers_of(request)
        try:
            if request.headers.get("content-type", "").startswith(_PLAIN):
                await _begin_plain(answers, request)
            return answers.answer(request, await endpoint(request))
        except AnsweredFormError as error:
            return RedirectResponse(error.address, 303)
        finally:
            answers.end(request)

    return answer


async def _begin_plain(answers: Answers, request: Request) -> None:
    """Begin before anything is looked up: what a form took away is not there when it comes again."""
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise RefusedRequestError(400, "refused.unreadable") from error
    fields: list[tuple[bytes, bytes]] = []
    # What cannot be read is refused by whoever reads it.
    with suppress(ValueError):
        fields = parse_qsl(body, keep_blank_values=True)
    drawn = next((value for name, value in fields if name == FORM.encode()), b"")
    await answers.begin(
        request,
        drawn.decode(errors="replace"),
        [(name.decode(errors="replace"), value) for name, value in fields],
    )


def shown(request: Request) -> Response:
    """Show a page that answered a form."""
    return answers_of(request).shown(request)


ROUTES = (Route(_SHOWN, shown),)
