"""The life of a virtual node: its wakes, the faults of its plan, and its last contacts."""

import json
import sys
import time

from sera_simulator.board import image, ports, virtual
from sera_simulator.board.portable import Any

# Not from the vocabulary: each further module that a board compiles leaves its small heap in more pieces.
_DAY_S = 86400
_LAST_CONTACTS_MOST = 30
_LAST_STAY_MS = 2000
_LAST_PAUSE_S = 0.25
_STRANGE_STREAM = "soil"


# What a virtual board's process ends with where a real board resets: it is to be started again, with what it
# printed last as `resume`.
RESET_CODE = 75


class ResetError(Exception):
    """The board resets: all that it has in memory is gone, and so is its process."""


class Life:
    """One virtual node from its first to its last day, or from one reset to the next.

    Parameters
    ----------
    plan
        The content of board.json.
    resume
        What `resume` returned before the last reset, or nothing for a first start.
    """

    def __init__(self, plan: dict[str, Any], resume: dict[str, int]) -> None:
        self.plan = plan
        self.now_s = resume.get("now_s", plan["start_s"])
        self._wake_s = resume.get("wake_s", plan["start_s"] + plan["interval_s"])
        self._moment_count = resume.get("moments", 0)
        self._last_contact_count = resume.get("last_contacts", 0)
        self._contacts_before = resume.get("contacts", 0)
        self._moments = _moments(plan)[self._moment_count :]
        self._day_began = time.time()
        folder = image.mount(plan["flash"], plan.get("flash_kb", 1024))
        self.board = virtual.VirtualBoard(plan, self.now_s)
        config = sys.modules["sera_firmware.config"].with_defaults(_config(plan))
        self.node = sys.modules["sera_firmware.node"].Node(config, self.board, folder)

    def resume(self) -> dict[str, int]:
        """Return what the world, not the board, knows of a life that a reset interrupts."""
        return {
            "now_s": self.now_s,
            "wake_s": self._wake_s,
            "moments": self._moment_count,
            "last_contacts": self._last_contact_count,
            "contacts": self._contacts_before + self.node.contacts,
        }

    def days(self) -> None:
        """Live through all wakes; raises ResetError where the board resets."""
        start_s, end_s = self.plan["start_s"], self.plan["end_s"]
        next_day_s = self.now_s + _DAY_S - (self.now_s - start_s) % _DAY_S
        while self._wake_s <= end_s:
            self._sleep_until(self._wake_s)
            self._wake_s += self.node.wake()
            self._reset_if_due()
            if self.now_s >= next_day_s:
                next_day_s += _DAY_S
                self._say_day()

    def _sleep_until(self, utc_s: int) -> None:
        while self._moments and self._moments[0][0] <= utc_s:
            at_s, kind = self._moments.pop(0)
            self._moment_count += 1
            if kind == "reboots":
                self.now_s = at_s
                raise ResetError
            if kind == "clock_lost":
                self.node.clock.forget()
            else:
                self._try_strange_sensor(kind)
        self.board.advance_to(utc_s)
        self.now_s = utc_s

    def _reset_if_due(self) -> None:
        if self.node.needs_restart:
            raise ResetError

    def _try_strange_sensor(self, column: str) -> None:
        """Store one reading of a column that the vocabulary does not have."""
        node, clock = self.node, self.node.clock
        node._append([node._row(_STRANGE_STREAM, [column], [1], clock.uptime_s(), clock.utc_s())])

    def _say_day(self) -> None:
        pace_s = self.plan.get("pace_s_per_day", 0)
        left_s = pace_s - (time.time() - self._day_began)
        if left_s > 0:
            time.sleep(left_s)
        self._day_began = time.time()
        _print_state(dict(self._state(), t=self.now_s))

    def _state(self) -> dict[str, Any]:
        store = self.node.store
        return {
            "made": store.next - 1,
            "acknowledged": store.acknowledged,
            "contacts": self._contacts_before + self.node.contacts,
        }

    def last_contacts(self) -> None:
        """Contact the broker until the gateway has all that is still held, or tries run out."""
        while self._last_contact_count < self.plan.get("last_contacts", _LAST_CONTACTS_MOST):
            self._last_contact_count += 1
            if self.node.reach_out(_LAST_STAY_MS) and self.node.contact.have_next >= self.node.store.next:
                return
            self._reset_if_due()
            time.sleep(_LAST_PAUSE_S)

    def finish(self) -> None:
        """Print the final state."""
        state = dict(self._state(), done=True, have_next=self.node.contact.have_next)
        state["failure"] = repr(self.node.failure)
        state["interpreter"] = "%s %s" % (
            sys.implementation.name,
            ".".join(map(str, sys.implementation.version[:3])),
        )
        _print_state(state)


def _moments(plan: dict[str, Any]) -> list[Any]:
    faults = plan.get("faults", {})
    moments = [(at_s, kind) for kind in ("reboots", "clock_lost") for at_s in faults.get(kind, ())]
    return sorted(moments + [(at_s, column) for column, at_s in faults.get("strange", ())])


def _config(plan: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {
        name: plan[name]
        for name in (
            "node",
            "community",
            "gateway",
            "broker",
            "interval_s",
            "contact_every_s",
            "health_every",
        )
        if name in plan
    }
    config["capacity_kb"] = plan.get("flash_kb", 1024)
    config["sensors"] = ports.sensors_of(plan)
    return config


def _print_state(state: dict[str, Any]) -> None:
    print(json.dumps(state))
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def live(plan: dict[str, Any], resume: dict[str, int]) -> int:
    """Run the node that a board.json describes to its end or its next reset; return the code to end with."""
    if not plan.get("deliver", True):
        plan["faults"] = dict(plan.get("faults", {}), outages=[[plan["start_s"], plan["end_s"] + _DAY_S]])
    life = Life(plan, resume)
    try:
        life.days()
        if plan.get("deliver", True):
            life.last_contacts()
    except ResetError:
        _print_state({"resume": life.resume()})
        return RESET_CODE
    life.finish()
    return 0
