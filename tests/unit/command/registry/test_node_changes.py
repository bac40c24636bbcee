"""`sera node move`, `replace`, `rotate` and `import`: dated entries, certificates and files for boards."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from gateway_parts import NOW_S, batch, data_topic, row
from ledger_parts import Way
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.installation.renewals import finish_renewals
from sera_command.main import main
from sera_gateway.mqtt.renewals import CONFIRMED, REFUSED, WAITING, read_renewals, write_renewal
from sera_store.registry.mappings import MappedValue, Mapping

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ["--latitude", "51.5", "--longitude", "-0.1", "--timezone", "Europe/London", "--since", "2024-01-01"]


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two communities, three gardens and a node with a probe."""
    folder = tmp_path_factory.mktemp("entered") / "data"
    for community, gardens in (("oak", ("elm-yard", "ash-yard")), ("bay", ("sea-yard",))):
        assert sera(folder, "community", "new", community, "--since", "2024-01-01") == ExitCode.DONE
        for garden in gardens:
            assert sera(folder, "garden", "new", garden, "--community", community, *PLACE) == ExitCode.DONE
    new = ["node", "new", "elm-1", "--garden", "elm-yard", "--detector", "camera", "--since", "2024-01-01"]
    assert sera(folder, *new) == ExitCode.DONE
    assert sera(folder, "probe", "swap", "elm-1@1", "c-0007", "--since", "2024-01-01") == ExitCode.DONE
    return folder


@pytest.fixture
def data(entered: Path, tmp_path: Path) -> Path:
    return shutil.copytree(entered, tmp_path / "data")


def sera(data: Path, *words: str) -> int:
    return main([*words, "--data", str(data)])


def rights(data: Path) -> str:
    return (data / "broker" / "rights.conf").read_text(encoding="utf-8")


