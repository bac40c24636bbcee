"""What is started with slack has it; who started it has its own again."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sera_gateway.process.timer_slack import timer_slack

SLACK_NS = 3_000_000

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/timerslack_ns").exists(), reason="this system has no slack of timers"
)


def _own_ns() -> int:
    return int(Path(f"/proc/{threading.get_native_id()}/timerslack_ns").read_text())


def _of_child_ns() -> int:
    program = "print(open('/proc/self/timerslack_ns').read())"
    return int(subprocess.run([sys.executable, "-Ic", program], capture_output=True, check=True).stdout)


def test_a_child_takes_the_slack_over_and_its_parent_gives_it_back() -> None:
    before_ns = _own_ns()
    with timer_slack(SLACK_NS):
        assert _of_child_ns() == SLACK_NS
    assert _own_ns() == before_ns
    assert _of_child_ns() == before_ns


def test_another_thread_may_start_it_and_only_that_thread_is_touched() -> None:
    before_ns, found_ns = _own_ns(), []

    def start() -> None:
        with timer_slack(SLACK_NS):
            found_ns.extend([_of_child_ns(), main_ns()])

    main_id = threading.get_native_id()

    def main_ns() -> int:
        return int(Path(f"/proc/{main_id}/timerslack_ns").read_text())

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert found_ns == [SLACK_NS, before_ns]


def test_the_own_slack_returns_after_a_failure() -> None:
    before_ns = _own_ns()
    with pytest.raises(ZeroDivisionError), timer_slack(SLACK_NS):
        raise ZeroDivisionError
    assert _own_ns() == before_ns


def test_where_nothing_is_known_of_slack_the_body_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sera_gateway.process.timer_slack.threading.get_native_id", lambda: -1)
    with timer_slack(SLACK_NS):
        assert _of_child_ns() == _own_ns_of_main()


def _own_ns_of_main() -> int:
    return int(Path("/proc/self/timerslack_ns").read_text())
