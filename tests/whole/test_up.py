"""`sera up` as its own process, with a client that has nothing but what `sera node new` wrote."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from cryptography import x509

from brokers.node_client import client_of, is_let_in_with, publish_batch
from installation_parts import PLACE, command, is_alive, running, with_garden
from real_parts import free_port, port_answers, real_part, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main
from small_disks import IN_MEMORY, mounted

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return with_garden(tmp_path / "data")


class Site(NamedTuple):
    """A running installation, which tests that end nothing share."""

    data: Path
    process: subprocess.Popen[bytes]
    facts: dict[str, Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    real_part("nats-server")
    folder = tmp_path_factory.mktemp("site")
    data = with_garden(folder / "data")
    with running(data, folder / "ready.json") as (process, facts):
        yield Site(data, process, facts)


def port_of(url: str) -> int:
    return int(url.strip("/").rsplit(":", 1)[1])


def stored(data: Path) -> list[int]:
    with Installation(data).store() as store:
        rows = store.records.current(series="air", start_s=0, end_s=2**31, node="elm-1")
        return [row.record.seq for row in rows]


def test_a_node_registered_while_it_runs_sends_a_batch_that_ends_in_the_store(
    site: Site, tmp_path: Path
) -> None:
    data, _, facts = site
    words = ["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)]
    assert main(words) == ExitCode.DONE
    config = json.loads((data / "boards" / "elm-1" / "config.json").read_text())
    assert facts["broker"] == f"mqtts://127.0.0.1:{config['broker']['port']}"
    publish_batch(data / "boards" / "elm-1", tmp_path, port_of(facts["broker"]))
    wait_until(lambda: stored(data) == [1, 2, 3], label="three records")
    with urllib.request.urlopen(facts["page"], timeout=120) as page:
        assert b"oak" in page.read()


def test_a_device_that_speaks_as_its_maker_made_it_is_heard_from_the_mapping_on(
    site: Site, tmp_path: Path
) -> None:
    data, _, facts = site
    main(["node", "new", "hall-1", "--garden", "elm-yard", "--data", str(data)])
    assert main(["mapping", "add", "theengs", "--data", str(data)]) == ExitCode.DONE
    board, port = data / "boards" / "hall-1", port_of(facts["broker"])
    config = json.loads((board / "config.json").read_text())
    client = client_of(board, tmp_path, config["broker"]["client_id"])
    client.connect("127.0.0.1", port)
    client.loop_start()

    def readings() -> set[tuple[str, tuple[float | None, ...]]]:
        with Installation(data).store() as store:
            rows = store.records.current(series="air", start_s=0, end_s=2**40)
            return {(row.record.node, row.record.values) for row in rows if row.record.node != "elm-1"}

    def is_stored() -> bool:
        # A broker that grants no right drops the message; without a session nobody keeps it for later.
        client.publish("home/hall/BTtoMQTT/hall-1", b'{"tempc":14.5}', qos=1)
        client.publish("home/hall/BTtoMQTT/hall-2", b'{"tempc":99.5}', qos=1)
        return readings() == {("hall-1", (14.5,))}

    wait_until(is_stored, label="a reading by the mapping")
    client.loop_stop()
    with Installation(data).store() as store:
        assert [letter.topic for letter in store.dead_letters.list()] == []


def test_ctrl_c_ends_broker_gateway_and_pages(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json") as (process, facts):
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == ExitCode.DONE
    for name in ("broker_pid", "gateway_pid", "pages_pid"):
        with pytest.raises(ProcessLookupError):
            os.kill(facts[name], 0)
    for address in ("broker", "page"):
        assert not port_answers(port_of(facts[address]))


def test_what_serves_pages_loads_nothing_that_analyses(site: Site) -> None:
    for path in ("", "gardens/elm-yard", "communities/oak/data", "communities/oak/figures.csv", "join"):
        with urllib.request.urlopen(site.facts["page"] + path, timeout=120) as page:
            assert page.status == 200
    for pid in (site.process.pid, site.facts["pages_pid"]):
        loaded = Path(f"/proc/{pid}/maps").read_text()
        assert "_ssl" in loaded
        assert [name for name in ("numpy", "scipy", "pyarrow") if f"/{name}/" in loaded] == []


def test_pages_are_made_again_and_their_process_ends(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "0.01") as (process, facts):
        main(["garden", "new", "mill-court", "--community", "oak", *PLACE, "--data", str(data)])

        def shows_the_new_garden() -> bool:
            with urllib.request.urlopen(facts["page"], timeout=120) as page:
                return b"mill-court" in page.read()

        wait_until(shows_the_new_garden, label="the page with the new garden")
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == ExitCode.DONE
    assert makers_of_pages(data) == []


def test_the_process_that_makes_pages_ends_with_a_killed_owner(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "0.01") as (process, facts):
        wait_until(lambda: makers_of_pages(data), label="a process that makes pages")
        process.kill()
        process.wait(120)
        wait_until(lambda: not makers_of_pages(data), label="its end")
        wait_until(lambda: not is_alive(facts["pages_pid"]), label="the end of what serves them")
        for name in ("gateway_pid", "broker_pid"):
            os.kill(facts[name], signal.SIGTERM)


def makers_of_pages(data: Path) -> list[int]:
    """The processes that make pages of a folder just now."""
    lines = {int(path.parent.name): words_of(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [pid for pid, words in lines.items() if "sera_command.start.pages" in words and str(data) in words]


def words_of(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\0")
    except OSError:
        return []


def test_a_community_without_a_garden_has_a_page_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    main(["community", "new", "oak", "--data", str(folder)])
    with (
        running(folder, tmp_path / "ready.json") as (_, facts),
        urllib.request.urlopen(facts["page"], timeout=120) as page,
    ):
        assert b"No garden here yet" in page.read()


def test_a_gateway_that_is_killed_comes_back(data: Path, tmp_path: Path) -> None:
    main(["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)])
    with running(data, tmp_path / "ready.json") as (_, facts):
        os.kill(facts["gateway_pid"], signal.SIGKILL)
        publish_batch(data / "boards" / "elm-1", tmp_path, port_of(facts["broker"]))
        wait_until(lambda: stored(data) == [1, 2, 3], label="three records")


def served(port: int) -> str:
    """The common name of the certificate that the broker shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()


