"""`sera node`: register a node, make its certificate and the files for its board, list and revoke nodes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from msgspec import structs
from rich.table import Table

from sera_command.boards import node_files, node_flash, node_trial
from sera_command.boards.contents import BoardContents, contents_of
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.installation.renewals import cancel_renewal
from sera_command.registration.consequences import consequences
from sera_command.registration.new_nodes import (
    NewNode,
    mapping_id,
    node_names,
    register_node,
)
from sera_command.registry import node_changes
from sera_command.terminal import echo, echo_json
from sera_store.registry.entities import CERTIFICATE_WAY, NO_DETECTOR, Node
from sera_vocabulary import services

if TYPE_CHECKING:
    from sera_command.boards.node_files import BoardFiles

app = typer.Typer(no_args_is_help=True, help="Nodes: register them and make the files for their boards.")
app.command("move")(node_changes.move)
app.command("replace")(node_changes.replace)
app.command("rotate")(node_changes.rotate)
app.command("import")(node_changes.import_nodes)
app.command("try")(node_trial.try_node)
app.command("flash")(node_flash.flash)
app.command("files")(node_files.files)
app.command("flashed")(node_files.flashed)

MappingName = Annotated[
    str | None, typer.Option("--mapping", help="Id of the mapping that reads it, for another maker's device.")
]

KnownAs = Annotated[
    list[str] | None,
    typer.Option("--known-as", help="Name by which another maker's device calls itself; again for one more."),
]

_WAYS: Final = {
    "": "its certificate's topics, or by mappings until it speaks there",
    CERTIFICATE_WAY: "its certificate's topics",
}


@app.command("new")
def new(
    garden: Annotated[str, typer.Option(help="Id of the garden it stands in.")],
    node: Annotated[
        str | None,
        typer.Argument(
            help="Id: 3 to 32 of a-z, 0-9 and -; unique everywhere, never reused. A person's is drawn. Or "
            "the name of another maker's device, such as tasmota_A1B2C3, which gets the id tasmota-a1b2c3."
        ),
    ] = None,
    detector: Annotated[str, typer.Option(help="camera, beam, microphone, none or person.")] = NO_DETECTOR,
    mapping: MappingName = None,
    known_as: KnownAs = None,
    simulated: Annotated[
        bool,
        typer.Option("--simulated", help="It is a virtual board: all that comes of it says so, for ever."),
    ] = False,
    board: node_files.BoardKind = None,
    sensor: node_files.Sensors = None,
    wifi: node_files.Wifi = None,
    wifi_password_fd: node_files.WifiPasswordFd = None,
    country: node_files.Country = "",
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a node, issue its certificate and write the files for its board.

    With --board the folder holds all that the board needs: firmware, wiring, network and keys.

    With --mapping it is another maker's device: it gets no certificate, and that mapping alone brings its
    readings. With --known-as, or a name that is no id, it is one too; without --mapping any mapping that
    knows it brings its readings.
    """
    node, names = node_names(node, detector, tuple(known_as or ()))
    installation, from_s = Installation.existing(data), since_s(since)
    contents = contents_of(board, sensor or (), wifi, wifi_password_fd, country)
    new_node = NewNode(
        node, garden, detector, mapping=mapping, known_as=names, is_simulated=simulated, contents=contents
    )
    with installation.store() as store:
        registered = register_node(installation, store, new_node, from_s, BY)
    if registered.board is None:
        _say_foreign(registered.node)
    else:
        _say_registered(installation, registered.board, garden, contents)


def _say_foreign(entity: Node) -> None:
    way = f"the mapping {entity.way_in} brings" if entity.way_in else "mappings bring"
    echo(f"Node {entity.id} of garden {entity.garden} is registered; {way} its readings.")
    if entity.known_as:
        echo(f"It is known as {', '.join(map(repr, entity.known_as))}.")


def _say_registered(
    installation: Installation, board: BoardFiles, garden: str, contents: BoardContents
) -> None:
    node, folder = board.issued.holder, board.folder
    out = plain_console()
    out.print(f"Node {node} of garden {garden} is registered; its certificate ends {board.issued.ends[:10]}.")
    out.print(f"Files for its board, with its secret key: {folder}", soft_wrap=True)
    out.print(
        "The running broker lets it in."
        if board.broker_notified
        else "The broker lets it in once `sera up` runs."
    )
    for probe in contents.probes(node):
        out.print(f"Its probe at {node}@{probe.position} is called {probe.serial}.")
    if contents.sensors:
        out.print(
            f"Try it without a board: sera node try {node} --data {installation.folder}", soft_wrap=True
        )
    for line in node_files.next_steps(installation, node, [folder]):
        out.print(line, soft_wrap=True)


