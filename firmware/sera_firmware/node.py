"""The node: one pass a wake, from the sensors to flash, and when it is due to the broker."""

import gc
import os
from binascii import crc32

from sera_firmware import batch, lazy_modules
from sera_firmware.budget import Budget
from sera_firmware.clock import Clock
from sera_firmware.config import Settings
from sera_firmware.contact import Contact
from sera_firmware.errors import BrokerError, StoreError
from sera_firmware.persistent_state import PersistentState
from sera_firmware.portable import Any, const, ticks_diff, ticks_ms
from sera_firmware.probes import ProbeTable
from sera_firmware.sensing import measure
from sera_firmware.store import Store
from sera_vocabulary import messages, series

# What a node was doing, as `last_step` in its health records; the table with their names is in
# sera_vocabulary.meanings.
STEP_ASLEEP = const(0)
STEP_SENSORS = const(1)
STEP_STORE = const(2)
STEP_NETWORK = const(3)
STEP_TIME = const(4)
STEP_CONNECT = const(5)
STEP_SEND = const(6)
STEP_CLOSE = const(7)

_BACK_OFF_MOST = const(24)
_LISTEN_MS = const(250)
# With less than this left of a wake no contact is begun.
_CONTACT_LEAST_MS = const(5000)
# After so many contacts that failed for want of memory the heap is in pieces that no waiting mends.
_MEMORY_FAILURES_MOST = const(3)
# With a low battery contacts are this many wakes apart at least: the radio takes most of the current.
_LOW_BATTERY_WAKES = const(24)


