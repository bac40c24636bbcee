"""Acts of pages that concern boards: a new node, its files handed out once, its keys."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING, Any, Final

from sera_command.boards.contents import BoardContents, board_contents
from sera_command.boards.node_files import newest, settle_key, write_files
from sera_command.errors import BadInputError
from sera_command.installation.boards import folder_of, remove_key
from sera_command.registration.new_nodes import (
    NewNode,
    node_names,
    register_node,
)
from sera_store.registry.belonging import community_of
from sera_store.registry.entities import PERSON

if TYPE_CHECKING:
    from sera_command.registration.desk_context import Desk
    from sera_pages.registry import acts
    from sera_store.store import Store

# Of a file in a table of contents; the same folder gives the same bytes.
_ZIP_TIME: Final = (2026, 1, 1, 0, 0, 0)


def new_node(desk: Desk, act: acts.NewNode) -> dict[str, Any]:
    """Register a node; a board of ours has its files ready to be handed out."""
    if act.detector == PERSON:
        raise BadInputError("people who count come in by an invitation; leave the detector to boards")
    garden = desk.store.registry.garden(act.garden)
    if garden is None or garden.community != desk.community:
        raise BadInputError(f"garden {act.garden!r} is none of this community; register it first")
    name, known_as = node_names(act.id, act.detector, act.known_as)
    contents = BoardContents()
    if act.board or act.sensors or act.network:
        contents = board_contents(
            act.board or None, act.sensors, act.network or None, act.password, act.country
        )
    new_node = NewNode(
        name,
        act.garden,
        act.detector,
        mapping=act.mapping or None,
        known_as=known_as,
        is_simulated=act.simulated,
        contents=contents,
    )
    since_s = desk.since_s
    registered = register_node(desk.installation, desk.store, new_node, since_s, desk.by)
    board = registered.board
    return {
        "node": registered.node.id,
        "known_as": list(registered.node.known_as),
        "ends": board.issued.ends[:10] if board is not None else "",
        "is_let_in": board is not None and board.broker_notified,
        "probes": [[probe.position, probe.serial] for probe in contents.probes(registered.node.id)],
    }


def hand_out(desk: Desk, act: acts.NodeFiles) -> dict[str, Any]:
    """Return the files of a board as a ZIP, and remove its secret key from this host."""
    _own_node(desk.store, act.node, desk.community)
    issued = newest(desk.installation, act.node)
    if not desk.installation.authority.path_of(issued.key).exists():
        raise BadInputError(
            f"the secret key of {issued.name} is not on this machine any more: it was handed out; make a new "
            "one"
        )
    folder = folder_of(desk.installation, act.node)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{act.node}/{path.relative_to(folder).as_posix()}"
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    remove_key(desk.installation, issued)
    return {"name": f"{act.node}.zip", "zip": base64.b64encode(content.getvalue()).decode()}


def new_key(desk: Desk, act: acts.NewKey) -> dict[str, Any]:
    """Write the files of a board with a new key."""
    _own_node(desk.store, act.node, desk.community)
    board = write_files(desk.installation, desk.store, act.node, new_key=True, by=desk.by)
    return {"node": act.node, "ends": board.issued.ends[:10], "is_let_in": board.broker_notified}


def settle(desk: Desk, act: acts.SettleKey) -> dict[str, Any]:
    """Shut out the earlier certificates of a node: its board has the newest."""
    _own_node(desk.store, act.node, desk.community)
    _, _, count = settle_key(desk.installation, act.node)
    return {"revoked": count}


def _own_node(store: Store, name: str, community: str) -> None:
    node = store.registry.node(name)
    if node is None or node.detector == PERSON or community_of(store.registry, node) != community:
        raise BadInputError(f"node {name!r} is none of this community")
