"""Brokers of others that are heard beside the own one, each with its own connection, session and budgets."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.mqtt.receive import Numbering, Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.config import FurtherBroker, GatewaySettings
    from sera_gateway.journal.message import Message
    from sera_gateway.mqtt.budgets import Budgets
    from sera_gateway.process.logs import JsonLog

# Message ids have 16 bits. In the journal each broker has a range of its own: none is taken for another.
_MIDS: Final = 65_536


def settings_for(settings: GatewaySettings, broker: FurtherBroker) -> GatewaySettings:
    """Write the settings by which one further broker is heard."""
    gateway = msgspec.structs.replace(settings.gateway, subscribe=broker.subscribe)
    return msgspec.structs.replace(settings, broker=broker, gateway=gateway, brokers=())


class FurtherReceivers:
    """The receivers of all further brokers.

    Parameters
    ----------
    settings
        Their `brokers` are heard.
    clock_ns
        Stamps messages as they arrive: Unix time [ns].
    log
        Where each reports, with its name.
    budgets
        Makes the account of senders of one broker: each receiver has a thread, and an account is for one.
    next_connection
        Gives the number of the next connection, over all brokers.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        clock_ns: Callable[[], int],
        log: JsonLog,
        budgets: Callable[[], Budgets],
        next_connection: Callable[[], int],
    ) -> None:
        self.by_name: dict[str, Receiver] = {}
        self.budgets: list[Budgets] = []
        heard = [broker for broker in settings.brokers if broker.subscribe]
        for number, broker in zip(count(1), heard, strict=False):
            account = budgets()
            self.budgets.append(account)
            self.by_name[broker.name] = Receiver(
                settings_for(settings, broker),
                None,
                clock_ns,
                log.bind(broker=broker.name),
                account,
                numbering=Numbering(next_connection, number * _MIDS),
            )

    @property
    def away(self) -> int:
        """How many of the brokers do not let us in now."""
        return sum(not receiver.online for receiver in self.by_name.values())

    def close(self) -> None:
        """Close their sockets."""
        for receiver in self.by_name.values():
            receiver.close()


class Acknowledgements:
    """Hands what is safe to all receivers: each acknowledges what came by its own connection.

    Parameters
    ----------
    receivers
        Of all brokers.
    """

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self._receivers = receivers

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages that are on disk."""
        for receiver in self._receivers:
            receiver.acknowledge(messages)
