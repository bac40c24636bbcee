"""Run a virtual node: `micropython -X heapsize=196K run.py board.json [resume]`, or the same with `python3`.

board.json::

    {"node", "community", "gateway",
     "broker": {"host", "port", "tls": {"ca", "cert", "key"} | null, "username", "password"},
     "paths": [folders that hold sera_firmware and sera_vocabulary],
     "flash": image file (MicroPython) or folder (CPython), "flash_kb": 1024,
     "trace": file of little-endian floats,
     "trace_header": {"start_s", "step_s", "columns": ["soil_moisture_raw@1", ...], "rows"},
     "probes": [[position, model, serial], ...],
     "start_s", "end_s", "interval_s", "contact_every_s", "health_every", "seed",
     "faults": {"outages": [[start_s, end_s], ...], "no_time_source": [[start_s, end_s], ...],
                "reboots": [utc_s, ...], "clock_lost": [utc_s, ...],
                "stuck": [[column, start_s, end_s], ...], "missing": [[column, start_s, end_s], ...],
                "strange": [[column, utc_s], ...],
                "chips": [["nack" | "checksum" | "stuck" | "power", column, start_s, end_s], ...]},
     "sensors": wiring as in config.json (optional: one for each column of the trace),
     "deliver": true, "pace_s_per_day": 0, "last_contacts": 30}

After `end_s` it reads no more, and contacts the broker until the gateway has everything, at most
`last_contacts` times. On stdout it says one JSON object a virtual day, `{"t", "made", "acknowledged",
"contacts"}`, and at the end `{"done": true, "made", "acknowledged", "have_next", "failure", "interpreter"}`,
where `failure` is what ended its last contact. With `deliver` false it never contacts anybody.
`pace_s_per_day` slows a virtual day down to so many real seconds.

A reset empties a board's memory, so it ends this process: the last line is then `{"resume": state}`, the exit
code 75, and whoever started it starts it again with that state as JSON in `resume`.
"""

import gc
import json
import sys

# One after the other, the leaves first: what the compiler leaves behind is collected in between, so
# that a small heap stays in one piece.
_MODULES = (
    "sera_vocabulary.measurements",
    "sera_vocabulary.series",
    "sera_vocabulary.messages",
    "sera_vocabulary.topics",
    "sera_firmware.frames",
    "sera_firmware.store",
    "sera_firmware.batch",
    "sera_firmware.transport",
    "sera_firmware.mqtt",
    "sera_firmware.atomic_file",
    "sera_firmware.budget",
    "sera_firmware.sensing",
    "sera_firmware.probes",
    "sera_firmware.health",
    "sera_firmware.config",
    "sera_firmware.contact",
    "sera_firmware.node",
    "sera_simulator.board.image",
    "sera_simulator.board.chips",
    "sera_simulator.board.serial_lines",
    "sera_simulator.board.ports",
    "sera_simulator.board.virtual",
    "sera_simulator.board.life",
)


def main(path: str, resume: str = "{}") -> int:
    """Find the firmware and run the node that a board.json describes; return the code to end with."""
    with open(path) as file:
        plan = json.load(file)
    sys.path[:0] = plan["paths"] + [__file__.replace("\\", "/").rsplit("/", 3)[0]]
    for module in _MODULES:
        __import__(module)
        gc.collect()
    return int(sys.modules["sera_simulator.board.life"].live(plan, json.loads(resume)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
