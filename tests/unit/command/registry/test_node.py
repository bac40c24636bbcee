from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from installation_parts import with_garden
from sera_command.errors import ExitCode
from sera_command.installation.boards import boards_elsewhere
from sera_command.installation.installation import Installation, is_loopback
from sera_command.main import main
from sera_firmware.config import read


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_garden(tmp_path_factory.mktemp("entered") / "data")


@pytest.fixture
def data(entered: Path, tmp_path: Path) -> Path:
    return shutil.copytree(entered, tmp_path / "data")


def new_node(data: Path, node: str = "elm-1", garden: str = "elm-yard", detector: str = "camera") -> int:
    return main(["node", "new", node, "--garden", garden, "--detector", detector, "--data", str(data)])


def test_a_new_node_stands_in_the_registry_and_has_what_its_board_needs(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_node(data) == ExitCode.DONE
    board = data / "boards" / "elm-1"
    key = serialization.load_der_private_key((board / "node_key.der").read_bytes(), password=None)
    certificate = x509.load_der_x509_certificate((board / "node.der").read_bytes())
    assert certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate((board / "ca.der").read_bytes()))
    assert x509.load_der_x509_certificate((board / "ca_next.der").read_bytes()) != certificate
    config = json.loads((board / "config.json").read_text())
    certificate = x509.load_der_x509_certificate((board / "node.der").read_bytes())
    assert config["expires_s"] == int(certificate.not_valid_after_utc.timestamp())
    assert (config["node"], config["community"], config["gateway"]) == ("elm-1", "oak", "gateway-1")
    with Installation(data).store() as store:
        assert store.registry.place_of("elm-1") == ("oak", "elm-yard")
    assert "Next, with the board at the USB cable: sera node flash elm-1" in capsys.readouterr().out


def test_a_persons_id_is_drawn_and_never_typed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = ["node", "new", "--garden", "elm-yard", "--detector", "person", "--data", str(data)]

    assert new_node(data, "anna-smith-count", detector="person") == ExitCode.BAD_INPUT
    assert "Leave it out" in capsys.readouterr().err
    assert main(person) == main(person) == ExitCode.DONE

    with Installation(data).store() as store:
        first, second = store.registry.nodes()
    assert first.detector == second.detector == "person"
    assert first.id != second.id
    assert first.id in capsys.readouterr().out


def test_a_node_that_is_no_person_needs_an_id(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["node", "new", "--garden", "elm-yard", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert "name one" in capsys.readouterr().err


def test_the_firmware_takes_the_boards_configuration_as_it_is(data: Path) -> None:
    new_node(data)
    config = read(str(data / "boards" / "elm-1" / "config.json"))
    assert config["broker"]["tls"]["ca"] == "ca.der"


def test_no_key_is_ever_printed_or_readable_by_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_node(data)
    output = capsys.readouterr()
    assert "PRIVATE" not in output.out + output.err
    for key in [*data.rglob("*.key"), *data.rglob("node_key.der")]:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "boards" / "elm-1").stat().st_mode) == 0o700


def test_the_brokers_rights_name_the_new_node(data: Path) -> None:
    new_node(data)
    assert '"sera.v1.oak.elm-1.data"' in (data / "broker" / "rights.conf").read_text()


def test_a_garden_that_is_not_registered_is_said_with_the_verb_that_makes_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_node(data, garden="ash-yard") == ExitCode.BAD_INPUT
    assert "sera garden new ash-yard" in capsys.readouterr().err
    assert not (data / "boards").exists()


