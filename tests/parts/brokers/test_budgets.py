"""What a sender may bring is decided before it is journaled; what is beyond costs the others nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from foreign_parts import GARDEN_OBS, obs_topic
from gateway_parts import NOW_NS, NOW_S, SINCE_S, Log, data_topic, message, plant
from sera_gateway.config import BudgetSettings
from sera_gateway.journal.excess import EXCESS_TOPIC, Excess, payload_hash, read_excess
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.mqtt.budgets import BYTES_A_MESSAGE, REPORT_EVERY_S, Arrival, Budgets
from sera_gateway.mqtt.senders import UNREGISTERED, Sender, Senders
from sera_store.store import Store
from sera_vocabulary.durations import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOPIC = data_topic("node-a")
OTHER = data_topic("node-b")
SIZE = 1_000
COST = SIZE + len(TOPIC) + BYTES_A_MESSAGE


class Site:
    """The budgets of a gateway with two nodes and a mapping, and a clock that a test sets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now_s = 0.0
        self.log = Log()

    def budgets(self, **limits: Any) -> Budgets:
        senders = Senders(self.store.registry)
        return Budgets(BudgetSettings(**limits), senders, self.log, lambda: self.now_s)

    def senders(self) -> Senders:
        senders = Senders(self.store.registry)
        senders.renew()
        return senders


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Store.open(tmp_path / "store", clock=lambda: NOW_S) as store:
        plant(store, ["node-a", "node-b", "gdn-0001"])
        store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
        yield Site(store)


def admitted(budgets: Budgets, topic: str, count: int, size: int = SIZE, now_ns: int = NOW_NS) -> int:
    """How many messages in a row are admitted."""
    return sum(not budgets.exceeded_limit(now_ns, topic, size) for _ in range(count))


def test_a_sender_is_the_node_of_its_topic_or_shares_a_crowd(site: Site) -> None:
    senders = site.senders()
    assert senders.find(TOPIC) == Sender("node-a", "")
    assert senders.find(data_topic("node-x")) == Sender("node-x", UNREGISTERED)
    assert senders.find(obs_topic("gdn-0001")) == Sender("gdn-0001", "")
    assert senders.find(obs_topic("gdn-9999")) == Sender("gdn-9999", UNREGISTERED)
    assert senders.find("zigbee2mqtt/kitchen/set") == Sender("zigbee2mqtt/kitchen", UNREGISTERED)


def test_devices_of_a_mapping_whose_topics_name_none_share_the_crowd_of_the_mapping(site: Site) -> None:
    unnamed = msgspec.structs.replace(
        GARDEN_OBS, id="weather", topic="weather/{city}/obs", node="node", version=1
    )
    site.store.registry.put(unnamed, since_s=SINCE_S, by="a test")
    assert site.senders().find("weather/bristol/obs") == Sender("weather/bristol/obs", "weather")


def test_a_node_may_bring_its_bytes_a_day_and_no_more_until_the_next_day(site: Site) -> None:
    budgets = site.budgets(bytes_a_day=10 * COST)
    assert admitted(budgets, TOPIC, 20) == 10
    assert budgets.exceeded_limit(NOW_NS, TOPIC, SIZE) == "bytes_a_day"
    assert admitted(budgets, OTHER, 20) == 10
    assert admitted(budgets, TOPIC, 20, now_ns=NOW_NS + DAY_NS) == 10


def test_three_months_backlog_of_a_node_that_wakes_every_five_minutes_fits_into_one_day(site: Site) -> None:
    budgets = site.budgets()
    batches = 92 * 288 * 5 // 8
    for number in range(batches):
        # A board that sends thirty messages a second.
        now_ns = NOW_NS + number * DAY_NS // 86_400 // 30
        assert not budgets.exceeded_limit(now_ns, TOPIC, 1_536), number


def test_so_many_messages_at_once_and_so_many_a_second_after_that(site: Site) -> None:
    budgets = site.budgets(messages_at_once=100, messages_a_second=10)
    assert admitted(budgets, TOPIC, 200) == 100
    assert budgets.exceeded_limit(NOW_NS, TOPIC, SIZE) == "messages"
    assert admitted(budgets, TOPIC, 200, now_ns=NOW_NS + 2_000_000_000) == 20
    assert admitted(budgets, TOPIC, 200, now_ns=NOW_NS + 60_000_000_000) == 100


def test_a_clock_that_is_put_back_gives_nobody_more(site: Site) -> None:
    budgets = site.budgets(messages_at_once=100, messages_a_second=10)
    assert admitted(budgets, TOPIC, 200) == 100
    assert admitted(budgets, TOPIC, 200, now_ns=NOW_NS - 60_000_000_000) == 0


