"""Devices of other makers: a table tried on a message before it is entered; users with a password."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import available_timezones

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_gateway.decode.reasons import REASONS
from sera_gateway.families.shipped import shipped_names
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers
from sera_pages.errors import InvalidFieldError
from sera_pages.registry.acts import (
    AddMapping,
    FamilyTable,
    NewDevice,
    RevokeDevice,
    RotateDevice,
    TryMapping,
)
from sera_pages.registry.desk import RefusedActError, perform, require_steward
from sera_pages.registry.entry import SINCE, read_since
from sera_pages.registry.wording import time_text
from sera_pages.views.answers import take_nothing
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_vocabulary.quality import GOOD

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.registry.acts import Act
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

_TABLE_MOST: Final = 20_000
_PAYLOAD_MOST: Final = 20_000
_TOPIC_MOST: Final = 250
_FIELDS: Final = ("family", "at", "topic", "timezone", SINCE)


class TrialLine(NamedTuple):
    """One value that a message would become: series, quantity, value, unit, and whether it is sound."""

    series: str
    quantity: str
    value: str
    unit: str
    is_sound: bool


def show_mapping(request: Request) -> Response:
    """Show the form by which a table is tried and entered."""
    visit = visit_of(request)
    require_steward(visit)
    return _mapping_page(visit)


def _mapping_page(visit: Visit, form: Form | None = None, status: int = 200, **parts: Any) -> Response:
    person = require_steward(visit)
    gardens = visit.installation.registry.gardens(person.community)
    values = {name: form.text(name, _TOPIC_MOST) if form is not None else "" for name in _FIELDS}
    values["timezone"] = values["timezone"] or (gardens[0].timezone if gardens else "UTC")
    values["text"] = form.lines("text", _TABLE_MOST) if form is not None else ""
    values["payload"] = form.lines("payload", _PAYLOAD_MOST) if form is not None else ""
    return page(
        visit,
        "registry_mapping.html.j2",
        status,
        values=values,
        families=[("", visit.words.say("registry.own_table")), *((name, name) for name in shipped_names())],
        rejection=lambda code: (
            visit.words.figures.rejection(code, "meaning", REASONS[code].meaning) if code in REASONS else code
        ),
        **{"errors": {}, "problem": "", "tried": None, "entered": None, **parts},
    )


async def mapping(request: Request) -> Response:
    """Try a table on a message, or enter it."""
    visit = visit_of(request)
    person = require_steward(visit)
    form = await read_form(visit)
    is_entered = bool(form.text("enter"))
    try:
        act, since_s = _mapping_act(form, is_entered=is_entered), read_since(form)
    except InvalidFieldError as error:
        return _mapping_page(visit, form, 422, errors={error.field: visit.words.say(error.sentence)})
    try:
        content = await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _mapping_page(visit, form, 422, problem=str(error))
    if is_entered:
        return _mapping_page(visit, form, entered=content)
    take_nothing(visit.request)
    trials = [{**trial, "lines": _lines(visit, trial["values"])} for trial in content["trials"]]
    return _mapping_page(visit, form, tried={**content, "trials": trials})


def _mapping_act(form: Form, *, is_entered: bool) -> Act:
    family, text = form.text("family"), form.lines("text", _TABLE_MOST)
    if not family and not text.strip():
        raise InvalidFieldError("text", "registry.no_table")
    table = FamilyTable(family=family, text="" if family else text, topic=form.text("at", _TOPIC_MOST))
    if is_entered:
        return AddMapping(table=table)
    topic, timezone = form.text("topic", _TOPIC_MOST), form.text("timezone")
    if not topic:
        raise InvalidFieldError("topic", "registry.no_topic")
    if timezone not in available_timezones():
        raise InvalidFieldError("timezone", "registry.wrong_timezone")
    return TryMapping(
        table=table, topic=topic, payload=form.lines("payload", _PAYLOAD_MOST), timezone=timezone
    )


def _lines(visit: Visit, values: list[list[Any]]) -> list[TrialLine]:
    return [
        TrialLine(
            series,
            column,
            "–" if value is None else f"{value:.6g}",
            visit.words.figures.unit(unit),
            flag == GOOD,
        )
        for series, column, value, unit, flag in values
    ]


def show_devices(request: Request) -> Response:
    """List the devices with a password, and show the form of a new one."""
    visit = visit_of(request)
    require_steward(visit)
    return _devices_page(visit)


def _devices_page(visit: Visit, form: Form | None = None, status: int = 200, **parts: Any) -> Response:
    devices = DeviceUsers(visit.installation.folder / DEVICES_FILE, time.time).devices()
    return page(
        visit,
        "registry_devices.html.j2",
        status,
        devices=[(device.name, device.prefix, time_text(visit, device.since_s)) for device in devices],
        name=form.text("name") if form is not None else "",
        prefix=form.text("prefix", _TOPIC_MOST) if form is not None else "",
        **{"errors": {}, "problem": "", "made": None, **parts},
    )


async def new_device(request: Request) -> Response:
    """Register a device, and show its password once."""
    visit = visit_of(request)
    person = require_steward(visit)
    form = await read_form(visit)
    name = form.text("name")
    if not name:
        return _devices_page(visit, form, 422, errors={"name": visit.words.say("registry.no_id")})
    act = NewDevice(name=name, prefix=form.text("prefix", _TOPIC_MOST))
    try:
        return _devices_page(visit, made=await perform(visit, person, act))
    except RefusedActError as error:
        return _devices_page(visit, form, 422, problem=str(error))


async def rotate_device(request: Request) -> Response:
    """Replace the password of a device, and show it once."""
    visit = visit_of(request)
    person = require_steward(visit)
    act = RotateDevice(name=(await read_form(visit)).text("name"))
    try:
        return _devices_page(visit, made=await perform(visit, person, act))
    except RefusedActError as error:
        return _devices_page(visit, None, 422, problem=str(error))


async def revoke_device(request: Request) -> Response:
    """Shut a device out; what it sent stays."""
    visit = visit_of(request)
    person = require_steward(visit)
    act = RevokeDevice(name=(await read_form(visit)).text("name"))
    try:
        await perform(visit, person, act)
    except RefusedActError as error:
        return _devices_page(visit, None, 422, problem=str(error))
    return RedirectResponse("/registry/devices", 303)


ROUTES = (
    Route("/registry/mapping/new", show_mapping),
    Route("/registry/mapping/new", mapping, methods=["POST"]),
    Route("/registry/devices", show_devices),
    Route("/registry/devices", new_device, methods=["POST"]),
    Route("/registry/devices/rotate", rotate_device, methods=["POST"]),
    Route("/registry/devices/revoke", revoke_device, methods=["POST"]),
)
