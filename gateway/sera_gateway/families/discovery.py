"""What devices say of themselves for Home Assistant: topic, unit and meaning of each of their sensors.

Facts from home-assistant.io, "MQTT": topics of discovery, abbreviations, `~` for a base topic, templates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_gateway.decode.decode import ANNOUNCEMENT
from sera_gateway.decode.envelope import Rejection, read_json

if TYPE_CHECKING:
    from sera_gateway.families.saved_messages import SavedMessage

_SENSOR: Final = "sensor"
_SHORT: Final = {
    "stat_t": "state_topic",
    "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class",
    "val_tpl": "value_template",
    "dev": "device",
    "ids": "identifiers",
    "stat_cla": "state_class",
    "obj_id": "object_id",
}
_BASE: Final = "~"
# Templates that say no more than which key holds the value; others compute, and are not followed.
_BARE: Final = re.compile(r"\{\{\s*value(?:\s*\|\s*(?:float|int)(?:\([^)]*\))?)?\s*\}\}")
_KEY: Final = re.compile(
    r"\{\{\s*value_json(?P<path>(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\s*(?:'[^'\"\]]+'|\"[^'\"\]]+\")\s*\])+)"
    r"(?:\s*\|\s*(?:float|int|is_defined|round\(\d\))(?:\([^)]*\))?)*\s*\}\}"
)
_PART: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*['\"]([^'\"]+)['\"]\s*\]")


class Announcement(NamedTuple):
    """A sensor as its device announces it.

    Parameters
    ----------
    state_topic
        Where its values come.
    key
        Path of keys in a JSON message; empty for a bare value.
    name, unit, device_class
        What it says it is; empty where it does not.
    names
        What its device is called: identifiers, and its name.
    problem
        Why its values cannot be found by a key; empty where they can.
    """

    state_topic: str
    key: tuple[str, ...]
    name: str
    unit: str
    device_class: str
    names: tuple[str, ...]
    problem: str = ""


def is_announcement(topic: str) -> bool:
    """Return whether a topic is one of discovery."""
    return ANNOUNCEMENT.fullmatch(topic) is not None


def read_announcement(message: SavedMessage) -> Announcement | None:
    """Read what a device says of a sensor; None for what is no sensor with a state."""
    content = read_json(message.payload)
    if isinstance(content, Rejection) or not isinstance(content, dict):
        return None
    config = _long(content)
    topic = str(config.get("state_topic", ""))
    if message.topic.split("/")[1] != _SENSOR or not topic:
        return None
    base = str(content.get(_BASE, ""))
    topic = base + topic[1:] if topic.startswith(_BASE) else topic
    topic = topic[:-1] + base if topic.endswith(_BASE) else topic
    key, problem = _key(str(config.get("value_template", "")))
    device = _long(config["device"]) if isinstance(config.get("device"), dict) else {}
    return Announcement(
        topic,
        key,
        str(config.get("object_id") or config.get("name") or message.topic.split("/")[-2]),
        str(config.get("unit_of_measurement") or ""),
        str(config.get("device_class") or ""),
        _names(device),
        problem,
    )


def _long(content: dict[str, Any]) -> dict[str, Any]:
    return {_SHORT.get(key, key): value for key, value in content.items()}


def _names(device: dict[str, Any]) -> tuple[str, ...]:
    identifiers = device.get("identifiers") or []
    listed = identifiers if isinstance(identifiers, list) else [identifiers]
    return tuple(str(name) for name in (*listed, device.get("name")) if isinstance(name, str) and name)


def _key(template: str) -> tuple[tuple[str, ...], str]:
    if not template or _BARE.fullmatch(template.strip()):
        return (), ""
    match = _KEY.fullmatch(template.strip())
    if match is None:
        return (), f"its template computes something: {template.strip()[:80]}"
    return tuple(plain or quoted for plain, quoted in _PART.findall(match["path"])), ""
