"""Wiped nodes, restored gateways and two gateways: what nodes are told, and that nothing is taken twice."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gateway_parts import COMMUNITY, EPOCH, NOW_S, Broker, Clock, Log, batch, plant, row
from ledger_parts import NODE, Way, way_in
from sera_gateway.config import GatewayIdentity
from sera_gateway.ledger.ledger import Ledger
from sera_gateway.mqtt.have import HaveKeeper, have_message
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW_EPOCH = "00000002"


class Gateway:
    """A ledger that tells a keeper of `have` how far nodes have come, as the real gateway's does."""

    def __init__(self, way: Way, **identity: str) -> None:
        self.clock, self.broker, self.log = Clock(1000.0), Broker(), Log()
        self.keeper = HaveKeeper(GatewayIdentity(**identity), self.clock, self.broker.publish, self.log)
        way.ledger = Ledger(way.store, way.reader, self.keeper.note)

    def published_haves(self) -> list[tuple[str, int, int]]:
        """Epoch, next and top of each `have` that is due now."""
        self.clock.now_s += 10
        before = len(self.broker.published)
        self.keeper.publish_due()
        return [
            (message["e"], message["next"], message["top"]) for _, message in self.broker.published[before:]
        ]


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def test_next_steps_over_what_is_here_refused_or_lost_and_stops_at_a_gap(way: Way) -> None:
    gateway = Gateway(way)
    way.take(batch([row(3, 1.0)], f=3, n=9))
    assert gateway.published_haves() == [(EPOCH, 4, 3)]
    # A sequence counts once its envelope is read, even if its values are refused.
    way.take(batch([row(4, 0.4)], ["leaf_wetness"], f=3, n=9))
    assert gateway.published_haves() == [(EPOCH, 5, 4)]
    way.take(batch([row(7, 1.0)], f=3, n=9))
    assert gateway.published_haves() == [(EPOCH, 5, 7)]
    way.take(batch([row(5, 1.0)], f=3, n=9), batch([row(6, 1.0)], f=3, n=9))
    assert gateway.published_haves() == [(EPOCH, 8, 7)]
    way.take(batch([row(20, 1.0)], f=15, n=21))
    assert gateway.published_haves() == [(EPOCH, 15, 20)]


def test_bytes_that_cannot_be_read_take_no_sequence(way: Way) -> None:
    gateway = Gateway(way)
    way.take(b"{", batch([row(2, 1.0)]))
    assert gateway.published_haves() == [(EPOCH, 1, 2)]


def test_a_wiped_node_is_told_about_its_new_epoch_even_when_the_clock_has_jumped_back(way: Way) -> None:
    gateway = Gateway(way)
    way.take(batch([row(1, 1.0)]), received_s=1_780_000_000)
    gateway.published_haves()
    way.take(batch([row(1, 9.0)], e=NEW_EPOCH), received_s=1_780_000_000 - 7200)
    assert gateway.published_haves() == [(NEW_EPOCH, 2, 1)]
    # The same number under another epoch is another record.
    assert [account.stored for account in way.store.completeness(NODE)] == [1, 1]
    assert way.letters() == []


def test_a_gateway_from_an_older_backup_asks_for_what_it_lacks_and_takes_nothing_twice(
    way: Way, tmp_path: Path
) -> None:
    way.take(batch([row(1, 1.0), row(2, 2.0)], n=5))
    way.close()
    shutil.copytree(way.folder, tmp_path / "backup")
    way.open()
    way.take(batch([row(3, 3.0), row(4, 4.0)], n=5))
    with way_in(tmp_path / "backup") as restored:
        gateway = Gateway(restored)
        restored.take(batch([row(2, 2.0)], n=5))
        assert gateway.published_haves() == [(EPOCH, 3, 2)]
        restored.take(batch([row(3, 3.0), row(4, 4.0)], n=5))
        assert gateway.published_haves() == [(EPOCH, 5, 4)]
        assert restored.state() == way.state()
        assert (restored.account().repeated, restored.letters()) == (1, [])


@pytest.mark.parametrize("more", [1, 2, 3])
def test_a_store_that_is_newer_than_its_journal_still_takes_what_comes(
    way: Way, tmp_path: Path, more: int
) -> None:
    way.take(batch([row(1, 1.0)]))
    shutil.copytree(way.folder / "journal", tmp_path / "older")
    way.take(batch([row(2, 2.0)]), batch([row(3, 3.0)]), received_s=NOW_S + 10)
    way.close()
    shutil.rmtree(way.folder / "journal")
    shutil.copytree(tmp_path / "older", way.folder / "journal")
    way.open()
    # What arrived before the ledger has looked at its journal must not be taken for what it knows.
    way.take(*[batch([row(seq, float(seq))]) for seq in (3, 4, 5)][:more], received_s=NOW_S + 20)
    assert [record.seq for record in way.current()] == [1, 2, 3, 4, 5][: 2 + max(1, more)]
    assert (way.account().repeated, way.ledger.position) == (1, 1 + more)


def test_of_two_gateways_the_one_that_hears_the_other_falls_silent(way: Way, tmp_path: Path) -> None:
    first = Gateway(way, id="gateway-1")
    way.take(batch([row(1, 1.0)]))
    assert first.published_haves() == [(EPOCH, 2, 1)]
    [extent] = [item for item in [first.keeper._extents[NODE]] if item is not None]
    topic = topics.topic(COMMUNITY, NODE, topics.HAVE)
    first.keeper.handle_have(topic, have_message("gateway-2", extent))
    way.take(batch([row(2, 1.0)]))
    assert first.published_haves() == []
    assert first.log.events() == ["another_gateway"]
    assert way.account().stored == 2
