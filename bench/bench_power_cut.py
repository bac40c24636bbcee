"""What NATS accepts a second, and what a power cut takes of it, by how often it makes its files safe on disk.

    PYTHONPATH=tests/support python bench/bench_power_cut.py

The settings are those of the embedded broker but for `sync_interval`. The power cut needs root and Linux: an
ext4 file system of its own is shut down as it is, so that nothing reaches its disk that was not made safe.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway_load import FILTER, go, publisher
from kill.senders import ForeignDevice
from real_parts import LOOPBACK, Nats, wait_until
from sera_command.installation import parts
from sera_gateway.security.broker_files import nats_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = "sync_interval: '10s'"
SYNCS = {"every 10 s, as shipped": SHIPPED, "each message": "sync_interval: always"}
MESSAGES = {"every 10 s, as shipped": 50_000, "each message": 3_000}
NODES = 100
IMAGE_BYTES = 1_500_000_000
CUT_AFTER_S = 15.0
QUIET_S = 8.0
# _IOR('X', 125, __u32) of linux/fs/ext4, and its flag that leaves the log unwritten.
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = struct.pack("I", 2)


def server(folder: Path, sync: str) -> Nats:
    """Make a NATS server with the settings of the embedded broker but for how often it makes files safe."""
    nats = Nats(parts.require("nats-server"), folder)
    (folder / "ports").mkdir()
    settings = nats_settings(folder, LOOPBACK, nats.port, None)
    assert SHIPPED in settings
    (folder / "nats.conf").write_text(settings.replace(SHIPPED, sync), encoding="utf-8")
    return nats


@contextmanager
def running(nats: Nats) -> Iterator[None]:
    """Start a server and kill it at the end."""
    nats.start()
    try:
        yield
    finally:
        nats.kill()


@contextmanager
def listening(port: int, received: set[bytes]) -> Iterator[None]:
    """Play the gateway for a while: a session that stays and collects what comes."""
    client = Client(CallbackAPIVersion.VERSION2, "gateway", clean_session=False)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: received.add(bytes(message.payload))
    client.connect(LOOPBACK, port)
    client.loop_start()
    client.subscribe(FILTER, 1)
    assert subscribed.wait(10)
    yield
    client.disconnect()
    client.loop_stop()


def accepted_a_second(sync: str, messages: int) -> float:
    """Send as fast as the broker acknowledges while the gateway is away."""
    with tempfile.TemporaryDirectory() as folder:
        nats = server(Path(folder), sync)
        with running(nats), publisher(nats.port, messages, NODES) as process:
            with listening(nats.port, set()):
                pass
            began = time.perf_counter()
            go(process)
            process.wait(600)
            return messages / (time.perf_counter() - began)


@contextmanager
def mount(image: Path, at: Path) -> Iterator[None]:
    """Mount the file system of an image."""
    subprocess.run(["mount", "-o", "loop", image, at], check=True)
    try:
        yield
    finally:
        wait_until(partial(unmount, at), label="the end of the mount")


def unmount(at: Path) -> bool:
    """Unmount, and return whether that succeeded."""
    return subprocess.run(["umount", at], stderr=subprocess.DEVNULL, check=False).returncode == 0


def cut_power(at: Path) -> None:
    """Cut a mounted file system off its disk, as a power cut does."""
    assert at.is_mount()
    folder = os.open(at, os.O_RDONLY)
    fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH)
    os.close(folder)


def fill_until_the_cut(nats: Nats, at: Path, *, old_session: bool) -> set[bytes]:
    """Publish to an absent gateway until the power is cut, and return the acknowledged messages."""
    with listening(nats.port, set()):
        pass
    if old_session:
        subprocess.run(["sync", "-f", at], check=True)
    with ForeignDevice("gdn-0001", nats.port) as device:
        device.go()
        time.sleep(CUT_AFTER_S)
        acknowledged = set(device.acknowledged)
        cut_power(at)
        nats.kill()
    return acknowledged


def receive_again(nats: Nats) -> set[bytes]:
    """Listen until nothing more comes."""
    received: set[bytes] = set()
    with listening(nats.port, received):
        count = -1
        while count != len(received):
            count = len(received)
            time.sleep(QUIET_S)
    return received


def lost_at_a_cut(sync: str, *, old_session: bool) -> tuple[int, int]:
    """Cut the power; return how many messages had been acknowledged, and how many never came."""
    with tempfile.TemporaryDirectory() as folder:
        image, at = Path(folder) / "disk", Path(folder) / "mount"
        at.mkdir()
        image.touch()
        os.truncate(image, IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        with mount(image, at):
            nats = server(at / "broker", sync)
            with running(nats):
                acknowledged = fill_until_the_cut(nats, at, old_session=old_session)
        with mount(image, at), running(nats):
            received = receive_again(nats)
    return len(acknowledged), len(acknowledged - received)


def main() -> None:
    """Print both for each setting, side by side."""
    for name, sync in SYNCS.items():
        print(
            f"safe on disk {name}: {accepted_a_second(sync, MESSAGES[name]):,.0f} messages accepted a second"
        )
    if os.geteuid() != 0 or sys.platform != "linux":
        print("a power cut: not tried, which needs root and Linux")
        return
    for name, sync in SYNCS.items():
        for old, age in ((True, "from before"), (False, "just made")):
            accepted, lost = lost_at_a_cut(sync, old_session=old)
            print(f"safe on disk {name}, a session {age}: {lost:,} of {accepted:,} lost at a power cut")


if __name__ == "__main__":
    main()
