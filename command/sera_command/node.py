"""`sera node`: register a node, make its certificate and the files for its board, list and revoke nodes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from msgspec import structs
from rich.console import Console
from rich.table import Table

from sera_command.errors import BadInputError
from sera_command.moments import Since, since_s
from sera_command.site import BROKER, BY, DEFAULT_FOLDER, GATEWAY, Data, Site, now_s
from sera_gateway.authority import write_new
from sera_store.entities import CERTIFICATE_WAY, Node

if TYPE_CHECKING:
    from sera_gateway.authority import Issued
    from sera_store.entities import Garden
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Nodes: register them and make the files for their boards.")

MappingName = Annotated[
    str | None, typer.Option("--mapping", help="Id of the mapping that reads it, for another maker's device.")
]

_DER: Final = serialization.Encoding.DER
_WAYS: Final = {
    "": "its certificate's topics, or by mappings until it speaks there",
    CERTIFICATE_WAY: "its certificate's topics",
}


@app.command("new")
def new(
    node: Annotated[
        str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -; unique everywhere, never reused.")
    ],
    garden: Annotated[str, typer.Option(help="Id of the garden it stands in.")],
    detector: Annotated[str, typer.Option(help="camera, beam, microphone, none or person.")] = "none",
    mapping: MappingName = None,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a node, issue its certificate and write the files for its board.

    With --mapping it is another maker's device: it gets no certificate, and that mapping alone brings its
    readings.
    """
    site, from_s = Site(data), since_s(since)
    with site.store() as store:
        home = _garden(store, garden)
        entity = Node(node, garden, detector, way_in=_mapping(store, mapping))
        if node in (GATEWAY, BROKER):
            raise BadInputError(f"{node!r} is the name of this installation's own part; choose another")
        if store.registry.node(node) is not None or (site.folder / "boards" / node).exists():
            raise BadInputError(
                f"node {node!r} exists already; node ids are never reused, choose another, or enter what is "
                f"new of it: sera node change {node} --help"
            )
        if mapping is not None:
            store.registry.put(entity, since_s=from_s, by=BY)
            typer.echo(
                f"Node {node} of garden {garden} is registered; the mapping {mapping} brings its readings."
            )
            return
        issued = site.authority.issue("node", node)
        folder = write_board(site, issued, home.community)
        store.registry.put(entity, since_s=from_s, by=BY)
        told = site.renew_rights(store)
    out = Console()
    out.print(f"Node {node} of garden {garden} is registered; its certificate ends {issued.ends[:10]}.")
    out.print(f"Files for its board, with its secret key: {folder}", soft_wrap=True)
    out.print("The running broker lets it in." if told else "The broker lets it in once `sera up` runs.")
    out.print(f"Next: copy that folder to the board: mpremote fs cp -r {folder}/. :", soft_wrap=True)


@app.command("change")
def change(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    garden: Annotated[
        str | None, typer.Option(help="Id of the garden it stands in; as before by default.")
    ] = None,
    mapping: MappingName = None,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Its readings come on its certificate's topics alone.")
    ] = False,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter where a node stands, or by which way its readings come, from some time on.

    Readings that waited for it come home by themselves, and those of another way are withheld.
    """
    if mapping is not None and certificate:
        raise BadInputError("a node has one way in; name --mapping or --certificate")
    with Site(data).store() as store:
        before = store.registry.node(node)
        if before is None:
            raise BadInputError(f"node {node!r} is not registered; first: sera node new {node} --help")
        if garden is not None:
            _garden(store, garden)
        way_in = CERTIFICATE_WAY if certificate else _mapping(store, mapping) or before.way_in
        entity = structs.replace(before, garden=garden or before.garden, way_in=way_in)
        store.registry.put(entity, since_s=since_s(since), by=BY)
    typer.echo(f"Node {node} stands in {entity.garden}; its readings come by {_WAYS.get(way_in, way_in)}.")


def _garden(store: Store, garden: str) -> Garden:
    home = store.registry.garden(garden)
    if home is None:
        raise BadInputError(f"garden {garden!r} is not registered; first: sera garden new {garden} --help")
    return home


def _mapping(store: Store, mapping: str | None) -> str:
    if mapping is not None and mapping not in {one.id for one in store.registry.mappings()}:
        raise BadInputError(
            f"mapping {mapping!r} is not registered; first: sera mapping add {mapping} --help"
        )
    return mapping or ""


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
            "way_in": node.way_in or None,
            "certificate_ends": ends[node.id].ends.date().isoformat() if node.id in ends else None,
            "alarm": node.id in ends and ends[node.id].alarm,
            "revoked": node.id in gone,
        }
        for node in nodes
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("node", "garden", "detector", "way in", "certificate ends", "remark")
    for row in rows:
        remark = "revoked" if row["revoked"] else "ends within 180 days" if row["alarm"] else ""
        table.add_row(*(str(row[key] or "-") for key in list(row)[:5]), remark)
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
