"""Bring nodes the certificates that wait for them, over the connections that they have already.

A renewal is a file in the data folder, written by `sera node rotate`. The order, retained, holds no secret;
the certificate with its key goes out at QoS 0 and not retained, so that no broker keeps it, to the node that
asks for it. Once the node speaks with the new one its key leaves the file.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.mqtt.receive import Outgoing
from sera_store.atomic_file import replacing
from sera_store.private_files import FILE_MODE, make_private
from sera_vocabulary import messages as keys
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog

FOLDER: Final = "renewals"
_SUFFIX: Final = ".json"
# What has become of a renewal.
WAITING: Final = "waiting"
SENT: Final = "sent"
CONFIRMED: Final = "confirmed"
REFUSED: Final = "refused"


class Renewal(msgspec.Struct, frozen=True):
    """A certificate that is to become a node's.

    Parameters
    ----------
    node, community
        Whose it is, and under which community it speaks.
    generation, client_id, expires_s
        The how-manieth of the node it is, the MQTT client id that goes with it, and its end, Unix time [s].
    cert, key
        DER in base64; empty once the node uses it.
    state
        WAITING, SENT, CONFIRMED or REFUSED: the node could not get in with it, and uses the one before.
    ordered_s, since_s
        When it was ordered, and since when the state is that, Unix time [s].
    """

    node: str
    community: str
    generation: int
    client_id: str
    expires_s: int
    cert: str
    key: str
    ordered_s: int
    state: str = WAITING
    since_s: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the node has not taken it, and may."""
        return self.state in (WAITING, SENT)


class _Status(msgspec.Struct):
    certificate: int = msgspec.field(name=keys.KEY_CERTIFICATE, default=0)
    wants: int = msgspec.field(name=keys.KEY_WANTS, default=0)
    refused: int = msgspec.field(name=keys.KEY_CERTIFICATE_REFUSED, default=0)


def read_renewals(data: Path) -> dict[str, Renewal]:
    """Read the renewals of a data folder by node; a file that cannot be read is left out."""
    renewals = {}
    for path in sorted((data / FOLDER).glob(f"*{_SUFFIX}")):
        with suppress(OSError, msgspec.MsgspecError):
            renewal = msgspec.json.decode(path.read_bytes(), type=Renewal)
            renewals[renewal.node] = renewal
    return renewals


def write_renewal(data: Path, renewal: Renewal) -> None:
    """Write a renewal for the gateway to find, in place of an earlier one of the node; its owner's alone.

    Raises
    ------
    OSError
        It cannot be written.
    """
    make_private(data / FOLDER)
    with replacing(data / FOLDER / f"{renewal.node}{_SUFFIX}", mode=FILE_MODE) as file:
        file.write(msgspec.json.encode(renewal))


def remove_renewal(data: Path, node: str) -> None:
    """Remove the renewal of a node, where there is one."""
    (data / FOLDER / f"{node}{_SUFFIX}").unlink(missing_ok=True)


