"""`sera node move`, `replace`, `rotate` and `import`: what is done often with nodes that are there."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import structs

from sera_command.boards import node_files
from sera_command.boards.contents import BoardContents, contents_of
from sera_command.errors import BadInputError
from sera_command.installation.boards import folder_of, write_board
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.installation.renewals import cancel_renewal, open_renewal, order_renewal
from sera_command.registration import entry_tables
from sera_command.registration.consequences import consequences
from sera_command.terminal import echo, quantity_text
from sera_store.registry.changes import move_node
from sera_store.registry.entities import CERTIFICATE_WAY, PERSON, Node

if TYPE_CHECKING:
    from sera_store.registry.entities import Entity
    from sera_store.store import Store

NodeId = Annotated[str, typer.Argument(help="Id of the node.")]


def move(
    node: NodeId,
    garden: Annotated[str | None, typer.Option(help="Id of the garden it stands in from then on.")] = None,
    nowhere: Annotated[bool, typer.Option("--nowhere", help="It stands in no garden from then on.")] = False,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter that a node stands in another garden, or in none, from a date on.

    Name the date on which it was carried: what it measured from then on belongs to the new garden.
    """
    if (garden is None) != nowhere:
        raise BadInputError("say where it stands: by --garden GARDEN, or by --nowhere")
    installation, from_s = Installation.existing(data), since_s(since)
    with installation.store() as store:
        before = registered(store, node)
        place = store.registry.place_of(node)
        if garden is not None and store.registry.garden(garden) is None:
            raise BadInputError(
                f"garden {garden!r} is not registered; `sera garden list` shows them, `sera garden new "
                f"{garden} --help` registers one"
            )
        entries = move_node(store.registry, before.id, garden, from_s)
        count = store.registry.put_all(entries, by=BY)
        lines = consequences(store, entries) if count else []
        moved = store.registry.place_of(node)
        installation.renew_rights(store)
        if moved is not None and place is not None and moved[0] != place[0]:
            lines += _rewritten(installation, node, moved[0])
    echo(f"Node {node} stands in {garden or 'no garden'}." if count else f"Node {node} stands there already.")
    for line in lines:
        echo(line)


