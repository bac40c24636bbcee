"""Do what a page asks for in the registry, in a process that ends.

It is `python -m sera_command.registration.desk FOLDER`: it reads its order from stdin and writes its answer
on stdout (`sera_pages.registry.acts`). What it does are the functions of the verbs; nothing of it is logged.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_command.errors import BadInputError, ExitCode, exit_code
from sera_command.installation.installation import Installation
from sera_command.installation.moments import now_s
from sera_command.registration import desk_boards, desk_devices, entry_tables
from sera_command.registration.desk_context import Desk
from sera_command.registration.district_maps import check_source, enter_districts
from sera_command.registration.entry_fields import (
    FieldChange,
    check_own_verb,
    enter_fields,
    enter_rows,
    read_values,
)
from sera_command.registration.new_communities import register_community
from sera_pages.registry import acts
from sera_pages.registry.visibility import visible_entities
from sera_store.registry.entities import KIND_OF, Community
from sera_store.registry.fields import entity_fields
from sera_store.release.entries import released_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.store import Store

# As many rows of a dry run are shown; all are checked.
_ROWS_MOST: Final = 200


def main() -> int:
    """Do one order over the folder that the command line names; return the exit code."""
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(), type=acts.Order)
        reply = acts.Reply(content=perform(Path(sys.argv[1]), order))
    except Exception as error:  # noqa: BLE001 - what is no refusal ends it
        if exit_code(error) is ExitCode.INTERNAL:
            # The trace names no value of the order.
            sys.stderr.write(f"{type(error).__name__}\n")
            return ExitCode.INTERNAL
        reply = acts.Reply(problem=str(error))
    sys.stdout.buffer.write(msgspec.json.encode(reply))
    return ExitCode.DONE


def perform(folder: Path, order: acts.Order) -> dict[str, Any]:
    """Do one order over a data folder; return what it answers.

    Raises
    ------
    Exception
        As the verb for it.
    """
    installation = Installation.existing(folder)
    with installation.store() as store:
        since_s = now_s() if order.since_s is None else order.since_s
        desk = Desk(installation, store, order.by, order.community, since_s)
        return _ACTS[type(order.act)](desk, order.act)


def _set(desk: Desk, act: acts.SetFields) -> dict[str, Any]:
    check_own_verb(act.kind)
    if act.is_new and desk.store.registry.entity(act.kind, act.id) is not None:
        raise BadInputError(f"{act.kind} {act.id!r} is in the registry already; change it on its own page")
    values = read_values(act.kind, act.values.items())
    change = FieldChange(act.kind, act.id, values, desk.since_s, desk.by, desk.community)
    return {"changes": enter_fields(desk.installation, desk.store, change).changes}


def _import(desk: Desk, act: acts.ImportTable) -> dict[str, Any]:
    check_own_verb(act.kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / act.name
        path.write_bytes(act.content)
        rows = entry_tables.read_entries(path, act.kind, desk.store.registry, desk.since_s)
    differences = _differences(desk.store, rows) if act.dry_run else []
    outcome = enter_rows(
        desk.installation, desk.store, rows, desk.by, community=desk.community, dry_run=act.dry_run
    )
    return {
        "rows": len(rows.entries),
        "changes": outcome.changes,
        "notes": rows.notes,
        "differences": differences[:_ROWS_MOST],
        "left_out": max(0, len(differences) - _ROWS_MOST),
    }


def _differences(store: Store, rows: entry_tables.EntryRows) -> list[dict[str, Any]]:
    """List each row that would change something: before and after, by field.

    A row that follows one of the same id is laid beside that one.
    """
    registry, lines = store.registry, []
    last: dict[str, Any] = {}
    for entity, since_s in rows.entries:
        kind = KIND_OF[type(entity)]
        before = last.get(entity.id) or registry.entity(kind, entity.id, since_s)
        before = before or registry.entity(kind, entity.id)
        last[entity.id] = entity
        old = {} if before is None else entity_fields(before)
        new = entity_fields(entity)
        released = released_fields(registry, entity)
        changed = [name for name in new if name not in old or old[name] != new[name]]
        if changed:
            # Of a place only that it is another.
            cells = [[name, old.get(name), new[name]] for name in changed if name in released]
            hidden = [name for name in changed if name not in released]
            lines.append(
                {
                    "id": entity.id,
                    "since_s": since_s,
                    "is_new": before is None,
                    "cells": cells,
                    "hidden": hidden,
                }
            )
    return lines


def _export(desk: Desk, act: acts.ExportTable) -> dict[str, Any]:
    entities = visible_entities(desk.store.registry, act.kind, desk.community)
    rows = [released_fields(desk.store.registry, entity) for entity in entities]
    return {"text": entry_tables.table_text(act.kind, rows)}


def _community(desk: Desk, act: acts.NewCommunity) -> dict[str, Any]:
    entity = Community(act.id, act.title or act.id)
    register_community(desk.installation, desk.store, entity, desk.since_s, desk.by)
    return {}


def _districts(desk: Desk, act: acts.ImportDistricts) -> dict[str, Any]:
    # Here, since no other act reads a map.
    from sera_command.importers.district_areas import DistrictColumns, parse_areas  # noqa: PLC0415

    check_source(act.source, has_numbers=bool(act.residents_from or act.deprivation_from))
    columns = DistrictColumns(
        act.id_from, act.title_from or None, act.residents_from or None, act.deprivation_from or None
    )
    areas = parse_areas(act.content, act.name, desk.community, columns, act.source)
    for area in areas:
        other = desk.store.registry.district(area.district.id)
        if other is not None and other.community != desk.community:
            raise BadInputError(
                f"district {other.id}: belongs to another community, {other.community}; rename it in the map"
            )
    entered = enter_districts(desk.store, desk.community, areas, desk.since_s, desk.by, assign=act.assign)
    members = [[name, gardens] for name, gardens in entered.members.items()]
    return {"changes": entered.changes, "members": members}


def _bundle(desk: Desk, act: acts.MakeBundle) -> dict[str, Any]:
    # Here, since no other act makes figures coarse.
    from sera_command.neighbours.agreement_desk import find_agreement, open_book  # noqa: PLC0415 - as said
    from sera_command.neighbours.bundle_making import RequestedDays, make_next  # noqa: PLC0415 - as said

    data = desk.installation.folder
    with open_book(data, desk.community) as book:
        stored = find_agreement(book, act.agreement)
        bundle = make_next(data, book, stored, RequestedDays(), begins_anew=act.begins_anew)
    return {"name": f"{bundle.manifest.folder}.zip", "content": base64.b64encode(bundle.content).decode()}


_ACTS: Final[dict[type[acts.Act], Callable[[Desk, Any], dict[str, Any]]]] = {
    acts.SetFields: _set,
    acts.ImportTable: _import,
    acts.ExportTable: _export,
    acts.NewCommunity: _community,
    acts.ImportDistricts: _districts,
    acts.NewNode: desk_boards.new_node,
    acts.NodeFiles: desk_boards.hand_out,
    acts.NewKey: desk_boards.new_key,
    acts.SettleKey: desk_boards.settle,
    acts.TryMapping: desk_devices.try_mapping,
    acts.AddMapping: desk_devices.add_mapping,
    acts.NewDevice: desk_devices.new_device,
    acts.RotateDevice: desk_devices.rotate_device,
    acts.RevokeDevice: desk_devices.revoke_device,
    acts.MakeBundle: _bundle,
}


if __name__ == "__main__":
    sys.exit(main())
