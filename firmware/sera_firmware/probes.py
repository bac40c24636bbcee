"""The table of a node's probes, whose id goes with every batch."""

import json
from binascii import crc32

from sera_firmware.portable import Any
from sera_vocabulary import messages


class ProbeTable:
    """Position, model and serial of every sensor that sits at a position, and the table's id."""

    def __init__(self, sensors: list[Any]) -> None:
        rows = sorted(
            [[sensor.position, sensor.model, sensor.serial] for sensor in sensors if sensor.position]
        )
        self.id = "%08x" % crc32(json.dumps(rows).encode()) if rows else ""
        self.message = json.dumps(
            {
                messages.KEY_VERSION: messages.PROTOCOL_VERSION,
                messages.KEY_PROBES: self.id,
                messages.KEY_PROBE_TABLE: rows,
            }
        ).encode()
        self.is_new = bool(rows)
