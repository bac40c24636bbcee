"""Cuts the power at every operation of a real littlefs; runs on MicroPython only, which has one."""

import os

import vfs

from firmware.stand_ins import Scratch, air_row, soil_row
from firmware.stand_ins import rows as rows_of
from sera_firmware.store import Store

_BLOCK_BYTES = 4096
_BLOCKS = 24
_CAPACITY = _BLOCKS * _BLOCK_BYTES
_WAKES = 22


class CutError(OSError):
    """The power is gone."""


class Flash:
    """A file-backed flash whose power fails at a given operation, cleanly or in the middle of it."""

    def __init__(self, path: str, cut_at: int = -1, torn: bool = False) -> None:
        self.operations = 0
        self._cut_at, self._torn = cut_at, torn
        self._is_open = True
        self._file = open(path, "r+b")

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        if not self._is_open:
            return  # finalisers of files that the cut left open
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self._change(block, offset, buffer)

    def _change(self, block: int, offset: int, content: bytes) -> None:
        if not self._is_open:
            return
        self.operations += 1
        self._file.seek(block * _BLOCK_BYTES + offset)
        if self._cut_at >= 0 and self.operations >= self._cut_at:
            if self._torn and self.operations == self._cut_at:
                self._file.write(memoryview(content)[: len(content) // 2])
            raise CutError(5)
        self._file.write(content)

    def ioctl(self, request: int, argument: int) -> object:
        if request == 4:
            return _BLOCKS
        if request == 5:
            return _BLOCK_BYTES
        if request == 6:
            self._change(argument, 0, b"\xff" * _BLOCK_BYTES)
        return 0

    def close(self) -> None:
        self._is_open = False
        self._file.close()


def erased(path: str) -> None:
    with open(path, "wb") as file:
        for _ in range(_BLOCKS):
            file.write(b"\xff" * _BLOCK_BYTES)
    flash = Flash(path)
    vfs.VfsLfs2.mkfs(flash)
    flash.close()


def powered(path: str, action: object, cut_at: int = -1, torn: bool = False) -> tuple:
    """Mount the flash, do something until it ends or the power does; return its result and operations."""
    flash = Flash(path, cut_at, torn)
    result = None
    try:
        vfs.mount(vfs.VfsLfs2(flash), "/cut")
        result = action()
    except OSError:
        pass
    except Exception:  # the store's own errors, after the cut
        if cut_at < 0:
            raise
    finally:
        try:
            vfs.umount("/cut")
        except OSError:
            pass
        flash.close()
    return result, flash.operations


class Life:
    """A node's writing life, which remembers what the store promised before the power went."""

    def __init__(self, kind: object = Store) -> None:
        self._kind = kind
        self.promised = {}
        self.sent = 0

    def __call__(self) -> bool:
        store = self._kind("/cut/records", _CAPACITY, os.urandom)
        for number in range(_WAKES):
            first = store.append([soil_row(number), air_row(number), soil_row(1000 + number)])
            for place in range(3):
                self.promised[first + place] = number
            if number % 3 == 2:
                store.acknowledge(store.next - 1)
                self.sent = store.next - 1
        return True


def after_the_cut() -> tuple:
    store = Store("/cut/records", _CAPACITY, os.urandom)
    held = rows_of(store)
    first = store.append([soil_row(5000)])
    return held, first, store.acknowledged


def check(path: str, cut_at: int, torn: bool, kind: object = Store) -> None:
    erased(path)
    life = Life(kind)
    powered(path, life, cut_at, torn)
    (held, first, acknowledged), _ = powered(path, after_the_cut)
    promised = max(life.promised) if life.promised else 0
    assert sorted(held) == list(range(1, len(held) + 1)), "a sequence is missing"
    # A wake that was cut after its commit may be there although the store could not say so.
    assert promised <= len(held) <= promised + 3, (cut_at, promised, len(held))
    for seq, number in life.promised.items():
        assert held[seq][1][0] == 900 * (number + 1000 if seq % 3 == 0 else number), (cut_at, seq)
        assert held[seq][1][3] != 1, "a record was damaged"
    assert first == len(held) + 1, "a sequence came twice"
    assert acknowledged >= life.sent, "the acknowledged position went back"


def test_a_cut_at_any_operation_loses_and_repeats_nothing() -> None:
    with Scratch() as folder:
        path = folder + "/flash"
        erased(path)
        done, operations = powered(path, Life())
        assert done
        step = max(1, operations // int(os.getenv("SERA_CUTS") or 40))
        for cut_at in range(1, operations + 1, step):
            for torn in (False, True):
                check(path, cut_at, torn)
        print("operations", operations, "cut points", 2 * len(range(1, operations + 1, step)))


class Careless(Store):
    """A store that removes the old position before the new one is in its place."""

    def acknowledge(self, seq: int) -> None:
        try:
            os.remove(self.folder + "/acknowledged")
        except OSError:
            pass
        super().acknowledge(seq)


def test_a_wrong_order_of_operations_is_noticed() -> None:
    noticed = 0
    with Scratch() as folder:
        path = folder + "/flash"
        for cut_at in range(1, 200, 2):
            try:
                check(path, cut_at, False, Careless)
            except AssertionError:
                noticed += 1
    assert noticed > 0
