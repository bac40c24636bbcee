"""Read a plain form: its fields, and the token that shows that one of our pages made it."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from sera_pages.errors import RefusedRequestError
from sera_store.plain_text import plain

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from sera_pages.views.visit import Visit

TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
_FIELDS_MOST: Final = 64


class Form:
    """The fields of a form, as texts; one that is missing is empty."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, most: int = 80) -> str:
        """Return a field without surrounding space and control characters, cut at `most` characters."""
        value = self._data.get(name, "")
        return plain(value).strip()[:most] if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Return all values of a field, as of a group of boxes."""
        return [plain(value).strip() for value in self._data.getlist(name) if isinstance(value, str)]

    def fields(self, most: int = 80) -> dict[str, str]:
        """Return all fields by name, each cut at `most` characters."""
        return {name: self.text(name, most) for name in self._data}


async def read_form(visit: Visit) -> Form:
    """Read the form of a request whose session has to have made it.

    Raises
    ------
    RefusedRequestError
        The token is missing or another session's (403), or the form cannot be read (400).
    """
    form = await read_open_form(visit)
    if not hmac.compare_digest(form.text(TOKEN), visit.form_token or "none"):
        raise RefusedRequestError(403, "refused.form_token")
    return form


async def read_open_form(visit: Visit) -> Form:
    """Read a form that needs no session: what it brings is proof enough, an invitation's code for example.

    Raises
    ------
    RefusedRequestError
        The form cannot be read (400).
    """
    try:
        return Form(await visit.request.form(max_files=0, max_fields=_FIELDS_MOST))
    except Exception as error:
        raise RefusedRequestError(400, "refused.unreadable") from error
