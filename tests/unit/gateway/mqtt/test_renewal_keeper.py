"""Renewals between those who order them and the nodes: the key goes to whoever asks for it, and only then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from gateway_parts import NOW_S, Clock, Log
from sera_gateway.mqtt.renewals import (
    CONFIRMED,
    FOLDER,
    REFUSED,
    SENT,
    WAITING,
    Renewal,
    RenewalKeeper,
    read_renewals,
    remove_renewal,
    write_renewal,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_gateway.mqtt.receive import Outgoing

STATUS, DOWN = "sera/v1/oak/elm-1/status", "sera/v1/oak/elm-1/credentials"
RENEWAL = Renewal("elm-1", "oak", 2, "drawn", NOW_S + 1, "Q0VSVA==", "S0VZ", ordered_s=NOW_S)


class Broker:
    """Keeps what is published, and refuses while it is offline."""

    def __init__(self) -> None:
        self.online = True
        self.sent: list[tuple[str, Any, bool]] = []

    def __call__(self, outgoing: Sequence[Outgoing]) -> bool:
        if self.online:
            self.sent += [
                (line.topic, json.loads(line.payload or b"null"), line.is_kept) for line in outgoing
            ]
        return self.online


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def keeper(tmp_path: Path, broker: Broker) -> RenewalKeeper:
    write_renewal(tmp_path, RENEWAL)
    keeper = RenewalKeeper(tmp_path, "gateway-1", broker, Clock(NOW_S + 60), Log())  # type: ignore[arg-type]
    keeper.publish_due()
    return keeper


def status(**fields: Any) -> bytes:
    return json.dumps({"v": 1, "state": "online", **fields}).encode()


def test_the_order_is_kept_by_the_broker_holds_no_secret_and_comes_once(
    keeper: RenewalKeeper, broker: Broker
) -> None:
    keeper.publish_due()
    assert broker.sent == [(DOWN, {"v": 1, "g": "gateway-1", "generation": 2}, True)]
    keeper.handle_connection()
    keeper.publish_due()
    assert len(broker.sent) == 2


def test_who_asks_gets_certificate_and_key_in_a_message_that_nobody_keeps(
    keeper: RenewalKeeper, broker: Broker, tmp_path: Path
) -> None:
    keeper.handle_status(STATUS, status(certificate=1, wants=2))
    topic, answer, is_kept = broker.sent[-1]
    assert (topic, is_kept) == (DOWN, False)
    assert (answer["generation"], answer["mqtt_id"], answer["key_der"]) == (2, "drawn", "S0VZ")
    assert read_renewals(tmp_path)["elm-1"].state == SENT


def test_the_key_leaves_the_file_once_the_node_speaks_with_the_new_one(
    keeper: RenewalKeeper, broker: Broker, tmp_path: Path
) -> None:
    keeper.handle_status(STATUS, status(certificate=2, wants=2))
    assert broker.sent[-1] == (DOWN, {"v": 1, "g": "gateway-1", "generation": 2, "confirmed": True}, False)
    renewal = read_renewals(tmp_path)["elm-1"]
    assert (renewal.state, renewal.key, renewal.cert, renewal.since_s) == (CONFIRMED, "", "", NOW_S + 60)
    # The order leaves the broker; who did not hear the word is told it again.
    keeper.publish_due()
    assert broker.sent[-1] == (DOWN, None, True)
    keeper.handle_status(STATUS, status(certificate=2, wants=2))
    assert broker.sent[-1][1]["confirmed"]


def test_what_did_not_let_it_in_is_noted_and_sent_no_more(
    keeper: RenewalKeeper, broker: Broker, tmp_path: Path
) -> None:
    keeper.handle_status(STATUS, status(certificate=1, certificate_refused=2))
    assert read_renewals(tmp_path)["elm-1"].state == REFUSED
    count = len(broker.sent)
    keeper.handle_status(STATUS, status(certificate=1, wants=2))
    assert len(broker.sent) == count


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("sera/v1/bay/elm-1/status", status(certificate=1, wants=2)),
        ("sera/v1/oak/elm-2/status", status(certificate=1, wants=2)),
        (STATUS, status(certificate=1, wants=3)),
        (STATUS, status(certificate=1)),
        (STATUS, status(certificate="2", wants=[2])),
        (STATUS, b"[" * 10_000),
        (STATUS, b"\xff"),
    ],
)
def test_nobody_else_and_nothing_else_is_answered(
    keeper: RenewalKeeper, broker: Broker, tmp_path: Path, topic: str, payload: bytes
) -> None:
    keeper.handle_status(topic, payload)
    assert len(broker.sent) == 1
    assert read_renewals(tmp_path)["elm-1"].state == WAITING


def test_without_a_connection_the_order_waits(tmp_path: Path, broker: Broker) -> None:
    broker.online = False
    keeper = RenewalKeeper(tmp_path, "gateway-1", broker, Clock(), Log())  # type: ignore[arg-type]
    keeper.publish_due()
    assert keeper.status_topics == frozenset()
    write_renewal(tmp_path, RENEWAL)
    keeper.publish_due()
    assert keeper.status_topics == {STATUS}
    broker.online = True
    keeper.publish_due()
    assert [topic for topic, *_ in broker.sent] == [DOWN]


def test_a_damaged_file_is_left_out_and_one_that_is_gone_is_no_renewal(tmp_path: Path) -> None:
    write_renewal(tmp_path, structs.replace(RENEWAL, node="elm-2"))
    (tmp_path / FOLDER / "elm-3.json").write_bytes(b"{")
    assert list(read_renewals(tmp_path)) == ["elm-2"]
    remove_renewal(tmp_path, "elm-2")
    remove_renewal(tmp_path, "elm-2")
    assert read_renewals(tmp_path) == {}
