"""A node's contacts one after the other, for CPython and MicroPython: `contacts.py PLAN`.

The plan says `port`, `contacts`, `wakes` before each, `timeouts_ms` of one contact after the other and
around again, `budget_s`, and `tls` files or null.
Each contact says one line of JSON.
"""

import gc
import json
import os
import sys


class Board:
    """A board with a network and nothing else; UTC is told where the plan names time servers."""

    def __init__(self, plan: dict) -> None:
        self._servers = [tuple(server) for server in plan.get("time_servers", ())]

    def ticks_ms(self) -> int:
        return sys.modules["sera_firmware.portable"].ticks_ms()

    def start_cause(self) -> tuple:
        return (0, 0), False

    def utc(self, known_s: int, budget_ms: int) -> tuple:
        from sera_firmware import ntp

        return ntp.utc(self._servers, known_s, budget_ms, 0, 100)

    def health(self) -> dict:
        return {}

    def ignore(self, *_arguments: object) -> None:
        pass

    network_up = network_down = note_step = set_rtc = feed = sleep_ms = ignore


def new_node(folder: str, plan: dict) -> object:
    from sera_firmware import config
    from sera_firmware.node import Node

    settings = {
        "node": "elm-a1",
        "community": "elm",
        "broker": {
            "host": plan.get("host", "127.0.0.1"),
            "port": plan["port"],
            "tls": plan.get("tls"),
            "client_id": plan.get("client_id"),
            "generation": plan.get("generation", 0),
        },
        "capacity_kb": plan.get("capacity_kb", 1024),
        "health_every": 10000,
    }
    return Node(config.with_defaults(settings), Board(plan), folder)


def write(node: object, number: int, wakes: int) -> int:
    from firmware.stand_ins import air_row, soil_row

    for _ in range(wakes):
        node.store.append([soil_row(number), air_row(number)])
        number += 1
    return number


def contact(node: object, plan: dict) -> dict:
    from sera_firmware.portable import ticks_diff, ticks_ms

    if "budget_s" in plan:
        node.settings.values["budget_s"] = plan["budget_s"]
    node.settings.values["sync_every_s"] = 0  # ask for the time at every contact
    began = ticks_ms()
    worked = node.reach_out()
    return {
        "worked": worked,
        "ms": ticks_diff(ticks_ms(), began),
        "acknowledged": node.store.acknowledged,
        "next": node.store.next,
        "lowest": node.store.lowest,
        "open": open_files(),
        "certificate": [
            node.contact.slot[0],
            node.contact.slot[3],
            node.contact.slot[4].get("certificate_refused", 0),
        ],
    }


def open_files() -> int:
    """Count what this process has open, where the system tells: a socket that was not closed is one more."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def main(path: str) -> None:
    with open(path) as file:
        plan = json.load(file)
    sys.path[:0] = plan["paths"]
    node = new_node(plan["folder"], plan)
    number = 0
    timeouts_ms = plan["timeouts_ms"]
    for turn in range(plan["contacts"]):
        node.contact._client._timeout_ms = timeouts_ms[turn % len(timeouts_ms)]
        number = write(node, number, plan["wakes"])
        report = contact(node, plan)
        print(json.dumps(report))
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1])
