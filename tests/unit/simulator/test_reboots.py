"""A virtual board that boots again in one process, where a real one begins with an empty memory."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from sera_simulator.board import life, virtual


def booted(monkeypatch: pytest.MonkeyPatch, refusals: int) -> tuple[life.Life, list[Any]]:
    """Boot a node whose memory is refused so often; return it with all nodes that were begun."""
    begun: list[Any] = []

    def begin(*_: object) -> Any:
        begun.append(SimpleNamespace(store=SimpleNamespace(segment=b"full", _out=b"full")))
        if 1 < len(begun) <= 1 + refusals:
            raise MemoryError("memory allocation failed")
        return begun[-1]

    monkeypatch.setattr(virtual, "VirtualBoard", lambda *_: object())
    monkeypatch.setattr(life, "_config", lambda _: {})
    monkeypatch.setitem(sys.modules, "sera_firmware.config", SimpleNamespace(with_defaults=dict))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "sera_firmware.node", SimpleNamespace(Node=begin))  # type: ignore[arg-type]
    node = life.Life.__new__(life.Life)
    node.plan, node.now_s, node._folder, node.node = {}, 0, "", None
    node._boot()
    node._boot()
    return node, begun


def test_a_reboot_takes_its_buffers_from_the_node_before(monkeypatch: pytest.MonkeyPatch) -> None:
    node, begun = booted(monkeypatch, refusals=0)
    assert (begun[0].store.segment, begun[0].store._out) == (None, None)
    assert node.node is begun[1]


def test_memory_that_is_held_by_chance_is_asked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    node, begun = booted(monkeypatch, refusals=1)
    assert node.node is begun[2]


def test_a_node_that_does_not_fit_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MemoryError):
        booted(monkeypatch, refusals=2)
