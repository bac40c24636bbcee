"""`sera up --lan`: a name that the network resolves, that certificates hold, and that boards look for."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from brokers.local_network import queried_by_board, require_multicast, resolved_elsewhere
from installation_parts import PLACE, running, sera
from real_parts import free_port, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.installation import own_address
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("new_nats"), pytest.mark.nats]
NAME = "sera-hazel-test.local"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    main(["community", "new", "hazel-test", "--data", str(folder)])
    main(["garden", "new", "elm-yard", "--community", "hazel-test", *PLACE, "--data", str(folder)])
    return folder


def names_of(address: str, port: int) -> list[str]:
    """The names that the broker's certificate is good for."""
    pem = ssl.get_server_certificate((address, port))
    names = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return names.value.get_values_for_type(x509.DNSName)


def addresses_checked(data: Path) -> dict[str, str]:
    checks = json.loads(sera("doctor", "--json", "--data", data).stdout)["checks"]
    return {
        check["name"]: check["state"] for check in checks if check["name"] in ("addresses", "boards", "name")
    }


@pytest.mark.micropython
def test_a_board_that_looks_for_the_name_gets_in_and_the_name_ends_with_it(
    data: Path, tmp_path: Path, micropython: Path
) -> None:
    address = require_multicast(own_address())
    with running(data, tmp_path / "ready.json", "--lan", "auto") as (_, facts):
        port = int(facts["broker"].rsplit(":", 1)[1])
        assert facts["broker"] == f"mqtts://{address}:{port}"
        assert wait_until(lambda: resolved_elsewhere(NAME, address), label="the name") == address
        assert wait_until(lambda: queried_by_board(NAME, address), label="the name") == address
        assert NAME in names_of(address, port)
        page = urllib.request.Request(
            facts["page"].replace("127.0.0.1", address), headers={"Host": f"{NAME}:80"}
        )
        with urllib.request.urlopen(page, timeout=120) as answer:
            assert answer.status == 200
        words = [
            "node",
            "new",
            "elm-1",
            "--garden",
            "elm-yard",
            "--sensor",
            "ds18b20:22",
            "--data",
            str(data),
        ]
        assert main(words) == ExitCode.DONE
        broker = json.loads((data / "boards" / "elm-1" / "config.json").read_bytes())["broker"]
        assert (broker["host"], broker["address"]) == (NAME, address)
        # The virtual board runs the firmware in MicroPython, over TLS that checks the name.
        answer = sera("node", "try", "elm-1", "--data", data)
        assert answer.returncode == ExitCode.DONE, answer.stderr
        assert addresses_checked(data) == {"addresses": "ok", "name": "ok"}
    assert resolved_elsewhere(NAME, address) == ""


def test_a_name_that_is_asked_for_is_kept_and_its_boards_are_named_when_it_is_gone(
    data: Path, tmp_path: Path
) -> None:
    address, port = require_multicast(own_address()), ("--port", str(free_port()))
    outside = ("--host", address, *port)
    with running(data, tmp_path / "ready.json", *outside, "--lan-name", "sera-hazel-other"):
        assert main(["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)]) == ExitCode.DONE
    with running(data, tmp_path / "ready.json", *outside):
        assert (
            wait_until(lambda: resolved_elsewhere("sera-hazel-other.local", address), label="the name")
            == address
        )
        assert addresses_checked(data) == {"addresses": "ok", "name": "ok"}
    # For phones alone: no board is sent to an address where no broker listens.
    with running(data, tmp_path / "ready.json", *port, "--host", "127.0.0.1", "--lan", address):
        assert main(["node", "new", "elm-2", "--garden", "elm-yard", "--data", str(data)]) == ExitCode.DONE
        broker = json.loads((data / "boards" / "elm-2" / "config.json").read_bytes())["broker"]
        assert (broker["host"], broker.get("address")) == ("127.0.0.1", None)
        assert addresses_checked(data) == {"addresses": "warn", "boards": "warn"}
