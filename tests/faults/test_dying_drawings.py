"""A process that is killed at any statement of the log has every update that it acknowledged, and no half."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from garden_designs.drawings import BED_OF_TWO, START, Phone
from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.update_log import UpdateLog

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]
EDITS = 6
STEPS_LEAST = 20


def edits(update: bytes) -> list[bytes]:
    phone = Phone(update)
    for number in range(EDITS):
        phone.put(f"{number:08x}", "Lavandula angustifolia", 1, 0.5)
    return phone.sent


def live(log: UpdateLog, design: str, generation: str, updates: list[bytes], promises: int) -> None:
    for number, update in enumerate(updates, 1):
        log.append(design, generation, update)
        os.write(promises, f"{number}\n".encode())
        if number == EDITS // 2:
            log.squash(design)


def die_at(folder: Path, step: int, design: str, generation: str, updates: list[bytes]) -> tuple[int, bool]:
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        steps = iter(range(step))

        def pass_or_die(_: str) -> None:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        log = UpdateLog.open(folder)
        log._database.connection.set_trace_callback(pass_or_die)
        live(log, design, generation, updates, writes)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as promises:
        count = len(promises.read().split())
    _, status = os.waitpid(child, 0)
    return count, os.WIFSIGNALED(status)


def test_a_log_killed_at_any_statement_has_what_it_acknowledged(tmp_path: Path) -> None:
    step, has_died = 0, True
    while has_died:
        folder = tmp_path / str(step)
        log = UpdateLog.open(folder)
        row = log.begin("elm-yard", "elm", START)
        updates = edits(log.updates(row.id)[0])
        log.close()
        promised, has_died = die_at(folder, step, row.id, row.generation, updates)
        log = UpdateLog.open(folder)
        design = read_design(open_document(log.updates(row.id)))
        assert design.bed == BED_OF_TWO
        assert promised <= len(design.plants) <= promised + 1
        log.close()
        step += 1
    assert step > STEPS_LEAST, step
    assert promised == EDITS
