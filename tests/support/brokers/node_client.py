"""A client that has nothing but what `sera node new` wrote for a board."""

from __future__ import annotations

import json
import ssl
import time
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion

from real_parts import wait_until

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = "9f2c01aa"


def pem_of(board: Path, folder: Path) -> tuple[Path, Path, Path]:
    """Turn a board's DER files into the PEM files that a client on a host reads."""
    pem = serialization.Encoding.PEM
    paths = folder / "ca.pem", folder / "node.pem", folder / "key.pem"
    for source, path in zip(("ca.der", "node.der"), paths[:2], strict=True):
        path.write_bytes(x509.load_der_x509_certificate((board / source).read_bytes()).public_bytes(pem))
    key = serialization.load_der_private_key((board / "node_key.der").read_bytes(), password=None)
    form = serialization.PrivateFormat.PKCS8
    paths[2].write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return paths


def client_of(board: Path, folder: Path, client_id: str | None = None) -> mqtt.Client:
    """Make a client with a board's certificate, and its client id or another."""
    authority, certificate, key = pem_of(board, folder)
    context = ssl.create_default_context(cafile=str(authority))
    context.load_cert_chain(certificate, key)
    broker = json.loads((board / "config.json").read_text(encoding="utf-8"))["broker"]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id or broker["client_id"])
    client.tls_set_context(context)
    return client


def publish_batch(board: Path, folder: Path, port: int) -> None:
    """Publish three records of air as node elm-1."""
    client = client_of(board, folder)
    client.connect("127.0.0.1", port)
    client.loop_start()
    # The node stands in its garden from now on; what it measured before would belong nowhere.
    now_s = int(time.time())
    rows = [[seq, 60 + seq, now_s + seq, 2, 0, 18.5 + seq] for seq in (1, 2, 3)]
    batch = {"v": 1, "e": EPOCH, "b": 1, "f": 1, "n": 4, "s": "air", "k": ["air_temperature"], "r": rows}
    client.publish("sera/v1/oak/elm-1/data", json.dumps(batch), qos=1).wait_for_publish(120)
    client.disconnect()
    client.loop_stop()


def is_let_in(board: Path, folder: Path, port: int) -> bool:
    """Return whether the broker lets a board in."""
    return _is_answered(client_of(board, folder), port)


def is_let_in_with(pem: Path, data: Path, port: int) -> bool:
    """Return whether the broker lets in whoever has a file of key and certificate."""
    context = ssl.create_default_context(cafile=str(data / "authority" / "trust.crt"))
    context.load_cert_chain(pem)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="whoever")
    client.tls_set_context(context)
    return _is_answered(client, port)


def _is_answered(client: mqtt.Client, port: int) -> bool:
    answers: list[bool] = []
    client.on_connect = lambda _c, _u, _f, reason, _p: answers.append(not reason.is_failure)
    client.on_disconnect = lambda *_: answers.append(False)
    try:
        client.connect("127.0.0.1", port)
    except OSError:
        return False
    client.loop_start()
    wait_until(lambda: bool(answers), label="the broker's answer")
    client.loop_stop()
    client.disconnect()
    return answers[0]
