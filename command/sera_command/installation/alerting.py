"""Alerts of an installation: a round over its store, with the channels of its folder."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sera_alerts.channels import CHANNELS_FILE, read_addresses, read_channels
from sera_alerts.delivery import deliver
from sera_alerts.rounds import deliver_due, look
from sera_gateway.mqtt.renewals import REFUSED, read_renewals
from sera_store.alert_book import BOOK_FOLDER, Silence, open_book
from sera_store.fleet.node_facts import CertificateState, fleet_facts
from sera_vocabulary.alert_rules import RENEWAL_REFUSED, RENEWAL_WAITING
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sera_alerts.channels import Channel
    from sera_alerts.messages import Message
    from sera_command.installation.installation import Installation
    from sera_gateway.mqtt.renewals import Renewal
    from sera_quality.installation import InstallationFacts
    from sera_store.alert_book import AlertBook, Notice
    from sera_store.store import Store

PLACE: Final = "Sera"
GRAFANA_SILENCE: Final = "Grafana wakes people; sera dashboards provision --alerts sera ends this"
_FOR_GOOD_S: Final = 100 * 365 * DAY_S


def alert_book(installation: Installation) -> AbstractContextManager[AlertBook]:
    """Open what the alerts remember; a context manager."""
    return open_book(installation.folder / BOOK_FOLDER)


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


def certificate_states(installation: Installation) -> dict[str, CertificateState]:
    """Return by node when its certificate ends, and what becomes of its next one."""
    states = {
        expiry.name: CertificateState(int(expiry.ends.timestamp()))
        for expiry in installation.authority.expiries()
    }
    for node, renewal in read_renewals(installation.folder).items():
        if renewal.is_open or renewal.state == REFUSED:
            state = RENEWAL_WAITING if renewal.is_open else RENEWAL_REFUSED
            states[node] = CertificateState(_end_in_use_s(installation, renewal), state, renewal.ordered_s)
    return states


def _end_in_use_s(installation: Installation, renewal: Renewal) -> int | None:
    """Return when the certificate ends that a node uses while it does not use its next one."""
    ends = [
        datetime.fromisoformat(record.ends)
        for record in installation.authority.good(renewal.node)
        if record.generation < renewal.generation
    ]
    return int(max(ends).timestamp()) if ends else None


def silence_codes(installation: Installation, codes: Sequence[str], at_s: int) -> bool:
    """Silence the alerts that Grafana tells of, and no others; return whether it told of any before.

    Without codes nothing is silent for it. These are silences as people make them, so that `sera alerts list`
    shows them and says why.
    """
    with alert_book(installation) as book, book.transaction():
        before = book.silences(at_s)
        other_silences = [silence for silence in before if silence.reason != GRAFANA_SILENCE]
        silences = [Silence("", code, at_s + _FOR_GOOD_S, GRAFANA_SILENCE) for code in codes]
        book.put_silences([*other_silences, *silences])
    return len(other_silences) < len(before)


def alert_round(
    installation: Installation, store: Store, at_s: int, facts: InstallationFacts
) -> list[Notice]:
    """Check the fleet, decide what is to be told, and deliver what is due; return what is new.

    Parameters
    ----------
    facts
        What is known of the installation itself.

    Raises
    ------
    ChannelsUnusableError
        The file of channels is not what it must be.
    """
    channels = channels_of(installation)
    fleet = fleet_facts(store, at_s, certificate_states(installation))
    with alert_book(installation) as book:
        notices = look(book, fleet, channels, at_s, facts)
        deliver_due(
            book, channels, lambda channel, message: send(installation, channel, message), at_s, PLACE
        )
    return notices
