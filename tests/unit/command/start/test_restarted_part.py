"""A part of an installation that cannot be started, for whatever reason, first and later."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from real_parts import wait_until
from sera_command.errors import PartDidNotStartError
from sera_command.installation import child_process
from sera_command.installation.child_process import RestartedPart
from sera_gateway.process.logs import JsonLog

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = OSError(errno.ENOSPC, "No space left on device")


class Starts:
    """Starts a process that ends at once, unless one of these errors has its turn."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.count = 0

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        self.count += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
            yield process


@pytest.mark.parametrize("error", [FULL, PartDidNotStartError("gateway ended with 2"), RuntimeError()])
def test_what_keeps_a_part_from_its_first_start_is_raised(error: Exception) -> None:
    part = RestartedPart("gateway", Starts(error).running, JsonLog(io.StringIO(), {}))
    with pytest.raises(type(error)), part:
        pytest.fail("the part has not begun")


@pytest.mark.parametrize("error", [FULL, PartDidNotStartError("gateway ended with 2"), RuntimeError()])
def test_what_keeps_a_part_from_a_later_start_is_reported_and_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "BACKOFF_FIRST_S", 0.001)
    said = io.StringIO()
    starts = Starts(None, error)
    with RestartedPart("gateway", starts.running, JsonLog(said, {})):
        wait_until(lambda: starts.count >= 3, label="a start after the one that failed")
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.getvalue().splitlines()]
    problems = [line["problem"] for line in lines if "problem" in line]
    assert problems == [str(error) or "RuntimeError"]
