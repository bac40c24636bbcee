"""Words for why a broker refused or ended a connection, by paho's table of reason codes.

Paho is loaded when a broker refuses: it takes 3 MB, which a gateway in good order does not need.
"""

from __future__ import annotations

from typing import Final

from sera_gateway.mqtt.packets import V5

SESSION_REPLACED: Final = 0x8E


def connection_reason(version: int, reason: int) -> str:
    """Return the reason for which a broker refused the connection."""
    if version == V5:
        return _name("CONNACK", reason)
    from paho.mqtt.client import connack_string  # noqa: PLC0415

    return connack_string(reason)


def disconnection_reason(reason: int) -> str:
    """Name the reason for which a broker ended a connection (MQTT 5)."""
    return _name("DISCONNECT", reason)


def _name(packet: str, reason: int) -> str:
    from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415
    from paho.mqtt.reasoncodes import ReasonCode  # noqa: PLC0415

    try:
        return str(ReasonCode(getattr(PacketTypes, packet), identifier=reason))
    except (KeyError, AssertionError):
        return f"reason code {reason}"
