"""A node's contacts one after the other, for CPython and MicroPython: `contacts.py PLAN`.

The plan says `port`, `contacts`, `wakes` before each, `timeout_ms`, `budget_s`, and `tls` files or null.
Each contact says one line of JSON.
"""

import gc
import json
import sys


class Board:
    """A board with a network and nothing else; UTC is never told."""

    def ticks_ms(self) -> int:
        return sys.modules["sera_firmware.portable"].ticks_ms()

    def started(self) -> tuple:
        return (0, 0), False

    def utc(self, *_limits: object) -> tuple:
        raise OSError(118)

    def health(self) -> dict:
        return {}

    def nothing(self, *_arguments: object) -> None:
        pass

    network_up = network_down = mark = set_rtc = feed = sleep_ms = nothing


def new_node(folder: str, plan: dict) -> object:
    from sera_firmware import config
    from sera_firmware.node import Node

    settings = {
        "node": "elm-a1",
        "community": "elm",
        "broker": {"host": plan.get("host", "127.0.0.1"), "port": plan["port"], "tls": plan.get("tls")},
        "capacity_kb": plan.get("capacity_kb", 1024),
        "health_every": 10000,
    }
    node = Node(config.checked(settings), Board(), folder)
    node.contact._client._timeout_ms = plan["timeout_ms"]
    return node


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
    began = ticks_ms()
    worked = node.reach_out()
    return {
        "worked": worked,
        "ms": ticks_diff(ticks_ms(), began),
        "acknowledged": node.store.acknowledged,
        "next": node.store.next,
        "lowest": node.store.lowest,
    }


def main(path: str) -> None:
    with open(path) as file:
        plan = json.load(file)
    sys.path[:0] = plan["paths"]
    node = new_node(plan["folder"], plan)
    number = 0
    for _ in range(plan["contacts"]):
        number = write(node, number, plan["wakes"])
        said = contact(node, plan)
        print(json.dumps(said))
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1])
