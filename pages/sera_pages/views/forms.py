"""Read a plain form: its fields, and the token that shows that one of our pages made it."""

from __future__ import annotations

import hmac
from collections import defaultdict
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_pages.errors import RefusedRequestError
from sera_pages.views.answers import FORM, TOKEN, answers_of
from sera_pages.views.upload_parser import RoomyUpload, UploadParser
from sera_store.plain_text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from sera_pages.views.visit import Visit

_FIELDS_MOST: Final = 64
# Of one field that is no file [byte]: a table that is sent again to be confirmed.
_PART_MOST: Final = 512 * 1024
_NAME_MOST: Final = 80
# Of a form that carries all that was filled in from page to page: what is too long is said, and not cut off.
_LONG_FIELDS_MOST: Final = 400
_LONG_PART_MOST: Final = 8 * 1024 * 1024


class Upload(NamedTuple):
    """A file that came with a form: its name, as any folder may hold it, and its content."""

    name: str
    content: bytes


class Form:
    """The fields of a form, as texts; one that is missing is empty."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, most: int = 80) -> str:
        """Return a field without surrounding space and control characters, cut at `most` characters."""
        value = self._data.get(name, "")
        return plain(value).strip()[:most] if isinstance(value, str) else ""

    def lines(self, name: str, most: int) -> str:
        """Return a field of several lines as it is, without a byte that no text has, cut at `most`."""
        value = self._data.get(name, "")
        text = value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else ""
        return text[:most]

    def texts(self, name: str) -> list[str]:
        """Return all values of a field, as of a group of boxes."""
        return [plain(value).strip() for value in self._data.getlist(name) if isinstance(value, str)]

    def content(self) -> list[tuple[str, bytes]]:
        """Return all fields as they were typed, in their order."""
        return [(name, value.encode()) for name, value in self._data.multi_items() if isinstance(value, str)]

    def fields(self, most: int = 80) -> dict[str, str]:
        """Return all fields by name, each cut at `most` characters; one that did not come is empty."""
        return defaultdict(str, {name: self.text(name, most) for name in self._data})


async def read_form(visit: Visit) -> Form:
    """Read the form of a request whose session has to have made it.

    Raises
    ------
    RefusedRequestError
        The token is missing or another session's (403), or the form cannot be read (400).
    """
    form = await read_open_form(visit)
    _check_token(visit, form)
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


async def read_upload(visit: Visit, name: str) -> tuple[Form, Upload | None]:
    """Read a form with one file; the session has to have made it.

    Parameters
    ----------
    name
        Name of the field that holds the file.

    Returns
    -------
    tuple
        The form; the file, or None where none was chosen.

    Raises
    ------
    RefusedRequestError
        As in `read_form`.
    """
    try:
        data = await visit.request.form(max_files=1, max_fields=_FIELDS_MOST, max_part_size=_PART_MOST)
        file = data.get(name)
        upload = None
        if file is not None and not isinstance(file, str) and file.filename:
            upload = Upload(safe_file_name(file.filename), await file.read())
    except Exception as error:
        raise RefusedRequestError(400, "refused.unreadable") from error
    form = Form(data)
    _check_token(visit, form)
    await _begin(visit, form, {name: upload} if upload is not None else {})
    return form, upload


class Uploads(NamedTuple):
    """A form with files: its fields, the files that were chosen, and the fields of those without room."""

    form: Form
    files: dict[str, Upload]
    without_room: tuple[str, ...]


async def read_uploads(visit: Visit, names: Sequence[str]) -> Uploads:
    """Read a form with several files, of which each may be left out; the session has to have made it.

    Parameters
    ----------
    names
        Names of the fields that hold files.

    Returns
    -------
    Uploads
        What was typed comes through also where the disk has no room for a file.

    Raises
    ------
    RefusedRequestError
        As in `read_form`.
    """
    try:
        data = await _read_parts(visit.request, len(names))
        files_by_name = {name: file for name in names if isinstance(file := data.get(name), RoomyUpload)}
        files = {
            name: Upload(safe_file_name(file.filename), await file.read())
            for name, file in files_by_name.items()
            if file.filename and file.has_room
        }
    except Exception as error:
        raise RefusedRequestError(400, "refused.unreadable") from error
    finally:
        await visit.request.close()
    form = Form(data)
    # The body is read: what was typed in it is here for a page that refuses it.
    visit.request.state.data = data
    _check_token(visit, form)
    await _begin(visit, form, files)
    return Uploads(form, files, tuple(name for name, file in files_by_name.items() if not file.has_room))


async def _read_parts(request: Request, files_most: int) -> FormData:
    bounds = {"max_fields": _LONG_FIELDS_MOST, "max_part_size": _LONG_PART_MOST}
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.form(**bounds)
    async with aclosing(request.stream()) as stream:
        return await UploadParser(request.headers, stream, max_files=files_most, **bounds).parse()


def safe_file_name(name: str) -> str:
    """Return the last part of a file's name, as one that any folder may hold; never empty."""
    last = plain(name).replace("\\", "/").rpartition("/")[2].strip()
    safe = "".join([letter if letter.isalnum() or letter in ".-_ " else "_" for letter in last])
    return safe.lstrip(".")[-_NAME_MOST:] or "table"


async def _begin(visit: Visit, form: Form, files: Mapping[str, Upload]) -> None:
    """Begin to answer a form with files, which is known by what is in them."""
    content = [*form.content(), *((name, upload.content) for name, upload in files.items())]
    await answers_of(visit.request).begin(visit.request, form.text(FORM), content)


def _check_token(visit: Visit, form: Form) -> None:
    if not hmac.compare_digest(form.text(TOKEN).encode(), (visit.form_token or "none").encode()):
        raise RefusedRequestError(403, "refused.form_token")
