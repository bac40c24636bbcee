"""The node: one pass a wake, from the sensors to flash, and when it is due to the broker."""

import gc
import os
from binascii import crc32

from sera_firmware import BUILD, batch
from sera_firmware.clock import Clock
from sera_firmware.config import Settings
from sera_firmware.contact import Contact
from sera_firmware.errors import BrokerError, SensorError, StoreError
from sera_firmware.portable import Any, const, ticks_diff, ticks_ms
from sera_firmware.probes import ProbeTable
from sera_firmware.sensors import wired
from sera_firmware.store import Store
from sera_vocabulary import measurements, messages, series

_BACK_OFF_MOST = const(24)
_LISTEN_MS = const(250)
_CLOCK_COLUMNS = [measurements.CLOCK_STEP_S]
# What a wrong wire or a dead chip can raise in a driver; nothing of it may cost another sensor's value.
_SENSOR_FAILURES = (SensorError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError)


class Node:
    """A node from power-on to power-off.

    Parameters
    ----------
    config
        The checked content of config.json.
    board
        The ports: `ticks_ms`, `sleep_ms`, `network_up`, `network_down`, `utc`, `health`, and those
        that the sensors name.
    folder
        Folder of the flash file system that the node keeps everything in.
    new_boot
        False when the node continues its boot after deep sleep.
    """

    def __init__(self, config: dict[str, Any], board: Any, folder: str, new_boot: bool = True) -> None:
        self.board = board
        self.settings = Settings(config, folder + "/settings.json")
        self.clock = Clock(board, config["drift_ppm"])
        self.store = Store(folder + "/records", config["capacity_kb"] * 1024, os.urandom, new_boot)
        self.sensors = [wired(wiring, board) for wiring in config["sensors"]]
        self.probes = ProbeTable(self.sensors)
        self.contact = Contact(self.settings, self.store, self.probes)
        self.wakes = 0
        self.woke_at_ms = 0
        self.failures = 0
        self.contacts = 0
        self.contact_in_s = 0
        self._battery_low = False
        self._flags_once = 0
        self._streams = self._line_up()
        self._layouts: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def _line_up(self) -> list[tuple[Any, ...]]:
        """Group the sensors by stream, in the order of the wiring."""
        streams: list[tuple[Any, ...]] = []
        for sensor in self.sensors:
            for stream, members in streams:
                if stream == sensor.stream:
                    members.append(sensor)
                    break
            else:
                streams.append((sensor.stream, [sensor]))
        return streams

    def wake(self) -> int:
        """Do one pass; return how long to sleep until the next [s]."""
        interval_s = int(self.settings.values["interval_s"])
        self.woke_at_ms = self.clock.uptime_ms()
        self.read_and_store()
        self.contact_in_s -= interval_s
        if self.contact_in_s <= 0:
            self._plan(self.reach_out())
        return interval_s

    def read_and_store(self) -> None:
        """Read every sensor and append one record a stream."""
        utc_s, uptime_s = self.clock.utc_s(), self.clock.uptime_s()
        values = self._read()
        rows = []
        is_health_due = self.wakes % self.settings.values["health_every"] == 0
        for stream, _ in self._streams:
            if stream != series.HEALTH:
                rows.append(self._row(stream, values[stream][0], values[stream][1], uptime_s, utc_s))
        if is_health_due:
            columns, health = self._health(values.get(series.HEALTH, ([], [])))
            rows.append(self._row(series.HEALTH, columns, health, uptime_s, utc_s))
        self.wakes += 1
        self._append(rows)

    def _append(self, rows: list[tuple[bytes, bytes]]) -> None:
        """Store rows; a flash that takes none costs these records, not the node."""
        try:
            self.store.append(rows)
        except StoreError:
            self.store.skipped += len(rows)

    def _read(self) -> dict[str, Any]:
        """Start all sensors, wait once for the slowest, and read each alone: a failed one is nulls."""
        wait_ms = 0
        for sensor in self.sensors:
            try:
                sensor.start()
                wait_ms = max(wait_ms, sensor.wait_ms)
            except _SENSOR_FAILURES:
                pass  # its read fails too, and says so
        if wait_ms:
            self.board.sleep_ms(wait_ms)
        values: dict[str, tuple[Any, ...]] = {}
        for stream, members in self._streams:
            columns, found = [], []
            for sensor in members:
                columns.extend(sensor.columns)
                found.extend(_one(sensor))
            values[stream] = (columns, found)
        self._judge_battery(values.get(series.HEALTH))
        return values

    def _judge_battery(self, health: tuple[Any, ...] | None) -> None:
        for sensor in self.sensors:
            low_v = getattr(sensor, "low_v", None)
            if low_v is not None and health is not None:
                voltage = health[1][health[0].index(sensor.columns[0])]
                self._battery_low = voltage is not None and voltage < low_v

    def _row(
        self, stream: str, columns: list[Any], values: list[Any], uptime_s: int, utc_s: int | None
    ) -> tuple[Any, ...]:
        key = (stream, len(columns))
        if key not in self._layouts:
            positioned = self.probes.id if any(messages.POSITION_MARK in column for column in columns) else ""
            self._layouts[key] = (batch.layout_text(stream, positioned, columns), batch.decimals_of(columns))
        text, decimals = self._layouts[key]
        flags = (messages.FLAG_CLOCK_NOT_SET if utc_s is None else 0) | self._flags_once
        flags |= messages.FLAG_BATTERY_LOW if self._battery_low else 0
        return text, batch.row_text(uptime_s, utc_s, self.clock.uncertainty_s(), flags, values, decimals)

    def _health(self, read: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
        """Gather what this platform knows of itself."""
        store = self.store
        known = {
            measurements.FLASH_FREE: store.bytes_free,
            measurements.QUEUE_LENGTH: store.next - 1 - store.acknowledged,
            measurements.SKIPPED_RECORDS: store.skipped,
            measurements.FIRMWARE_BUILD: BUILD,
            measurements.CLOCK_UNCERTAINTY_S: self.clock.uncertainty_s() if self.clock.is_set else None,
        }
        if hasattr(gc, "mem_free"):
            gc.collect()
            known[measurements.HEAP_FREE] = gc.mem_free()
        known.update(self.board.health())
        for place, name in enumerate(read[0]):
            known[name] = read[1][place]
        columns = [name for name in series.SERIES_BY_NAME[series.HEALTH].columns if name in known]
        return columns, [known[name] for name in columns]

    def reach_out(self, stay_ms: int = 0) -> bool:
        """Connect, set the clock, send, take orders, close; tell whether all of it worked.

        Parameters
        ----------
        stay_ms
            How long to stay connected until the gateway has everything [ms].
        """
        try:
            self.board.network_up()
            self._set_clock()
            before = self.store.acknowledged + 1
            gc.collect()
            self.contact.open()
            self.contact.send_new()
            self.contact.send_again(before)
            self._stay(stay_ms, before)
            self.contact.close(self.settings.values["contact_every_s"])
        except (OSError, ValueError, BrokerError):
            self.contact.drop()
            return False
        finally:
            self.board.network_down()
        self.contacts += 1
        return True

    def _stay(self, stay_ms: int, before: int) -> None:
        began = ticks_ms()
        while self.contact.have_next < self.store.next and ticks_diff(ticks_ms(), began) < stay_ms:
            if self.contact.listen(_LISTEN_MS):
                self.contact.send_again(before)

    def _set_clock(self) -> None:
        """Ask for UTC when it is due, and write the anchor that older records are dated by."""
        since_s = self.clock.since_sync_s()
        if since_s is not None and since_s < self.settings.values["sync_every_s"]:
            return
        try:
            utc_ms, uncertainty_ms = self.board.utc()
        except (OSError, ValueError):
            return
        moved_ms = self.clock.set(utc_ms, uncertainty_ms)
        step_s = None if moved_ms is None else moved_ms / 1000
        self._append(
            [self._row(series.CLOCK, _CLOCK_COLUMNS, [step_s], self.clock.uptime_s(), self.clock.utc_s())]
        )

    def _plan(self, worked: bool) -> None:
        """Plan the next contact: as configured, or later after each failure, by 1, 2, 4 ... 24 wakes."""
        values = self.settings.values
        if worked:
            self.failures = 0
            self.contact_in_s = values["contact_every_s"]
            return
        self.failures += 1
        wakes = min(_BACK_OFF_MOST, 1 << min(self.failures - 1, 5))
        jitter = crc32(("%s %d" % (values["node"], self.failures)).encode()) % (wakes // 2 + 1)
        self.contact_in_s = (wakes + jitter) * values["interval_s"]


def _one(sensor: Any) -> list[Any]:
    """Read one sensor; one null a column where it fails."""
    try:
        return list(sensor.read())
    except _SENSOR_FAILURES:
        return [None] * len(sensor.columns)
