"""Real brokers that want a certificate of every client, and who may come in."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from firmware.node_process import Receiver
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.security.authority import Authority


def files_of(authority: Authority, kind: Any, name: str, hosts: tuple[str, ...] = ()) -> dict[str, str]:
    issued = authority.current(kind, name, hosts)
    return {
        "ca": str(authority.trust),
        "cert": str(authority.path_of(issued.certificate)),
        "key": str(authority.path_of(issued.key)),
    }


def start_broker(name: str, tls: dict[str, str], place: Path) -> tuple[int, Server]:
    """Start a broker that wants a certificate of every client."""

    program, port = real_part(name), free_port()
    place.mkdir()
    if name == "mosquitto":
        lines = [
            f"listener {port} {LOOPBACK}",
            "allow_anonymous true",
            "require_certificate true",
            "user root",
        ]
        lines += [f"cafile {tls['ca']}", f"certfile {tls['cert']}", f"keyfile {tls['key']}"]
        text = "\n".join([*lines, "max_inflight_messages 1000", ""])
    else:
        pair = f"cert_file: '{tls['cert']}', key_file: '{tls['key']}', ca_file: '{tls['ca']}', verify: true"
        text = f"server_name: t\nlisten: '{LOOPBACK}:{free_port()}'\n"
        text += f"jetstream {{ store_dir: '{place}/streams' }}\n"
        text += f"mqtt {{ listen: '{LOOPBACK}:{port}', tls {{ {pair} }} }}\n"
    (place / "broker.conf").write_text(text, encoding="utf-8")
    return port, Server((program, "-c", place / "broker.conf"), place, lambda: port_answers(port)).start()


def receiving(port: int, authority: Authority) -> Receiver:
    files = files_of(authority, "gateway", "gateway-1")
    context = ssl.create_default_context(cafile=files["ca"])
    context.load_cert_chain(files["cert"], files["key"])
    return Receiver(port, tls=context)


def with_tls(port: int, tls: dict[str, str], host: str = LOOPBACK) -> dict[str, Any]:
    return {"host": host, "port": port, "tls": tls, "username": None, "password": None}
