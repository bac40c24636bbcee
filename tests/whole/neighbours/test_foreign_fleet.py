"""Three makers' devices at a Mosquitto that is not ours: to figures, page and pack, and to its owner."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from brokers.device import publish
from installation_parts import PLACE, running, sera
from real_parts import LOOPBACK, wait_until
from sera_command.installation.installation import Installation
from sera_gateway.journal.journal import JournalReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from real_parts import Mosquitto

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats, pytest.mark.mosquitto, pytest.mark.slow]

SINCE = (datetime.now(UTC) - timedelta(days=6)).date()
HOURS = 72
BROKERS = """
[[brokers]]
name = "home"
url = "{url}"
subscribe = ["#"]
offer = ["figures", "soil", "health"]
"""


@pytest.fixture
def foreign_broker(new_mosquitto: Callable[..., Mosquitto]) -> Iterator[Mosquitto]:
    broker = new_mosquitto()
    yield broker
    broker.stop()


@pytest.fixture
def data(foreign_broker: Mosquitto, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    since = ("--since", str(SINCE))
    for words in (
        ("community", "new", "oak", *since),
        ("garden", "new", "elm-yard", "--community", "oak", *PLACE, *since),
        ("garden", "new", "hidden-yard", "--community", "oak", *PLACE, *since),
        ("garden", "set", "hidden-yard", "--consent", "hidden"),
        # Figures of today would stand on the page tomorrow.
        ("garden", "set", "elm-yard", "--delay", "none"),
        ("mapping", "add", "zigbee2mqtt", "--at", "home/zigbee2mqtt/{node}"),
        ("mapping", "add", "esphome", "--at", "home/{node}/sensor/{key}/state"),
        ("mapping", "add", "dragino-lse01-ttn", "--at", "home/v3/{application}/devices/{node}/up"),
        ("node", "new", "zig-1", "--garden", "elm-yard", "--known-as", "Soil 3", *since),
        ("node", "new", "esp-1", "--garden", "elm-yard", *since),
        ("node", "new", "eui-a840410000112233", "--garden", "elm-yard", *since),
        ("node", "new", "eui-a840410000112244", "--garden", "hidden-yard", *since),
    ):
        answer = sera(*words, "--data", folder)
        assert answer.returncode == 0, answer.stderr
    (folder / "brokers.toml").write_text(BROKERS.format(url=foreign_broker.url))
    return folder


def uplink(
    number: int, at: datetime, degrees: float, device: str = "eui-a840410000112233"
) -> tuple[str, bytes]:
    decoded = {
        "Bat": "3.4 V",
        "conduct_SOIL": "72 uS/cm",
        "temp_SOIL": f"{degrees} °C",
        "water_SOIL": "28.4 %",
    }
    message = {"f_port": 2, "f_cnt": number, "decoded_payload": decoded, "received_at": at.isoformat()}
    content = {"end_device_ids": {"device_id": device}, "uplink_message": message}
    return f"v3/elm-gardens@ttn/devices/{device}/up", json.dumps(content).encode()


def fleet_messages() -> list[tuple[str, bytes]]:
    now = datetime.now(UTC).replace(minute=5, second=0, microsecond=0) - timedelta(hours=1)
    messages = [
        uplink(number, now - timedelta(hours=HOURS - number), 14 + number % 24 / 6) for number in range(HOURS)
    ]
    messages.append(uplink(1, now, 9.0, "eui-a840410000112244"))
    zigbee = {"battery": 71, "soil_moisture": 37, "temperature": 14, "temperature_unit": "celsius"}
    messages.append(("zigbee2mqtt/Soil 3", json.dumps({**zigbee, "last_seen": now.isoformat()}).encode()))
    messages.append(("esp-1/sensor/soil_temperature/state", b"18.44"))
    # What nobody made a table for is kept, and said.
    messages.append(("doorbell/state", b'{"ringing": true}'))
    return messages


class HomeAssistant:
    """What a Home Assistant would hear at its own broker: the retained messages of discovery and states."""

    def __init__(self, port: int) -> None:
        self.retained: dict[str, Any] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="home-assistant")
        self._client.on_message = lambda _c, _u, message: self._note(message.topic, message.payload)
        self._client.connect(LOOPBACK, port)
        self._client.subscribe([("homeassistant/#", 1), ("sera-offer/#", 1)])
        self._client.loop_start()

    def _note(self, topic: str, payload: bytes) -> None:
        if payload:
            self.retained[topic] = json.loads(payload)
        else:
            self.retained.pop(topic, None)

    def value(self, device: str, key: str) -> Any:
        """Read a state as the device's own configuration says."""
        config = self.retained.get(f"homeassistant/device/sera-{device.replace('/', '-')}/config")
        if config is None or key not in config["cmps"]:
            return None
        component = config["cmps"][key]
        assert component["value_template"] == f"{{{{ value_json['{key}'].value }}}}"
        return self.retained.get(component["state_topic"], {}).get(key, {}).get("value")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def stored(data: Path) -> int:
    with Installation(data).store() as store:
        return sum(
            len(list(store.records.current(series=name, start_s=0, end_s=2**40))) for name in ("soil", "air")
        )


