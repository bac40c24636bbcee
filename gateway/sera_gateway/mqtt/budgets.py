"""What each sender may bring in a day and at once: decided before anything is written or kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.journal.excess import (
    BYTES_A_DAY,
    EXCESS_TOPIC,
    MESSAGES,
    PACKET_BYTES,
    RESERVED_ROOT,
    RESERVED_TOPIC,
    TOPIC_MOST,
    Excess,
    excess_payload,
    head_of,
    payload_hash,
)
from sera_gateway.journal.message import Message
from sera_store.database.recent_cache import RecentCache
from sera_vocabulary.durations import DAY_NS, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_gateway.config import BudgetSettings
    from sera_gateway.journal.message import TopicSize
    from sera_gateway.mqtt.senders import Sender, Senders
    from sera_gateway.process.logs import JsonLog

# What a message takes in journal and ledger besides its topic and payload.
BYTES_A_MESSAGE: Final = 100
# Of one sender and limit, at most one row in so long says how many there were.
REPORT_EVERY_S: Final = 60.0
RENEW_EVERY_S: Final = 1.0
CROWD_SENDERS_CACHED: Final = 8_192


class _Use:
    """What one sender, or one crowd, has brought today, and how many messages it may still bring at once."""

    __slots__ = ("at_ns", "day", "left", "used_bytes")

    def __init__(self, left: float, at_ns: int) -> None:
        self.day = at_ns // DAY_NS
        self.used_bytes = 0
        self.left = left
        self.at_ns = at_ns


class _Unreported:
    """Messages beyond a limit that no row of the journal counts yet, and when the next row is due [s]."""

    __slots__ = ("arrival", "due_s", "messages", "total_bytes")

    def __init__(self, due_s: float) -> None:
        self.due_s = due_s
        self.arrival: Arrival | None = None
        self.messages = self.total_bytes = 0

    def add(self, arrival: Arrival) -> None:
        """Count one more; of all only the last is looked at, and only where a row is written."""
        self.arrival = arrival
        self.messages += 1
        self.total_bytes += arrival.size


class Arrival(NamedTuple):
    """A message as it came, before it is decided whether it is journaled; `size` is of its whole payload."""

    topic: str
    payload: bytes
    size: int
    digest: bytes = b""


class Budgets:
    """The account of all senders at the receiving side.

    Parameters
    ----------
    limits
        The `[budget]` of the settings.
    senders
        Finds whose a message is.
    log
        Where a sender beyond its budget is reported.
    clock_s
        The clock of intervals [s].
    """

    def __init__(
        self,
        limits: BudgetSettings,
        senders: Senders,
        log: JsonLog,
        clock_s: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._senders = senders
        self._log = log
        self._clock_s = clock_s
        self._renewed_s = clock_s()
        senders.renew()
        # Bounded by the registry; the crowds by its mappings.
        self._registered: dict[str, _Use] = {}
        self._crowds: dict[str, _Use] = {}
        self._unregistered: RecentCache[str, _Use] = RecentCache(CROWD_SENDERS_CACHED)
        self._unreported: dict[tuple[str, str], _Unreported] = {}
        self.refused_messages = 0
        self.refused_bytes = 0

    @property
    def alarms(self) -> set[str]:
        """Senders that are, or were within the last minute, beyond a limit."""
        return {sender for sender, _ in self._unreported}

    def restore(self, now_ns: int, sizes: Iterable[TopicSize]) -> None:
        """Count what the journal holds of today, as after a restart."""
        for topic, messages, size in sizes:
            if topic != EXCESS_TOPIC:
                cost = size + messages * (len(topic) + BYTES_A_MESSAGE)
                for use, _ in self._uses(now_ns, self._senders.find(topic)):
                    use.used_bytes += cost

    def exceeded_limit(self, now_ns: int, topic: str, size: int) -> str:
        """Return the limit that a message exceeds; the empty text where it is admitted, which is counted."""
        if size > self._limits.packet_bytes:
            return PACKET_BYTES
        if topic.startswith(RESERVED_ROOT):
            return RESERVED_TOPIC
        cost = size + len(topic) + BYTES_A_MESSAGE
        uses = self._uses(now_ns, self._senders.find(topic))
        for use, times in uses:
            if use.used_bytes + cost > self._limits.bytes_a_day * times:
                return BYTES_A_DAY
            if use.left < 1:
                return MESSAGES
        for use, _ in uses:
            use.used_bytes += cost
            use.left -= 1
        return ""

    def refuse(self, now_ns: int, limit: str, arrival: Arrival) -> Message | None:
        """Count a message beyond a limit.

        Returns
        -------
        Message or None
            What to journal in its place; None where a later row counts it.
        """
        name, crowd = self._senders.find(arrival.topic)
        key = (crowd or name, limit)
        self.refused_messages += 1
        self.refused_bytes += arrival.size
        unreported, now_s = self._unreported.get(key), self._clock_s()
        is_due = unreported is None or now_s >= unreported.due_s
        if unreported is None:
            unreported = self._unreported[key] = _Unreported(now_s)
        unreported.add(arrival)
        return self._report(now_ns, key, unreported) if is_due else None

    def due(self, now_ns: int, *, all_rows: bool = False) -> list[Message]:
        """Return the rows that are due for what was refused and not journaled yet."""
        now_s, messages = self._clock_s(), []
        if now_s - self._renewed_s >= RENEW_EVERY_S:
            self._renewed_s = now_s
            self._senders.renew()
        ripe = [
            (key, unreported)
            for key, unreported in self._unreported.items()
            if all_rows or unreported.due_s <= now_s
        ]
        for key, unreported in ripe:
            if unreported.arrival is None:
                del self._unreported[key]
            else:
                messages.append(self._report(now_ns, key, unreported))
        return messages

    def _report(self, now_ns: int, key: tuple[str, str], unreported: _Unreported) -> Message:
        """Write the row of what was counted, and begin to count again."""
        self._unreported[key] = _Unreported(self._clock_s() + REPORT_EVERY_S)
        excess = _excess(key, unreported)
        self._log.error(
            "beyond_budget",
            sender=excess.sender,
            limit=excess.limit,
            messages=excess.messages,
            bytes=excess.total_bytes,
            detail="only head and hash are kept; a node sends them again, other devices do not",
        )
        return Message(now_ns, EXCESS_TOPIC, excess_payload(excess), qos=0)

    def _uses(self, now_ns: int, sender: Sender) -> list[tuple[_Use, int]]:
        """Return what counts against a message of a sender, each with how many senders share it."""
        if not sender.crowd:
            return [
                (self._renew(self._registered.get(sender.name), self._registered, sender.name, now_ns), 1)
            ]
        own = self._renew(self._unregistered.get(sender.name), self._unregistered, sender.name, now_ns)
        times = self._limits.crowd_senders
        crowd = self._renew(self._crowds.get(sender.crowd), self._crowds, sender.crowd, now_ns, times)
        return [(own, 1), (crowd, times)]

    def _renew(
        self,
        use: _Use | None,
        uses: dict[str, _Use] | RecentCache[str, _Use],
        name: str,
        now_ns: int,
        times: int = 1,
    ) -> _Use:
        most = self._limits.messages_at_once * times
        if use is None:
            use = uses[name] = _Use(most, now_ns)
            return use
        if now_ns != use.at_ns:
            elapsed_s = max(0, now_ns - use.at_ns) / SECOND_NS
            use.left = min(most, use.left + elapsed_s * self._limits.messages_a_second * times)
            use.at_ns = now_ns
            day = now_ns // DAY_NS
            if day != use.day:
                use.day, use.used_bytes = day, 0
        return use


def _excess(key: tuple[str, str], unreported: _Unreported) -> Excess:
    arrival = unreported.arrival or Arrival("", b"", 0)
    sender, limit = key
    return Excess(
        sender=sender,
        limit=limit,
        topic=arrival.topic[:TOPIC_MOST],
        head=head_of(arrival.payload),
        digest=(arrival.digest or payload_hash(arrival.payload)).hex(),
        size=arrival.size,
        messages=unreported.messages,
        total_bytes=unreported.total_bytes,
    )
