"""`sera node files` and `flashed`: a node's folder, written again, and without its key at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from sera_command.boards.contents import contents_of
from sera_command.boards.network import NETWORK_FILE
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.installation.boards import remove_key, write_board
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation, is_loopback
from sera_command.installation.moments import now_s
from sera_command.installation.renewals import cancel_renewal, open_renewal
from sera_command.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_command.boards.contents import BoardContents
    from sera_gateway.security.authority import Issued
    from sera_store.store import Store

_CONFIG: Final = "config.json"

BoardKind = Annotated[
    str | None,
    typer.Option("--board", metavar="BOARD", help="pico_w, pico2_w or esp32: compile the firmware for it."),
]
Sensors = Annotated[
    list[str] | None,
    typer.Option(
        "--sensor",
        metavar="MODEL:PIN",
        help="What is wired to it: capacitive:26, ds18b20:22, sht4x:0 (its bus); again for one more.",
    ),
]
Wifi = Annotated[
    str | None, typer.Option("--wifi", metavar="NETWORK", help="Its network; the password is asked for.")
]
WifiPasswordFd = Annotated[
    int | None,
    typer.Option("--wifi-password-fd", metavar="FD", help="Read the password from this file descriptor."),
]
Country = Annotated[str, typer.Option("--country", help="Where the network is, such as GB.")]


def files(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    new_key: Annotated[
        bool, typer.Option("--new-key", help="With another key, certificate and client id.")
    ] = False,
    board: BoardKind = None,
    sensor: Sensors = None,
    wifi: Wifi = None,
    wifi_password_fd: WifiPasswordFd = None,
    country: Country = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write the files for a node's board again: for the broker's present address, or with a new key.

    With --board, --sensor or --wifi the firmware, all of the wiring or the network are written again; without
    them they stay. The key before stays good until `sera node flashed`, so that the board reaches the broker
    meanwhile; one that is lost is shut out first, by `sera node revoke`.
    """
    installation = Installation.existing(data)
    contents = contents_of(board, sensor or (), wifi, wifi_password_fd, country)
    with installation.store() as store:
        issued, folder, _ = write_files(installation, store, node, new_key=new_key, contents=contents)
    out = plain_console(soft_wrap=True)
    out.print(f"Files for the board of {node}, certificate {issued.name}: {folder}")
    if not installation.authority.path_of(issued.key).exists():
        out.print("Its secret key is on the board alone, and stays there.")
    for line in next_steps(installation, node, [folder]):
        out.print(line)


class BoardFiles(NamedTuple):
    """A node's certificate, the folder of files for its board, and whether a running broker was told."""

    issued: Issued
    folder: Path
    broker_notified: bool


def write_files(
    installation: Installation,
    store: Store,
    node: str,
    *,
    new_key: bool,
    contents: BoardContents | None = None,
    by: str = BY,
) -> BoardFiles:
    """Write the files for a node's board again: for the broker's present address, or with a new key.

    Raises
    ------
    BadInputError
        The node stands in no garden, or has no certificate that is good.
    """
    place = store.registry.place_of(node)
    if place is None:
        raise BadInputError(f"node {node!r} is not registered in a garden; `sera node list` shows them")
    if new_key:
        cancel_renewal(installation, node)
        installation.authority.issue("node", node)
    issued = newest(installation, node)
    folder = write_board(installation, issued, place[0])
    if contents is not None:
        contents.write(folder)
        store.registry.put_all([(probe, now_s()) for probe in contents.probes(node)], by=by)
    return BoardFiles(issued, folder, installation.renew_rights(store))


def missing_contents(folder: Path) -> list[str]:
    """List what a board's folder lacks, each with the option that writes it."""
    config = folder / _CONFIG
    has_sensors = config.exists() and bool(json.loads(config.read_bytes()).get("sensors"))
    parts = (
        (config.exists(), "its settings"),
        ((folder / "main.py").exists(), "firmware (--board pico_w)"),
        ((folder / NETWORK_FILE).exists(), "a network (--wifi NETWORK)"),
        (has_sensors, "a sensor, without which no reading comes (--sensor capacitive:26)"),
    )
    return [title for is_there, title in parts if not is_there]


def next_steps(installation: Installation, node: str, folders: Sequence[Path]) -> list[str]:
    """List what boards look for, what their folders lack, and how these come onto them.

    Parameters
    ----------
    installation
        The installation.
    node
        The node that commands name: of several boards, what stands for each.
    folders
        The folders of the boards, which hold the same but for their keys.
    """
    address, is_one, lines = installation.address(), len(folders) == 1, []
    if is_loopback(address.host):
        lines.append(
            f"The files name {address.host}, which no board reaches: start `sera up --lan ADDRESS` with this "
            f"machine's address, then `sera node files {node}`."
        )
    else:
        lines.append(f"{'It looks' if is_one else 'They look'} for {address.board_host} port {address.port}.")
    missing = missing_contents(folders[0])
    if missing:
        lines.append(f"Not there yet: {', '.join(missing)}. Write it: sera node files {node} --help")
    flash = f"sera node flash {node} --data {installation.folder}"
    return [*lines, f"Next, with {'the' if is_one else 'each'} board at the USB cable: {flash}"]


def flashed(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Remove a node's secret key from this host, now that its board has it, and shut out its earlier ones.

    `sera node flash` does so by itself; this is for boards whose folder was copied by hand.
    """
    installation = Installation.existing(data)
    issued, was_here, count = settle_key(installation, node)
    state = "removed from this host" if was_here else "not on this host any more"
    echo(f"The secret key of {issued.name} is {state}; {count} earlier certificate(s) shut out.")


def settle_key(installation: Installation, node: str) -> tuple[Issued, bool, int]:
    """Remove a node's secret key, which its board has, from this host, and shut out its earlier ones.

    Returns
    -------
    tuple
        The certificate; whether its key was here; how many earlier ones are shut out.

    Raises
    ------
    BadInputError
        A renewal over the node's connection still needs the one before, or it has no certificate.
    """
    waiting = open_renewal(installation, node)
    if waiting is not None:
        raise BadInputError(
            f"{node}.{waiting.generation} waits to be brought over the connection of {node}, which still "
            "needs the one before; `sera fleet` says when it uses it. To bring it by cable instead: sera "
            f"node rotate {node} --usb"
        )
    issued = newest(installation, node)
    return (issued, *forget_key(installation, issued))


def forget_key(installation: Installation, issued: Issued) -> tuple[bool, int]:
    """Remove a key that is on its board; return whether it was here, and how many before it are shut out."""
    was_here = remove_key(installation, issued)
    count = installation.authority.revoke(
        issued.holder, "a newer one is on the board", before=issued.generation
    )
    with installation.store() as store:
        installation.renew_rights(store)
    return was_here, count


def newest(installation: Installation, node: str) -> Issued:
    """Return a node's newest certificate that is good."""
    good = installation.authority.good(node)
    if not good or good[-1].kind != "node":
        raise BadInputError(
            f"node {node!r} has no certificate that is good; `sera node files {node} --new-key` issues one"
        )
    return good[-1]
