"""What a refusal looks like: a sentence, and below it what was typed, to be sent from there once more."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import FormData
from starlette.responses import JSONResponse

from sera_pages.views.answers import FORM, TOKEN
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NO_SESSION: Final = 401
# After these the same form may be taken: with a session, a little later, once there is room.
_AGAIN: Final = (NO_SESSION, 429, 503)
_OTHER_SESSION: Final = "refused.form_token"
_UNREADABLE: Final = "refused.unreadable"
# Codes, numbers and days of forms, and not what people write.
_NO_WORDS: Final = re.compile(r"[a-z0-9_.:/-]*")
_FIELDS_MOST: Final = 400
_FILES_MOST: Final = 4
_PART_MOST: Final = 8 * 1024 * 1024


async def refusal(request: Request, status: int, sentence: str, **arguments: Any) -> Response:
    """Answer with a sentence; nobody has to type again what they sent.

    Parameters
    ----------
    request
        What is refused. Of what it brought nothing is kept here: it goes back in the page.
    status
        Status of HTTP.
    sentence, arguments
        Id of a sentence of the pages' catalogue, and what stands in it.
    """
    # What broke off while it was read is not waited for again.
    data = await _sent(request) if sentence != _UNREADABLE else FormData()
    return refusal_page(request, status, sentence, data, **arguments)


def refusal_page(
    request: Request, status: int, sentence: str, data: FormData | None = None, **arguments: Any
) -> Response:
    """Answer with a sentence, and with what was typed where there is something."""
    visit = visit_of(request)
    text = visit.words.say(sentence, **arguments)
    if request.headers.get("content-type", "").startswith("application/json"):
        return JSONResponse({"problem": text}, status)
    data = data or FormData()
    fields = [
        (name, value)
        for name, value in data.multi_items()
        if isinstance(value, str) and name not in (FORM, TOKEN)
    ]
    return page(
        visit,
        "refused.html.j2",
        status,
        sentence=text,
        texts=[value for _, value in fields if not _NO_WORDS.fullmatch(value)],
        fields=fields,
        files=[
            (name, file.filename)
            for name, file in data.multi_items()
            if not isinstance(file, str) and file.filename
        ],
        is_worth_another_try=status in _AGAIN or sentence == _OTHER_SESSION,
        is_multipart=request.headers.get("content-type", "").startswith("multipart/"),
        has_no_session=status == NO_SESSION,
    )


async def _sent(request: Request) -> FormData:
    """Return the form of a request, read or not; an empty one where there is none to read."""
    if request.method != "POST":
        return FormData()
    # What cannot be read any more is not shown again.
    with suppress(Exception):
        data: FormData = getattr(request.state, "data", None) or await request.form(
            max_files=_FILES_MOST, max_fields=_FIELDS_MOST, max_part_size=_PART_MOST
        )
        return data
    return FormData()
