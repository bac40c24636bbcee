"""A virtual board that resets: its process ends, and the next one goes on where the world is."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from real_parts import wait_until
from sera_command.boards.processes import Board, Boards
from sera_command.errors import PartDidNotStartError
from sera_simulator.board import image, life, virtual

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S = 3600
PLAN: dict[str, Any] = {"start_s": 0, "end_s": 6 * HOUR_S, "interval_s": HOUR_S, "flash": ""}


class World:
    """Writes down when nodes wake, over all their boots, and whether their clock is lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boots = 0
        self.wakes: list[int] = []
        self.lost_at: list[int] = []
        self.short_at: set[int] = set()
        self.now_s = 0
        firmware = {
            "config": SimpleNamespace(with_defaults=dict),
            "node": SimpleNamespace(Node=lambda *_: self.boot()),
        }
        for name, module in firmware.items():
            monkeypatch.setitem(sys.modules, f"sera_firmware.{name}", module)  # type: ignore[arg-type]
        monkeypatch.setattr(virtual, "VirtualBoard", lambda *_: SimpleNamespace(advance_to=self.advance_to))
        monkeypatch.setattr(image, "mount", lambda *_: "")
        monkeypatch.setattr(life, "_config", lambda _: {})

    def advance_to(self, utc_s: int) -> None:
        self.now_s = utc_s

    def boot(self) -> Any:
        self.boots += 1
        node = SimpleNamespace(contacts=0, failure=None, needs_restart=False)
        node.store = SimpleNamespace(next=1, acknowledged=0)
        node.contact = SimpleNamespace(have_next=1)
        node.clock = SimpleNamespace(forget=lambda: self.lost_at.append(self.now_s))

        def contact(*_: object) -> int:
            node.contacts += 1
            node.needs_restart = self.now_s in self.short_at
            self.short_at.discard(self.now_s)
            return HOUR_S

        def wake() -> int:
            self.wakes.append(self.now_s)
            return contact()

        node.wake, node.reach_out = wake, contact
        return node

    def live(self, capsys: pytest.CaptureFixture[str], **faults: Any) -> list[dict[str, Any]]:
        """Live a plan through its resets; return what each process said last."""
        said: list[dict[str, Any]] = []
        code = life.RESET_CODE
        while code == life.RESET_CODE:
            code = life.live(dict(PLAN, faults=faults), said[-1]["resume"] if said else {})
            said.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
        return said


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


WAKES = [hour * HOUR_S for hour in range(1, 7)]


def test_a_reset_moves_no_wake_and_no_moment_comes_twice(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said = world.live(capsys, reboots=[9000, 9001], clock_lost=[9000, 12000])
    assert (world.boots, world.wakes) == (3, WAKES)
    assert len(world.lost_at) == 2
    assert [line.get("done", False) for line in said] == [False, False, True]
    # Six wakes and the last contact, counted over all boots.
    assert said[-1]["contacts"] == 7


def test_a_node_whose_contacts_have_no_memory_any_more_is_reset_wherever_that_is(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.short_at = {2 * HOUR_S}
    world.live(capsys)
    assert (world.boots, world.wakes) == (2, WAKES)


def test_last_contacts_end_though_each_of_them_ends_in_a_reset(
    monkeypatch: pytest.MonkeyPatch, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    boot = world.boot

    def never_fits() -> Any:
        node = boot()
        node.needs_restart, node.reach_out = False, lambda _: setattr(node, "needs_restart", True)
        return node

    monkeypatch.setattr(world, "boot", never_fits)
    said = world.live(capsys)
    assert world.boots == life._LAST_CONTACTS_MOST + 1
    assert said[-1]["done"]


def boards(folder: Path, program: str) -> Boards:
    """One node whose program is this one."""
    script = folder / "node.py"
    script.write_text(program, encoding="utf-8")
    return Boards([sys.executable], script, [Board("elm-1", folder / "elm-1.json", folder / "elm-1.log")])


RESETS_ONCE = f"""
import json, sys
resume = json.loads(sys.argv[2]) if sys.argv[2:] else None
print(json.dumps({{"done": True, "after": resume}} if resume else {{"resume": {{"now_s": 9000}}}}))
sys.exit(0 if resume else {life.RESET_CODE})
"""


def test_a_process_that_resets_is_started_again_with_what_it_said(tmp_path: Path) -> None:
    with boards(tmp_path, RESETS_ONCE) as running:
        wait_until(lambda: running.are_done)
    assert running.all[0].report["after"] == {"now_s": 9000}


def test_any_other_end_before_the_last_day_is_an_error(tmp_path: Path) -> None:
    program = "import sys; print('heap is full', file=sys.stderr); sys.exit(1)"
    with (
        pytest.raises(PartDidNotStartError, match=r"(?s)node elm-1 ended with code 1.*heap is full"),
        boards(tmp_path, program) as running,
    ):
        wait_until(lambda: running.are_done)


def test_nothing_is_started_again_once_nodes_are_ended(tmp_path: Path) -> None:
    always = f"import sys; print('{{\"resume\": {{}}}}'); sys.exit({life.RESET_CODE})"
    with boards(tmp_path, always) as running:
        board = running.all[0]
        first = board.process
        wait_until(lambda: board.process is not first)
    assert board.process is not None
    assert board.process.poll() is not None
    assert board.listener is not None
    assert not board.listener.is_alive()
