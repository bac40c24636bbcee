"""A whole node over mutual TLS: certificates of the project's own authority, both real brokers."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from firmware.node_process import BEAM, Receiver, cpython, lived, micropython_command, write_plan
from real_parts import LOOPBACK, Server, free_port, port_answers, wait_until
from sera_gateway.authority import Authority
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The second authority is a stranger: it has the same names and is believed by nobody.
STRANGER = "stranger"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority.open(folder / "authority", lambda: datetime.now(UTC))


def files_of(authority: Authority, kind: Any, name: str, hosts: tuple[str, ...] = ()) -> dict[str, str]:
    issued = authority.current(kind, name, hosts)
    return {
        "ca": str(authority.trust),
        "cert": str(authority.path_of(issued.certificate)),
        "key": str(authority.path_of(issued.key)),
    }


@pytest.fixture(params=["mosquitto", "nats-server"])
def broker(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[tuple[int, Server]]:
    from conftest import real_part

    program, port = real_part(request.param), free_port()
    tls = files_of(authority, "broker", "broker-1", (LOOPBACK, "localhost"))
    place = tmp_path / "broker"
    place.mkdir()
    if request.param == "mosquitto":
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
    server = Server((program, "-c", place / "broker.conf"), place, lambda: port_answers(port)).start()
    yield port, server
    server.kill()


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "cpython":
        return cpython()
    # The heap of an ESP32, and of a Pico W while TLS holds its part of the memory.
    return [
        word.replace("196K", "160K") for word in micropython_command(request.getfixturevalue("micropython"))
    ]


def receiving(port: int, authority: Authority) -> Receiver:
    files = files_of(authority, "gateway", "gateway-1")
    context = ssl.create_default_context(cafile=files["ca"])
    context.load_cert_chain(files["cert"], files["key"])
    return Receiver(port, tls=context)


def with_tls(port: int, tls: dict[str, str], host: str = LOOPBACK) -> dict[str, Any]:
    return {"host": host, "port": port, "tls": tls, "username": None, "password": None}


def test_a_day_arrives_complete_over_mutual_tls(
    interpreter: list[str], broker: tuple[int, Server], authority: Authority, tmp_path: Path
) -> None:
    port, _ = broker
    tls = files_of(authority, "node", "elm-a1")
    plan = write_plan(tmp_path, port, 1, BEAM, broker=with_tls(port, tls))
    with receiving(port, authority) as receiver:
        lived(interpreter, plan)
        on_flash = keys_on_flash(tmp_path / "flash").keys
        wait_until(lambda: len(receiver.rows) >= len(on_flash), what="the arrival of all records")
        assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash


@pytest.mark.parametrize("wrong", ["believed authority", "own certificate", "name of the broker"])
def test_a_stranger_gets_no_record(
    interpreter: list[str], broker: tuple[int, Server], authority: Authority, tmp_path: Path, wrong: str
) -> None:
    port, _ = broker
    tls = files_of(authority, "node", "elm-a1")
    host = LOOPBACK
    stranger = Authority.open(tmp_path / STRANGER, lambda: datetime.now(UTC))
    if wrong == "believed authority":
        tls["ca"] = str(stranger.trust)
    elif wrong == "own certificate":
        tls = files_of(stranger, "node", "elm-a1") | {"ca": tls["ca"]}
    else:
        host = "127.0.0.2"
    plan = write_plan(tmp_path, port, 0.25, BEAM, broker=with_tls(port, tls, host), last_contacts=2)
    with receiving(port, authority) as receiver:
        said = lived(interpreter, plan)
        assert (said["contacts"], said["acknowledged"], receiver.rows) == (0, 0, {})
    assert said["made"] == len(keys_on_flash(tmp_path / "flash").keys) > 0
    assert json.loads(plan.read_text(encoding="utf-8"))["broker"]["tls"] == tls
