"""Who sends during a kill test: Sera nodes that keep what they made, and a foreign device that forgets."""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from paho.mqtt.client import MQTT_ERR_SUCCESS, Client
from paho.mqtt.enums import CallbackAPIVersion

from foreign_parts import obs_message, obs_topic
from gateway_parts import COMMUNITY, EPOCH, NOW_S, batch, data_topic, row
from real_parts import LOOPBACK
from sera_vocabulary import messages as keys
from sera_vocabulary import topics

if TYPE_CHECKING:
    from types import TracebackType

    from paho.mqtt.client import MQTTMessageInfo

ROWS_A_BATCH = 8
IN_FLIGHT = 200
# Within the budget of one sender for ten rounds: what is beyond it is refused and counted, not lost.
FOREIGN_AT_ONCE = 2


def _client(name: str, port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=name)
    client.reconnect_delay_set(0.1, 0.5)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect_async(LOOPBACK, port, keepalive=5)
    return client


class Sender:
    """One client in a thread of its own, which can be held."""

    def __init__(self, name: str, port: int, interval_s: float) -> None:
        self.name = name
        self.client = _client(name, port)
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._running = threading.Event()
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def __enter__(self) -> Self:
        self.client.loop_start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._running.set()
        self._thread.join()
        self.client.disconnect()
        self.client.loop_stop()

    def go(self) -> None:
        """Make and send again."""
        self._idle.clear()
        self._running.set()

    def hold(self) -> None:
        """Make no more; return when the last one has been handed over."""
        self._running.clear()
        self._idle.wait(120)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            if self._running.is_set():
                self._make()
            else:
                self._idle.set()
            self._send()

    def _make(self) -> None:
        """Make what shall be sent next."""

    def _send(self) -> None:
        """Send what is due."""


class FlashNode(Sender):
    """A node of ours: all it made stays on its flash, and what `have` shows as missing is sent again."""

    def __init__(self, name: str, port: int, interval_s: float = 0.01) -> None:
        super().__init__(name, port, interval_s)
        self.made = 0
        self.sent_again = 0
        self._sent = 0
        self._requested: set[tuple[int, int]] = set()
        self._again: int | None = None
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message

    def _make(self) -> None:
        self.made += 1

    def _send(self) -> None:
        if not self.client.is_connected():
            return
        again, self._again = self._again, None
        if again is not None:
            self.sent_again += self._sent - again + 1
            self._publish(again, self._sent)
        if self._sent < self.made:
            self._publish(self._sent + 1, self.made)
            self._sent = self.made

    def _publish(self, first: int, last: int) -> None:
        for start in range(first, last + 1, ROWS_A_BATCH):
            seqs = range(start, min(start + ROWS_A_BATCH, last + 1))
            rows = [row(seq, seq % 40 + 0.5, utc_s=NOW_S + seq) for seq in seqs]
            self.client.publish(data_topic(self.name), batch(rows, **{keys.KEY_NEXT: last + 1}), qos=1)

    def _on_connect(self, client: Client, *_: Any) -> None:
        self._requested.clear()
        client.subscribe(topics.topic(COMMUNITY, self.name, topics.HAVE), 1)

    def _on_message(self, _client: Client, _data: object, message: Any) -> None:
        have = json.loads(message.payload)
        following, top = have[keys.KEY_HAVE_NEXT], have[keys.KEY_HAVE_TOP]
        # As the firmware does: what was sent again may have come before anybody had subscribed, and is asked
        # for again with each record that arrives after it.
        if have[keys.KEY_EPOCH] == EPOCH and top >= following and (following, top) not in self._requested:
            self._requested.add((following, top))
            self._again = following


class ForeignDevice(Sender):
    """A device that forgets a message as soon as the broker has acknowledged it."""

    def __init__(self, name: str, port: int, interval_s: float = 0.01) -> None:
        super().__init__(name, port, interval_s)
        self.acknowledged: set[bytes] = set()
        self._waiting: deque[tuple[MQTTMessageInfo, bytes]] = deque()
        self._count = 0

    @property
    def waiting(self) -> int:
        """Messages the broker has not acknowledged."""
        return len(self._waiting)

    def _make(self) -> None:
        for _ in range(min(FOREIGN_AT_ONCE, IN_FLIGHT - len(self._waiting))):
            self._count += 1
            payload = obs_message(self.name, self._count, NOW_S + self._count)
            sent = self.client.publish(obs_topic(self.name), payload, qos=1)
            if sent.rc == MQTT_ERR_SUCCESS:
                self._waiting.append((sent, payload))

    def _send(self) -> None:
        while self._waiting and self._waiting[0][0].is_published():
            self.acknowledged.add(self._waiting.popleft()[1])