class Node:
    """A node from power-on to power-off.

    Parameters
    ----------
    config
        The checked content of config.json.
    board
        The ports, as firmware/README.md lists them.
    folder
        Folder of the flash file system that the node keeps everything in.
    new_boot
        False when the node continues its boot after deep sleep.
    """

    def __init__(self, config: dict[str, Any], board: Any, folder: str, new_boot: bool = True) -> None:
        self.board = board
        try:
            lazy_modules.call("renewal", "extend", folder + "/", config)
        except OSError:
            pass  # a module that is lost costs no record
        self.settings = Settings(config, folder + "/settings.json")
        self.clock = Clock(board, config["drift_ppm"], config["sleep_drift_ppm"])
        self.store = Store(folder + "/records", config["capacity_kb"] * 1024, os.urandom, new_boot)
        self.start_cause, after_watchdog = board.start_cause()
        self.persistent = PersistentState(folder + "/past.json", after_watchdog)
        self.sensors, self._streams = lazy_modules.call("wiring", "create_sensors", config["sensors"], board)
        self.probes = ProbeTable(folder + "/probes.json", self.sensors)
        self.contact = Contact(self.settings, self.store, self.probes, getattr(board, "feed", None))
        self.wakes = 0
        self.woke_at_ms = 0
        self.failures = 0
        self.memory_failures = 0
        self.contacts = 0
        self.contact_in_s = 0
        # What ended the last contact, or None.
        self.failure: Any = None
        self.waiting_since_s: int | None = 0 if self.store.acknowledged + 1 < self.store.next else None
        self._battery_v: float | None = None
        self._flags_once = messages.FLAG_AFTER_WATCHDOG if after_watchdog else 0
        self._probe_flag = 0
        self._layouts: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def wake(self) -> int:
        """Do one pass within its budget; return how long after its begin the next is due [s]."""
        interval_s = int(self.settings.values["interval_s"])
        budget = Budget(self.board.ticks_ms, 1000 * min(self.settings.values["budget_s"], interval_s))
        self.woke_at_ms = self.clock.uptime_ms()
        self.read_and_store(budget)
        self.contact_in_s = max(0, self.contact_in_s - interval_s)
        if self.contact_in_s == 0 and self._battery_allows() and budget.left_ms() >= _CONTACT_LEAST_MS:
            self._plan(self.reach_out(budget_ms=budget.left_ms()))
        self.board.note_step(STEP_ASLEEP)
        return interval_s

    def read_and_store(self, budget: Budget) -> None:
        """Read every sensor and append one record a stream."""
        self.board.note_step(STEP_SENSORS)
        utc_s, uptime_s = self.clock.utc_s(), self.clock.uptime_s()
        values = self._read(budget)
        rows = []
        is_health_due = self.wakes % self.settings.values["health_every"] == 0
        for stream, _ in self._streams:
            if stream != series.HEALTH:
                rows.append(self._row(stream, values[stream][0], values[stream][1], uptime_s, utc_s))
        if is_health_due:
            sensor_values = values.get(series.HEALTH, ((), ()))
            try:
                columns, health_values = lazy_modules.call(
                    "health", "values", self, sensor_values[0], sensor_values[1]
                )
            except (OSError, MemoryError):
                columns, health_values = sensor_values  # what the sensors said is there in any case
            if columns:
                rows.append(self._row(series.HEALTH, columns, health_values, uptime_s, utc_s))
        self.board.note_step(STEP_STORE)
        self.wakes += 1
        self._append(rows)
        self._flags_once = 0

    def _append(self, rows: list[tuple[bytes, bytes]]) -> None:
        """Store rows; a flash that takes none costs these records, not the node."""
        try:
            self.store.append(rows)
        except (StoreError, OSError):
            self.store.skipped += len(rows)
            return
        if self.waiting_since_s is None and rows:
            self.waiting_since_s = self.clock.uptime_s()

    def _read(self, budget: Budget) -> dict[str, Any]:
        """Read all sensors, and check whether probes were exchanged."""
        measured = measure(self.sensors, self.board, budget)
        before = self.probes.id
        self._probe_flag = messages.FLAG_PROBE_CHANGED if self.probes.look() else 0
        if self.probes.id != before:
            self._layouts.clear()
        values: dict[str, tuple[Any, ...]] = {}
        for index, sensor in enumerate(self.sensors):
            columns, stream_values = values.setdefault(sensor.stream, ([], []))
            columns.extend(sensor.columns)
            stream_values.extend(measured[index])
            if hasattr(sensor, "low_v"):
                self._battery_v = measured[index][0]
        return values

    def _battery_is_below(self, limit: str) -> bool:
        """Return whether the voltage is known and below a limit of the battery's wiring."""
        for sensor in self.sensors:
            if hasattr(sensor, limit):
                return self._battery_v is not None and self._battery_v < getattr(sensor, limit)
        return False

    def _battery_allows(self) -> bool:
        """Return whether a contact may be tried: an empty battery breaks down under the radio's current."""
        return not self._battery_is_below("empty_v")

    def _row(
        self, stream: str, columns: list[Any], values: list[Any], uptime_s: int, utc_s: int | None
    ) -> tuple[Any, ...]:
        key = (stream, len(columns))
        if key not in self._layouts:
            text = batch.layout_text(stream, self.probes.id, columns)
            self._layouts[key] = (text, batch.decimals_of(columns))
        text, decimals = self._layouts[key]
        flags = (messages.FLAG_CLOCK_NOT_SET if utc_s is None else 0) | self._flags_once
        flags |= messages.FLAG_BATTERY_LOW if self._battery_is_below("low_v") else 0
        flags |= self._probe_flag if any(messages.POSITION_MARK in column for column in columns) else 0
        return text, batch.row_text(uptime_s, utc_s, self.clock.uncertainty_s(), flags, values, decimals)

    def queue_age_s(self) -> int:
        """How long the oldest record has waited for the broker, at least [s]."""
        return 0 if self.waiting_since_s is None else self.clock.uptime_s() - self.waiting_since_s

    def reach_out(self, stay_ms: int = 0, budget_ms: int = 0) -> bool:
        """Connect, set the clock, send, take orders, close; return whether all of it worked.

        Parameters
        ----------
        stay_ms
            How long to stay connected until the gateway has everything [ms].
        budget_ms
            How long all of it may take, or 0 for as long as the settings allow [ms].
        """
        # The network's time, not the board's: a virtual board stands still while it waits for a broker.
        budget = Budget(ticks_ms, budget_ms or 1000 * self.settings.values["budget_s"])
        before = self.store.acknowledged + 1
        self.failure = None
        try:
            self.board.note_step(STEP_NETWORK)
            self.board.network_up(budget.left_ms())
            self._set_clock(budget)
            gc.collect()
            self._speak(budget, before, stay_ms)
        except (OSError, ValueError, BrokerError, MemoryError) as error:
            self.failure = error
            self.memory_failures += isinstance(error, MemoryError)
            self.contact.drop()
            return False
        finally:
            self.board.network_down()
            self._note_arrivals(before)
        self.contacts += 1
        self.memory_failures = 0
        return True

    @property
    def needs_restart(self) -> bool:
        """Whether contacts fail for want of memory, which an empty heap mends; records are on flash."""
        return self.memory_failures >= _MEMORY_FAILURES_MOST

    def _speak(self, budget: Budget, before: int, stay_ms: int) -> None:
        self.board.note_step(STEP_CONNECT)
        self.contact.open(budget)
        self.board.note_step(STEP_SEND)
        self.contact.send_new()
        self.contact.send_again(before)
        self._stay(stay_ms, before)
        self.contact.renew()
        self.board.note_step(STEP_CLOSE)
        self.contact.close(self._pause_s())

    def _note_arrivals(self, before: int) -> None:
        if self.store.acknowledged + 1 >= self.store.next:
            self.waiting_since_s = None
        elif self.store.acknowledged + 1 > before:
            self.failures = 0

    def _stay(self, stay_ms: int, before: int) -> None:
        began = ticks_ms()
        while self.contact.have_next < self.store.next and ticks_diff(ticks_ms(), began) < stay_ms:
            if self.contact.listen(_LISTEN_MS):
                self.contact.send_again(before)

    def _set_clock(self, budget: Budget) -> None:
        self.board.note_step(STEP_TIME)
        try:
            lazy_modules.call("time_setting", "set_clock", self, budget)
        except (OSError, MemoryError):
            pass  # records are dated later, by anchors

    def append_clock(self, columns: list[Any], step_s: int | None) -> None:
        """Store a record of the stream that older records are dated by."""
        utc_s, uptime_s = self.clock.utc_s(), self.clock.uptime_s()
        self._append([self._row(series.CLOCK, columns, [step_s], uptime_s, utc_s)])

    def _pause_s(self) -> int:
        """How long until the next contact after one that worked [s]."""
        values = self.settings.values
        if self._battery_is_below("low_v"):
            return int(max(values["contact_every_s"], _LOW_BATTERY_WAKES * values["interval_s"]))
        if self.store.acknowledged + 1 < self.store.next:
            return int(values["interval_s"])
        return int(values["contact_every_s"])

    def _plan(self, worked: bool) -> None:
        """Plan the next contact: as configured, or later after each failure, by 1, 2, 4 ... 24 wakes."""
        values = self.settings.values
        if worked:
            self.failures = 0
            self.contact_in_s = self._pause_s()
            return
        self.failures += 1
        wakes = min(_BACK_OFF_MOST, 1 << min(self.failures - 1, 5))
        jitter = crc32(("%s %d" % (values["node"], self.failures)).encode()) % (wakes // 2 + 1)
        self.contact_in_s = (wakes + jitter) * values["interval_s"]
