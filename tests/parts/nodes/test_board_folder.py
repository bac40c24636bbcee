"""A node with the folder that `sera node new` writes, on real MicroPython, is let in by a real broker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from firmware.node_process import BEAM, lived, micropython_command, write_plan
from firmware.tls_brokers import files_of, receiving
from installation_parts import PLACE
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_simulator.flash import keys_on_flash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [
        ["community", "new", "oak"],
        ["garden", "new", "elm-yard", "--community", "oak", *PLACE],
        ["node", "new", "elm-1", "--garden", "elm-yard"],
        ["node", "new", "elm-2", "--garden", "elm-yard"],
    ]
    for word in words:
        assert main([*word, "--data", str(folder)]) == ExitCode.DONE
    return folder


@pytest.fixture(scope="module")
def broker(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Server]]:
    program, port = real_part("mosquitto"), free_port()
    tls = files_of(Installation(data).authority, "broker", "sera-broker", (LOOPBACK, "localhost"))
    folder = tmp_path_factory.mktemp("broker")
    lines = [f"listener {port} {LOOPBACK}", "allow_anonymous true", "require_certificate true", "user root"]
    lines += [f"cafile {tls['ca']}", f"certfile {tls['cert']}", f"keyfile {tls['key']}", ""]
    (folder / "broker.conf").write_text("\n".join(lines), encoding="utf-8")
    server = Server((program, "-c", folder / "broker.conf"), folder, lambda: port_answers(port)).start()
    yield port, server
    server.kill()


@pytest.fixture(scope="module")
def port(broker: tuple[int, Server]) -> int:
    return broker[0]


def broker_of(board: Path, port: int) -> dict[str, Any]:
    """The board's own setting of its broker, with the folder that on a board is the root."""
    broker = json.loads((board / "config.json").read_text(encoding="utf-8"))["broker"]
    tls = {name: str(board / file) for name, file in broker["tls"].items()}
    return {**broker, "host": LOOPBACK, "port": port, "tls": tls}


def plan_of(folder: Path, broker: dict[str, Any]) -> Path:
    return write_plan(
        folder, broker["port"], 0.2, BEAM, node="elm-1", community="oak", broker=broker, last_contacts=2
    )


def test_the_files_of_a_new_node_open_the_way_to_its_broker(
    data: Path, port: int, micropython: Path, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, broker_of(data / "boards" / "elm-1", port))
    with receiving(port, Installation(data).authority) as receiver:
        lived(micropython_command(micropython), plan)
        on_flash = keys_on_flash(tmp_path / "flash").keys
        wait_until(lambda: len(receiver.rows) >= len(on_flash), label="the arrival of all records")
        assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash


def test_a_node_connects_under_the_client_id_of_its_files(
    data: Path, broker: tuple[int, Server], micropython: Path, tmp_path: Path
) -> None:
    port, server = broker
    setting = broker_of(data / "boards" / "elm-1", port)
    lived(micropython_command(micropython), plan_of(tmp_path, setting))
    wait_until(lambda: f" as {setting['client_id']} (" in server.log(), label="the client id at the broker")
    assert " as elm-1 (" not in server.log()


@pytest.mark.parametrize("believed", ["ca_next", "none"])
def test_the_next_authority_is_believed_beside_the_present_one(
    data: Path, port: int, micropython: Path, tmp_path: Path, believed: str
) -> None:
    broker = broker_of(data / "boards" / "elm-1", port)
    # A certificate that signed nothing stands where the authority's was.
    broker["tls"]["ca_next"] = (
        broker["tls"]["ca"] if believed == "ca_next" else str(data / "boards/elm-2/node.der")
    )
    broker["tls"]["ca"] = str(data / "boards" / "elm-2" / "node.der")
    with receiving(port, Installation(data).authority) as receiver:
        message = lived(micropython_command(micropython), plan_of(tmp_path, broker))
        assert (message["contacts"] > 0) is (believed == "ca_next")
        assert bool(receiver.rows) is (believed == "ca_next")
