"""Acts of pages that concern devices of other makers: tables tried and entered, devices with a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_command.errors import BadInputError
from sera_command.installation.moments import now_s
from sera_command.registration.new_devices import renew_device_rights, users_of
from sera_command.registration.new_mappings import at_topic, check_examples, enter_mapping
from sera_command.registration.ways_in import ways_in
from sera_gateway.config import DEVICES
from sera_gateway.decode.reasons import IGNORED
from sera_gateway.families.mapping_files import parse_family, shipped_family
from sera_gateway.families.trial import TrialMessage, moment, try_message

if TYPE_CHECKING:
    from sera_command.registration.desk_context import Desk
    from sera_gateway.families.mapping_files import DeviceFamily
    from sera_gateway.families.trial import Trial
    from sera_gateway.security.device_users import Device
    from sera_pages.registry import acts
    from sera_store.registry.mappings import Mapping

_OWN_TABLE: Final = "the table"


def try_mapping(desk: Desk, act: acts.TryMapping) -> dict[str, Any]:  # noqa: ARG001 - as all acts
    """Show what a message becomes by a table; nothing is entered."""
    _, mapping = _table(act.table)
    message = TrialMessage(act.topic, act.payload.encode(), now_s(), act.timezone)
    trial = try_message(mapping, message)
    return {
        "id": mapping.id,
        "version": mapping.version,
        "topic": mapping.topic,
        "trials": [_trial(alternative) for alternative in (trial, *trial.alternatives)],
    }


def add_mapping(desk: Desk, act: acts.AddMapping) -> dict[str, Any]:
    """Check a table and its examples, enter it, and say how its devices get in and what is not reached."""
    family, mapping = _table(act.table)
    check_examples(act.table.family or _OWN_TABLE, family)
    since_s = desk.since_s
    entered = enter_mapping(desk.installation, desk.store, mapping, since_s, desk.by)
    return {
        "id": mapping.id,
        "version": mapping.version,
        "topic": mapping.topic,
        "ways": ways_in(desk.installation.folder, mapping.filter),
        "advice": entered.advice,
    }


def new_device(desk: Desk, act: acts.NewDevice) -> dict[str, Any]:
    """Register a device; its password is kept nowhere."""
    return _with_password(desk, *users_of(desk.installation).add(act.name, act.prefix))


def rotate_device(desk: Desk, act: acts.RotateDevice) -> dict[str, Any]:
    """Replace the password of a device; the one before ends."""
    return _with_password(desk, *users_of(desk.installation).rotate(act.name))


def revoke_device(desk: Desk, act: acts.RevokeDevice) -> dict[str, Any]:
    """Shut a device out."""
    users_of(desk.installation).revoke(act.name)
    return {"must_restart": renew_device_rights(desk.installation)}


def _table(table: acts.FamilyTable) -> tuple[DeviceFamily, Mapping]:
    if bool(table.family) == bool(table.text):
        raise BadInputError("name a family that Sera ships, or bring a table of your own; not both")
    family = shipped_family(table.family) if table.family else parse_family(table.text.encode(), _OWN_TABLE)
    return family, at_topic(family.mapping, table.topic) if table.topic else family.mapping


def _trial(trial: Trial) -> dict[str, Any]:
    reason = trial.rejection.reason if trial.rejection is not None else ""
    return {
        "device": trial.device or "",
        "time": moment(trial.time_s) if trial.has_time else "",
        "values": [
            [value.series, value.column, value.value, value.unit, value.flag] for value in trial.values
        ],
        "unread": list(trial.unread),
        "notes": list(trial.notes),
        "reason": reason,
        "detail": trial.rejection.detail if trial.rejection is not None else "",
        "ignored": IGNORED[trial.ignored] if trial.ignored else "",
    }


def _with_password(desk: Desk, device: Device, password: str) -> dict[str, Any]:
    must_restart = renew_device_rights(desk.installation)
    return {
        "name": device.name,
        "password": password,
        "prefix": device.prefix,
        "journaled": f"{DEVICES}/{device.prefix}",
        "broker": desk.installation.devices_url(),
        "must_restart": must_restart,
        "ways": ways_in(desk.installation.folder, f"{DEVICES}/{device.prefix}/#"),
    }
