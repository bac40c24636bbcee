"""A device that publishes a few messages and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from real_parts import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence


def publish(port: int, messages: Sequence[tuple[str, bytes]], client_id: str = "device") -> None:
    """Publish topics and payloads at QoS 1, and return when the broker has taken each."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.connect(LOOPBACK, port)
    client.loop_start()
    try:
        for sent in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
            sent.wait_for_publish(120)
            assert sent.is_published()
    finally:
        client.disconnect()
        client.loop_stop()