def replace(
    node: NodeId,
    successor: Annotated[
        str | None,
        typer.Option("--with", help="Id of a new node that takes its place; without it, a new board."),
    ] = None,
    give_up: Annotated[
        bool,
        typer.Option("--give-up", help="Also where the old board still holds records that are not here."),
    ] = False,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Put a new board, or a new node with --with, in a node's place.

    A new board keeps the id: it gets a new key, and its records are told from the old board's by themselves.
    A new node takes over garden, detector, class and probes; the old one stands nowhere from then on.
    """
    installation, from_s = Installation.existing(data), since_s(since)
    with installation.store() as store:
        before = registered(store, node)
        place = store.registry.place_of(node)
        if place is None:
            raise BadInputError(f"node {node!r} stands in no garden; there is no place to take over")
        _check_outstanding(store, node, give_up=give_up)
        if successor is None:
            lines = _new_board(installation, node, place[0])
        else:
            lines = _hand_over(installation, store, before, successor, from_s)
            lines += [f"Then shut the old one out: sera node revoke {node} --reason replaced"]
        installation.renew_rights(store)
    echo(f"Node {node} is replaced by {'a new board' if successor is None else successor}.")
    for line in lines:
        echo(line)


def rotate(
    node: Annotated[str | None, typer.Argument(help="Id of the node; or --all.")] = None,
    all_nodes: Annotated[
        bool, typer.Option("--all", help="All nodes of ours that stand in a garden.")
    ] = False,
    ends_within: Annotated[
        int | None, typer.Option(min=1, help="With --all, only those that end within so many days.")
    ] = None,
    usb: Annotated[
        bool, typer.Option("--usb", help="Write files to copy to the board, instead of sending them.")
    ] = False,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Send a node its next key and certificate, over the connection that it has.

    It tries them at its next contacts, and goes back to those before where they do not let it in. These are
    shut out once it has come with the new ones; `sera fleet` shows what still waits. Where the key may be
    known to others, who would be sent the next one too, use `sera node revoke` and --usb.
    """
    if (node is None) != all_nodes or (ends_within is not None and not all_nodes):
        raise BadInputError("name one node, or --all, which --ends-within narrows")
    if all_nodes and usb:
        raise BadInputError("--usb writes the files of one board; name its node")
    installation = Installation.existing(data)
    with installation.store() as store:
        if node is None:
            lines = _rotate_all(installation, store, ends_within)
        else:
            lines = _rotate_one(installation, store, node, usb=usb)
        installation.renew_rights(store)
    for line in lines:
        echo(line)


def _rotate_one(installation: Installation, store: Store, node: str, *, usb: bool) -> list[str]:
    registered(store, node)
    place = store.registry.place_of(node)
    if place is None:
        raise BadInputError(f"node {node!r} stands in no garden, so that no broker lets it in")
    if usb:
        return [f"Node {node} has a new key and certificate.", *_new_board(installation, node, place[0])]
    if not installation.authority.good(node):
        raise BadInputError(
            f"node {node!r} has no certificate with which it could come; `sera node rotate {node} --usb` "
            "writes files for its board"
        )
    renewal = order_renewal(installation, node, place[0])
    return [
        f"Certificate {node}.{renewal.generation} waits for the next contact of {node}.",
        "It is tried at the contact after that; `sera fleet` shows when it is in use.",
    ]


def _rotate_all(installation: Installation, store: Store, ends_within: int | None) -> list[str]:
    days_left = {expiry.name: expiry.days_left for expiry in installation.authority.expiries()}
    ordered = []
    for entity in store.registry.nodes():
        place = store.registry.place_of(entity.id)
        is_meant = ends_within is None or days_left.get(entity.id, 0) < ends_within
        if place is None or not is_meant or not installation.authority.good(entity.id):
            continue
        if open_renewal(installation, entity.id) is None:
            order_renewal(installation, entity.id, place[0])
            ordered.append(entity.id)
    if not ordered:
        within = "" if ends_within is None else f" that ends within {quantity_text(ends_within, 'days')}"
        return [f"No certificate{within} is to be sent."]
    waiting = quantity_text(len(ordered), "certificates")
    return [f"{waiting} waiting for the next contacts of {', '.join(ordered)}."]


def import_nodes(
    file: Annotated[Path, typer.Argument(help="Table with the columns id, garden, detector and others.")],
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows, and enter nothing.")] = False,
    decimal: entry_tables.Decimal = None,
    board: node_files.BoardKind = None,
    sensor: node_files.Sensors = None,
    wifi: node_files.Wifi = None,
    wifi_password_fd: node_files.WifiPasswordFd = None,
    country: node_files.Country = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register many nodes from a table, all or none, and write the files for their boards.

    The columns are the fields that `sera registry fields node` explains. With --board, --sensor and --wifi
    all new boards get the same firmware, wiring and network. A node whose readings come by a mapping gets no
    certificate, nor does one that has one.
    """
    installation = Installation.existing(data)
    contents = contents_of(board, sensor or (), wifi, wifi_password_fd, country)
    if any("serial=" in text for text in sensor or ()):
        raise BadInputError(
            "--sensor: a serial belongs to one probe; leave it out, and each board's is drawn"
        )
    with installation.store() as store:
        rows = entry_tables.read_entries(file, "node", store.registry, since_s(since), decimal)
        count = entry_tables.enter(store.registry, rows, dry_run=dry_run)
        written = [] if dry_run else _missing_boards(installation, store, rows.entries, contents)
        lines = consequences(store, rows.entries) if count and not dry_run else []
        if not dry_run:
            installation.renew_rights(store)
    verb = "would be entered" if dry_run else "entered"
    echo(f"{file.name}: {quantity_text(len(rows.entries), 'nodes')}; {count} {verb}.")
    for line in [*rows.notes, *lines]:
        echo(line)
    if written:
        echo(f"Files for {quantity_text(len(written), 'boards')}: {installation.folder / 'boards'}")
        for line in node_files.next_steps(installation, "NODE", written):
            echo(line)


def registered(store: Store, node: str) -> Node:
    """Return a node as last entered.

    Raises
    ------
    BadInputError
        It is not in the registry.
    """
    entity = store.registry.node(node)
    if entity is None:
        raise BadInputError(f"node {node!r} is not registered; `sera node list` shows them")
    return entity


def _check_outstanding(store: Store, node: str, *, give_up: bool) -> None:
    """Refuse to give up records that the old board may still bring home."""
    accounts = store.completeness(node)
    missing = accounts[-1].missing if accounts else 0
    if missing and not give_up:
        raise BadInputError(
            f"{node} still holds {quantity_text(missing, 'records')} that are not here; let its board reach "
            "the broker once more, or give them up by --give-up"
        )


def _hand_over(
    installation: Installation, store: Store, before: Node, successor: str, from_s: int
) -> list[str]:
    if store.registry.node(successor) is not None or folder_of(installation, successor).exists():
        raise BadInputError(f"node {successor!r} exists already; node ids are never reused, choose another")
    if before.detector == PERSON:
        raise BadInputError(f"{before.id} is a person who counts, whom no other node replaces")
    entries: list[tuple[Entity, int]] = [
        # What a device calls itself is its own: the next one has another name.
        (structs.replace(before, id=successor, known_as=()), from_s),
        *[(structs.replace(probe, node=successor), from_s) for probe in store.registry.probes(before.id)],
        (structs.replace(before, garden=None), from_s),
    ]
    store.registry.put_all(entries, by=BY)
    place = store.registry.place_of(successor)
    lines = consequences(store, entries)
    if before.known_as:
        lines.append(f"What it calls itself: sera node change {successor} --known-as NAME")
    if place is not None and before.way_in in ("", CERTIFICATE_WAY):
        lines += _new_board(installation, successor, place[0])
    return lines


def _missing_boards(
    installation: Installation, store: Store, entries: list[tuple[Entity, int]], contents: BoardContents
) -> list[Path]:
    """Issue certificates and write the files of boards that have none; return their folders."""
    written = []
    for entity, from_s in entries:
        place = store.registry.place_of(entity.id)
        is_ours = isinstance(entity, Node) and entity.way_in in ("", CERTIFICATE_WAY)
        if is_ours and place is not None and not installation.authority.good(entity.id):
            folder = write_board(installation, installation.authority.issue("node", entity.id), place[0])
            own = contents.for_another_board()
            own.write(folder)
            store.registry.put_all([(probe, from_s) for probe in own.probes(entity.id)], by=BY)
            written.append(folder)
    return written


def _new_board(installation: Installation, node: str, community: str) -> list[str]:
    cancel_renewal(installation, node)
    folder = write_board(installation, installation.authority.issue("node", node), community)
    return [
        f"Files for its board, with its secret key: {folder}",
        *node_files.next_steps(installation, node, [folder]),
    ]


def _rewritten(installation: Installation, node: str, community: str) -> list[str]:
    """Write the files of a board again whose community is another: its topics name it."""
    good = installation.authority.good(node)
    if not good:
        return []
    folder = write_board(installation, good[-1], community)
    return [
        f"Its topics name the community {community} from now on.",
        *node_files.next_steps(installation, node, [folder]),
        "Until then the broker refuses what it sends, and the board keeps it.",
    ]
