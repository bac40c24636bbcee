"""One contact with the broker: send what is new, send again what the gateway lacks, take orders."""

import json

from sera_firmware import VERSION, lazy_modules
from sera_firmware.batch import Packer
from sera_firmware.budget import Budget
from sera_firmware.config import Settings
from sera_firmware.mqtt import Client
from sera_firmware.portable import Any, const
from sera_firmware.probes import ProbeTable
from sera_firmware.store import Store
from sera_vocabulary import messages, topics

_KEEP_ALIVE_FACTOR = 2
# What a message can raise, of a wrong form or where flash or heap fail it. It is retained: if it ended a
# wake, it would end every wake.
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RuntimeError,
    OSError,
    MemoryError,
)
# A status is in CONNECT too, as the last will, beside topic, id and credentials; one longer than this goes
# without the reason of a refusal, so that no text of others can keep a node from its broker.
_STATUS_BYTES_MOST = const(512)
# What a contact keeps back of its budget, to say goodbye in order.
_CLOSING_MS = const(3000)


class Contact:
    """The node's side of the protocol over one client; used again for every contact.

    Parameters
    ----------
    settings, store, probes
        What it sends, and takes orders for.
    feed
        Called at least twice a second while waiting for the network: a watchdog's food, or None.
    """

    def __init__(self, settings: Settings, store: Store, probes: ProbeTable, feed: Any = None) -> None:
        values = settings.values
        self._settings = settings
        self._store = store
        self._probes = probes
        self._packer = Packer(store)
        self._client = Client(values["node"], values["timeout_s"] * 1000, self, feed)
        if values["broker"].get("tls"):
            self._client.reserve()
        self._topics = {
            channel: topics.topic(values["community"], values["node"], channel)
            for channel in (
                topics.DATA,
                topics.STATUS,
                topics.PROBES,
                topics.HAVE,
                topics.CONFIG,
                topics.CREDENTIALS,
            )
        }
        # The certificate in use as `renewal.choose` says it, and what the gateway said of the next one last.
        self.slot: tuple[Any, ...] = (0, None, None, 0, {})
        self.credentials: Any = None
        self._have = (0, 0)
        self._answered: set[int] = set()
        self.last_have = (0, 0)
        self.have_repeats = 0
        self._budget: Budget | None = None
        self.have_next = 0

    def open(self, budget: Budget) -> None:
        """Connect and subscribe within a budget; a network, TLS or broker error passes through."""
        self._have = (0, 0)
        self._answered.clear()
        self._budget = budget
        self._client.keep_within(budget)
        values = self._settings.values
        broker = values["broker"]
        self.credentials = None
        if broker.get("tls"):
            self.slot = lazy_modules.call("renewal", "choose", self._settings)
        self._client.client_id = self.slot[1] or broker.get("client_id") or values["node"]
        self._client.connect(
            dict(broker, tls=self.slot[2]),
            self._topics[topics.STATUS],
            self._status(messages.STATE_LOST),
            values["timeout_s"] * _KEEP_ALIVE_FACTOR,
        )
        orders = (topics.HAVE, topics.CONFIG, topics.CREDENTIALS)
        self._client.subscribe(tuple([self._topics[channel] for channel in orders]))
        if self.slot[3]:
            lazy_modules.call("renewal", "opened", self.slot)

    def send_new(self) -> None:
        """Send all that the broker has not acknowledged, and keep the position as it grows.

        The tables of probes go first, so that no record names one that the gateway does not have. What the
        budget does not allow is left for the next contact.
        """
        store = self._store
        for table in self._probes.unsent():
            self._client.publish(self._topics[topics.PROBES], table, retain=True)
        while store.acknowledged + 1 < store.next and self.has_time():
            index = store.index_of(store.acknowledged + 1)
            last = store.end_of(index) - 1
            self._send(index, store.acknowledged + 1, last)
            self._client.settle()
            store.acknowledge(last)

    def has_time(self) -> bool:
        """Return whether the wake has time for more than the goodbye."""
        return self._budget is None or self._budget.left_ms() > _CLOSING_MS

    def send_again(self, before: int) -> None:
        """Send again what the gateway lacks of the records that were sent before this contact.

        Parameters
        ----------
        before
            Sequences from here on were sent in this contact and are no gap yet.
        """
        first_missing, top = self._have
        if (
            not first_missing
            or top < first_missing
            or first_missing >= before
            or first_missing in self._answered
        ):
            return
        self._answered.add(first_missing)
        if not self._is_worth_answering():
            return
        store = self._store
        first, last = max(first_missing, store.lowest), min(top, store.next - 1)
        while first <= last and self.has_time():
            index = store.index_of(first)
            self._send(index, first, last)
            self._client.settle()
            first = store.end_of(index)

    def _is_worth_answering(self) -> bool:
        """Answer the very same wish at its 1st, 2nd, 4th, 8th ... asking only.

        A gateway that is down leaves its last wish retained at the broker, for days perhaps; what is
        asked for again, or still, is sent.
        """
        if self._have != self.last_have:
            self.last_have, self.have_repeats = self._have, 0
        self.have_repeats += 1
        return self.have_repeats & (self.have_repeats - 1) == 0

    def _send(self, index: int, first: int, last: int) -> None:
        packer = self._packer
        packer.take(index, first, last)
        view = memoryview(packer.buffer)
        size = packer.pack()
        while size:
            self._client.publish(self._topics[topics.DATA], view[:size])
            size = packer.pack()
        self._store.skipped += packer.damaged
        packer.damaged = 0

    def listen(self, timeout_ms: int) -> bool:
        """Wait for one message from the gateway; return whether one came."""
        return self._client.listen(timeout_ms)

    def renew(self) -> None:
        """Fetch the certificate that the gateway ordered, or have the one on trial confirmed."""
        if self.slot[3] or self.credentials:
            lazy_modules.call("renewal", "converse", self)

    def tell(self, state: str, **more: int) -> None:
        """Publish a status; what is to be read while the node sleeps stays at the broker."""
        retain = state == messages.STATE_ASLEEP
        self._client.publish(self._topics[topics.STATUS], self._status(state, **more), retain)

    def close(self, next_contact_s: int) -> None:
        """Publish what stays to be read while the node sleeps, and disconnect."""
        self.tell(messages.STATE_ASLEEP, next_contact_s=next_contact_s)
        self._client.settle()
        self._probes.mark_sent()
        self._client.close()

    def drop(self) -> None:
        """Close the connection after an error, without DISCONNECT."""
        self._client.drop()

    def _status(self, state: str, **more: int) -> bytes:
        status = {
            messages.KEY_VERSION: messages.PROTOCOL_VERSION,
            messages.KEY_EPOCH: self._store.epoch,
            messages.KEY_STATE: state,
            messages.KEY_FIRMWARE: VERSION,
            messages.KEY_CONFIG: self._settings.values["config"],
        }
        status.update(self.slot[4])
        status.update(more)
        text = json.dumps(status).encode()
        if self._settings.refused:
            status[messages.KEY_REFUSED] = self._settings.refused
            whole = json.dumps(status).encode()
            text = whole if len(whole) <= _STATUS_BYTES_MOST else text
        return text

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message of the gateway; one that cannot be read changes nothing."""
        try:
            message = json.loads(payload)
            if message[messages.KEY_VERSION] != messages.PROTOCOL_VERSION or self._is_foreign(message):
                return
            if topic == self._topics[topics.HAVE]:
                self._take_have(message)
            elif topic == self._topics[topics.CONFIG]:
                self._settings.change(message[messages.KEY_CONFIG_VERSION], message[messages.KEY_SETTINGS])
            elif topic == self._topics[topics.CREDENTIALS]:
                self.credentials = message
        except _UNREADABLE:
            return

    def _is_foreign(self, message: dict[str, Any]) -> bool:
        gateway = self._settings.values["gateway"]
        return bool(gateway) and message.get(messages.KEY_GATEWAY) != gateway

    def _take_have(self, message: dict[str, Any]) -> None:
        if message[messages.KEY_EPOCH] != self._store.epoch:
            return
        self._have = (int(message[messages.KEY_HAVE_NEXT]), int(message[messages.KEY_HAVE_TOP]))
        self.have_next = self._have[0]
