"""A board without network, and a node on it, for tests of single wakes; for CPython and MicroPython."""

from firmware.stand_ins import rows
from sera_firmware import config
from sera_firmware.node import Node


class Board:
    """A board without network; its one ADC gives what the test says, or fails."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.samples = 1800
        self.waited_ms = 0
        self.joined = 0
        self.time = None
        self.known_s = None
        self.start = ((1, None), False)
        self.steps = []
        self.rtc_s = 0

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF

    def sleep_ms(self, milliseconds: int) -> None:
        self.waited_ms += milliseconds
        self.now_ms += milliseconds

    def start_cause(self) -> tuple:
        return self.start

    def note_step(self, step: int) -> None:
        self.steps.append(step)

    def set_rtc(self, utc_s: int) -> None:
        self.rtc_s = utc_s

    def network_up(self, budget_ms: int) -> None:
        self.joined += 1
        if self.time is None:
            raise OSError(118)

    def network_down(self) -> None:
        pass

    def utc(self, known_s: int, budget_ms: int) -> tuple:
        self.known_s = known_s
        if isinstance(self.time, OSError):
            raise self.time
        if self.time is None:
            raise OSError(110)
        return self.time

    def health(self) -> dict:
        return {}

    def adc(self, pin: int) -> object:
        return self

    def read_u16(self) -> int:
        if self.samples is None:
            raise OSError(5)
        return self.samples

    def onewire(self, pin: int) -> object:
        return self

    def reset(self, required: bool = False) -> None:
        raise OSError(5)

    def write(self, data: bytes) -> None:
        pass


SENSORS = [{"model": "capacitive", "position": 1, "pin": 26}, {"model": "ds18b20", "position": 2, "pin": 22}]


def new_node(folder: str, board: Board, sensors: list = SENSORS, new_boot: bool = True) -> Node:
    settings = {
        "node": "elm-a1",
        "community": "elm",
        "broker": {"host": "127.0.0.1", "port": 1},
        "sensors": sensors,
        "health_every": 4,
        "contact_every_s": 900,
        "timeout_s": 1,
        "capacity_kb": 128,
    }
    return Node(config.with_defaults(settings), board, folder, new_boot)


def wakes(node: Node, board: Board, count: int) -> None:
    for _ in range(count):
        began = board.now_ms
        board.now_ms = began + node.wake() * 1000


def soil(node: Node) -> list:
    result = rows(node.store)
    return [result[seq][1] for seq in sorted(result) if result[seq][0] == "soil"]
