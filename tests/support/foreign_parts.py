"""Shared by tests and bench of foreign families: the mapping that Sera ships, and messages it reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from gateway_parts import NOW_S
from sera_gateway.families.mapping_files import shipped

GARDEN_OBS = shipped("garden-obs")
NODE = "gdn-0001"


def obs_topic(node: str = NODE) -> str:
    """The topic of a foreign node's readings."""
    return f"garden/v1/bristol/site-7/{node}/obs"


def obs_message(node: str = NODE, number: int = 1, time_s: Any = NOW_S, /, **changes: Any) -> bytes:
    """One message; `changes` are keys of it, None to leave one out."""
    at = datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {
        "node": node,
        "seq": number,
        "ts": at,
        "bat": 3.71,
        "obs": [
            observation("air_temperature", 70.1, "degF"),
            observation("soil_moisture", 0.231, "m3/m3"),
            observation("acoustic_level", 40.5, "dB"),
            observation("pollinator_count", 3, "count"),
        ],
    } | changes
    present = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(present, separators=(",", ":")).encode()


def observation(name: Any, value: Any, unit: Any) -> dict[str, Any]:
    """One observation of a message."""
    return {"k": name, "v": value, "u": unit}
