"""Publish what people enter through the running broker, and answer once the journal has it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from sera_gateway.errors import GatewayError
from sera_pages.errors import NotSentError
from sera_pages.sending.journal_watch import JournalWatch

if TYPE_CHECKING:
    from sera_gateway.config import BrokerSettings
    from sera_gateway.process.logs import JsonLog

JOURNALED_WITHIN_S: Final = 8.0
# NATS acknowledges a message that it refuses, and a broker that has just started may not know our rights yet.
_AGAIN_AFTER_S: Final = 2.5
_QUEUED_MOST: Final = 1_000
_KEEPALIVE_S: Final = 60
_LOOP_S: Final = 5.0


class Sender(Protocol):
    """What carries a message into the journal."""

    async def send(self, topic: str, payload: bytes) -> None:
        """Return once the journal has a message; the same one may be sent again.

        Raises
        ------
        NotSentError
            It was not there within 8 s. It may come yet.
        """


class _QuietClient(mqtt.Client):
    """A client whose thread looks every five seconds whether to say that it lives, and not each second.

    What is published ends its wait at once.
    """

    def loop_forever(self, timeout: float = _LOOP_S, retry_first_connection: bool = False) -> MQTTErrorCode:
        return super().loop_forever(timeout, retry_first_connection)


class BrokerSender:
    """Publishes with the pages' own certificate.

    Parameters
    ----------
    broker
        Where the broker is, and what the pages prove themselves with.
    journal
        Folder of the journal.
    log
        Where it is reported that the broker cannot be reached.
    """

    def __init__(self, broker: BrokerSettings, journal: Path, log: JsonLog) -> None:
        self._broker = broker
        self._log = log
        self._watch = JournalWatch(journal, log)
        self._client = _QuietClient(
            CallbackAPIVersion.VERSION2,
            client_id=Path(broker.client_id_file).read_text(encoding="utf-8").strip(),
            clean_session=True,
        )
        self._client.max_queued_messages_set(_QUEUED_MOST)
        self._client.reconnect_delay_set(1, 15)
        self._client.on_connect_fail = self._note_away

    def start(self) -> None:
        """Connect in the background; a broker that is away is tried again and again."""
        broker = self._broker
        if broker.address.tls:
            self._client.tls_set(broker.ca_file, broker.cert_file, broker.key_file)
        self._watch.start()
        self._client.connect_async(broker.address.host, broker.address.port, _KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """End the connection."""
        self._client.disconnect()
        self._client.loop_stop()
        self._watch.close()

    async def send(self, topic: str, payload: bytes) -> None:
        """Publish, and return once the journal has the message.

        Raises
        ------
        NotSentError
            It was not there within 8 s. It may come yet.
        """
        expected = self._watch.expect(topic, payload)
        journaled = asyncio.wrap_future(expected.is_kept)
        try:
            await asyncio.wait_for(asyncio.wrap_future(expected.is_watched), JOURNALED_WITHIN_S)
            for _ in range(int(JOURNALED_WITHIN_S / _AGAIN_AFTER_S)):
                if self._client.is_connected():
                    self._client.publish(topic, payload, qos=1)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(journaled), _AGAIN_AFTER_S)
                    return
        except (TimeoutError, GatewayError) as error:
            raise NotSentError("the journal cannot be read") from error
        finally:
            if not journaled.done():
                journaled.cancel()
        raise NotSentError(f"the journal did not have the message within {JOURNALED_WITHIN_S:g} s")

    def _note_away(self, *_: Any) -> None:
        self._log.warning("broker_unreachable", part="pages")
