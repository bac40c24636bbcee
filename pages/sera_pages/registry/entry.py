"""One entry of the registry: its fields, its history, a change from a date on; and a new one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_gateway.security.board_files import has_key
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.registry.acts import SetFields
from sera_pages.registry.desk import RefusedActError, perform, require_steward
from sera_pages.registry.lists import OWN_WAYS, entry_address, kind_of, settable_kind
from sera_pages.registry.visibility import visible_entities, visible_entity
from sera_pages.registry.wording import (
    choice_text,
    detector_words,
    input_text,
    label,
    released_values,
    time_text,
)
from sera_pages.report_folder import remove_drawings
from sera_pages.views.answers import take_nothing
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.registry.entities import CERTIFICATE_WAY, DETECTORS, KINDS, PERSON, Node
from sera_store.registry.fields import entity_fields, fields_of, id_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.dated_entries import Entry
    from sera_store.registry.entities import Entity
    from sera_store.registry.fields import Field
    from sera_store.registry.registry import Person

# Before the name of a field in a form, so that none is taken for one of the form's own.
PREFIX: Final = "field-"
SINCE: Final = "since"
_TEXT_MOST: Final = 4_000
_ID_MOST: Final = 128
_HISTORY_MOST: Final = 100
# Fields that name another entry, of the kind of their name.
_REFERENCES: Final = frozenset({"garden", "node", "district"})


class Input(NamedTuple):
    """A field of a form.

    Parameters
    ----------
    name, label, value
        Name in the form; what it is called; what is in it.
    control
        `choice`, `text`, `decimal`, `moment` or `json`.
    options
        Of a choice: codes and words.
    hint
        Id of the sentence below the label, or empty.
    """

    name: str
    label: str
    value: str
    control: str
    options: list[tuple[str, str]]
    hint: str


class HistoryLine(NamedTuple):
    """One entry of the history: since when it holds, when it was written and by whom, what it changed."""

    since: str
    recorded: str
    by: str
    changed: list[tuple[str, str]]


def entry(request: Request) -> Response:
    """Show one entry, and the form by which it is changed."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = kind_of(request)
    entity = _entity(visit, kind, request.query_params.get("id", ""), person)
    return _page(visit, kind, entity)


def _entity(visit: Visit, kind: str, name: str, person: Person) -> Entity:
    entity = visible_entity(visit.installation.registry, kind, name, person.community)
    if entity is None:
        raise RefusedRequestError(404, "refused.no_page")
    return entity


def _page(
    visit: Visit,
    kind: str,
    entity: Entity,
    form: Form | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    is_same: bool = False,
) -> Response:
    take_nothing(visit.request)
    history = visit.installation.registry.history(kind, entity.id)
    texts = released_values(visit, kind, entity)
    return page(
        visit,
        "registry_entry.html.j2",
        422 if errors or problem else 200,
        kind=kind,
        entity=entity,
        fields=[(label(visit, kind, name), text) for name, text in texts.items()],
        inputs=[] if kind in OWN_WAYS else inputs(visit, kind, entity, form),
        history=_history(visit, kind, history[-_HISTORY_MOST:]),
        left_out=max(0, len(history) - _HISTORY_MOST),
        since_text=form.text(SINCE) if form is not None else "",
        errors=errors or {},
        problem=problem,
        is_entered="entered" in visit.request.query_params,
        is_same=is_same,
        is_board=isinstance(entity, Node) and entity.way_in in ("", CERTIFICATE_WAY) and not entity.known_as,
        has_key=has_key(visit.installation.folder, entity.id) if isinstance(entity, Node) else False,
    )


def _history(visit: Visit, kind: str, history: list[Entry]) -> list[HistoryLine]:
    """Write the entries of a history, the newest first."""
    own = visit.person.id if visit.person is not None else ""
    lines: list[HistoryLine] = []
    before: dict[str, str] = {}
    for dated in history:
        texts = released_values(visit, kind, dated.entity)
        changed = [
            (label(visit, kind, name), text) for name, text in texts.items() if before.get(name, "") != text
        ]
        by = visit.words.say("history.you") if dated.by == own else dated.by
        lines.append(
            HistoryLine(time_text(visit, dated.since_s), time_text(visit, dated.recorded_s), by, changed)
        )
        before = texts
    return lines[::-1]


def inputs(visit: Visit, kind: str, entity: Entity | None, form: Form | None) -> list[Input]:
    """Make the fields of a form from those of a kind: as they are, or as somebody has filled them in."""
    values = entity_fields(entity) if entity is not None else {}
    own = visit.person.community if visit.person is not None else ""
    rows = []
    for field in fields_of(kind):
        if entity is not None and field.name == id_field(kind):
            continue
        value = (
            input_text(field, values[field.name]) if entity is not None else input_text(field, field.default)
        )
        if entity is None and field.name == "community" and kind != "community":
            value = own
        if form is not None and PREFIX + field.name in form.fields():
            value = form.lines(PREFIX + field.name, _TEXT_MOST)
        rows.append(_input(visit, kind, field, value, is_new=entity is None))
    return rows


