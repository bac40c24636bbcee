"""What one node makes up (epochs, layouts, tables, sequences) costs the others nothing, and is told of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from foreign_parts import GARDEN_OBS, obs_message, obs_topic, observation
from gateway_parts import COMMUNITY, EPOCH, NOW_S, SINCE_S, batch, data_topic, plant, row
from ledger_parts import NODE, Way, assert_same, replayed, way_in
from sera_gateway.decode import reasons
from sera_gateway.decode.decode import SPAN_MOST_S
from sera_gateway.journal.excess import EXCESS_TOPIC, Excess, excess_payload
from sera_gateway.ledger import allowances
from sera_gateway.ledger.allowances import STORED_MOST, records_most
from sera_vocabulary import topics
from sera_vocabulary.messages import SEQ_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOMORROW_S = NOW_S + 86_400


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as opened:
        plant(opened.store, [NODE, "node-b", "gdn-0001"])
        opened.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
        yield opened


def epoch(number: int) -> str:
    return f"{number:08x}"


def counted(way: Way) -> dict[tuple[str, str], int]:
    return {(account.sender, account.kind): account.messages for account in way.store.excess()}


def test_a_node_may_begin_so_many_epochs_a_day(way: Way) -> None:
    way.take(*[batch([row(1, 20.0)], e=epoch(number)) for number in range(100)])
    assert len(way.store.completeness(NODE)) == 16
    assert way.letters() == [reasons.QUOTA]
    assert way.ignored() == [reasons.BEYOND_QUOTA] * 83
    assert counted(way) == {(NODE, "epochs"): 84}


def test_sequences_of_an_epoch_beyond_the_budget_have_not_arrived_and_come_again_the_next_day(
    way: Way,
) -> None:
    way.take(*[batch([row(1, 20.0)], e=epoch(number)) for number in range(17)])
    assert [extent.epoch for extent in way.store.latest_extents()] == [epoch(15)]
    way.take(batch([row(1, 20.0)], e=epoch(16)), received_s=TOMORROW_S)
    assert [(extent.epoch, extent.next) for extent in way.store.latest_extents()] == [(epoch(16), 2)]


def test_epochs_that_are_known_go_on_whatever_else_a_node_makes_up(way: Way) -> None:
    way.take(batch([row(1, 20.0)]))
    way.take(*[batch([row(1, 20.0)], e=epoch(number)) for number in range(100)])
    way.take(batch([row(2, 20.0)]))
    assert [account.stored for account in way.store.completeness(NODE) if account.epoch == EPOCH] == [2]


def test_epochs_of_messages_that_cannot_be_read_count_too(way: Way) -> None:
    way.take(*[batch([row(1, 20.0)], ["aura"], e=epoch(number)) for number in range(100)])
    assert len(way.store.completeness(NODE)) == 16


def test_other_nodes_have_budgets_of_their_own_and_the_unregistered_share_one(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowances, "CROWD_NODES", 2)
    for node in ("made-up-1", "made-up-2", "made-up-3", "made-up-4"):
        way.take(*[batch([row(1, 20.0)], e=epoch(n)) for n in range(10)], topic=data_topic(node))
    assert len(way.store.completeness()) == 32
    way.take(batch([row(1, 20.0)]), topic=data_topic("node-b"))
    assert way.account("node-b").stored == 1


def test_a_node_may_have_so_many_column_layouts(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(allowances.ALLOWANCES, allowances.LAYOUTS, allowances.Allowance(5, is_daily=False))
    for number in range(9):
        way.take(batch([row(number + 1, 20.0)], [f"soil_temperature@{number + 1}"], s="soil"))
    assert way.sql("SELECT count(*) FROM layouts") == [(5,)]
    assert counted(way) == {(NODE, "layouts"): 4}
    # For ever: the next day brings none.
    late = batch([row(9, 20.0, utc_s=TOMORROW_S)], ["soil_temperature@20"], s="soil")
    way.take(late, received_s=TOMORROW_S)
    assert way.sql("SELECT count(*) FROM layouts") == [(5,)]
    way.take(batch([row(6, 20.0)], ["soil_temperature@1"], s="soil"))
    assert way.account().stored == 6


def test_a_device_of_another_maker_may_have_no_more_layouts(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(allowances.ALLOWANCES, allowances.LAYOUTS, allowances.Allowance(1, is_daily=False))
    for number, name in enumerate(("air_temperature", "air_humidity", "air_temperature")):
        unit = "degC" if name == "air_temperature" else "%"
        message = obs_message(
            "gdn-0001", number, NOW_S + number, bat=None, obs=[observation(name, 20.0, unit)]
        )
        way.take(message, topic=obs_topic("gdn-0001"))
    assert way.letters() == [reasons.QUOTA]
    assert way.sql("SELECT count(*) FROM layouts") == [(1,)]
    assert way.account("gdn-0001").stored == 2


def test_a_node_may_send_so_many_new_tables_of_probes_a_day(way: Way) -> None:
    topic = topics.topic(COMMUNITY, NODE, topics.PROBES)
    tables = [
        json.dumps({"v": 1, "p": f"{n:08x}", "probes": [[1, "ds18b20", "28ff"]]}).encode() for n in range(50)
    ]
    way.take(*tables, topic=topic)
    assert way.sql("SELECT count(*) FROM probe_tables") == [(16,)]
    assert counted(way) == {(NODE, "probe_tables"): 34}
    way.take(tables[0], topic=topic)
    assert way.ignored()[-1] == reasons.PROBES_READ
    way.take(tables[49], topic=topic, received_s=TOMORROW_S)
    assert way.sql("SELECT count(*) FROM probe_tables") == [(17,)]


def test_what_the_receiving_side_refused_is_a_letter_and_counted(way: Way) -> None:
    excess = Excess(NODE, "messages", data_topic(NODE), "{", "00" * 16, 60, 999, 59_940)
    way.take(excess_payload(excess), topic=EXCESS_TOPIC)
    way.take(b"forged", topic=EXCESS_TOPIC)
    assert way.letters() == [reasons.QUOTA, reasons.TOPIC_OUTSIDE_SCHEME]
    assert counted(way) == {(NODE, "messages"): 999}


@pytest.mark.parametrize(
    "claim",
    [
        {"n": SEQ_MOST},
        {"n": SEQ_MOST + 1, "f": SEQ_MOST},
        {"n": STORED_MOST + 2},
        {"n": records_most(NOW_S) + 2, "f": records_most(NOW_S) - 5},
    ],
)
def test_a_claim_that_no_node_can_have_made_is_neither_missing_nor_lost(
    way: Way, claim: dict[str, int]
) -> None:
    way.take(batch([row(1, 20.0)]))
    way.take(batch([row(2, 20.0)], **claim), batch([row(3, 20.0)], **claim))
    account = way.account()
    assert (account.made, account.stored, account.missing, account.lost) == (1, 1, 0, 0)
    assert way.letters() == [reasons.IMPLAUSIBLE]
    assert counted(way) == {(NODE, "claims"): 2}


@pytest.mark.parametrize(
    "spoiled",
    [
        batch([row(1, 20.0), row(SEQ_MOST, 20.0)], n=2),
        batch([row(SEQ_MOST, 20.0)], ["aura"], n=2),
        batch([row(SEQ_MOST - number, 20.0) for number in range(12)]),
        batch([row(SEQ_MOST, 20.0)], n="many"),
    ],
    ids=["beyond its own next", "with an unknown column", "with too many rows", "with a next that is none"],
)
def test_sequences_of_refused_rows_claim_nothing_that_no_node_can_have_made(way: Way, spoiled: bytes) -> None:
    way.take(batch([row(1, 20.0)]))
    way.take(spoiled)
    account = way.account()
    assert (account.made, account.missing, account.lost, account.top) == (1, 0, 0, 1)
    assert len(way.letters()) == 1


def test_a_row_that_claims_too_much_does_not_spoil_the_rows_beside_it(way: Way) -> None:
    way.take(batch([row(1, 20.0), row(SEQ_MOST, 20.0), row(2, 20.0)], n=3))
    assert (way.account().stored, way.letters()) == (2, [reasons.WRONG_SHAPE])


def test_the_most_that_a_node_can_hold_is_believed(way: Way) -> None:
    way.take(batch([row(STORED_MOST, 20.0)], n=STORED_MOST + 1))
    assert way.account().missing == STORED_MOST - 1
    high = records_most(NOW_S)
    way.take(batch([row(high, 20.0)], n=high + 1, f=high), topic=data_topic("node-b"))
    assert way.account("node-b").lost == high - 1


@pytest.mark.parametrize("spoiled", [{"uptime_s": SPAN_MOST_S + 1}, {"uptime_s": 2**53}])
def test_no_node_has_been_up_for_longer_than_its_certificate_lives(way: Way, spoiled: dict[str, Any]) -> None:
    way.take(batch([row(1, 20.0, utc_s=None, **spoiled)]))
    assert way.letters() == [reasons.WRONG_TYPE]


def test_a_rebuild_refuses_what_the_ledger_has_refused(way: Way, tmp_path: Path) -> None:
    for number in range(40):
        way.take(batch([row(1, 20.0 + number)], e=epoch(number)), batch([row(2, 20.0)], n=SEQ_MOST))
    with replayed(way, tmp_path / "rebuilt", 7) as rebuilt:
        assert_same(way, rebuilt)
        assert counted(rebuilt) == counted(way)
        assert rebuilt.letters() == way.letters()
