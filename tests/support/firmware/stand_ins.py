"""Stand-ins for what surrounds the firmware, for CPython and MicroPython alike."""

import json
import os

from sera_firmware import batch
from sera_firmware.store import Store

CAPACITY = 1 << 20
SOIL_COLUMNS = ["soil_moisture_raw@1", "soil_temperature@1"]
SOIL = batch.layout_text("soil", "a1b2c3d4", SOIL_COLUMNS)
AIR = batch.layout_text("air", "", ["air_temperature"])


class Scratch:
    """A folder of the test's own, removed at the end."""

    def __enter__(self) -> str:
        self.path = "%s/sera-%s" % (os.getenv("SERA_SCRATCH") or "/tmp", os.urandom(6).hex())
        os.mkdir(self.path)
        return self.path

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        _remove(self.path)


def _remove(path: str) -> None:
    for name in os.listdir(path):
        inner = path + "/" + name
        try:
            os.remove(inner)
        except OSError:
            _remove(inner)
    os.rmdir(path)


def soil_row(number: int) -> tuple:
    """A row that no other number has."""
    return SOIL, batch.row_text(900 * number, 1780000000 + 900 * number, 2, 0, [number, number / 4], [0, 2])


def air_row(number: int) -> tuple:
    return AIR, batch.row_text(900 * number, None, 0, 2, [number / 4], [2])


def new_store(folder: str, capacity: int = CAPACITY) -> Store:
    return Store(folder + "/records", capacity, os.urandom)


def filled(folder: str, wakes: int, capacity: int = CAPACITY) -> Store:
    """A store with two records a wake, of soil and of air."""
    store = new_store(folder, capacity)
    for number in range(wakes):
        store.append([soil_row(number), air_row(number)])
    return store


def iterate_batches(store: Store, first: int = 1, last: int = 1 << 30) -> object:
    """Iterate over the batches that the packer makes of a store, decoded."""
    packer = batch.Packer(store)
    for index in range(len(store.firsts)):
        packer.take(index, first, last)
        size = packer.pack()
        while size:
            assert size <= 1536
            yield json.loads(bytes(packer.buffer[:size]))
            size = packer.pack()


def batches(store: Store, first: int = 1, last: int = 1 << 30) -> list:
    """All batches that the packer makes of a store, decoded."""
    return list(iterate_batches(store, first, last))


def rows(store: Store, first: int = 1, last: int = 1 << 30) -> dict:
    """Every row by its sequence, with its stream, as a gateway would see them; none comes twice."""
    result = {}
    for message in batches(store, first, last):
        assert 1 <= len(message["r"]) <= 8
        for row in message["r"]:
            assert row[0] not in result
            result[row[0]] = (message["s"], row[1:])
    return result


def segment_path(store: Store, index: int = -1) -> str:
    return "%s/%010d.seg" % (store.folder, store.firsts[index])


def content(path: str) -> bytearray:
    with open(path, "rb") as file:
        return bytearray(file.read())


def rewrite(path: str, changed: bytes) -> None:
    with open(path, "wb") as file:
        file.write(changed)


class Ticks:
    """A board that is only a millisecond counter, wrapping at 2**30."""

    def __init__(self, start_ms: int = 0) -> None:
        self.now_ms = start_ms

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF


def raises(kinds: tuple, action: object, *arguments: object) -> str:
    """Run an action that must fail; return what its error says."""
    try:
        action(*arguments)
    except kinds as error:
        return str(error)
    raise AssertionError("nothing was raised")
