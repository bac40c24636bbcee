"""A day in the life: of forty nodes and six devices at real brokers exactly the eight are named, and mended.

The commands are those of docs/how-to/a-stewards-day.md. Time is simulated: a fortnight before the day, and
another one after it.
"""

from __future__ import annotations

import json
import shlex
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import client as mqtt

from fleet import neighbours_devices as devices
from fleet.forty_nodes import (
    CLOCK,
    CONTACT_S,
    DAY_S,
    DRIFTING,
    ELSEWHERE,
    EXPECTED,
    FLOODING,
    HOUR_S,
    LOW,
    NODES,
    NOW_S,
    REGISTERED_S,
    SILENT,
    START_S,
    STUCK,
    SWAPPED,
    Virtual,
    misbehave,
    register,
    virtual,
)
from fleet.receivers import Receiver, web_server
from gateway_parts import Clock, Log
from house.doc_blocks import assert_prints, blocks, commands
from real_parts import LOOPBACK, Mosquitto, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_gateway.config import (
    BrokerSettings,
    BudgetSettings,
    DataSettings,
    FurtherBroker,
    GatewayIdentity,
    GatewaySettings,
)
from sera_gateway.service import Gateway
from sera_store.registry.entities import Garden
from sera_store.store import Store
from sera_vocabulary import topics
from sera_vocabulary.alerts import ALERTS_BY_CODE
from tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto]
PAGE = ROOT / "docs" / "how-to" / "a-stewards-day.md"
AT_ONCE = 800
FLOOD = b'{"v":1,"state":"asleep","next_contact_s":21600,"firmware":"0.1.0","config":1}'
FIRST_LOOK_S = NOW_S - 4 * DAY_S


