"""The table of a node's probes, whose id goes with every batch, and which is sent whole when it changes."""

import json
from binascii import crc32

from sera_firmware import atomic_file
from sera_firmware.portable import Any, const
from sera_vocabulary import messages

# Tables that were not sent yet; with more changes than this between two contacts the oldest go.
_UNSENT_MOST = const(4)


class ProbeTable:
    """Position, model and serial of every sensor that sits at a position, and the table's id.

    A chip that tells its serial and was swapped makes a new table; one that does not answer stays
    what it was.

    Parameters
    ----------
    path
        Its file on flash: the table in force first, then those that are still to be sent.
    sensors
        In the order of the wiring.
    """

    def __init__(self, path: str, sensors: list[Any]) -> None:
        self._path = path
        self._sensors = [sensor for sensor in sensors if sensor.position]
        self.rows: list[list[Any]] = []
        self.id = ""
        self._unsent: list[Any] = []
        self._recover()

    def _recover(self) -> None:
        try:
            rows, unsent = json.loads(atomic_file.read(self._path) or b"")
            serials = {(position, model): serial for position, model, serial in rows}
            self._unsent = list(unsent)
        except (ValueError, TypeError):
            return  # none yet, or unreadable: it is found and sent again
        self._take(rows)
        for sensor in self._sensors:
            sensor.serial = sensor.serial or serials.get((sensor.position, sensor.model), "")

    def _take(self, rows: list[Any]) -> None:
        self.rows = rows
        self.id = table_id(rows)

    def look(self) -> bool:
        """Compare with what the sensors report of themselves; return whether the table changed."""
        rows = sorted([[sensor.position, sensor.model, sensor.serial] for sensor in self._sensors])
        if rows == self.rows:
            return False
        was_known = bool(self.rows)
        self._take(rows)
        self._unsent = (self._unsent + [rows])[-_UNSENT_MOST:]
        self._keep()
        return was_known

    def unsent(self) -> list[bytes]:
        """Messages of the tables that are to be sent, the one in force last."""
        return [_message(rows) for rows in self._unsent]

    def mark_sent(self) -> None:
        """Note that all of them have arrived."""
        if self._unsent:
            self._unsent = []
            self._keep()

    def _keep(self) -> None:
        # Without it the table is sent again after the next start.
        atomic_file.try_write(self._path, json.dumps([self.rows, self._unsent]).encode())


def table_id(rows: list[Any]) -> str:
    """Name a table by its content; the empty one has no name."""
    return "%08x" % crc32(json.dumps(rows).encode()) if rows else ""


def _message(rows: list[Any]) -> bytes:
    return json.dumps(
        {
            messages.KEY_VERSION: messages.PROTOCOL_VERSION,
            messages.KEY_PROBES: table_id(rows),
            messages.KEY_PROBE_TABLE: rows,
        }
    ).encode()
