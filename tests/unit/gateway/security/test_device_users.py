"""Devices with passwords: names, topics of their own, passwords that are stored as hashes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_gateway.errors import DeviceUserError
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers, device_rights
from sera_vocabulary import services, topic_filters
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def users(tmp_path: Path) -> DeviceUsers:
    return DeviceUsers(tmp_path / DEVICES_FILE, lambda: 1_780_000_000.0)


def test_a_password_is_returned_once_and_kept_as_bcrypt(users: DeviceUsers, tmp_path: Path) -> None:
    device, password = users.add("bed-1")
    assert (device.prefix, device.since_s) == ("bed-1", 1_780_000_000)
    assert password not in (tmp_path / DEVICES_FILE).read_text()
    [device] = users.devices()
    assert bcrypt.checkpw(password.encode(), device.password_hash.encode())
    _, second = users.rotate("bed-1")
    [device] = users.devices()
    assert not bcrypt.checkpw(password.encode(), device.password_hash.encode())
    assert bcrypt.checkpw(second.encode(), device.password_hash.encode())


def test_a_device_that_is_revoked_is_in_no_rights(users: DeviceUsers) -> None:
    users.add("bed-1")
    users.add("bed-2", "tele/bed-2")
    users.draw_services(services.GATEWAY, services.SESSION_GUARD)
    assert '"tele.bed-2", "tele.bed-2.>"' in device_rights(users)
    assert "bed-2" not in device_rights(users, frozenset({"bed-2"}))
    users.revoke("bed-2")
    assert "bed-2" not in device_rights(users)
    assert '"bed-1.>"' in device_rights(users)


@pytest.mark.parametrize(
    ("name", "prefix", "problem"),
    [
        ("Bed 1", "", "is no name of a device"),
        ("gateway-1", "", "none of Sera's own services"),
        ("session-guard", "", "none of Sera's own services"),
        ("bed-1", "", "is there already"),
        ("bed-2", "sera/v1/oak", "belongs to nodes with certificates"),
        ("bed-2", "tele/+", "is no topic to publish below"),
        ("bed-2", "a.b", "is no topic to publish below"),
        ("bed-2", "a//b", "is no topic to publish below"),
        ("bed-2", "$SYS/x", "is no topic to publish below"),
        ("bed-2", "bed 2", "is no topic to publish below"),
        ("bed-2", "bed-1/part", "which belongs to bed-1"),
        ("part", "plot", "which belongs to plots"),
    ],
)
def test_what_cannot_be_a_device_is_refused_with_the_reason(
    users: DeviceUsers, name: str, prefix: str, problem: str
) -> None:
    users.add("bed-1")
    users.add("plots", "plot/one")
    with pytest.raises(DeviceUserError, match=problem.replace("'", ".")):
        users.add(name, prefix)
    assert [device.name for device in users.devices()] == ["bed-1", "plots"]


def test_an_unknown_device_and_a_damaged_file_are_named(users: DeviceUsers, tmp_path: Path) -> None:
    users.add("bed-1")
    for change in (users.rotate, users.revoke):
        with pytest.raises(DeviceUserError, match="the devices are: bed-1"):
            change("bed-2")
    (tmp_path / DEVICES_FILE).write_text("{")
    with pytest.raises(DeviceUserError, match="from a backup"):
        users.devices()


LEVELS = st.lists(st.sampled_from(["a", "b", "bed", "sera", "+", "a.b"]), min_size=1, max_size=3)


@given(st.lists(LEVELS, max_size=4))
@settings(max_examples=examples(60))
def test_no_two_devices_ever_share_a_topic(
    tmp_path_factory: pytest.TempPathFactory, prefixes: list[list[str]]
) -> None:
    users = DeviceUsers(tmp_path_factory.mktemp("users") / DEVICES_FILE, lambda: 0.0)
    for number, levels in enumerate(prefixes):
        try:
            users.add(f"device-{number}", "/".join(levels))
        except DeviceUserError:
            continue
    filters = [f"{device.prefix}/#" for device in users.devices()]
    assert not any(
        topic_filters.overlap(first, second) for first in filters for second in filters if first is not second
    )
    assert not any(topic_filters.overlap(topic_filter, "sera/#") for topic_filter in filters)
