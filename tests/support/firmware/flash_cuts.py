"""Cuts the power at every operation of a real littlefs, for CPython and MicroPython alike.

A life is recorded once: every erase and program of the file system on a file-backed flash, and how
much had been promised when each began. Then the flash is made as it was after each operation, cleanly
or torn within the next one, powered on again and examined. What happens after the cut is therefore
the file system's doing alone: no error reaches the code that was running.
"""

import gc
import os
import struct
import sys

try:
    import vfs
except ImportError:  # CPython: littlefs itself, from its package
    vfs = None
    import builtins

    from littlefs import LittleFS, LittleFSError, UserContext

BLOCK_BYTES = 4096
BLOCKS = 16
CAPACITY = BLOCKS * BLOCK_BYTES
FOLDER = "/cut"
_ERASE = 65535
_HEAD = "<HHH"


class Flash:
    """A file-backed flash that logs its operations, with an overlay for what follows a cut."""

    def __init__(self, path: str, log: object = None, overlay: str = "") -> None:
        self.operations = 0
        self.erases = 0
        self._log = log
        self._base = open(path, "r+b")
        self._over = open(overlay, "w+b") if overlay else None
        self._changed = set()

    def close(self) -> None:
        self._base.close()
        if self._over:
            self._over.close()

    def _file_of(self, block: int, is_change: bool) -> object:
        if not self._over:
            return self._base
        if is_change and block not in self._changed:
            self._base.seek(block * BLOCK_BYTES)
            self._over.seek(block * BLOCK_BYTES)
            self._over.write(self._base.read(BLOCK_BYTES))
            self._changed.add(block)
        return self._over if block in self._changed else self._base

    def read_into(self, block: int, offset: int, buffer: bytearray) -> None:
        file = self._file_of(block, False)
        file.seek(block * BLOCK_BYTES + offset)
        file.readinto(buffer)

    def program(self, block: int, offset: int, content: bytes) -> None:
        self.operations += 1
        if self._log:
            self._log.write(struct.pack(_HEAD, block, offset, len(content)))
            self._log.write(content)
        file = self._file_of(block, True)
        file.seek(block * BLOCK_BYTES + offset)
        file.write(content)

    def erase(self, block: int) -> None:
        self.operations += 1
        self.erases += 1
        if self._log:
            self._log.write(struct.pack(_HEAD, block, 0, _ERASE))
        file = self._file_of(block, True)
        file.seek(block * BLOCK_BYTES)
        file.write(b"\xff" * BLOCK_BYTES)

    # MicroPython's block device.
    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self.read_into(block, offset, buffer)

    def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self.program(block, offset, bytes(buffer))

    def ioctl(self, request: int, argument: int) -> int:
        if request == 6:
            self.erase(argument)
        return {4: BLOCKS, 5: BLOCK_BYTES}.get(request, 0)


if vfs:

    def powered(flash: Flash, action: object, prog_bytes: int = 32, fresh: bool = False) -> object:
        """Mount the flash, do something, and unmount."""
        if fresh:
            vfs.VfsLfs2.mkfs(flash, progsize=prog_bytes)
        vfs.mount(vfs.VfsLfs2(flash, progsize=prog_bytes), FOLDER)
        try:
            return action(FOLDER)
        finally:
            vfs.umount(FOLDER)

