"""A whole node over mutual TLS: certificates of the project's own authority, both real brokers."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from firmware.node_process import BEAM, cpython, lived, micropython_command, write_plan
from firmware.node_runs import as_appended, contacts
from firmware.stand_in_broker import CuttingProxy
from firmware.tls_brokers import files_of, receiving, start_broker, with_tls
from real_parts import LOOPBACK, Server, wait_until
from sera_gateway.security.authority import Authority
from sera_gateway.security.authority_files import NEXT, PRESENT
from sera_gateway.security.authority_signers import key_pem
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


@pytest.fixture(params=["mosquitto", "nats-server"])
def broker(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[tuple[int, Server]]:
    tls = files_of(authority, "broker", "sera-broker", (LOOPBACK, "localhost"))
    port, server = start_broker(request.param, tls, tmp_path / "broker")
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


def signed_by(
    authority: Authority, folder: Path, signer: str, begins: datetime, ends: datetime
) -> dict[str, str]:
    """The files of a broker whose certificate one of the two authorities signed for a span of time."""
    issuer = x509.load_pem_x509_certificate((authority.folder / f"{signer}.crt").read_bytes())
    issuer_key = serialization.load_pem_private_key((authority.folder / f"{signer}.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    addresses = [x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    builder = x509.CertificateBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker-2")])
    )
    builder = builder.issuer_name(issuer.subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    signed = builder.sign(issuer_key, hashes.SHA256())  # type: ignore[arg-type]
    folder.mkdir(exist_ok=True)
    (folder / "broker.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "broker.key").write_bytes(key_pem(key))
    return {
        "ca": str(authority.trust),
        "cert": str(folder / "broker.crt"),
        "key": str(folder / "broker.key"),
    }


def test_a_day_arrives_complete_over_mutual_tls(
    interpreter: list[str],
    broker: tuple[int, Server],
    authority: Authority,
    tmp_path: Path,
) -> None:
    port, _ = broker
    tls = files_of(authority, "node", "elm-a1")
    plan = write_plan(tmp_path, port, 1, BEAM, broker=with_tls(port, tls))
    with receiving(port, authority) as receiver:
        lived(interpreter, plan)
        on_flash = keys_on_flash(tmp_path / "flash").keys
        wait_until(lambda: len(receiver.rows) >= len(on_flash), label="the arrival of all records")
        assert {seq: row[0] for seq, row in receiver.rows.items()} == on_flash


@pytest.mark.parametrize("wrong", ["believed authority", "own certificate", "name of the broker"])
def test_a_stranger_gets_no_record(
    interpreter: list[str],
    broker: tuple[int, Server],
    authority: Authority,
    tmp_path: Path,
    wrong: str,
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
        message = lived(interpreter, plan)
        assert (message["contacts"], message["acknowledged"], receiver.rows) == (0, 0, {})
    assert message["made"] == len(keys_on_flash(tmp_path / "flash").keys) > 0
    assert json.loads(plan.read_text(encoding="utf-8"))["broker"]["tls"] == tls


NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("begins", "ends"), [(NOW - 30 * DAY, NOW - DAY), (NOW + DAY, NOW + 30 * DAY)], ids=["expired", "not-yet"]
)
def test_a_broker_whose_certificate_is_not_valid_now_gets_no_record(
    interpreter: list[str],
    authority: Authority,
    tmp_path: Path,
    begins: datetime,
    ends: datetime,
) -> None:
    port, server = start_broker(
        "mosquitto", signed_by(authority, tmp_path, PRESENT, begins, ends), tmp_path / "broker"
    )
    plan = write_plan(
        tmp_path,
        port,
        0.25,
        BEAM,
        broker=with_tls(port, files_of(authority, "node", "elm-a1")),
        last_contacts=2,
    )
    try:
        message = lived(interpreter, plan)
        assert (message["contacts"], message["acknowledged"]) == (0, 0)
        assert message["made"] == len(keys_on_flash(tmp_path / "flash").keys) > 0
        assert "elm-a1" not in server.log().replace("as elm-a1", ""), "a session was opened"
    finally:
        server.kill()


def test_a_broker_of_the_second_authority_is_believed_too(
    interpreter: list[str], authority: Authority, tmp_path: Path
) -> None:
    tls = signed_by(authority, tmp_path, NEXT, NOW - DAY, NOW + DAY)
    port, server = start_broker("mosquitto", tls, tmp_path / "broker")
    plan = write_plan(
        tmp_path, port, 0.25, BEAM, broker=with_tls(port, files_of(authority, "node", "elm-a1"))
    )
    try:
        with receiving(port, authority) as receiver:
            lived(interpreter, plan)
            on_flash = keys_on_flash(tmp_path / "flash").keys
            wait_until(lambda: len(receiver.rows) >= len(on_flash), label="the arrival of all records")
    finally:
        server.kill()


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "silent"])
def test_tls_cut_anywhere_in_handshake_and_records_loses_nothing(
    micropython: Path, broker: tuple[int, Server], authority: Authority, tmp_path: Path, *, closes: bool
) -> None:
    port, _ = broker
    cuts = [(size, closes) for size in range(1, 5200, 173 if closes else 433)]
    with receiving(port, authority) as receiver, CuttingProxy(port, cuts) as proxy:
        reports = contacts(
            [str(micropython), "-X", "heapsize=160K"],
            tmp_path,
            proxy.port,
            2 * len(cuts) + 1,
            tls=files_of(authority, "node", "elm-a1"),
            timeouts_ms=[20_000 if closes else 400, 20_000],
        )
        wait_until(lambda: len(receiver.rows) == reports[-1]["next"] - 1, label="the arrival of all records")
    assert proxy.connections == len(reports)
    assert len({contact["open"] for contact in reports}) == 1, "a connection was left open"
    assert all(contact["worked"] for contact in reports[1::2])
    assert sum(not contact["worked"] for contact in reports) > len(cuts) * 2 // 3
    assert receiver.conflicts == []
    assert {seq: row for seq, row in receiver.rows.items() if (row[0], 1, *row[1:]) != as_appended(seq)} == {}
