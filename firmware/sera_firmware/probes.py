"""The table of a node's probes, whose id goes with every batch, and which is sent whole when it changes."""

import json
from binascii import crc32

from sera_firmware import kept
from sera_firmware.portable import Any, const
from sera_vocabulary import messages

# Tables that nobody was told of yet; with more changes than this between two contacts the oldest go.
_UNTOLD_MOST = const(4)


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
        self._untold: list[Any] = []
        self._recover()

    def _recover(self) -> None:
        try:
            rows, untold = json.loads(kept.read(self._path) or b"")
            known = {(position, model): serial for position, model, serial in rows}
            self._untold = list(untold)
        except (ValueError, TypeError):
            return  # none yet, or unreadable: it is found and sent anew
        self._take(rows)
        for sensor in self._sensors:
            sensor.serial = sensor.serial or known.get((sensor.position, sensor.model), "")

    def _take(self, rows: list[Any]) -> None:
        self.rows = rows
        self.id = table_id(rows)

    def look(self) -> bool:
        """Compare with what the sensors say of themselves; tell whether the table changed."""
        rows = sorted([[sensor.position, sensor.model, sensor.serial] for sensor in self._sensors])
        if rows == self.rows:
            return False
        was_known = bool(self.rows)
        self._take(rows)
        self._untold = (self._untold + [rows])[-_UNTOLD_MOST:]
        self._keep()
        return was_known

    def untold(self) -> list[bytes]:
        """Messages of the tables that are to be sent, the one in force last."""
        return [_message(rows) for rows in self._untold]

    def told(self) -> None:
        """All of them have arrived."""
        if self._untold:
            self._untold = []
            self._keep()

    def _keep(self) -> None:
        # Without it the table is sent again after the next start.
        kept.attempt(self._path, json.dumps([self.rows, self._untold]).encode())


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
