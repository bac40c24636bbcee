"""Say in words why a broker refused or ended a connection, by paho's table of reason codes."""

from __future__ import annotations

from typing import Final

from paho.mqtt.client import connack_string
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from sera_gateway.mqtt.packets import V5

SESSION_TAKEN_OVER: Final = 0x8E


def connection_reason(version: int, reason: int) -> str:
    """Name the reason for which a broker let nobody in."""
    if version == V5:
        return _name(PacketTypes.CONNACK, reason)
    return connack_string(reason)


def disconnection_reason(reason: int) -> str:
    """Name the reason for which a broker ended a connection (MQTT 5)."""
    return _name(PacketTypes.DISCONNECT, reason)


def _name(packet: int, reason: int) -> str:
    try:
        return str(ReasonCode(packet, identifier=reason))
    except (KeyError, AssertionError):
        return f"reason code {reason}"
