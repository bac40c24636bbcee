"""The life of a virtual node: its wakes, the faults of its plan, and its last contacts."""

import gc
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


class Life:
    """One virtual node from its first to its last day."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.now_s = plan["start_s"]
        self.contacts = 0
        self._folder = image.mount(plan["flash"], plan.get("flash_kb", 1024))
        self._moments = _moments(plan)
        self._day_began = time.time()
        self.board: Any = None
        self.node: Any = None
        self._boot()

    def _boot(self) -> None:
        """Power on: a new node object, nothing remembered but what is on flash."""
        if self.node is not None:
            # A real board's memory is empty after a reset, and two nodes would not fit into it. Here a stale
            # pointer on the stack may hold the old node for a while, so it gives up its buffers.
            store = self.node.store
            store.segment = store._out = None
        self.node = self.board = None
        gc.collect()
        try:
            self._power_on()
        except MemoryError:
            # What had been held by chance is on no stack any more.
            self.node = self.board = None
            gc.collect()
            self._power_on()

    def _power_on(self) -> None:
        self.board = virtual.VirtualBoard(self.plan, self.now_s)
        config = sys.modules["sera_firmware.config"].with_defaults(_config(self.plan))
        self.node = sys.modules["sera_firmware.node"].Node(config, self.board, self._folder)

    def days(self) -> None:
        """Live through all wakes."""
        end_s = self.plan["end_s"]
        next_day_s = self.now_s + _DAY_S
        sleep_s = self.plan["interval_s"]
        while self.now_s + sleep_s <= end_s:
            self._sleep_until(self.now_s + sleep_s)
            sleep_s = self.node.wake()
            if self.now_s >= next_day_s:
                next_day_s += _DAY_S
                self._say_day()

    def _sleep_until(self, utc_s: int) -> None:
        while self._moments and self._moments[0][0] <= utc_s:
            at_s, kind = self._moments.pop(0)
            if kind == "reboots":
                self.board.advance_to(at_s)
                self.now_s = at_s
                self.contacts += self.node.contacts
                self._boot()
            elif kind == "clock_lost":
                self.node.clock.forget()
            else:
                self._try_strange_sensor(kind)
        self.board.advance_to(utc_s)
        self.now_s = utc_s

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
            "contacts": self.contacts + self.node.contacts,
        }

    def last_contacts(self) -> None:
        """Contact the broker until the gateway has all that is still held, or tries run out."""
        contact, store = self.node.contact, self.node.store
        for _ in range(self.plan.get("last_contacts", _LAST_CONTACTS_MOST)):
            if self.node.reach_out(_LAST_STAY_MS) and contact.have_next >= store.next:
                return
            time.sleep(_LAST_PAUSE_S)

    def finish(self) -> None:
        """Print the final state."""
        state = dict(self._state(), done=True, have_next=self.node.contact.have_next)
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


def live(plan: dict[str, Any]) -> None:
    """Run the node that a board.json describes, to its end."""
    if not plan.get("deliver", True):
        plan["faults"] = dict(plan.get("faults", {}), outages=[[plan["start_s"], plan["end_s"] + _DAY_S]])
    life = Life(plan)
    life.days()
    if plan.get("deliver", True):
        life.last_contacts()
    life.finish()