@app.command("change")
def change(
    node: node_changes.NodeId,
    mapping: MappingName = None,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Its readings come on its certificate's topics alone.")
    ] = False,
    known_as: KnownAs = None,
    nameless: Annotated[
        bool, typer.Option("--nameless", help="It goes by no name but its id any more.")
    ] = False,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter by which way a node's readings come, from some time on; where it stands is `sera node move`.

    Readings that waited for it are stored by themselves, and those of another way become dead letters.
    """
    if mapping is not None and certificate:
        raise BadInputError("a node has one way in; name --mapping or --certificate")
    if not (mapping or certificate or known_as or nameless):
        raise BadInputError("nothing to change; name --mapping, --certificate, --known-as or --nameless")
    if nameless and known_as:
        raise BadInputError("a node has names or none; name --known-as or --nameless")
    with Installation.existing(data).store() as store:
        before = node_changes.registered(store, node)
        way_in = CERTIFICATE_WAY if certificate else mapping_id(store, mapping) or before.way_in
        names = () if nameless else tuple(known_as or before.known_as)
        entry = structs.replace(before, way_in=way_in, known_as=names), since_s(since)
        store.registry.put_all([entry], by=BY)
        lines = consequences(store, [entry])
    echo(f"Node {node} stands in {before.garden}; its readings come by {_WAYS.get(way_in, way_in)}.")
    if names:
        echo(f"It is known as {', '.join(map(repr, names))}.")
    for line in lines:
        echo(line)


@app.command("list")
def show(
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for machines.")] = False,
) -> None:
    """List the nodes, where they stand, and when their certificates end."""
    installation = Installation.existing(data)
    with installation.store() as store:
        nodes = store.registry.nodes()
    rows = [_row(installation, node) for node in nodes]
    if as_json:
        echo_json(json.dumps(rows))
        return
    table = Table("node", "garden", "detector", "way in", "certificate", "ends", "known as", "remark")
    for row in rows:
        known_as = ", ".join(row["known_as"]) or "-"
        table.add_row(*(str(row[key] or "-") for key in list(row)[:6]), known_as, _remark(row))
    plain_console().print(table)


def _row(installation: Installation, node: Node) -> dict[str, Any]:
    good = installation.authority.good(node.id)
    newest = good[-1] if good else None
    expiry = next((expiry for expiry in installation.authority.expiries() if expiry.name == node.id), None)
    return {
        "node": node.id,
        "garden": node.garden,
        "detector": node.detector,
        "way_in": node.way_in or None,
        "certificate": newest.name if newest else None,
        "certificate_ends": expiry.ends.date().isoformat() if expiry else None,
        "alarm": expiry is not None and expiry.alarm,
        "revoked": not good and any(record.holder == node.id for record in installation.authority.issued()),
        "known_as": list(node.known_as),
        "key_on_host": newest is not None and installation.authority.path_of(newest.key).exists(),
    }


def _remark(row: dict[str, Any]) -> str:
    if row["revoked"]:
        return "revoked"
    if row["alarm"]:
        return "ends within 180 days"
    return "its key is still on this host: sera node flash" if row["key_on_host"] else ""


@app.command("revoke")
def revoke(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Shut out all keys of a node: a stolen or lost board.

    The node keeps its id: `sera node files NODE --new-key` makes files for its next board.
    """
    kind = services.kind_of(node)
    if kind is not None:
        raise BadInputError(
            f"{node!r} is this installation's own {kind}; a key of it that leaked is replaced by "
            "`sera authority rotate gateway` or `sera authority rotate broker`"
        )
    installation = Installation.existing(data)
    cancel_renewal(installation, node)
    count = installation.authority.revoke(node, reason)
    with installation.store() as store:
        broker_notified = installation.renew_rights(store)
    when = "now" if broker_notified else "once the broker runs"
    echo(f"{count} certificate(s) of {node} revoked {datetime.now(UTC):%Y-%m-%d}; shut out {when}.")
    echo("A Mosquitto of your own shuts it out once `sera broker files mosquitto` ran and it was reloaded.")
