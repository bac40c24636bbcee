"""A device that knows only a user and a password, and remembers what became of it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from real_parts import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT_S = 120.0


class PasswordDevice:
    """One connection of one device.

    Parameters
    ----------
    port, user, password
        Where it connects, and as whom.
    client_id
        By default the user's name.
    trust
        Certificates to believe; empty for plain TCP.
    will
        Topic of a last will.
    """

    def __init__(
        self, port: int, user: str, password: str, client_id: str = "", trust: str = "", will: str = ""
    ) -> None:
        self.news = threading.Condition()
        self.reason = ""
        self.is_connected = False
        self.ended = 0
        self.received: list[tuple[str, bytes]] = []
        self.acknowledged: set[int] = set()
        self.granted: dict[int, list[bool]] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id or user)
        self.client.username_pw_set(user, password)
        if trust:
            self.client.tls_set(ca_certs=trust)
        if will:
            self.client.will_set(will, b"gone", qos=1)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self._tell(lambda: self._let_in(str(reason)))
        self.client.on_disconnect = lambda *_: self._tell(self._left)
        self.client.on_message = lambda _c, _u, message: self._tell(
            lambda: self.received.append((message.topic, message.payload))
        )
        self.client.on_publish = lambda _c, _u, mid, _r, _p: self._tell(lambda: self.acknowledged.add(mid))
        self.client.on_subscribe = lambda _c, _u, mid, codes, _p: self._tell(
            lambda: self.granted.update({mid: [not code.is_failure for code in codes]})
        )
        self.client.connect(LOOPBACK, port)
        self.client.loop_start()
        self.wait(lambda: bool(self.reason) or self.ended > 0)

    def _let_in(self, reason: str) -> None:
        self.reason, self.is_connected = reason, reason == "Success"

    def _left(self) -> None:
        self.ended += 1
        self.is_connected = False

    def _tell(self, change: Callable[[], object]) -> None:
        with self.news:
            change()
            self.news.notify_all()

    def wait(self, condition: Callable[[], bool], seconds: float = WAIT_S) -> None:
        with self.news:
            assert self.news.wait_for(condition, seconds), (self.reason, self.ended, self.received)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1, and return when the broker has taken it or has ended the connection."""
        before = self.ended
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        self.wait(lambda: mid in self.acknowledged or self.ended > before)

    def subscribe(self, pattern: str) -> bool:
        """Ask for topics; return whether that was granted."""
        before = self.ended
        mid = self.client.subscribe(pattern, 1)[1]
        self.wait(lambda: mid in self.granted or self.ended > before)
        return self.granted.get(mid or 0, [False])[0]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def device(port: int, user: str, password: str, client_id: str = "", **more: str) -> Iterator[PasswordDevice]:
    """Connect a device while the body runs."""
    created = PasswordDevice(port, user, password, client_id, **more)
    try:
        yield created
    finally:
        created.close()
