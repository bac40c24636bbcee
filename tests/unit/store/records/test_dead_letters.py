"""Dead letters: kept whole, listed by what is asked, counted by reason and node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sera_store.database.rejected_lines import RejectedLine
from sera_store.errors import InvalidEntryError
from sera_store.records.dead_letters import DeadLetter

if TYPE_CHECKING:
    from sera_store.store import Store


def letter(**changes: Any) -> DeadLetter:
    fields: dict[str, Any] = {
        "journal": 3,
        "reason": "unreadable",
        "detail": "no JSON",
        "topic": "sera/v1/avon/node-a/data",
        "payload": b"\x00\xff rubbish",
    }
    return DeadLetter(**(fields | changes))


def refuse(store: Store, *letters: DeadLetter) -> list[int]:
    with store.ledger() as writes:
        return writes.dead_letters.add(letters)


def test_a_letter_is_kept_whole(store: Store) -> None:
    dead_letter = letter(node="node-a", epoch="9f2c01aa", seqs=(4, 5), received_s=9)

    [number] = refuse(store, dead_letter)

    result = store.dead_letters.show(number)
    assert (result.payload, result.seqs, result.node, result.received_s, result.id) == (
        dead_letter.payload,
        (4, 5),
        "node-a",
        9,
        number,
    )


def test_letters_are_listed_by_what_is_asked_oldest_first(store: Store) -> None:
    refuse(
        store, letter(), letter(node="node-a"), letter(reason="conflict", journal=4), letter(node="node-a")
    )
    with store.ledger() as writes:
        writes.dead_letters.settle(1, "dismissed")

    def ids(**filters: Any) -> list[int | None]:
        return [result.id for result in store.dead_letters.list(**filters)]

    assert ids() == [2, 3, 4]
    assert ids(state=None) == [1, 2, 3, 4]
    assert ids(reason="unreadable", node="node-a") == [2, 4]
    assert ids(journal=4) == [3]
    assert ids(limit=1) == [2]


def test_waiting_letters_are_counted_by_reason_and_node(store: Store) -> None:
    refuse(store, letter(), letter(node="node-a"), letter(node="node-a"))

    assert store.dead_letters.counts() == {("unreadable", ""): 1, ("unreadable", "node-a"): 2}
    assert store.dead_letters.counts("replayed") == {}


def test_a_letter_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(InvalidEntryError, match="dead letter 8"):
        store.dead_letters.show(8)


def test_a_line_refused_again_is_kept_once(store: Store) -> None:
    refused = RejectedLine("influxdb", 5, "422 field type conflict", "air a=1 1")
    store.rejected_lines.add([refused])
    store.rejected_lines.add([refused._replace(reason="422 again")])
    store.rejected_lines.add([refused._replace(follower="other")])

    assert store.rejected_lines.list("influxdb") == [refused]
    assert len(store.rejected_lines.list()) == 2