else:

    class _Context(UserContext):
        def __init__(self, flash: Flash) -> None:
            self.flash = flash

        def read(self, _cfg: object, block: int, off: int, size: int) -> bytearray:
            buffer = bytearray(size)
            self.flash.read_into(block, off, buffer)
            return buffer

        def prog(self, _cfg: object, block: int, off: int, data: bytes) -> int:
            self.flash.program(block, off, data)
            return 0

        def erase(self, _cfg: object, block: int) -> int:
            self.flash.erase(block)
            return 0

    class _Port:
        """The names that the firmware uses of `os`, and `open`, over one littlefs."""

        def __init__(self, system: object) -> None:
            self._system = system
            for name in ("listdir", "remove", "rename", "mkdir", "stat"):
                setattr(self, name, getattr(system, name))

        def open(self, path: str, mode: str = "r") -> object:
            return _File(self._system.open(path, mode))

    class _File:
        """A file whose errors are those of the boards: OSError with the number."""

        def __init__(self, file: object) -> None:
            self._file = file
            for name in {"read", "readinto", "write", "close"} & set(dir(file)):
                setattr(self, name, self._as_on_boards(getattr(file, name)))

        def _as_on_boards(self, action: object) -> object:
            def act(*arguments: object) -> object:
                try:
                    return action(*arguments)
                except LittleFSError as error:
                    raise OSError(-error.code, str(error)) from error

            return act

        def __enter__(self) -> object:
            return self

        def __exit__(self, *error: object) -> None:
            self.close()

    def powered(flash: Flash, action: object, prog_bytes: int = 32, fresh: bool = False) -> object:
        """Mount the flash as the firmware's file system, do something, and unmount."""
        system = LittleFS(
            context=_Context(flash),
            mount=False,
            block_size=BLOCK_BYTES,
            block_count=BLOCKS,
            prog_size=prog_bytes,
            read_size=32,
            cache_size=max(128, 4 * prog_bytes),
        )
        if fresh:
            system.format()
        system.mount()
        port = _Port(system)
        modules = [sys.modules[name] for name in list(sys.modules) if name.startswith("sera_firmware.")]
        modules = [module for module in modules if hasattr(module, "os")]
        for module in modules:
            module.os, module.open = port, port.open
        try:
            return action("")
        finally:
            system.unmount()
            for module in modules:
                module.os, module.open = os, builtins.open


def new_flash(path: str, prog_bytes: int = 32) -> Flash:
    """An erased flash with an empty file system on it."""
    with open(path, "wb") as file:
        for _ in range(BLOCKS):
            file.write(b"\xff" * BLOCK_BYTES)
    flash = Flash(path)
    powered(flash, lambda folder: None, prog_bytes, fresh=True)
    return flash


class Promises:
    """How much a life had promised when each operation began."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._states = []
        self._ends = []

    def __call__(self, what: object) -> None:
        """Promise something from now on."""
        self._states.append(what)
        self._ends.append(self._flash.operations)

    def at(self, operation: int) -> tuple:
        """What was promised before an operation began (None: nothing yet), and what it may have completed."""
        place = 0
        while place < len(self._ends) and self._ends[place] < operation:
            place += 1
        before = self._states[place - 1] if place else None
        return before, self._states[place] if place < len(self._states) else before


class Recording:
    """One life, recorded; `cuts` yields the flash as each power cut leaves it."""

    def __init__(self, scratch: str, live: object, prog_bytes: int = 32) -> None:
        self._base, self._log_path = scratch + "/flash", scratch + "/log"
        self._overlay = scratch + "/overlay"
        self._prog_bytes = prog_bytes
        new_flash(self._base, prog_bytes).close()
        with open(self._log_path, "wb") as log:
            flash = Flash(self._base, log)
            self.promises = Promises(flash)
            powered(flash, lambda folder: live(folder, self.promises), prog_bytes)
            flash.close()
        self.operations = flash.operations
        self.erases = flash.erases

    def cut_everywhere(self, examine: object, step: int = 1) -> int:
        """Power on after each cut and examine; return how many cuts there were.

        `examine(folder, before, after)` gets what was promised before the operation that was cut, and
        what its completion would have promised.
        """
        new_flash(self._base, self._prog_bytes).close()
        cuts = 0
        with open(self._log_path, "rb") as log:
            for operation in range(1, self.operations + 1):
                block, offset, size = struct.unpack(_HEAD, log.read(6))
                content = b"\xff" * BLOCK_BYTES if size == _ERASE else log.read(size)
                if operation % step == 0:
                    promised = self.promises.at(operation)
                    for torn in (b"", _torn(content)):
                        self._examine(examine, promised, block, offset, torn)
                        cuts += 1
                with open(self._base, "r+b") as file:
                    file.seek(block * BLOCK_BYTES + offset)
                    file.write(content)
        return cuts

    def _examine(self, examine: object, promised: tuple, block: int, offset: int, torn: bytes) -> None:
        if hasattr(gc, "mem_free"):  # a board powers on with an empty heap
            gc.collect()
        flash = Flash(self._base, None, self._overlay)
        if torn:
            flash.program(block, offset, torn)
        try:
            powered(flash, lambda folder: examine(folder, promised[0], promised[1]), self._prog_bytes)
        finally:
            flash.close()


def _torn(content: bytes) -> bytes:
    """Half of an operation, ended in a byte whose upper bits were not programmed any more."""
    half = len(content) // 2
    return bytes(content[:half]) + bytes([content[half] | 0xF0])
