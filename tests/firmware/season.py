"""A node's season on MicroPython, which says how its heap and its flash fare: `season.py PLAN`.

The plan is a virtual board's (sera_simulator.board.run), with `sample_every` wakes besides. Each
sample is one line of JSON: wakes, free heap and largest free block [byte], erases and programmed
bytes of the flash so far.
"""

import gc
import json
import sys

_BLOCK_STEP = 256


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


def counting(image: object) -> type:
    """Make the image file count what the file system does to the flash."""

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

    return CountingImage


def main(path: str) -> None:
    """Live the season of a plan."""
    with open(path) as file:
        plan = json.load(file)
    sys.path[:0] = plan["paths"]
    run = __import__("sera_simulator.board.run", None, None, ("_MODULES",))
    for module in run._MODULES:
        __import__(module)
        gc.collect()
    image = sys.modules["sera_simulator.board.image"]
    life_module = sys.modules["sera_simulator.board.life"]
    image.ImageFile = flash = counting(image)
    life = life_module.Life(plan)
    wakes = 0
    while life.now_s + plan["interval_s"] <= plan["end_s"]:
        life._sleep_until(life.now_s + plan["interval_s"])
        life.node.wake()
        wakes += 1
        if wakes % plan["sample_every"] == 0:
            gc.collect()
            sample = {"wakes": wakes, "free": gc.mem_free(), "block": largest_block()}
            print(json.dumps(dict(sample, erases=flash.erases, programmed_bytes=flash.programmed_bytes)))
    if plan.get("deliver", True):
        life.last_contacts()
    life.finish()


main(sys.argv[1])
