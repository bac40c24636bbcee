"""The folder that is copied to a board: written, written again, and without its key once it is there.

The library that reads certificates is loaded with the first: `sera up`, which asks only where boards look for
it, does without.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.installation import GATEWAY
from sera_command.installation.moments import now_s
from sera_gateway.security.board_files import KEY_FILE, board_folder
from sera_store.private_files import write_private
from sera_vocabulary import messages

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from sera_command.installation.installation import Installation
    from sera_gateway.security.authority import Issued

_CONFIG: Final = "config.json"


def write_board(installation: Installation, issued: Issued, community: str) -> Path:
    """Write what a board needs to reach the broker, readable by this user alone.

    What a steward added to `config.json` (sensors, buses) stays. A key that is on the board alone is left
    out, and the board keeps its own.

    Parameters
    ----------
    installation
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

    Raises
    ------
    CannotWriteError
        If the folder cannot be written.
    """
    folder = folder_of(installation, issued.holder)
    files = {"node.der": _der(_certificate(installation, issued))}
    for name, anchor in zip(("ca.der", "ca_next.der"), installation.authority.anchors(), strict=True):
        files[name] = _der(anchor)
    if installation.authority.path_of(issued.key).exists():
        files[KEY_FILE] = key_der(installation, issued)
    files[_CONFIG] = _board_config(installation, issued, community, _read_config(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in files.items():
            write_private(folder / name, content)
    except OSError as error:
        raise CannotWriteError(f"{folder}: {error.strerror}; make it writable, then try again") from error
    return folder


def remove_key(installation: Installation, issued: Issued) -> bool:
    """Remove a node's private key from this host; return whether it was here."""
    beside = folder_of(installation, issued.holder) / KEY_FILE
    was_there = beside.exists()
    beside.unlink(missing_ok=True)
    return installation.authority.remove_key(issued) or was_there


def boards_elsewhere(installation: Installation) -> list[str]:
    """List the nodes whose board's files name another host or port than nodes reach the broker by now."""
    address = installation.address()
    hosts = {address.host, address.board_host}
    nodes = []
    for node in boards_of(installation):
        broker = _read_config(folder_of(installation, node)).get("broker")
        if broker and (broker.get("host") not in hosts or broker.get("port") != address.port):
            nodes.append(node)
    return nodes


def boards_of(installation: Installation) -> list[str]:
    """List the nodes that have a good certificate and files for a board."""
    good = {record.holder for record in installation.authority.good() if record.kind == "node"}
    return [node for node in sorted(good) if (folder_of(installation, node) / _CONFIG).exists()]


def folder_of(installation: Installation, node: str) -> Path:
    """Return the folder of a node's board."""
    return board_folder(installation.folder, node)


def _board_config(
    installation: Installation, issued: Issued, community: str, before: dict[str, Any]
) -> bytes:
    address = installation.address()
    tls = {"ca": "ca.der", "ca_next": "ca_next.der", "cert": "node.der", "key": KEY_FILE}
    broker = {
        "host": address.board_host,
        # Where the name is not found.
        **({"address": address.host} if address.local_host else {}),
        "port": address.port,
        "client_id": issued.client_id,
        messages.KEY_GENERATION: issued.generation,
        "tls": tls,
    }
    # The earliest that a clock which was never set can say: without it TLS takes certificates for too new.
    # No time after the certificate's end is believed of a time server.
    times = {
        "issued_s": now_s(),
        "expires_s": int(_certificate(installation, issued).not_valid_after_utc.timestamp()),
    }
    own = {"node": issued.holder, "community": community, "gateway": GATEWAY, "broker": broker}
    return json.dumps({**before, **own, **times}, indent=1).encode() + b"\n"


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / _CONFIG).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{folder / _CONFIG} cannot be read ({error}); correct it, or remove it to have it written again"
        ) from error
    if not isinstance(config, dict):
        raise BadInputError(f"{folder / _CONFIG} is no JSON object; remove it to have it written again")
    return config


def _certificate(installation: Installation, issued: Issued) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415 - see the module

    return x509.load_pem_x509_certificate(installation.authority.path_of(issued.certificate).read_bytes())


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - see the module

    return certificate.public_bytes(Encoding.DER)


def certificate_der(installation: Installation, issued: Issued) -> tuple[bytes, int]:
    """Return a certificate as boards read it, and its end, Unix time [s]."""
    certificate = _certificate(installation, issued)
    return _der(certificate), int(certificate.not_valid_after_utc.timestamp())


def key_der(installation: Installation, issued: Issued) -> bytes:
    """Return a private key as boards read it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see the module

    pem = installation.authority.path_of(issued.key).read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    plain = serialization.NoEncryption()
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, plain
    )
