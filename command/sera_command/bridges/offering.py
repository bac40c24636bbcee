"""Publish what is offered to a broker of somebody else, and take back what is not offered any more."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from sera_command.bridges.offered_devices import RetainedMessage
from sera_gateway.config import BROKERS_FILE, OFFERED_FILE, read_brokers
from sera_gateway.mqtt.connection import tls_context
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sera_gateway.config import FurtherBroker
    from sera_gateway.process.logs import JsonLog

_WITHIN_S: Final = 20.0


class Offering:
    """Keeps which topics each broker was given, so that what is gone here goes there too.

    Parameters
    ----------
    folder
        The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / OFFERED_FILE

    def offered(self) -> dict[str, list[str]]:
        """Return the topics that each broker keeps of us, by its name."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[str]])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def offer(self, broker: FurtherBroker, messages: Sequence[RetainedMessage]) -> int:
        """Publish messages, and clear the topics that were offered before and are not now; return how many.

        Raises
        ------
        ConnectionError
            The broker is away, refuses, or did not take all of them.
        """
        topics = {message.topic for message in messages}
        before = set(self.offered().get(broker.name, ()))
        # First of all: what a kill leaves half published is still known.
        self._note(broker.name, topics | before)
        # A device is removed before its values are, so that it never shows none.
        cleared = [RetainedMessage(topic, b"") for topic in sorted(before - topics)]
        _publish(broker, [*cleared, *messages])
        self._note(broker.name, topics)
        return len(messages)

    def withdraw(self, broker: FurtherBroker) -> int:
        """Clear all that was offered to a broker; return how many topics.

        Raises
        ------
        ConnectionError
            As for `offer`.
        """
        topics = self.offered().get(broker.name, [])
        self.offer(broker, [])
        return len(topics)

    def _note(self, name: str, topics: set[str]) -> None:
        offered = {**self.offered(), name: sorted(topics)}
        non_empty = {name: listed for name, listed in offered.items() if listed}
        write_private(self._path, msgspec.json.encode(non_empty, order="deterministic"))


def offer_to_all(
    folder: Path, messages: Callable[[FurtherBroker], Sequence[RetainedMessage]], log: JsonLog
) -> None:
    """Offer to each broker what it is to get, and nothing to one that is to get nothing any more.

    Parameters
    ----------
    folder
        The data folder.
    messages
        What a broker is to get.
    log
        Where a broker that could not be reached is reported; it gets everything the next time.
    """
    offering = Offering(folder)
    brokers = read_brokers(folder / BROKERS_FILE)
    for broker in brokers:
        if not broker.offer and not offering.offered().get(broker.name):
            continue
        try:
            offering.offer(broker, messages(broker) if broker.offer else [])
        except OSError as error:
            log.warning("not_offered", broker=broker.name, problem=str(error))
    for name in offering.offered().keys() - {broker.name for broker in brokers}:
        log.warning(
            "offer_left_behind",
            broker=name,
            detail=f"it is not in {BROKERS_FILE} any more, and still keeps what it was offered; bring it "
            f"back and run `sera home-assistant withdraw {name}`",
        )


def _publish(broker: FurtherBroker, messages: Sequence[RetainedMessage]) -> None:
    """Publish retained messages in one connection, and wait until the broker has taken all of them."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"sera-offer-{secrets.token_hex(6)}")
    if broker.user:
        client.username_pw_set(broker.user, broker.password())
    if (context := tls_context(broker)) is not None:
        client.tls_set_context(context)
    refused: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: (
        refused.append(str(reason)) if reason.is_failure else None
    )
    address = broker.address
    client.connect(address.host, address.port, keepalive=int(_WITHIN_S))
    client.loop_start()
    try:
        for sent in [client.publish(topic, payload, qos=1, retain=True) for topic, payload in messages]:
            sent.wait_for_publish(_WITHIN_S)
            if not sent.is_published():
                reason = refused[0] if refused else f"not all was taken within {_WITHIN_S:.0f} s"
                raise ConnectionError(f"the broker {broker.name} at {broker.url}: {reason}")
    except (RuntimeError, ValueError) as error:
        raise ConnectionError(f"the broker {broker.name} at {broker.url}: {error}") from error
    finally:
        client.disconnect()
        client.loop_stop()
