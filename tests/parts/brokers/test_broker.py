"""`sera broker files mosquitto`, run as written: started as root, it drops to an account of its own."""

from __future__ import annotations

import json
import os
import pwd
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from brokers.node_client import is_let_in, publish_batch
from installation_parts import PLACE
from real_parts import Server, free_port, port_answers, real_part, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.gateway_process import running_gateway
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_gateway.config import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "mosquitto"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    words = [
        ["community", "new", "oak"],
        ["garden", "new", "elm-yard", "--community", "oak", *PLACE],
        ["node", "new", "elm-1", "--garden", "elm-yard"],
    ]
    for word in words:
        assert main([*word, "--data", str(folder)]) == ExitCode.DONE
    return folder


@pytest.fixture
def out() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can start Mosquitto as root")
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        pytest.skip(f"this machine has no user {ACCOUNT}")
    # A folder that the account can reach, which it cannot in the test's own.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "sera"


def write_files(data: Path, out: Path, port: int) -> None:
    words = ["broker", "files", "mosquitto", "--out", str(out), "--port", str(port), "--data", str(data)]
    assert main(words) == ExitCode.DONE


@contextmanager
def mosquitto(out: Path, folder: Path, port: int) -> Iterator[Server]:
    command = (real_part("mosquitto"), "-c", out / "mosquitto.conf")
    server = Server(command, folder, lambda: port_answers(port)).start()
    try:
        yield server
    finally:
        server.kill()


def stored(data: Path) -> list[int]:
    with Installation(data).store() as store:
        rows = store.records.current(series="air", start_s=0, end_s=2**31, node="elm-1")
        return [row.record.seq for row in rows]


def test_mosquitto_runs_as_written_under_its_own_account_and_readings_come_home(
    data: Path, out: Path, tmp_path: Path
) -> None:
    port, board = free_port(), data / "boards" / "elm-1"
    write_files(data, out, port)
    settings = read_settings(data / "gateway-mosquitto.toml")
    with mosquitto(out, tmp_path / "mosquitto", port) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == pwd.getpwnam(ACCOUNT).pw_uid
        with running_gateway(settings, tmp_path / "gateway.toml", tmp_path / "gateway.log"):
            publish_batch(board, tmp_path, port)
            wait_until(lambda: stored(data) == [1, 2, 3], label="three records")
        wait_until(lambda: any((out / "messages").iterdir()), label="the messages that it keeps")
    assert "Unable" not in server.log()


def test_a_revoked_key_is_shut_out_by_the_files_written_again_and_a_reload(
    data: Path, out: Path, tmp_path: Path
) -> None:
    port, board = free_port(), data / "boards" / "elm-1"
    write_files(data, out, port)
    with mosquitto(out, tmp_path / "mosquitto", port) as server:
        assert is_let_in(board, tmp_path, port)
        main(["node", "revoke", "elm-1", "--reason", "stolen", "--data", str(data)])
        write_files(data, out, port)
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: not is_let_in(board, tmp_path, port), label="the reload")
        main(["node", "files", "elm-1", "--new-key", "--data", str(data)])
        write_files(data, out, port)
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: is_let_in(board, tmp_path, port), label="the node's next key")


def test_no_secret_of_the_broker_is_readable_by_others(data: Path, out: Path) -> None:
    write_files(data, out, free_port())
    for path in out.iterdir():
        assert path.stat().st_mode & 0o007 == 0, path.name
        assert path.name in {"messages", "ports"} or path.stat().st_uid == 0


def test_boards_are_told_the_address_of_a_broker_of_ones_own(data: Path, tmp_path: Path) -> None:
    words = ["broker", "files", "nats", "--out", str(tmp_path / "broker"), "--host", "192.0.2.7"]
    assert main([*words, "--port", "8884", "--data", str(data)]) == ExitCode.DONE
    main(["node", "files", "elm-1", "--data", str(data)])
    config = json.loads((data / "boards" / "elm-1" / "config.json").read_text(encoding="utf-8"))
    assert (config["broker"]["host"], config["broker"]["port"]) == ("192.0.2.7", 8884)


def test_an_account_that_is_not_here_is_named(
    data: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["broker", "files", "mosquitto", "--out", str(out), "--user", "nobody-here", "--data", str(data)]
    assert main(words) == ExitCode.BAD_INPUT
    assert "nobody-here" in capsys.readouterr().err
    assert not out.exists()
