"""Who is killed at any statement of taking a bundle has all of it or nothing, and takes it again."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import make, neighbours, rows_of, take
from coalition.laptops import ID, Laptop
from sera_coalition.bundles.received import Received
from sera_coalition.errors import RefusedBundleError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]
STEPS_LEAST = 20


def die_at(taker: Laptop, content: bytes, step: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Take in a child that is killed at a statement of the database; return whether it was."""
    child = os.fork()
    if not child:
        steps = iter(range(step))

        def pass_or_die(_: str) -> None:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        begin = Received.__init__

        def open_recorded(received: Received, data: Path, community: str, agreement: str) -> None:
            begin(received, data, community, agreement)
            received._database.connection.set_trace_callback(pass_or_die)

        monkeypatch.setattr(Received, "__init__", open_recorded)
        take(taker, content)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_bundle_comes_in_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elm, oak = neighbours(tmp_path)
    tables = rows_of(elm)
    few = {**tables, "readings": tables["readings"][:4]}
    step, has_died, outcomes = 0, True, set()
    while has_died:
        bundle = make(elm, few)
        has_died = die_at(oak, bundle.content, step, monkeypatch)
        with Received(oak.data, "oak", ID) as received:
            is_taken = any(old.sequence == bundle.manifest.sequence for old in received.accepted())
            rows = sum(part.rows for part in received.parts())
        # Each bundle replaces the days of the one before.
        assert rows == (bundle.manifest.rows if is_taken or bundle.manifest.sequence > 1 else 0)
        outcomes.add(is_taken)
        if not is_taken:
            take(oak, bundle.content)
        else:
            with pytest.raises(RefusedBundleError, match="replay"):
                take(oak, bundle.content)
        step += 1
    assert step > STEPS_LEAST
    assert outcomes == {True, False}
