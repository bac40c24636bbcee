"""Alerts of an installation: a round over its store, with the channels of its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_alerts.book import open_book
from sera_alerts.channels import CHANNELS_FILE, read_addresses, read_channels
from sera_alerts.delivery import deliver
from sera_alerts.rounds import deliver_due, look
from sera_store.fleet.node_facts import fleet_facts

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sera_alerts.book import AlertBook, Notice
    from sera_alerts.channels import Channel
    from sera_alerts.messages import Message
    from sera_command.installation.installation import Installation
    from sera_store.store import Store

ALERTS: Final = "alerts"
PLACE: Final = "Sera"


def alert_book(installation: Installation) -> AbstractContextManager[AlertBook]:
    """Open what the alerts remember; a context manager."""
    return open_book(installation.folder / ALERTS)


def channels_of(installation: Installation) -> tuple[Channel, ...]:
    """Read who is told and where; none where nobody is.

    Raises
    ------
    ChannelsUnusableError
        The file is not what it must be.
    """
    return read_channels(installation.folder / CHANNELS_FILE)


def send(installation: Installation, channel: Channel, message: Message) -> str:
    """Send a message to a channel; return the problem, empty where there is none."""
    return deliver(message, read_addresses(installation.folder / CHANNELS_FILE, channel))


def certificate_ends_s(installation: Installation) -> dict[str, int]:
    """Return by node when its certificate ends, Unix time [s]."""
    return {expiry.name: int(expiry.ends.timestamp()) for expiry in installation.authority.expiries()}


def alert_round(installation: Installation, store: Store, at_s: int) -> list[Notice]:
    """Look at the fleet, decide what is to be told, and deliver what is due; return what is new.

    Raises
    ------
    ChannelsUnusableError
        The file of channels is not what it must be.
    """
    channels = channels_of(installation)
    fleet = fleet_facts(store, at_s, certificate_ends_s(installation))
    with alert_book(installation) as book:
        notices = look(book, fleet, channels, at_s)
        deliver_due(
            book, channels, lambda channel, message: send(installation, channel, message), at_s, PLACE
        )
    return notices