class RenewalKeeper:
    """The renewals of a data folder, between those who ordered them and the nodes.

    Parameters
    ----------
    data
        The data folder.
    gateway
        This gateway's id.
    publish
        Queues messages; returns False where there is no connection.
    clock_s
        The time, Unix time [s].
    log
        Where it is reported what became of each.
    """

    def __init__(
        self,
        data: Path,
        gateway: str,
        publish: Callable[[Sequence[Outgoing]], bool],
        clock_s: Callable[[], float],
        log: JsonLog,
    ) -> None:
        self._data = data
        self._gateway = gateway
        self._publish = publish
        self._clock_s = clock_s
        self._log = log
        self._lock = threading.Lock()
        self._renewals: dict[str, Renewal] = {}
        self._ordered: dict[str, int] = {}
        self._read_ns = -1
        # Topics of statuses that are to be handed to `handle_status`.
        self.status_topics: frozenset[str] = frozenset()

    def handle_connection(self) -> None:
        """Order again: the broker may be another one."""
        with self._lock:
            self._ordered.clear()

    def publish_due(self) -> None:
        """Take up what was ordered since, and publish the orders that the broker does not have."""
        self._read()
        with self._lock:
            generations = {
                topics.topic(renewal.community, renewal.node, topics.CREDENTIALS): renewal.generation
                for renewal in self._renewals.values()
                if renewal.is_open
            }
            due = [
                Outgoing(topic, self._message(generation))
                for topic, generation in generations.items()
                if self._ordered.get(topic) != generation
            ]
            # An empty message takes a retained one from the broker.
            due += [Outgoing(topic, b"") for topic in self._ordered if topic not in generations]
            if due and self._publish(due):
                self._ordered = generations
                self._log.info("renewals_ordered", nodes=len(generations))

    def handle_status(self, topic: str, payload: bytes) -> None:
        """Answer a node that asks for its certificate, and note what it uses; called as statuses arrive."""
        parsed = topics.parse(topic)
        renewal = self._renewals.get(parsed[1]) if parsed else None
        if renewal is None or parsed is None or parsed[0] != renewal.community:
            return
        try:
            status = msgspec.json.decode(payload, type=_Status)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        if status.certificate == renewal.generation:
            self._note(renewal, CONFIRMED)
        elif status.refused == renewal.generation:
            self._note(renewal, REFUSED)
        if status.wants == renewal.generation:
            answer = self._answer(self._renewals[renewal.node], is_used=status.certificate == status.wants)
            if answer is not None:
                down = topics.topic(renewal.community, renewal.node, topics.CREDENTIALS)
                self._publish([Outgoing(down, answer, is_kept=False)])

    def _answer(self, renewal: Renewal, *, is_used: bool) -> bytes | None:
        if is_used:
            return self._message(renewal.generation, **{keys.KEY_CONFIRMED: True})
        if not renewal.is_open:
            return None
        self._note(renewal, SENT)
        return self._message(
            renewal.generation,
            **{
                keys.KEY_CLIENT_ID: renewal.client_id,
                keys.KEY_ENDS_S: renewal.expires_s,
                keys.KEY_CERT: renewal.cert,
                keys.KEY_KEY: renewal.key,
            },
        )

    def _message(self, generation: int, **more: object) -> bytes:
        head = {
            keys.KEY_VERSION: keys.PROTOCOL_VERSION,
            keys.KEY_GATEWAY: self._gateway,
            keys.KEY_GENERATION: generation,
        }
        return msgspec.json.encode(head | more)

    def _note(self, renewal: Renewal, state: str) -> None:
        """Keep what became of a renewal; a node that uses it needs the key from nobody any more."""
        if renewal.state == state:
            return
        is_over = state == CONFIRMED
        noted = msgspec.structs.replace(
            renewal,
            state=state,
            since_s=int(self._clock_s()),
            cert="" if is_over else renewal.cert,
            key="" if is_over else renewal.key,
        )
        with self._lock:
            self._renewals[renewal.node] = noted
        try:
            write_renewal(self._data, noted)
        except OSError as error:
            self._log.warning("renewal_not_noted", node=renewal.node, state=state, detail=str(error))
        else:
            self._log.info("renewal", node=renewal.node, generation=renewal.generation, state=state)

    def _read(self) -> None:
        """Read the folder where it has changed."""
        try:
            changed_ns = (self._data / FOLDER).stat().st_mtime_ns
        except OSError:
            return
        if changed_ns != self._read_ns:
            self._read_ns = changed_ns
            renewals = read_renewals(self._data)
            with self._lock:
                self._renewals = renewals
                self.status_topics = _status_topics(renewals.values())


def _status_topics(renewals: Iterable[Renewal]) -> frozenset[str]:
    return frozenset(
        topics.topic(renewal.community, renewal.node, topics.STATUS)
        for renewal in renewals
        if renewal.state != REFUSED
    )