@pytest.mark.parametrize("service", ["gateway", "broker"])
def test_a_leaked_key_is_replaced_while_it_runs_and_readings_come_home(
    data: Path, tmp_path: Path, service: str
) -> None:
    main(["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)])
    board = data / "boards" / "elm-1"
    with running(data, tmp_path / "ready.json") as (_, facts):
        port = port_of(facts["broker"])
        leaked = tmp_path / "leaked.pem"
        leaked.write_bytes((data / "credentials" / "gateway-1.pem").read_bytes())
        assert served(port) == "CN=sera-broker.1"
        words = ["authority", "rotate", service, "--reason", "leaked", "--data", str(data)]
        assert main(words) == ExitCode.DONE
        if service == "broker":
            wait_until(lambda: served(port) == "CN=sera-broker.2", label="the other certificate")
        else:
            wait_until(lambda: not is_let_in_with(leaked, data, port), label="the refusal of the old key")
        publish_batch(board, tmp_path, port)
        wait_until(lambda: stored(data) == [1, 2, 3], label="three records")


def test_a_node_under_the_client_id_of_another_is_shut_out_and_named(data: Path, tmp_path: Path) -> None:
    for node in ("elm-1", "elm-2"):
        main(["node", "new", node, "--garden", "elm-yard", "--data", str(data)])
    boards = data / "boards"
    config = json.loads((boards / "elm-2" / "config.json").read_text())
    stolen = config["broker"]["client_id"]
    with running(data, tmp_path / "ready.json") as (process, facts):
        thief = client_of(boards / "elm-1", tmp_path, stolen)
        ended = threading.Event()
        thief.on_disconnect = lambda *_: ended.set()
        thief.reconnect_delay_set(60, 60)
        thief.connect("127.0.0.1", port_of(facts["broker"]))
        thief.loop_start()
        assert ended.wait(120)
        thief.loop_stop()
    assert process.stderr is not None
    message = process.stderr.read().decode()
    assert "foreign_client_id" in message
    assert "elm-1.1" in message
    for path in data.rglob("*"):
        if path.is_file() and stolen.encode() in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stolen not in message


@pytest.mark.parametrize("option", ["--port", "--page-port"])
def test_a_port_in_use_is_named_and_nothing_is_left_running(data: Path, option: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        port = probe.getsockname()[1]
        ports = {"--port": str(free_port()), "--page-port": "0", option: str(port)}
        words = [word for pair in ports.items() for word in pair]
        done = subprocess.run(command(data, "--once", *words), capture_output=True, text=True, timeout=120)
    assert done.returncode == ExitCode.PART_MISSING
    assert str(port) in done.stderr
    assert not (data / "broker" / "broker.pid").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = subprocess.run(
        command(tmp_path / "file" / "data", "--once"), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == ExitCode.CANNOT_WRITE
    assert "--data" in done.stderr


def test_a_start_on_a_full_disk_says_so_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with mounted(IN_MEMORY, tmp_path, mebibytes=48) as disk:
        disk.fill()
        words = ["--port", str(free_port()), "--page-port", "0", "--ready-file", str(ready)]
        process = subprocess.Popen(command(disk.folder / "data", *words), stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            message = process.stderr.readline()
            assert "its disk has no room (No space left on device)" in message
            assert "make room" in message
            disk.empty()
            wait_until(ready.exists, label="sera up")
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == ExitCode.DONE
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_waits_for_room_ends_when_asked(number: signal.Signals, tmp_path: Path) -> None:
    with mounted(IN_MEMORY, tmp_path, mebibytes=1) as disk:
        disk.fill()
        words = command(disk.folder / "data", "--port", str(free_port()), "--page-port", "0")
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            assert "waiting_for_room" in process.stderr.readline()
            process.send_signal(number)
            assert process.wait(120) == ExitCode.DONE
        finally:
            process.kill()
            process.wait()
