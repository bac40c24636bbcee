"""A ledger at rest asks the store whether anything was committed, and takes no step before it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sera_gateway import worker
from sera_gateway.worker import Signals, keep_ledger
from sera_store.errors import StoreUnusableError
from sera_store.registry.dead_letter_actions import DISMISS
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GLANCE_S = 0.001


class Ledger:
    """Is always at rest, and counts its steps; a script says what each glance sees."""

    is_at_rest = True
    position = 0

    def __init__(self, glances: list[Callable[[], tuple[int, int]]], signals: Signals) -> None:
        self.steps = 0
        self._glances = glances
        self._signals = signals

    def version(self) -> tuple[int, int]:
        if not self._glances:
            self._signals.stop.set()
            self._signals.committed.set()
            return (0, 0)
        return self._glances.pop(0)()

    def step(self, limit: int = 0) -> int:
        self.steps += 1
        return 0


class Log:
    def error(self, *_: Any, **__: Any) -> None:
        raise AssertionError("nothing is wrong")

    exception = error


def unusable() -> tuple[int, int]:
    raise StoreUnusableError("records.sqlite", "disk I/O error", "look")  # type: ignore[arg-type]


def same() -> tuple[int, int]:
    return (1, 1)


@pytest.mark.parametrize(
    ("glances", "steps"),
    [
        # The first is what was there before the step; then each row is one glance.
        ([same, same, same, same], 1),
        ([same, same, lambda: (2, 1), lambda: (2, 1)], 2),
        ([same, lambda: (1, 2), lambda: (1, 2), lambda: (1, 2)], 2),
        ([same, unusable, same, same], 2),
        ([same] * (worker._GLANCES + 1) + [same, same], 2),
    ],
)
def test_it_steps_again_where_a_glance_saw_something(
    monkeypatch: pytest.MonkeyPatch, glances: list[Any], steps: int
) -> None:
    monkeypatch.setattr(worker, "GLANCE_S", GLANCE_S)
    signals = Signals()
    ledger = Ledger(list(glances), signals)
    keep_ledger(ledger, Log(), signals)  # type: ignore[arg-type]
    assert ledger.steps == steps


def test_what_another_commits_to_records_or_registry_is_seen(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store, Store.open(tmp_path / "store") as other_store:
        first = store.version()
        assert store.version() == first
        with other_store.ledger() as transaction:
            transaction.move_cursor(7)
        second = store.version()
        assert second[0] != first[0]
        assert second[1] == first[1]
        # An order is no entry of the registry, and waits as well.
        other_store.dead_letter_actions.put(DISMISS, journal=1, reason="format", by="a test")
        third = store.version()
        assert third[0] == second[0]
        assert third[1] != second[1]
        with store.ledger() as transaction:
            transaction.move_cursor(8)
        assert store.version() == third
