"""How devices of a mapping get in: by a broker of somebody else, by that of `sera up`, or not yet."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from sera_command.installation.foreign_topics import is_carried
from sera_gateway.config import BROKERS_FILE, DEVICES, read_brokers
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from pathlib import Path

# Of all brokers of others and of devices.
_NOT_REACHED: Final = (
    "Not reached there: what was retained before the gateway came, which is no reading, and messages of "
    "QoS 0 while it is away."
)


def ways_in(data: Path, topic_filter: str) -> list[str]:
    """Explain by which broker messages of a filter come, and what is not reached.

    Parameters
    ----------
    data
        The data folder; its `brokers.toml` names brokers of others.
    topic_filter
        The filter of a mapping.

    Raises
    ------
    SettingsError
        That file cannot be used.
    """
    name, _, foreign_filter = topic_filter.partition("/")
    if name == DEVICES:
        return _by_password(data, foreign_filter)
    broker = next((broker for broker in read_brokers(data / BROKERS_FILE) if broker.name == name), None)
    if broker is not None:
        if any(topic_filters.covers(heard, foreign_filter) for heard in broker.subscribe):
            return [
                f"The gateway of `sera up` hears it from the broker {name}, as {foreign_filter}.",
                _NOT_REACHED,
            ]
        missing = f"the broker {name} of {BROKERS_FILE} needs {json.dumps(foreign_filter)} in its subscribe"
        return [f"Not heard yet: {missing}; `sera up` reads that file again by itself."]
    lines = [f"The gateway hears it with subscribe = [{json.dumps(topic_filter)}] in [gateway]."]
    if is_carried(topic_filter):
        lines.append("The gateway of `sera up` does so by itself.")
        lines.append(
            "A device with a certificate of `sera node new` may publish there. One that knows only user and "
            f"password comes by `sera up --devices` (--at '{DEVICES}/...'), or is heard at a broker of its "
            f"own: {BROKERS_FILE}, docs/how-to/several-brokers.md."
        )
    else:
        lines.append(
            "The broker of `sera up` carries no such topic: hear it from a Mosquitto of your own "
            f"({BROKERS_FILE}, docs/how-to/several-brokers.md)."
        )
    return lines


def _by_password(data: Path, foreign_filter: str) -> list[str]:
    """List the devices with a password that may publish on a filter, as they know it."""
    allowed = [
        device.name
        for device in DeviceUsers(data / DEVICES_FILE, time.time).devices()
        if topic_filters.overlap(f"{device.prefix}/#", foreign_filter)
    ]
    lines = [
        f"The gateway of `sera up --devices` hears it from devices with a password, as {foreign_filter}.",
        f"Devices that may publish there: {', '.join(allowed) or 'none yet; `sera device new` lets one in'}.",
        _NOT_REACHED,
    ]
    if problem := topic_filters.nats_problem(foreign_filter):
        lines.append(
            f"No device can publish there: that broker is NATS, which takes no topic with {problem}."
        )
    return lines
