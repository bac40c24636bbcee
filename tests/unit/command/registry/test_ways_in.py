"""`sera mapping add` says how devices get in, and what is not reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.registration.ways_in import ways_in
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "brokers.toml").write_text('[[brokers]]\nname = "home"\nsubscribe = ["zigbee2mqtt/+"]\n')
    DeviceUsers(tmp_path / DEVICES_FILE, lambda: 0.0).add("bed-1", "tele/bed-1")
    return tmp_path


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("home/zigbee2mqtt/+", "from the broker home, as zigbee2mqtt/+"),
        ("home/zigbee2mqtt/bed-1", "from the broker home, as zigbee2mqtt/bed-1"),
        ("home/esphome/+", 'Not heard yet: the broker home of brokers.toml needs "esphome/+"'),
        ("zigbee2mqtt/+", "does so by itself"),
        ("zigbee2mqtt/+", "only user and password comes by `sera up --devices`"),
        ("devices/tele/bed-1/+", "Devices that may publish there: bed-1."),
        ("devices/tele/+/SENSOR", "Devices that may publish there: bed-1."),
        ("devices/stat/+/SENSOR", "none yet; `sera device new` lets one in"),
        ("devices/bed 1/+", "takes no topic with a space"),
        ("house.north/+", "carries no such topic"),
    ],
)
def test_the_way_of_each_topic_is_said(data: Path, topic_filter: str, expected: str) -> None:
    assert expected in " ".join(ways_in(data, topic_filter))


def test_without_further_brokers_nobody_is_named(tmp_path: Path) -> None:
    assert "broker home" not in " ".join(ways_in(tmp_path, "home/zigbee2mqtt/+"))