def test_a_node_that_was_moved_has_its_later_records_in_the_new_garden(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way = Way(data)
    times = [NOW_S - 86_400 * days for days in (3, 1)]
    rows = [row(seq, 20.0, utc_s=time_s) for seq, time_s in enumerate(times, 1)]
    way.take(batch(rows), topic=data_topic("elm-1", "oak"))
    assert [record.garden for record in way.current()] == ["elm-yard", "elm-yard"]
    capsys.readouterr()
    moved_on = "2026-05-27"
    assert sera(data, "node", "move", "elm-1", "--garden", "ash-yard", "--since", moved_on) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "1 record of elm-1 from 2026-05-27 00:00 on" in printed
    assert "Figures of ash-yard, elm-yard" in printed
    way.ledger.catch_up()
    assert [record.garden for record in way.current()] == ["elm-yard", "ash-yard"]
    way.close()


def test_a_node_that_is_moved_to_another_community_gets_other_topics(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(data, "node", "move", "elm-1", "--garden", "sea-yard") == ExitCode.DONE
    config = json.loads((data / "boards" / "elm-1" / "config.json").read_text())
    assert config["community"] == "bay"
    printed = capsys.readouterr().out
    assert "Its topics name the community bay from now on." in printed
    assert f"sera node flash elm-1 --data {data}" in printed
    assert "sera.v1.bay.elm-1.data" in rights(data)
    assert "sera.v1.oak.elm-1.data" not in rights(data)


def test_a_node_may_stand_nowhere_and_is_let_in_no_more(data: Path) -> None:
    assert sera(data, "node", "move", "elm-1", "--nowhere") == ExitCode.DONE
    assert "elm-1" not in rights(data)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["move", "elm-1"], "--garden GARDEN, or by --nowhere"),
        (["move", "elm-1", "--garden", "elm-yard", "--nowhere"], "--garden GARDEN, or by --nowhere"),
        (["move", "elm-1", "--garden", "fir-yard"], "garden 'fir-yard' is not registered"),
        (["move", "elm-9", "--garden", "elm-yard"], "node 'elm-9' is not registered"),
        (["replace", "elm-9"], "node 'elm-9' is not registered"),
        (["replace", "elm-1", "--with", "elm-1"], "node ids are never reused"),
        (["rotate", "elm-9"], "node 'elm-9' is not registered"),
        (["change", "elm-1"], "nothing to change"),
    ],
)
def test_what_cannot_be_is_refused(
    data: Path, words: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(data, "node", *words) == ExitCode.BAD_INPUT
    assert printed in capsys.readouterr().err


def test_a_new_board_keeps_the_id_and_gets_a_new_key(data: Path) -> None:
    [first] = Installation(data).authority.good("elm-1")
    assert sera(data, "node", "replace", "elm-1") == ExitCode.DONE
    good = Installation(data).authority.good("elm-1")
    assert good[0].name == first.name
    assert len(good) == 2
    assert sera(data, "node", "flashed", "elm-1") == ExitCode.DONE
    [last] = Installation(data).authority.good("elm-1")
    assert last.name != first.name


def test_a_new_node_takes_over_garden_class_and_probes(data: Path) -> None:
    assert sera(data, "node", "replace", "elm-1", "--with", "elm-2", "--since", "2026-06-01") == ExitCode.DONE
    with Installation(data).store() as store:
        new, old = store.registry.node("elm-2"), store.registry.node("elm-1")
        assert new is not None
        assert old is not None
        assert (new.garden, new.detector, old.garden) == ("elm-yard", "camera", None)
        assert [probe.serial for probe in store.registry.probes("elm-2")] == ["c-0007"]
        assert store.registry.probes("elm-1") == []
        assert store.registry.probe("c-0007", NOW_S - 10 * 86_400) is not None
    assert (data / "boards" / "elm-2" / "node.der").is_file()
    assert "sera.v1.oak.elm-2.data" in rights(data)
    assert "sera.v1.oak.elm-1.data" not in rights(data)


def test_a_successor_does_not_take_over_what_the_device_called_itself(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(data, "node", "change", "elm-1", "--known-as", "0xA1B2") == ExitCode.DONE
    capsys.readouterr()
    assert sera(data, "node", "replace", "elm-1", "--with", "elm-2") == ExitCode.DONE
    assert "sera node change elm-2 --known-as NAME" in capsys.readouterr().out
    with Installation(data).store() as store:
        new = store.registry.node("elm-2")
        assert new is not None
        assert new.known_as == ()


def test_records_that_are_not_home_are_given_up_only_when_asked(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way = Way(data)
    way.take(batch([row(1, 20.0)], n=13), topic=data_topic("elm-1", "oak"))
    way.close()
    assert sera(data, "node", "replace", "elm-1", "--with", "elm-2") == ExitCode.BAD_INPUT
    assert "elm-1 still holds 11 records" in capsys.readouterr().err
    assert sera(data, "node", "replace", "elm-1", "--with", "elm-2", "--give-up") == ExitCode.DONE


def test_a_key_is_rotated_and_the_one_before_stays_good_until_flashed(data: Path) -> None:
    assert sera(data, "node", "rotate", "elm-1", "--usb") == ExitCode.DONE
    assert len(Installation(data).authority.good("elm-1")) == 2
    assert read_renewals(data) == {}
    assert sera(data, "node", "flashed", "elm-1") == ExitCode.DONE
    assert len(Installation(data).authority.good("elm-1")) == 1


def renewing(data: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What `sera fleet` says of elm-1's certificates."""
    capsys.readouterr()
    sera(data, "fleet", "--json")
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    [findings] = [node["findings"] for node in nodes if node["node"] == "elm-1"]
    return [finding["code"] for finding in findings if "certificate" in finding["words"]]


def test_a_certificate_waits_for_its_node_and_the_fleet_shows_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(data, "node", "rotate", "elm-1") == ExitCode.DONE
    renewal = read_renewals(data)["elm-1"]
    assert (renewal.generation, renewal.community, renewal.state) == (2, "oak", WAITING)
    assert "elm-1.2" in rights(data)
    assert oct((data / "renewals" / "elm-1.json").stat().st_mode)[-3:] == "600"
    assert renewing(data, capsys) == ["renewal_waiting"]
    # The board still needs the one before.
    assert sera(data, "node", "flashed", "elm-1") == ExitCode.BAD_INPUT
    assert "waits to be brought" in capsys.readouterr().err
    assert len(Installation(data).authority.good("elm-1")) == 2
    write_renewal(data, structs.replace(renewal, state=REFUSED))
    assert renewing(data, capsys) == ["renewal_refused"]
    write_renewal(data, structs.replace(renewal, state=CONFIRMED))
    with Installation(data).store() as store:
        assert finish_renewals(Installation(data), store) == ["elm-1"]
    assert renewing(data, capsys) == []
    assert "elm-1.1" not in rights(data)


def test_all_are_rotated_once_each_and_a_revoked_one_waits_no_more(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(data, "node", "rotate", "--all", "--ends-within", "180") == ExitCode.DONE
    assert "No certificate that ends within 180 days is to be sent." in capsys.readouterr().out
    for _ in range(2):
        assert sera(data, "node", "rotate", "--all") == ExitCode.DONE
    assert {node: renewal.generation for node, renewal in read_renewals(data).items()} == {"elm-1": 2}
    assert sera(data, "node", "revoke", "elm-1", "--reason", "lost") == ExitCode.DONE
    assert read_renewals(data) == {}
    assert sera(data, "node", "rotate", "elm-1") == ExitCode.BAD_INPUT
    assert "--usb" in capsys.readouterr().err
    for words in (["--usb", "--all"], [], ["elm-1", "--all"], ["elm-1", "--ends-within", "9"]):
        assert sera(data, "node", "rotate", *words) == ExitCode.BAD_INPUT


def test_forty_nodes_come_with_certificates_and_files(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Installation(data).store() as store:
        value = MappedValue("hum", "air", "air_humidity", ("%",))
        mapping = Mapping("shed", 1, "shed/{node}/state", values=(value,))
        store.registry.put(mapping, since_s=0, by="a test")
    table = tmp_path / "nodes.csv"
    rows = [f"ash-{number},ash-yard,beam," for number in range(1, 4)] + ["shed-1,ash-yard,none,shed"]
    table.write_text("\n".join(["id,garden,detector,way_in", *rows]), encoding="utf-8")
    assert sera(data, "node", "import", str(table), "--dry-run") == ExitCode.DONE
    assert not (data / "boards" / "ash-1").exists()
    assert sera(data, "node", "import", str(table)) == ExitCode.DONE
    assert "Files for 3 boards" in capsys.readouterr().out
    assert {path.name for path in (data / "boards").iterdir()} == {"elm-1", "ash-1", "ash-2", "ash-3"}
    assert "sera.v1.oak.ash-3.data" in rights(data)
    assert sera(data, "node", "import", str(table)) == ExitCode.DONE
    assert len(Installation(data).authority.good("ash-1")) == 1


@pytest.mark.slow
def test_forty_boards_get_firmware_wiring_and_network_with_their_table(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "nodes.csv"
    rows = [f"ash-{number},ash-yard,none" for number in range(1, 4)]
    table.write_text("\n".join(["id,garden,detector", *rows]), encoding="utf-8")
    boards = ["--board", "pico_w", "--sensor", "capacitive:26"]
    assert sera(data, "node", "import", str(table), *boards) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "Not there yet: a network (--wifi NETWORK). Write it: sera node files NODE --help" in printed
    assert "Next, with each board at the USB cable: sera node flash NODE" in printed
    with Installation(data).store() as store:
        serials = {
            probe.serial for node in ("ash-1", "ash-2", "ash-3") for probe in store.registry.probes(node)
        }
    assert len(serials) == 3
    assert (data / "boards" / "ash-3" / "main.py").exists()
    again = ["--sensor", "capacitive:26,serial=c-7"]
    assert sera(data, "node", "import", str(table), *again) == ExitCode.BAD_INPUT
    assert "a serial belongs to one probe" in capsys.readouterr().err