def test_names_that_are_made_up_share_one_budget_whatever_they_are(site: Site) -> None:
    budgets = site.budgets(bytes_a_day=10 * COST, crowd_senders=3)
    names = [data_topic(f"made-up-{number}") for number in range(50)]
    names += [f"zigbee2mqtt/made-up-{number}" for number in range(50)]
    names += [obs_topic(f"gdn-{number}") for number in range(2_000, 2_050)]
    assert 20 <= sum(admitted(budgets, name, 5) for name in names) <= 30 * COST // (SIZE + BYTES_A_MESSAGE)
    assert admitted(budgets, TOPIC, 20) == 10


def test_made_up_names_leave_a_bounded_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sera_gateway.mqtt.budgets.CROWD_SENDERS_CACHED", 50)
    budgets = site.budgets(crowd_senders=10_000)
    for number in range(500):
        budgets.exceeded_limit(NOW_NS, f"zigbee2mqtt/made-up-{number}", SIZE)
        budgets.refuse(NOW_NS, "messages", Arrival(f"made/up-{number}", b"x", 1))
    assert len(budgets._unregistered) <= 50
    assert (len(budgets._crowds), len(budgets._unreported)) == (1, 1)


def test_one_row_a_sender_limit_and_minute_counts_what_was_refused(site: Site) -> None:
    budgets = site.budgets()
    rows = [budgets.refuse(NOW_NS, "messages", Arrival(TOPIC, b"x" * SIZE, SIZE)) for _ in range(1_000)]
    assert [row is not None for row in rows] == [True] + [False] * 999
    assert budgets.alarms == {"node-a"}
    assert budgets.due(NOW_NS) == []
    site.now_s = REPORT_EVERY_S
    [row] = budgets.due(NOW_NS)
    assert (row.topic, budgets.due(NOW_NS)) == (EXCESS_TOPIC, [])
    first = read_excess(rows[0].payload if rows[0] else b"")
    later = read_excess(row.payload)
    assert first is not None
    assert later is not None
    assert (first.messages, first.total_bytes) == (1, SIZE)
    assert later == Excess(
        sender="node-a",
        limit="messages",
        topic=TOPIC,
        head="x" * 96,
        digest=payload_hash(b"x" * SIZE).hex(),
        size=SIZE,
        messages=999,
        total_bytes=999 * SIZE,
    )
    assert site.log.events() == ["beyond_budget"] * 2
    assert max(len(item.payload) for item in (*filter(None, rows), row)) < 600
    site.now_s = 3 * REPORT_EVERY_S
    assert (budgets.due(NOW_NS), budgets.alarms) == ([], set())


def test_what_is_not_reported_yet_is_reported_at_the_end(site: Site) -> None:
    budgets = site.budgets()
    for _ in range(5):
        budgets.refuse(NOW_NS, "messages", Arrival(TOPIC, b"x", 1))
    [row] = budgets.due(NOW_NS, all_rows=True)
    excess = read_excess(row.payload)
    assert excess is not None
    assert excess.messages == 4


def test_a_payload_that_is_too_long_and_a_topic_of_the_journals_own_are_refused(site: Site) -> None:
    budgets = site.budgets()
    assert budgets.exceeded_limit(NOW_NS, TOPIC, 65_536) == ""
    assert budgets.exceeded_limit(NOW_NS, TOPIC, 65_537) == "packet_bytes"
    assert budgets.exceeded_limit(NOW_NS, EXCESS_TOPIC, 10) == "reserved_topic"


def test_a_restart_gives_nobody_a_second_budget(site: Site, tmp_path: Path) -> None:
    yesterday_s = NOW_S // 86_400 * 86_400 - 1
    with Journal(tmp_path / "journal", lambda: NOW_NS) as journal:
        journal.append([message(TOPIC, b"x" * SIZE, yesterday_s)] * 7)
        journal.append([message(TOPIC, b"x" * SIZE)] * 4 + [message(EXCESS_TOPIC, b"y" * SIZE)] * 3)
        journal.append([message(OTHER, b"x" * SIZE)])
    budgets = site.budgets(bytes_a_day=10 * COST)
    with JournalReader(tmp_path / "journal") as reader:
        budgets.restore(NOW_NS, reader.sizes_since(NOW_NS // DAY_NS * DAY_NS))
    assert admitted(budgets, TOPIC, 20) == 6
    assert admitted(budgets, OTHER, 20) == 9


def test_a_node_that_is_registered_meanwhile_gets_a_budget_of_its_own(site: Site) -> None:
    budgets = site.budgets(bytes_a_day=5 * COST, crowd_senders=1)
    assert admitted(budgets, data_topic("node-c"), 20) == 5
    plant(site.store, ["node-c"])
    site.now_s = 2.0
    budgets.due(NOW_NS)
    assert admitted(budgets, data_topic("node-c"), 20) == 5