def _input(visit: Visit, kind: str, field: Field, value: str, *, is_new: bool) -> Input:
    options = _options(visit, kind, field)
    hint = ""
    control = "choice" if options else "text"
    if field.is_private and not is_new:
        hint = "registry.stays"
    if not options:
        if field.is_time:
            control, hint = "moment", "registry.utc"
        elif field.is_number:
            control = "decimal"
        elif not field.is_plain:
            control, hint = "json", "registry.json"
    return Input(PREFIX + field.name, label(visit, kind, field.name), value, control, options, hint)


def _options(visit: Visit, kind: str, field: Field) -> list[tuple[str, str]]:
    """List what a field may be, with words; nothing where it may be any text or number."""
    none = [("", "–")] if field.is_optional else []
    if field.type is bool:
        return [("no", visit.words.say("registry.no")), ("yes", visit.words.say("registry.yes"))]
    if field.choices:
        return none + [(code, choice_text(visit, field, code)) for code in field.choices]
    if kind == "node" and field.name == "detector":
        return [(code, detector_words(visit, code)) for code in DETECTORS if code != PERSON]
    if field.name in _REFERENCES and field.name in KINDS and visit.person is not None:
        entities = visible_entities(visit.installation.registry, field.name, visit.person.community)
        return none + [(other.id, other.id) for other in entities]
    return []


async def change(request: Request) -> Response:
    """Enter a change of an entry, from a date on."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = settable_kind(request)
    form = await read_form(visit)
    entity = _entity(visit, kind, form.text("id", _ID_MOST), person)
    try:
        since_s = read_since(form)
    except InvalidFieldError as error:
        return _page(visit, kind, entity, form, errors={error.field: visit.words.say(error.sentence)})
    values = _changed(kind, entity, form)
    if not values:
        return _page(visit, kind, entity, form, is_same=True)
    act = SetFields(kind=kind, id=entity.id, values=values)
    try:
        content = await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _page(visit, kind, entity, form, problem=str(error))
    if not content["changes"]:
        return _page(visit, kind, entity, form, is_same=True)
    forget_drawings(visit, kind)
    return RedirectResponse(entry_address(kind, entity.id, entered="1"), 303)


def _changed(kind: str, entity: Entity, form: Form) -> dict[str, str]:
    """Return the texts of a form that differ from what holds; an empty private field stays."""
    values: dict[str, Any] = entity_fields(entity)
    changed = {}
    for field in fields_of(kind):
        name = PREFIX + field.name
        text = form.lines(name, _TEXT_MOST).strip()
        if name not in form.fields() or field.name == id_field(kind) or (field.is_private and not text):
            continue
        if text != input_text(field, values[field.name]):
            changed[field.name] = _decimal(field, text)
    return changed


def _decimal(field: Field, text: str) -> str:
    """Write a number with a point, as a table has it: one comma alone stands before decimals."""
    return text.replace(",", ".") if field.is_number and text.count(",") == 1 and "." not in text else text


def new(request: Request) -> Response:
    """Show the form of a new entry."""
    visit = visit_of(request)
    require_steward(visit)
    return _new_page(visit, settable_kind(request))


def _new_page(
    visit: Visit,
    kind: str,
    form: Form | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response:
    return page(
        visit,
        "registry_new.html.j2",
        422 if errors or problem else 200,
        kind=kind,
        inputs=inputs(visit, kind, None, form),
        since_text=form.text(SINCE) if form is not None else "",
        errors=errors or {},
        problem=problem,
    )


async def enter(request: Request) -> Response:
    """Enter a new entry, from a date on."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = settable_kind(request)
    form = await read_form(visit)
    key = id_field(kind)
    texts = {field.name: form.lines(PREFIX + field.name, _TEXT_MOST).strip() for field in fields_of(kind)}
    name = texts.pop(key)[:_ID_MOST]
    try:
        require_id(name, PREFIX + key)
        since_s = read_since(form)
    except InvalidFieldError as error:
        return _new_page(visit, kind, form, errors={error.field: visit.words.say(error.sentence)})
    fields = {field.name: field for field in fields_of(kind)}
    values = {field: _decimal(fields[field], text) for field, text in texts.items() if text}
    try:
        await perform(visit, person, SetFields(kind=kind, id=name, values=values, is_new=True), since_s)
    except RefusedActError as error:
        return _new_page(visit, kind, form, problem=str(error))
    return RedirectResponse(entry_address(kind, name, entered="1"), 303)


def forget_drawings(visit: Visit, kind: str) -> None:
    """Remove the drawings of a community whose gardens changed: none shows longer what may not be seen."""
    if kind == "garden" and visit.person is not None:
        community = visit.person.community
        for garden in visit.installation.registry.gardens(community):
            remove_drawings(visit.installation.report_folder, community, garden.id)


def require_id(text: str, field: str) -> None:
    """Refuse an empty id.

    Raises
    ------
    InvalidFieldError
        It is empty.
    """
    if not text:
        raise InvalidFieldError(field, "registry.no_id")


def read_since(form: Form) -> int | None:
    """Return from when on what a form enters holds, Unix time [s]; None for now.

    Raises
    ------
    InvalidFieldError
        The field is no date or time.
    """
    text = form.text(SINCE)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        time_s = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise InvalidFieldError(SINCE, "registry.wrong_time") from error
    return time_s


ROUTES = (
    Route("/registry/{kind}/entry", entry),
    Route("/registry/{kind}/entry", change, methods=["POST"]),
    Route("/registry/{kind}/new", new),
    Route("/registry/{kind}/new", enter, methods=["POST"]),
)