def test_a_node_id_is_never_used_twice(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_node(data)
    before = (data / "boards" / "elm-1" / "node_key.der").read_bytes()
    assert new_node(data) == ExitCode.BAD_INPUT
    assert "never reused" in capsys.readouterr().err
    assert (data / "boards" / "elm-1" / "node_key.der").read_bytes() == before


@pytest.mark.parametrize(
    ("node", "detector"), [("ELM", "camera"), ("../elm", "camera"), ("elm-1", "telescope")]
)
def test_a_wrong_name_or_detector_leaves_nothing_behind(data: Path, node: str, detector: str) -> None:
    assert new_node(data, node=node, detector=detector) == ExitCode.BAD_INPUT
    assert Installation(data).authority.issued() == []
    assert not (data / "boards").exists()


@pytest.mark.parametrize("name", ["gateway-1", "gateway-2", "sera-broker", "ingest", "pages", "authority-1"])
def test_a_services_name_cannot_name_a_node(data: Path, name: str) -> None:
    assert new_node(data, node=name) == ExitCode.BAD_INPUT
    with Installation(data).store() as store:
        assert store.registry.nodes() == []


def test_a_revoked_node_is_listed_so_and_has_no_rights(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_node(data)
    new_node(data, node="elm-2")
    assert main(["node", "revoke", "elm-1", "--reason", "stolen", "--data", str(data)]) == ExitCode.DONE
    capsys.readouterr()
    assert main(["node", "list", "--json", "--data", str(data)]) == ExitCode.DONE
    listed = {row["node"]: row["revoked"] for row in json.loads(capsys.readouterr().out)}
    assert listed == {"elm-1": True, "elm-2": False}
    rights = (data / "broker" / "rights.conf").read_text()
    assert "elm-1" not in rights
    assert "elm-2" in rights


@pytest.mark.parametrize(
    ("kind", "names"),
    [("nats", ["nats.conf", "rights.conf"]), ("mosquitto", ["mosquitto.conf", "rights.acl"])],
)
def test_broker_files_are_written_from_the_registry(
    data: Path, tmp_path: Path, kind: str, names: list[str]
) -> None:
    new_node(data)
    out = tmp_path / "broker"
    assert main(["broker", "files", kind, "--out", str(out), "--data", str(data)]) == ExitCode.DONE
    assert "elm-1" in (out / names[1]).read_text()
    assert "PRIVATE" not in "".join((out / name).read_text() for name in names)


def test_a_data_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert (
        main(["community", "new", "avon", "--data", str(tmp_path / "file" / "data")]) == ExitCode.CANNOT_WRITE
    )
    assert "--data" in capsys.readouterr().err


def config_of(data: Path, node: str = "elm-1") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((data / "boards" / node / "config.json").read_text("utf-8"))
    return content


def sera(data: Path, *words: str) -> int:
    return main([*words, "--data", str(data)])


def test_a_boards_client_id_is_drawn_and_only_in_files_of_its_owner(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_node(data)
    new_node(data, node="elm-2")
    drawn = {config_of(data, node)["broker"]["client_id"] for node in ("elm-1", "elm-2")}
    assert len(drawn) == 2
    sera(data, "node", "list")
    output = capsys.readouterr()
    for secret in drawn:
        assert secret not in output.out + output.err
        private_files = [
            path for path in data.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
        ]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private_files} == {0o600}


def test_a_nodes_files_are_written_again_for_another_address_with_what_a_steward_added(data: Path) -> None:
    new_node(data)
    path = data / "boards" / "elm-1" / "config.json"
    before = config_of(data)
    path.write_text(json.dumps({**before, "interval_s": 600}), "utf-8")
    Installation(data).settle("192.0.2.7", 8884)
    assert boards_elsewhere(Installation(data)) == ["elm-1"]
    assert sera(data, "node", "files", "elm-1") == ExitCode.DONE
    after = config_of(data)
    assert (after["broker"]["host"], after["broker"]["port"]) == ("192.0.2.7", 8884)
    assert after["broker"]["client_id"] == before["broker"]["client_id"]
    assert after["interval_s"] == 600
    assert boards_elsewhere(Installation(data)) == []


def test_a_board_looks_for_the_name_of_its_host_and_for_the_address_where_there_is_no_name(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Installation(data).settle("192.0.2.7", 8883, "sera-oak.local")
    new_node(data)
    broker = config_of(data)["broker"]
    assert (broker["host"], broker["address"]) == ("sera-oak.local", "192.0.2.7")
    assert "It looks for sera-oak.local port 8883." in capsys.readouterr().out
    # Another address: the board follows the name.
    Installation(data).settle("192.0.2.8", 8883, "sera-oak.local")
    assert boards_elsewhere(Installation(data)) == []
    # Nothing answers to the name any more, which is kept for the day when something does.
    Installation(data).settle("192.0.2.8", 8883)
    assert boards_elsewhere(Installation(data)) == ["elm-1"]
    assert Installation(data).local_host() == "sera-oak.local"
    assert sera(data, "node", "files", "elm-1") == ExitCode.DONE
    broker = config_of(data)["broker"]
    assert (broker["host"], broker.get("address")) == ("192.0.2.8", None)


def test_files_that_lead_a_board_nowhere_are_told_of(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_node(data)
    output = " ".join(capsys.readouterr().out.split())
    assert "127.0.0.1, which no board reaches" in output
    assert "sera up --lan ADDRESS" in output


def test_a_key_leaves_this_host_once_its_board_has_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_node(data)
    board = data / "boards" / "elm-1"
    key = (board / "node_key.der").read_bytes()
    assert sera(data, "node", "flashed", "elm-1") == ExitCode.DONE
    assert not (board / "node_key.der").exists()
    assert list(data.rglob("elm-1.key")) == []
    assert [path for path in data.rglob("*") if path.is_file() and key in path.read_bytes()] == []
    assert sera(data, "node", "files", "elm-1") == ExitCode.DONE
    assert not (board / "node_key.der").exists()
    assert "on the board alone, and stays there" in capsys.readouterr().out
    assert '"CN=elm-1.1"' in (data / "broker" / "rights.conf").read_text()


def test_a_changed_key_and_the_one_before_are_good_until_the_board_has_it(data: Path) -> None:
    new_node(data)
    client_id = config_of(data)["broker"]["client_id"]
    sera(data, "node", "flashed", "elm-1")
    assert sera(data, "node", "files", "elm-1", "--new-key") == ExitCode.DONE
    rights = (data / "broker" / "rights.conf").read_text()
    assert '"CN=elm-1.1"' in rights
    assert '"CN=elm-1.2"' in rights
    assert config_of(data)["broker"]["client_id"] != client_id
    assert (data / "boards" / "elm-1" / "node_key.der").exists()
    sera(data, "node", "flashed", "elm-1")
    rights = (data / "broker" / "rights.conf").read_text()
    assert '"CN=elm-1.1"' not in rights
    assert '"CN=elm-1.2"' in rights


def test_a_node_whose_key_was_lost_keeps_its_id(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_node(data)
    sera(data, "node", "revoke", "elm-1", "--reason", "stolen")
    assert sera(data, "node", "files", "elm-1") == ExitCode.BAD_INPUT
    assert "--new-key" in capsys.readouterr().err
    assert sera(data, "node", "files", "elm-1", "--new-key") == ExitCode.DONE
    rights = (data / "broker" / "rights.conf").read_text()
    assert '"CN=elm-1.1"' not in rights
    assert '"sera.v1.oak.elm-1.data"' in rights


@pytest.mark.parametrize("name", ["gateway-1", "sera-broker", "ingest"])
def test_a_service_is_not_revoked_as_a_node_but_rotated(
    data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new_node(data)
    assert sera(data, "node", "revoke", name, "--reason", "leaked") == ExitCode.BAD_INPUT
    assert "sera authority rotate" in capsys.readouterr().err
    assert '"CN=gateway-1.1"' in (data / "broker" / "rights.conf").read_text()


def test_a_rotated_gateway_alone_is_let_in(data: Path) -> None:
    new_node(data)
    installation = Installation(data)
    before = installation.gateway_broker("127.0.0.1", 8883)
    client_id = Path(before.client_id_file).read_text()
    assert sera(data, "authority", "rotate", "gateway", "--reason", "leaked") == ExitCode.DONE
    rights = (data / "broker" / "rights.conf").read_text()
    assert '"CN=gateway-1.1"' not in rights
    assert '"CN=gateway-1.2"' in rights
    assert Path(before.client_id_file).read_text() != client_id
    own = x509.load_pem_x509_certificate(Path(before.cert_file).read_bytes())
    assert own.subject.rfc4514_string() == "CN=gateway-1.2"
    assert installation.gateway_broker("127.0.0.1", 8883) == before


def test_the_next_authoritys_key_is_kept_away_and_nodes_are_made_all_the_same(
    data: Path, tmp_path: Path
) -> None:
    Installation(data)
    assert sera(data, "authority", "export-next", str(tmp_path / "stick.key")) == ExitCode.DONE
    assert not (data / "authority" / "authority-2.key").exists()
    assert new_node(data) == ExitCode.DONE
    assert (data / "boards" / "elm-1" / "ca_next.der").exists()
    assert sera(data, "authority", "rotate", "gateway") == ExitCode.DONE


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.2", True), ("localhost", True), ("192.0.2.7", False)]
)
def test_a_host_that_only_this_machine_reaches_is_known(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("tasmota_A1B2C3", "tasmota-a1b2c3"),
        ("0x00158D0001A2B3C4", "0x00158d0001a2b3c4"),
        ("Soil-7", "soil-7"),
        ("Größe im Beet", "groe-im-beet"),
    ],
)
def test_the_name_of_another_makers_device_becomes_an_id_that_goes_by_it(
    data: Path, capsys: pytest.CaptureFixture[str], name: str, node: str
) -> None:
    assert new_node(data, name, detector="none") == ExitCode.DONE
    assert f"It is known as {name!r}" in capsys.readouterr().out
    with Installation(data).store() as store:
        registered = store.registry.node(node)
    assert registered is not None
    assert registered.known_as == (name,)
    assert not (data / "boards" / node).exists()


@pytest.mark.parametrize("name", ["!!", "_", "\u6c34"])
def test_a_name_of_which_no_id_follows_is_refused_with_what_to_say(
    data: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert new_node(data, name, detector="none") == ExitCode.BAD_INPUT
    assert "--known-as" in capsys.readouterr().err


def test_names_of_a_device_are_entered_changed_taken_away_and_listed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    garden = ["--garden", "elm-yard", "--data", str(data)]
    names = ["--known-as", "Soil 3", "--known-as", "0xA4"]
    assert main(["node", "new", "bed-3", *names, *garden]) == ExitCode.DONE
    assert main(["node", "change", "bed-3", "--known-as", "Soil 4", "--data", str(data)]) == ExitCode.DONE
    capsys.readouterr()
    assert main(["node", "list", "--json", "--data", str(data)]) == ExitCode.DONE
    [row] = json.loads(capsys.readouterr().out)
    assert row["known_as"] == ["Soil 4"]
    assert main(["node", "new", "bed-4", "--known-as", "Soil 4", *garden]) == ExitCode.BAD_INPUT
    assert "'Soil 4' is what bed-3 is known as" in capsys.readouterr().err
    assert main(["node", "change", "bed-3", "--nameless", "--data", str(data)]) == ExitCode.DONE
    assert main(["node", "new", "bed-4", "--known-as", "Soil 4", *garden]) == ExitCode.DONE
