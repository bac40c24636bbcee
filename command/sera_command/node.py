"""`sera node`: register a node, make its certificate and the files for its board, list and revoke nodes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from rich.console import Console
from rich.table import Table

from sera_command.errors import BadInputError
from sera_command.site import BROKER, BY, DEFAULT_FOLDER, GATEWAY, Data, Site, now_s
from sera_gateway.authority import write_new
from sera_store.entities import PERSON, Node
from sera_store.release.persons import draw_counter_id

if TYPE_CHECKING:
    from sera_gateway.authority import Issued

app = typer.Typer(no_args_is_help=True, help="Nodes: register them and make the files for their boards.")

_DER: Final = serialization.Encoding.DER


@app.command("new")
def new(
    garden: Annotated[str, typer.Option(help="Id of the garden it stands in.")],
    node: Annotated[
        str | None,
        typer.Argument(
            help="Id: 3 to 32 of a-z, 0-9 and -; unique everywhere, never reused. A person's is drawn."
        ),
    ] = None,
    detector: Annotated[str, typer.Option(help="camera, beam, microphone, none or person.")] = "none",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a node, issue its certificate and write the files for its board."""
    node = _node_id(node, detector)
    site = Site(data)
    with site.store() as store:
        home = store.registry.garden(garden)
        if home is None:
            raise BadInputError(
                f"garden {garden!r} is not registered; first: sera garden new {garden} --help"
            )
        entity = Node(node, garden, detector)
        if node in (GATEWAY, BROKER):
            raise BadInputError(f"{node!r} is the name of this installation's own part; choose another")
        if store.registry.node(node) is not None or (site.folder / "boards" / node).exists():
            raise BadInputError(f"node {node!r} exists already; node ids are never reused, choose another")
        issued = site.authority.issue("node", node)
        folder = write_board(site, issued, home.community)
        store.registry.put(entity, since_s=now_s(), by=BY)
        told = site.renew_rights(store)
    out = Console()
    out.print(f"Node {node} of garden {garden} is registered; its certificate ends {issued.ends[:10]}.")
    out.print(f"Files for its board, with its secret key: {folder}", soft_wrap=True)
    out.print("The running broker lets it in." if told else "The broker lets it in once `sera up` runs.")
    out.print(f"Next: copy that folder to the board: mpremote fs cp -r {folder}/. :", soft_wrap=True)


def _node_id(given: str | None, detector: str) -> str:
    """Return the id of a node, drawn for a person: a typed one would say who counts."""
    if detector == PERSON:
        if given is not None:
            raise BadInputError(
                f"{given!r} cannot be a person's id: it would say who counts. Leave it out, and one is drawn"
            )
        return draw_counter_id()
    if given is None:
        raise BadInputError("the node has no id; name one, such as: sera node new elm-1 --garden elm-yard")
    return given


def write_board(site: Site, issued: Issued, community: str) -> Path:
    """Write what a board needs to reach the broker; its key is readable by this user alone.

    Parameters
    ----------
    site
        The installation.
    issued
        The node's certificate.
    community
        Id of the community it speaks under.

    Returns
    -------
    Path
        The folder: `config.json`, `ca.der`, `ca_next.der`, `node.der`, `node_key.der`. DER, since
        MicroPython on boards reads no PEM.
    """
    folder = site.folder / "boards" / issued.name
    folder.mkdir(parents=True, mode=0o700)
    certificate = x509.load_pem_x509_certificate(site.authority.path_of(issued.certificate).read_bytes())
    key = serialization.load_pem_private_key(site.authority.path_of(issued.key).read_bytes(), password=None)
    plain = serialization.NoEncryption()
    write_new(
        folder / "node_key.der",
        key.private_bytes(_DER, serialization.PrivateFormat.TraditionalOpenSSL, plain),
        mode=0o600,
    )
    write_new(folder / "node.der", certificate.public_bytes(_DER), mode=0o644)
    for name, anchor in zip(("ca.der", "ca_next.der"), site.authority.anchors(), strict=True):
        write_new(folder / name, anchor.public_bytes(_DER), mode=0o644)
    write_new(folder / "config.json", _board_config(site, issued.name, community), mode=0o600)
    return folder


def _board_config(site: Site, node: str, community: str) -> bytes:
    address = site.address()
    tls = {"ca": "ca.der", "ca_next": "ca_next.der", "cert": "node.der", "key": "node_key.der"}
    broker = {"host": address.host, "port": address.port, "tls": tls}
    # The earliest that a clock which was never set can say: without it TLS takes certificates for too new.
    config = {"node": node, "community": community, "gateway": GATEWAY, "broker": broker, "issued_s": now_s()}
    return json.dumps(config, indent=1).encode() + b"\n"


@app.command("list")
def show(
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for machines.")] = False,
) -> None:
    """List the nodes, where they stand, and when their certificates end."""
    site = Site(data)
    ends = {expiry.name: expiry for expiry in site.authority.expiries()}
    gone = site.authority.revoked_names()
    with site.store() as store:
        nodes = store.registry.nodes()
    rows = [
        {
            "node": node.id,
            "garden": node.garden,
            "detector": node.detector,
            "certificate_ends": ends[node.id].ends.date().isoformat() if node.id in ends else None,
            "alarm": node.id in ends and ends[node.id].alarm,
            "revoked": node.id in gone,
        }
        for node in nodes
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("node", "garden", "detector", "certificate ends", "remark")
    for row in rows:
        remark = "revoked" if row["revoked"] else "ends within 180 days" if row["alarm"] else ""
        table.add_row(*(str(row[key] or "-") for key in list(row)[:4]), remark)
    Console().print(table)


@app.command("revoke")
def revoke(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Shut a node out for ever: a stolen or lost board."""
    site = Site(data)
    count = site.authority.revoke(node, reason)
    with site.store() as store:
        told = site.renew_rights(store)
    when = "now" if told else "once the broker runs"
    typer.echo(f"{count} certificate(s) of {node} revoked {datetime.now(UTC):%Y-%m-%d}; shut out {when}.")