class Day:
    """The installation, its two brokers, its clock, and all who publish."""

    def __init__(self, gateway: Gateway, clock: Clock, own: Mosquitto, foreign: Mosquitto) -> None:
        self.gateway, self.clock = gateway, clock
        self.nodes = {name: virtual(int(name.partition("-")[2])) for name in NODES}
        self.published = 0
        self._until_s = START_S
        self._own, self._foreign = publisher(own), publisher(foreign)

    def go_on(self, until_s: int, look_from_s: int) -> None:
        """Let everybody publish until a time, and look again and again from a time on."""
        while self._until_s < until_s:
            last_s = min(self._until_s + CONTACT_S, until_s)
            self._publish(self._until_s, last_s)
            self._until_s = last_s
            # Every six hours before the day, every twelve after it.
            is_due = last_s <= NOW_S or (last_s - NOW_S) // CONTACT_S % 2 == 0 or last_s == until_s
            if last_s > NOW_S and last_s % DAY_S < CONTACT_S:
                # What a timer does each night.
                assert main(["backup", "rotate", "nights"]) == ExitCode.DONE
            if last_s >= look_from_s and is_due:
                assert main(["alerts", "check"]) == ExitCode.DONE

    def flood(self, node: Virtual) -> None:
        """Let a node send far more than it may, all at once."""
        topic = topics.topic("oak", node.node, topics.STATUS)
        for _ in range(2 * AT_ONCE):
            self._own.publish(topic, FLOOD, qos=1)
        most = self.published + 2 * AT_ONCE

        def is_over() -> bool:
            figures = self.gateway.figures()
            return figures["journaled_messages"] + figures["beyond_budget_messages"] >= most

        wait_until(is_over, label="the flood")
        wait_until(self.is_quiet, label="what was admitted")
        self.published = int(self.gateway.figures()["journaled_messages"])

    def is_quiet(self) -> bool:
        """Whether nothing is on its way any more."""
        figures = self.gateway.figures()
        return figures["journaled_messages"] >= self.published and not (
            figures["waiting_messages"] or figures["ledger_behind"] or figures["ledger_jobs"]
        )

    def _publish(self, first_s: int, last_s: int) -> None:
        sent = [
            (part.received_ns // 10**9, self._own, part.topic, part.payload)
            for node in self.nodes.values()
            for part in node.contacts(first_s, last_s)
        ]
        sent += [
            (at_s, self._foreign, topic, payload)
            for at_s in range(first_s + HOUR_S, last_s + 1, 2 * HOUR_S)
            for topic, payload in devices.published(at_s)
        ]
        sent.sort(key=lambda item: item[0])
        for at_s, client, topic, payload in sent:
            if at_s > self.clock.now_s:
                wait_until(self._is_received, label="all of one moment")
                self.clock.now_s = at_s
            client.publish(topic, payload, qos=1)
            self.published += 1
        wait_until(self.is_quiet, label="the ledger")
        self.clock.now_s = max(self.clock.now_s, last_s)

    def _is_received(self) -> bool:
        return self.gateway.figures()["journaled_messages"] >= self.published


def publisher(broker: Mosquitto) -> mqtt.Client:
    """A client that stays connected."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect(LOOPBACK, broker.port)
    client.loop_start()
    return client


@contextmanager
def running(settings: GatewaySettings, clock: Clock) -> Iterator[Gateway]:
    """Run a gateway that takes the simulated time for its own."""
    log, stop = Log(), threading.Event()
    gateway = Gateway(settings, log, lambda: int(clock.now_s * 1e9), clock, {})
    thread = threading.Thread(target=gateway.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "ready" in log.events(), label="the own broker")
        wait_until(lambda: not gateway.figures()["further_brokers_away"], label="the other broker")
        yield gateway
    finally:
        stop.set()
        thread.join(120)
        gateway.close()


@pytest.fixture
def web() -> Iterator[Receiver]:
    with web_server() as receiver:
        yield receiver


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: Receiver) -> Path:
    """A data folder with the fleet's registry and one channel for alerts; the commands run beside it."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "sera-data"
    (tmp_path / "nights").mkdir()
    with Store.open(data / "store") as store:
        register(store.registry)
        garden = Garden(devices.GARDEN, "oak", None, "The works", 51.45, -2.59, devices.ZONE)
        store.registry.put(garden, since_s=REGISTERED_S, by="a test")
    authority = Installation.existing(data).authority
    for node in NODES:
        authority.issue("node", node)
    (data / "alerts.toml").write_text(
        '[[channel]]\nname = "stewards"\naddresses_file = "stewards.addresses"\n'
    )
    addresses = data / "stewards.addresses"
    addresses.write_text(f"json://127.0.0.1:{web.port}/hook\n")
    addresses.chmod(0o600)
    (data / "brokers.toml").write_text(
        f'[[brokers]]\nname = "{devices.HOME}"\nsubscribe = {json.dumps(devices.FILTERS)}\n'
    )
    return data


@pytest.fixture
def day(
    folder: Path,
    mosquitto: Mosquitto,
    new_mosquitto: Callable[..., Mosquitto],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Day]:
    clock, foreign = Clock(START_S), new_mosquitto()
    monkeypatch.setattr(time, "time", clock)
    enter_devices()
    home = FurtherBroker(name=devices.HOME, url=foreign.url, subscribe=devices.FILTERS)
    settings = GatewaySettings(
        broker=BrokerSettings(url=mosquitto.url),
        data=DataSettings(folder=str(folder)),
        gateway=GatewayIdentity(communities=("oak", "bay")),
        budget=BudgetSettings(messages_at_once=AT_ONCE),
        brokers=(home,),
    )
    with running(settings, clock) as gateway:
        yield Day(gateway, clock, mosquitto, foreign)


def enter_devices() -> None:
    """Enter the six devices as the guide of device families does, and calibrate their raw moisture."""
    since = ["--since", "2026-04-01"]
    for family, (topic, node, name) in devices.FAMILIES.items():
        run("mapping", "add", family, "--at", f"{devices.HOME}/{topic}", *since)
        alias = [] if name == node else ["--known-as", name]
        run("node", "new", node, "--garden", devices.GARDEN, "--mapping", family, *alias, *since)
    for node in devices.RAW_PROBES:
        run("probe", "swap", f"{node}@1", f"{node}-probe", *since)
        samples = ("--dry", "5", "--wet", "60", "--dry-moisture", "0", "--wet-moisture", "0.36")
        run("probe", "calibrate", f"{node}@1", *samples, *since)


def run(*words: str) -> None:
    assert main(list(words)) == ExitCode.DONE, words


def run_page(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the page's blocks of one day, as its reader does."""
    for block in blocks(PAGE):
        if block.words[:2] == ("console", "day") and block.words[2] == day:
            for command, expected in commands(block):
                capsys.readouterr()
                code = main(shlex.split(command)[1:])
                output = capsys.readouterr()
                allowed = (ExitCode.DONE, ExitCode.CHECK_FAILED) if "fleet" in command else (ExitCode.DONE,)
                assert code in allowed, f"{command}\n{output.out}{output.err}"
                assert_prints(output.out + output.err, expected)


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """What `sera fleet` says, by node."""
    capsys.readouterr()
    main(["fleet", "--json"])
    nodes: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["nodes"]
    assert {node["node"] for node in nodes} == {*NODES, *devices.NODES}
    return {
        node["node"]: {finding["code"] for finding in node["findings"]} for node in nodes if node["findings"]
    }


def message_text(web: Receiver) -> str:
    """All that the channel was sent, one message after the other."""
    return "\n".join([f"{post['title']}\n{post['message']}" for post in map(json.loads, web.posts)])


def mend_by_hand(day: Day) -> None:
    """Do what hands do: two boards, a battery, two probes, a router."""
    for name, serial, epoch in (
        (SILENT, "", "5e000003"),
        (LOW, "", ""),
        (DRIFTING, "c-0112", ""),
        (STUCK, "c-0118", ""),
        (CLOCK, "", ""),
        (FLOODING, "", "5e000038"),
    ):
        day.nodes[name].renew(serial, epoch)
    assert day.nodes[SWAPPED].serial == "c-0999"
    assert ELSEWHERE in day.nodes


def test_exactly_the_eight_are_named_and_the_guides_commands_mend_them(
    day: Day, web: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    misbehave(day.nodes)
    day.go_on(START_S + 55 * CONTACT_S, FIRST_LOOK_S)
    day.flood(day.nodes[FLOODING])
    # Its budget grows again with time.
    day.clock.now_s += 60
    day.go_on(NOW_S, FIRST_LOOK_S)
    assert findings(capsys) == EXPECTED
    before = message_text(web)
    for node in (*NODES, *devices.NODES):
        assert (f"  {node} in " in before) == (node in EXPECTED), node
    assert "  this installation: no backup was ever made" in before
    for code in set().union(*EXPECTED.values()):
        assert ALERTS_BY_CODE[code].meaning in before, code
    assert len(web.posts) <= 10

    run_page("1", capsys)
    mend_by_hand(day)
    day.go_on(NOW_S + DAY_S, NOW_S)
    assert findings(capsys) == {FLOODING: {"flooding"}}
    run_page("2", capsys)
    day.go_on(NOW_S + 15 * DAY_S, NOW_S)
    assert findings(capsys) == {}
    run_page("15", capsys)
    after = message_text(web).removeprefix(before)
    for node in (*NODES, *devices.NODES):
        assert (f"  {node} in " in after) == (node in EXPECTED), node
    for code in set().union(*EXPECTED.values()):
        assert f"well again: {ALERTS_BY_CODE[code].meaning}" in after, code
    assert "well again: there is no backup\n  this installation: " in after