def check_privacy(data: Path, home: HomeAssistant) -> None:
    # What is offered there is heard there, and taken for nothing.
    with JournalReader(data / "journal") as journal:
        topics = {entry.topic for entry in journal.read(0, 10_000)}
    assert not [topic for topic in topics if "sera" in topic]
    # Nothing of a hidden garden, and no place of any.
    all_text = json.dumps(home.retained)
    for private in ("hidden-yard", "eui-a840410000112244", "51.5", "latitude"):
        assert private not in all_text, private


def check_soil_and_health(home: HomeAssistant) -> None:
    node = home.retained["homeassistant/device/sera-node-eui-a840410000112233/config"]
    assert node["cmps"]["soil_moisture"]["device_class"] == "moisture"
    assert node["cmps"]["soil_moisture"]["unit_of_measurement"] == "%"
    assert home.value("node/eui-a840410000112233", "soil_moisture") == pytest.approx(28.4)
    assert home.value("node/zig-1", "problem") in ("ON", "OFF")


def test_foreign_devices_become_figures_page_and_pack_and_their_owner_sees_them(
    data: Path, foreign_broker: Mosquitto, tmp_path: Path
) -> None:
    home = HomeAssistant(foreign_broker.port)
    with running(data, tmp_path / "ready.json", "--every-minutes", "0.05") as (_, facts):
        publish(foreign_broker.port, fleet_messages())
        wait_until(lambda: stored(data) >= HOURS + 3, label="all readings")
        wait_until(lambda: home.value("node/eui-a840410000112233", "soil_temperature"), label="an offer")
        wait_until(lambda: home.value("garden/elm-yard", "soil_temperature_mean"), label="an offered figure")
        with urllib.request.urlopen(facts["page"] + "gardens/elm-yard", timeout=120) as answer:
            page = answer.read().decode()
        # It goes with what it stands on: the node, the consent.
        assert sera("garden", "set", "elm-yard", "--consent", "hidden", "--data", data).returncode == 0
        wait_until(lambda: not home.retained, label="that nothing is offered any more")
        assert sera("garden", "set", "elm-yard", "--consent", "city", "--data", data).returncode == 0
        wait_until(lambda: home.value("garden/elm-yard", "soil_temperature_mean"), label="the offer again")
    with Installation(data).store() as store:
        [figure] = store.results.current(
            scope="garden", scope_id="elm-yard", index="soil_temperature_mean", period="span"
        )
        [letter] = store.dead_letters.list()
    assert figure.value is not None
    assert 14 <= figure.value <= 18
    assert f"{figure.value:.1f}" in page
    assert home.value("garden/elm-yard", "soil_temperature_mean") == pytest.approx(figure.value, abs=1e-3)
    assert letter.topic == "home/doorbell/state"
    check_privacy(data, home)
    check_soil_and_health(home)
    days = ("--from", str(SINCE), "--to", str(datetime.now(UTC).date()))
    pack = sera("pack", *days, "--out", tmp_path / "pack", "--data", data)
    assert pack.returncode == 0, pack.stderr
    texts = _texts(tmp_path)
    assert "soil_temperature" in texts
    assert sera("home-assistant", "withdraw", "home", "--data", data).returncode == 0
    wait_until(lambda: not home.retained, label="that all is removed")
    home.close()


def _texts(folder: Path) -> str:
    """All text of a pack, in its folder or archive."""
    parts = [path.read_text(errors="replace") for path in (folder / "pack").rglob("*.csv")]
    for archive in folder.glob("pack*.zip"):
        with ZipFile(archive) as opened:
            parts += [opened.read(name).decode(errors="replace") for name in opened.namelist()]
    return "\n".join(parts)
