from __future__ import annotations

import os
import signal
import socket
import threading
from functools import partial
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from kill.senders import ForeignDevice
from real_parts import mqtt_answers, port_answers, wait_until
from sera_gateway.errors import BrokerUnusableError, FolderUnwritableError
from sera_gateway.security.embedded_broker import EmbeddedBroker, find_nats_server, running_pid

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def session(
    port: int, received: list[bytes], *, acknowledges: bool = True
) -> tuple[mqtt.Client, threading.Event]:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, "listener", clean_session=False, manual_ack=not acknowledges
    )
    subscribed = threading.Event()
    client.on_message = lambda _c, _d, message: received.append(message.payload)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client, subscribed


def holds(device: ForeignDevice, enough: int) -> bool:
    return len(device.acknowledged) >= enough


def leave(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()


def kill(broker: EmbeddedBroker) -> None:
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: broker.pid not in (None, pid) and mqtt_answers(broker.port), label="its next life")


def slacks_ns(pid: int | None) -> set[int]:
    """Read how late the timers of a process's threads may ring [ns]."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return {int(Path(f"/proc/{thread.name}/timerslack_ns").read_text()) for thread in threads}


@pytest.mark.skipif(
    not Path("/proc/self/timerslack_ns").exists(), reason="this system has no slack of timers"
)
def test_its_timers_may_ring_late_in_each_of_its_lives(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path / "broker") as broker:
        assert slacks_ns(broker.pid) == {5_000_000}
        kill(broker)
        assert slacks_ns(broker.pid) == {5_000_000}
    assert 5_000_000 not in slacks_ns(os.getpid())


def test_it_answers_as_soon_as_it_is_entered_and_is_gone_after(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path) as broker:
        assert mqtt_answers(broker.port)
        assert broker.url == f"mqtt://127.0.0.1:{broker.port}"
        pid = broker.pid
        assert pid is not None
    assert not is_alive(pid)
    assert not port_answers(broker.port)
    assert broker.pid is None


def test_without_certificates_it_listens_on_loopback_alone(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnusableError, match="give certificates"):
        EmbeddedBroker(tmp_path, host="0.0.0.0")
    with EmbeddedBroker(tmp_path) as broker:
        local = f"0100007F:{broker.port:04X}"
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        assert [line[1] for line in listening if line[3] == "0A" and line[1].endswith(local[-5:])] == [local]


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        port = probe.getsockname()[1]
        with pytest.raises(BrokerUnusableError, match=rf"port {port} on 127.0.0.1 .*--port"):
            EmbeddedBroker(tmp_path, port).start()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FolderUnwritableError, match="cannot write into"):
        EmbeddedBroker(tmp_path / "file" / "broker").start()


def test_a_missing_server_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnusableError, match="correct or unset it"):
        find_nats_server({"SERA_NATS_SERVER": str(tmp_path / "nowhere")})


def test_a_broker_that_is_killed_comes_back_on_its_port_with_its_messages(tmp_path: Path) -> None:
    received: list[bytes] = []
    with EmbeddedBroker(tmp_path) as broker:
        client, subscribed = session(broker.port, received)
        client.subscribe("garden", 1)
        assert subscribed.wait(120)
        leave(client)
        sender = mqtt.Client(CallbackAPIVersion.VERSION2)
        sender.connect("127.0.0.1", broker.port)
        sender.loop_start()
        sender.publish("garden", b"kept", qos=1).wait_for_publish(120)
        leave(sender)
        kill(broker)
        client, _ = session(broker.port, received)
        wait_until(lambda: received == [b"kept"], label="the kept message")
        leave(client)
        assert broker.restarts == 1


@pytest.mark.parametrize("listens", [False, True], ids=["to nobody", "to one who acknowledges nothing"])
def test_a_broker_that_is_killed_as_messages_come_keeps_all_it_acknowledged(
    listens: bool, tmp_path: Path
) -> None:
    received: list[bytes] = []
    with EmbeddedBroker(tmp_path) as broker, ForeignDevice("gdn-0001", broker.port) as device:
        client, subscribed = session(broker.port, [], acknowledges=False)
        client.subscribe("garden/#", 1)
        assert subscribed.wait(120)
        if not listens:
            leave(client)
        device.go()
        for enough in (200, 400, 600):
            wait_until(partial(holds, device, enough), label="the acknowledgements")
            kill(broker)
        device.hold()
        wait_until(lambda: not device.waiting, label="the last acknowledgements")
        leave(client)
        client, _ = session(broker.port, received)
        wait_until(lambda: device.acknowledged <= set(received), label="all that was acknowledged")
        leave(client)
        assert broker.restarts == 3


def test_a_broker_left_behind_by_a_killed_owner_is_ended_before_another_starts(tmp_path: Path) -> None:
    owner = EmbeddedBroker(tmp_path)
    owner.start()
    left = owner.pid
    assert left is not None
    assert running_pid(tmp_path) == left
    owner._stopping.set()  # an owner that was killed watches no more
    with EmbeddedBroker(tmp_path) as broker:
        assert broker.pid != left
        wait_until(lambda: not mqtt_answers(owner.port) or broker.port == owner.port, label="its end")
        assert running_pid(tmp_path) == broker.pid
    owner.stop()


def test_the_number_of_a_process_that_is_no_broker_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "broker.pid").write_text(str(os.getpid()))
    assert running_pid(tmp_path) is None


def test_stopping_while_it_restarts_leaves_no_server(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid) or broker.pid != pid, label="its death")
    broker.stop()
    assert running_pid(tmp_path) is None
    assert not port_answers(broker.port)
    broker.stop()
