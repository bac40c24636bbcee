"""A table of entries: first what it would change, line by line; then, when it is confirmed, entered."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.routing import Route

from sera_pages.errors import InvalidFieldError
from sera_pages.registry.acts import ImportTable
from sera_pages.registry.desk import RefusedActError, perform, require_steward
from sera_pages.registry.entry import SINCE, forget_drawings, read_since
from sera_pages.registry.lists import settable_kind
from sera_pages.registry.wording import label, time_text, value_text
from sera_pages.views.answers import take_nothing
from sera_pages.views.forms import Upload, read_upload, safe_file_name
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.registry.fields import fields_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

FILE: Final = "file"
# It is sent twice: as a file, and with what it would change to be confirmed.
TABLE_BYTES_MOST: Final = 256 * 1024


class Line(NamedTuple):
    """What a row would change: of which entry, since when, and by field what was and what would be."""

    id: str
    since: str
    is_new: bool
    cells: list[tuple[str, str, str]]
    hidden: list[str]


def show(request: Request) -> Response:
    """Show the form for a table."""
    visit = visit_of(request)
    require_steward(visit)
    return _page(visit, settable_kind(request))


def _page(visit: Visit, kind: str, status: int = 200, **parts: Any) -> Response:
    empty = {
        "lines": [],
        "content": {},
        "errors": {},
        "problem": "",
        "since_text": "",
        "table": "",
        "name": "",
    }
    return page(
        visit,
        "registry_import.html.j2",
        status,
        kind=kind,
        columns=[*(field.name for field in fields_of(kind)), SINCE],
        kib=TABLE_BYTES_MOST // 1024,
        **{"state": "asked", "version": visit.installation.registry.version(), **empty, **parts},
    )


async def take(request: Request) -> Response:
    """Show what a table would change; or, where that was confirmed, enter it."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = settable_kind(request)
    form, upload = await read_upload(visit, FILE)
    is_confirmed = bool(form.text("confirm"))
    try:
        since_s = read_since(form)
        table = _sent_again(form) if is_confirmed else _checked(upload)
    except InvalidFieldError as error:
        sentences = {error.field: visit.words.say(error.sentence, **error.arguments)}
        return _page(visit, kind, 422, errors=sentences, since_text=form.text(SINCE))
    # What was confirmed is what was shown: where somebody entered something meanwhile, it is shown again.
    is_stale = is_confirmed and form.text("version") != str(visit.installation.registry.version())
    act = ImportTable(kind=kind, name=table.name, content=table.content, dry_run=not is_confirmed or is_stale)
    try:
        content = await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _page(visit, kind, 422, problem=str(error), since_text=form.text(SINCE))
    if act.dry_run:
        take_nothing(visit.request)
    else:
        forget_drawings(visit, kind)
    state = "entered" if not act.dry_run else "stale" if is_stale else "tried"
    return _page(
        visit,
        kind,
        state=state,
        content=content,
        lines=[_line(visit, kind, row) for row in content["differences"]],
        since_text=form.text(SINCE),
        table=base64.b64encode(table.content).decode(),
        name=table.name,
    )


def _checked(upload: Upload | None) -> Upload:
    if upload is None or not upload.content:
        raise InvalidFieldError(FILE, "registry.no_file")
    if len(upload.content) > TABLE_BYTES_MOST:
        raise InvalidFieldError(FILE, "registry.large_file", kib=TABLE_BYTES_MOST // 1024)
    return upload


def _sent_again(form: Form) -> Upload:
    """Return the table that a form brings back; it is checked as a new one is."""
    text = form.lines("table", 2 * TABLE_BYTES_MOST)
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidFieldError(FILE, "registry.no_file") from error
    return _checked(Upload(safe_file_name(form.text("name")), content))


def _line(visit: Visit, kind: str, row: dict[str, Any]) -> Line:
    fields = {field.name: field for field in fields_of(kind)}
    cells = [
        (
            label(visit, kind, name),
            "" if row["is_new"] else value_text(visit, fields[name], old),
            value_text(visit, fields[name], new),
        )
        for name, old, new in row["cells"]
        if name in fields and not (row["is_new"] and new in (None, "", [], {}))
    ]
    hidden = [label(visit, kind, name) for name in row["hidden"]]
    return Line(row["id"], time_text(visit, row["since_s"]), row["is_new"], cells, hidden)


ROUTES = (
    Route("/registry/{kind}/import", show),
    Route("/registry/{kind}/import", take, methods=["POST"]),
)
