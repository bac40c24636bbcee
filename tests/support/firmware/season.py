"""A node's season on MicroPython, which says how its heap and its flash fare: `season.py PLAN`.

The plan says `paths`, `flash` and `flash_kb`, `broker`, `wakes`, `interval_s`, `outages` (pairs of
wakes), `sample_every` so many wakes. Each sample is one line of JSON: wakes, free heap and largest
free block [byte], erases and programmed bytes of the flash so far. The node is the real one with
three sensors; there is nothing on the heap that a board would not have but the file-backed flash.
"""

import gc
import json
import sys
import time

_BLOCK_STEP = 16
TLS_IN_BYTES = 16717
TLS_OUT_BYTES = 4429
_LAST_CONTACTS_MOST = 10
_STAY_MS = 3000
_MODULES = ("frames", "store", "batch", "transport", "mqtt", "config", "contact", "node")


class Board:
    """A board with an ADC and a beam, in a time of its own that only sleeping advances."""

    def __init__(self, plan: dict) -> None:
        self.now_ms = 1780000000000
        self.is_connected = True
        self.plan = plan
        self.samples = 0

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF

    def sleep_ms(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    def network_up(self, *_limits: object) -> None:
        if not self.is_connected:
            raise OSError(118)

    def utc(self, *_limits: object) -> tuple:
        return self.now_ms, 40, True

    def start_cause(self) -> tuple:
        return (0, 0), False

    def health(self) -> dict:
        return {}

    def ignore(self, *_arguments: object) -> None:
        pass

    network_down = note_step = set_rtc = feed = ignore

    def adc(self, *_pin: object) -> object:
        return self

    def read_u16(self) -> int:
        self.samples += 1
        return 20000 + self.samples * 7919 % 3000

    def edges(self, _pin: int, handler: object) -> object:
        return self

    def awake_ms(self) -> int:
        return 810000


SENSORS = [
    {"model": "capacitive", "position": 1, "pin": 26, "serial": "c-1"},
    {"model": "capacitive", "position": 2, "pin": 27, "serial": "c-2"},
    {"model": "break-beam", "pin": 15},
    {"model": "battery", "pin": 28, "ratio": 3.0, "low_v": 0.1},
]


def largest_block() -> int:
    """Find the largest block that can be had now [byte]."""
    low, high = 0, gc.mem_free() // _BLOCK_STEP
    while low < high:
        middle = (low + high + 1) // 2
        try:
            bytearray(middle * _BLOCK_STEP)
            low = middle
        except MemoryError:
            high = middle - 1
    gc.collect()
    return low * _BLOCK_STEP


def counted_flash(plan: dict) -> tuple:
    """Mount the flash, and count what the file system does to it."""
    from sera_simulator.board import image

    class CountingImage(image.ImageFile):
        erases = 0
        programmed_bytes = 0

        def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
            CountingImage.programmed_bytes += len(buffer)
            super().writeblocks(block, buffer, offset)

        def ioctl(self, request: int, argument: int) -> object:
            if request == 6:
                CountingImage.erases += 1
            return super().ioctl(request, argument)

    image.ImageFile = CountingImage
    return image.mount(plan["flash"], plan["flash_kb"]), CountingImage


def new_node(plan: dict, folder: str) -> object:
    for module in _MODULES:
        __import__("sera_firmware." + module)
        gc.collect()
    take_tls_memory_from_the_heap()
    settings = {
        "node": "elm-a1",
        "community": "elm",
        "broker": plan["broker"],
        "interval_s": plan["interval_s"],
        "capacity_kb": plan["flash_kb"],
        "sensors": SENSORS,
    }
    checked = sys.modules["sera_firmware.config"].with_defaults(settings)
    return sys.modules["sera_firmware.node"].Node(checked, Board(plan), folder)


def take_tls_memory_from_the_heap() -> None:
    """Take TLS's buffers from the heap, as on a Pico: 16 KB to receive, 4 KB to send, with heads."""
    transport = sys.modules["sera_firmware.transport"].Transport
    wrapped, close, buffers = transport._wrap, transport.close, []

    class Context:
        """Takes the buffers where TLS would, in `wrap_socket`."""

        def __init__(self, context: object) -> None:
            self._context = context

        def wrap_socket(self, *arguments: object, **options: object) -> object:
            buffers.append(bytearray(TLS_IN_BYTES))
            buffers.append(bytearray(TLS_OUT_BYTES))
            return self._context.wrap_socket(*arguments, **options)

    def close_and_free(self: object) -> None:
        buffers.clear()
        close(self)

    transport._wrap = lambda self, host, context: wrapped(self, host, Context(context))
    transport.close = close_and_free


def sample(node: object, flash: type, wakes: int) -> None:
    transport = node.contact._client._transport
    gc.collect()
    message = {"wakes": wakes, "free": gc.mem_free(), "block": largest_block()}
    # What TLS would find if the node connected now.
    transport._rooms.clear()
    gc.collect()
    message["for_tls"] = largest_block()
    transport.reserve()
    message.update({"erases": flash.erases, "programmed_bytes": flash.programmed_bytes})
    print(json.dumps(message))


def live(node: object, flash: type, plan: dict) -> None:
    """Wake, sleep, and say from time to time how it is."""
    board, leaked = node.board, []
    for wake in range(plan["wakes"]):
        board.is_connected = not any(begin <= wake < end for begin, end in plan["outages"])
        board.now_ms += 1000 * node.wake()
        if plan.get("leaks"):
            leaked.append(bytearray(plan["leaks"]))
        if (wake + 1) % plan["sample_every"] == 0:
            sample(node, flash, wake + 1)


def main(path: str) -> None:
    """Live the season of a plan."""
    with open(path) as file:
        plan = json.load(file)
    sys.path[:0] = plan["paths"]
    folder, flash = counted_flash(plan)
    node = new_node(plan, folder)
    live(node, flash, plan)
    node.board.is_connected = True
    began = time.ticks_ms()
    for _ in range(plan.get("last_contacts", _LAST_CONTACTS_MOST)):
        if node.reach_out(plan.get("stay_ms", _STAY_MS)) and node.contact.have_next >= node.store.next:
            break
    message = {"contact_ms": time.ticks_diff(time.ticks_ms(), began), "contacts": node.contacts}
    message.update({"made": node.store.next - 1, "acknowledged": node.store.acknowledged})
    print(json.dumps(message))


main(sys.argv[1])
