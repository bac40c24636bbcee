"""`sera node flash` on a stand-in of a board at a USB cable, through a running installation.

The stand-in is no board (see `firmware/usb/board.py`): the protocol, the file system and the interpreter are
real, the radio and the pins are not.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import pty
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from brokers.time_server import TimeServer, answer
from firmware.shipped import board_folder
from firmware.usb.board import UsbBoard
from installation_parts import PLACE, running
from real_parts import LOOPBACK, free_port
from sera_command.boards import questions, usb
from sera_command.errors import BoardStepError, ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
SSID, PASSWORD = "Oak Street", "tomatoes & beans"
NETWORK = {"ssid": SSID, "password": PASSWORD, "seen": ["Elm Road", "Ash Lane"]}
pytestmark = [pytest.mark.slow, pytest.mark.nats, pytest.mark.micropython]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, TimeServer]]:
    """A running installation, and a time server for its nodes."""
    folder = tmp_path_factory.mktemp("site")
    data = folder / "data"
    main(["community", "new", "oak", "--data", str(data)])
    main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)])
    with (
        TimeServer(lambda request: answer(request, int(time.time()))) as clock,
        running(data, folder / "ready.json"),
    ):
        yield data, clock


@pytest.fixture
def node(site: tuple[Path, TimeServer]) -> str:
    """A new node of the installation, with all that its board needs."""
    return new_node(site)


@pytest.fixture
def data(site: tuple[Path, TimeServer]) -> Path:
    return site[0]


def new_node(site: tuple[Path, TimeServer], *, network: str = SSID, password: str = PASSWORD) -> str:
    data, clock = site
    name = f"elm-{next(_numbers)}"
    words = ["node", "new", name, "--garden", "elm-yard", "--sensor", "capacitive:26", "--wifi", network]
    assert with_password(data, words, password) == ExitCode.DONE
    folder = data / "boards" / name
    shutil.copytree(board_folder(), folder, dirs_exist_ok=True)
    config = json.loads((folder / "config.json").read_bytes())
    config["time_servers"] = [list(clock.address)]
    config["light"] = "LED"
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return name


def with_password(data: Path, words: list[str], password: str) -> int:
    reading, writing = os.pipe()
    os.write(writing, password.encode())
    os.close(writing)
    try:
        return main([*words, "--wifi-password-fd", str(reading), "--data", str(data)])
    finally:
        os.close(reading)


def flash(data: Path, node: str, port: str, *more: str) -> int:
    return main(["node", "flash", node, "--port", port, "--data", str(data), *more])


def refused(data: Path, node: str, port: str, capsys: Capture, *more: str) -> str:
    """Flash what must fail; return what was said."""
    capsys.readouterr()
    assert flash(data, node, port, *more) == ExitCode.PART_MISSING
    return " ".join(capsys.readouterr().err.split())


@contextmanager
def board(micropython: Path, folder: Path, **traits: Any) -> Iterator[UsbBoard]:
    with UsbBoard(micropython, folder / "board", NETWORK, **traits) as stand_in:
        yield stand_in


def is_held(stand_in: UsbBoard) -> bool:
    return "hold" in stand_in.files()


def test_a_board_has_its_files_and_its_first_reading_is_stored(
    site: tuple[Path, TimeServer], node: str, micropython: Path, tmp_path: Path, capsys: Capture
) -> None:
    data = site[0]
    with board(micropython, tmp_path) as stand_in:
        capsys.readouterr()
        assert flash(data, node, stand_in.port) == ExitCode.DONE
        output = capsys.readouterr()
        steps = dict.fromkeys(line.split()[0] for line in output.err.splitlines())
        expected = ["board", "files", "network", "broker", "start", "reading"]
        assert [step for step in steps if step in expected] == expected
        assert "soil_moisture_raw@1: 30000" in output.out
        assert PASSWORD not in output.err + output.out
        # Its key is where it belongs, and nowhere else.
        assert not (data / "boards" / node / "node_key.der").exists()
        key = Installation(data).authority.good(node)[-1].key
        assert not Installation(data).authority.path_of(key).exists()
        # Flashed again, the node that runs is stopped, keeps its key and its records, and goes on.
        assert flash(data, node, stand_in.port) == ExitCode.DONE
        assert "0 written" in capsys.readouterr().err
    files = stand_in.files()
    with Installation(data).store() as store:
        accounts = store.completeness(node)
    assert len(accounts) == 1
    assert (accounts[0].undated, accounts[0].lost, accounts[0].missing) == (0, 0, 0)
    assert accounts[0].stored > 1
    assert "hold" not in files
    assert {"main.py", "network.json", "node_key.der", "sera_firmware/node.mpy"} <= set(files)


def test_sources_of_an_earlier_firmware_are_removed(
    data: Path, node: str, micropython: Path, tmp_path: Path
) -> None:
    with board(micropython, tmp_path) as stand_in:
        with usb.UsbBoard(stand_in.port) as line:
            line.make_folder("sera_firmware")
            line.write("sera_firmware/node.py", b"raise ValueError('old')\n")
            line.write("mine.py", b"# not the node's\n")
        assert flash(data, node, stand_in.port) == ExitCode.DONE
    files = stand_in.files()
    assert "sera_firmware/node.py" not in files
    assert "mine.py" in files


def test_no_board_is_named_with_what_to_do(
    data: Path, node: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb, "ports", list)
    assert main(["node", "flash", node, "--data", str(data)]) == ExitCode.PART_MISSING
    assert "step board: no board at any USB port; plug it in" in capsys.readouterr().err
    monkeypatch.setattr(usb, "ports", lambda: ["/dev/ttyACM0", "/dev/ttyACM1"])
    assert main(["node", "flash", node, "--data", str(data)]) == ExitCode.PART_MISSING
    assert "--port /dev/ttyACM0" in capsys.readouterr().err


def test_a_wrong_port_is_named(data: Path, node: str, tmp_path: Path, capsys: Capture) -> None:
    output = refused(data, node, str(tmp_path / "ttyACM7"), capsys)
    assert "step board: there is no port" in output
    assert "USB devices have" in output


def test_a_busy_port_is_told_from_a_board_without_micropython(data: Path, node: str, capsys: Capture) -> None:
    master, slave = pty.openpty()
    try:
        port = os.ttyname(slave)
        assert "does not answer as MicroPython; put it on the board first: --image" in refused(
            data, node, port, capsys
        )
        holder = os.open(port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert "is in use by another program" in refused(data, node, port, capsys)
        os.close(holder)
    finally:
        os.close(master)
        os.close(slave)


def test_a_full_flash_names_the_file_and_holds_the_node(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture
) -> None:
    with board(micropython, tmp_path, flash_kb=64) as stand_in:
        output = refused(data, node, stand_in.port, capsys)
    assert "step files: there is no room for " in output
    assert is_held(stand_in)


def test_cut_off_in_the_middle_the_next_run_goes_on_where_it_was(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture
) -> None:
    with board(micropython, tmp_path, deaf_after=400) as stand_in:
        output = refused(data, node, stand_in.port, capsys)
    assert "step files: it stopped answering" in output
    assert "what is on the board already stays" in output
    assert is_held(stand_in)
    there = len(stand_in.files())
    with board(micropython, tmp_path) as stand_in:
        assert flash(data, node, stand_in.port) == ExitCode.DONE
    written = int(capsys.readouterr().err.partition(" written,")[0].split()[-1])
    assert 0 < written < len(stand_in.files()) - there + 8


def test_a_refused_password_is_told_from_a_network_that_is_not_there(
    site: tuple[Path, TimeServer],
    micropython: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = site[0]
    monkeypatch.setattr(questions, "_REFUSED_FOR_S", 0.5)
    with board(micropython, tmp_path) as stand_in:
        output = refused(data, new_node(site, password="not the one"), stand_in.port, capsys)
        assert (
            "step network: the network 'Oak Street' did not let the board in (STAT_WRONG_PASSWORD)" in output
        )
        assert "not the one" not in output
        elsewhere = new_node(site, network="Oak Strt")
        output = refused(data, elsewhere, stand_in.port, capsys)
        assert (
            "does not see the network 'Oak Strt' (STAT_NO_AP_FOUND); it sees: Ash Lane, Elm Road, Oak"
            in output
        )
        # What the message names mends it.
        words = ["node", "files", elsewhere, "--wifi", SSID]
        assert with_password(data, words, PASSWORD) == ExitCode.DONE
        assert flash(data, elsewhere, stand_in.port) == ExitCode.DONE


def test_a_node_that_was_shut_out_is_refused_by_the_broker(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture
) -> None:
    with board(micropython, tmp_path) as stand_in:
        assert main(["node", "revoke", node, "--reason", "lost", "--data", str(data)]) == ExitCode.DONE
        output = refused(data, node, stand_in.port, capsys)
        assert "step broker: the broker at 127.0.0.1" in output
        assert "did not let the board in" in output
        assert is_held(stand_in)
    with Installation(data).store() as store:
        assert store.completeness(node) == []


def test_a_port_where_nothing_answers_is_told_from_a_name_that_nobody_knows(
    data: Path, node: str, micropython: Path, tmp_path: Path
) -> None:
    config = json.loads((data / "boards" / node / "config.json").read_bytes())
    with board(micropython, tmp_path) as stand_in, usb.UsbBoard(stand_in.port) as line:
        for folder in ("sera_firmware", "sera_firmware/sensors", "sera_vocabulary"):
            line.make_folder(folder)
        for path in sorted((data / "boards" / node).rglob("*.mpy")):
            line.write(str(path.relative_to(data / "boards" / node)), path.read_bytes())
        output = {}
        cases: list[tuple[str, dict[str, Any]]] = [
            ("port", {"host": LOOPBACK, "port": free_port()}),
            ("name", {"host": "sera.invalid", "port": 8883}),
            ("address", {"host": "sera.invalid", "address": LOOPBACK, "port": free_port()}),
        ]
        for case, broker in cases:
            config["broker"] = broker
            line.write("config.json", json.dumps(config).encode())
            with pytest.raises(BoardStepError) as error:
                questions.reach_broker(line, config)
            output[case] = error.value
    assert {error.step for error in output.values()} == {"broker"}
    assert "nothing answers the board at 127.0.0.1 port" in output["port"].reason
    assert "does not find the name sera.invalid" in output["name"].reason
    assert "nothing answers the board at sera.invalid port" in output["address"].reason


def test_a_board_that_is_silent_after_its_reset_is_said_to_be(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sera_command.boards.node_flash.BACK_WITHIN_S", 0.1)
    with board(micropython, tmp_path, absent_after_reset=True) as stand_in:
        output = refused(data, node, stand_in.port, capsys, "--within", "1")
    assert (
        "step reading: nothing came within 1 s of the reset, though the broker let the board in before"
        in output
    )
    assert "It does not answer any more" in output
    # Without a first reading the key stays, so that it can be tried again.
    assert (data / "boards" / node / "node_key.der").exists()


def test_a_node_that_sends_nothing_is_asked_for_its_last_error(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture
) -> None:
    broken = "with open('last_error', 'w') as file:\n    file.write('StoreError')\nraise ValueError\n"
    (data / "boards" / node / "main.py").write_text(broken, encoding="utf-8")
    with board(micropython, tmp_path) as stand_in:
        output = refused(data, node, stand_in.port, capsys, "--within", "2")
    assert "step reading: nothing came within 2 s of the reset" in output
    assert "Its last error was StoreError." in output


def test_a_probe_is_read_live_in_both_samples_and_has_its_scale_at_once(
    data: Path, node: str, micropython: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[str] = []
    readings = iter((42010, 41990, 42000, 17990, 18010, 18000))
    with board(micropython, tmp_path) as stand_in:
        assert flash(data, node, stand_in.port) == ExitCode.DONE

        def place(text: str, **_: Any) -> str:
            prompts.append(text)
            stand_in.set_adc(next(readings))
            return ""

        monkeypatch.setattr("typer.prompt", place)
        words = ["probe", "calibrate", f"{node}@1", "--port", stand_in.port, "--since", "2026-01-01"]
        # Without a terminal nobody is led anywhere.
        assert main([*words, "--data", str(data)]) == ExitCode.BAD_INPUT
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        capsys.readouterr()
        assert main([*words, "--data", str(data)]) == ExitCode.DONE
        assert "wetness = 1.75 -4.16667e-05 x raw" in capsys.readouterr().out
    assert ["dry" in text for text in prompts] == [True] * 3 + [False] * 3
    with Installation(data).store() as store:
        [calibration] = store.registry.calibrations(store.registry.probes(node)[0].serial)
    assert calibration.target == "soil_wetness"
    assert not is_held(stand_in)


def test_what_is_missing_in_the_folder_is_named_before_a_board_is_touched(
    data: Path, capsys: Capture
) -> None:
    name = f"elm-{next(_numbers)}"
    main(["node", "new", name, "--garden", "elm-yard", "--data", str(data)])
    assert main(["node", "flash", name, "--port", "/dev/null", "--data", str(data)]) == ExitCode.BAD_INPUT
    output = capsys.readouterr().err
    assert "firmware (--board pico_w) and not a network (--wifi NETWORK)" in output
