"""The store on flash: what was appended stays, under one sequence, until it had to make room.

`Store` needs a folder on a file system whose close is atomic and whose rename replaces (littlefs).
Nothing but the segments and the acknowledged position is kept: `recovery` takes epoch, boot and
sequence from them.
"""

import os
import struct
from binascii import crc32, hexlify
from errno import ENOENT

from sera_firmware import atomic_file, frames, lazy_modules
from sera_firmware.errors import StoreError
from sera_firmware.portable import Any, const
from sera_vocabulary import messages

SUFFIX = ".seg"
# No space left on device; MicroPython's errno module lacks the name.
_ENOSPC = const(28)
POSITION = "acknowledged"
POSITION_FORM = "<8sI"
# A batch around one record: version, epoch, boot, lowest, next, rows, and the record's own sequence.
_BATCH_HEAD_BYTES = const(112)
# Blocks that the file system needs for itself: copies on write, directories, room to compact.
_BLOCKS_RESERVED = const(12)
_LAYOUTS_REMEMBERED = const(24)


class Store:
    """A node's records on flash.

    Parameters
    ----------
    folder
        Where the segments lie; made if missing.
    capacity_bytes
        Size of the file system [byte].
    random_bytes
        Source of random bytes (`os.urandom`), asked once, when the store is created.
    new_boot
        False when a node wakes from deep sleep and continues its boot.
    """

    def __init__(self, folder: str, capacity_bytes: int, random_bytes: Any, new_boot: bool = True) -> None:
        self.folder = folder
        self.segment = bytearray(frames.SEGMENT_BYTES_MOST)
        self.skipped = 0
        self.freed_unsent = 0
        self.layouts: dict[int, bytes] = {}
        self.firsts: list[int] = []
        self._out = bytearray(frames.SEGMENT_BYTES_MOST)
        self._segments_most = max(2, capacity_bytes // frames.SEGMENT_BYTES_MOST - _reserve(capacity_bytes))
        # Of the newest segment: its layouts and its size, 0 where the next append begins another.
        self.in_segment: set[int] = set()
        self.size = 0
        self._laid_out: set[int] = set()
        _make_folder(folder)
        self.acknowledged = 0
        self.epoch, self.boot, self.next = "", 0, messages.SEQ_FIRST
        lazy_modules.call("recovery", "recover", self, os.listdir(folder))
        if not self.epoch:
            self.epoch = hexlify(random_bytes(messages.EPOCH_DIGITS // 2)).decode()
            self._keep_position(0)
        if new_boot or not self.boot:
            self.boot += 1

    @property
    def lowest(self) -> int:
        """The lowest sequence still held, or the next one if there is none."""
        return self.firsts[0] if self.firsts else self.next

    @property
    def bytes_free(self) -> int:
        """Room left before the oldest segment must go [byte]."""
        return (self._segments_most - len(self.firsts)) * frames.SEGMENT_BYTES_MOST

    def remember(self, layout: int, text: bytes) -> None:
        """Keep a layout by its id, so that a damaged copy of it on flash harms no record."""
        if layout in self.layouts:
            return
        if len(self.layouts) >= _LAYOUTS_REMEMBERED:
            self.layouts.clear()
        self.layouts[layout] = text

    def append(self, rows: list[tuple[bytes, bytes]]) -> int:
        """Append the rows of one wake with one open, write and close.

        Parameters
        ----------
        rows
            Pairs of layout text and row text (`uptime,utc,uncertainty,flags,values...`).

        Returns
        -------
        int
            The sequence of the first row; the others follow it.

        Raises
        ------
        StoreError
            If a row fits into no batch, the rows into no segment, or the flash takes nothing even
            after freeing; then none of the rows is kept and no number is used.
        """
        if not rows:
            return self.next
        first = self.next
        size = self._lay_out(rows, self.size == 0)
        if self.size and self.size + size > frames.SEGMENT_BYTES_MOST:
            size = self._lay_out(rows, new_segment=True)
            self._seal()
        if self.size == 0:
            self._make_room()
        self._write(size)
        self.next = first + len(rows)
        return first

    def _lay_out(self, rows: list[tuple[bytes, bytes]], new_segment: bool) -> int:
        """Frame the rows into the output buffer, with the layouts the segment does not have yet."""
        # Sets that are changed, not replaced: what lives on should stay where it is on the heap.
        laid_out = self._laid_out
        laid_out.clear()
        if not new_segment:
            laid_out.update(self.in_segment)
        at, seq = 0, self.next
        if new_segment:
            at = frames.put(self._out, 0, frames.start_payload(self.epoch, seq))
        for layout_text, row in rows:
            self._check_sendable(len(layout_text) + len(row))
            payload = b"L" + layout_text
            layout = crc32(payload)
            self._check_room(at + 2 * frames.HEAD_BYTES + frames.RECORD_BYTES + len(payload) + len(row), rows)
            if layout not in laid_out:
                at = frames.put(self._out, at, payload)
                laid_out.add(layout)
                self.remember(layout, layout_text)
            at = frames.put(self._out, at, frames.record_payload(layout, self.boot, seq, row))
            seq += 1
        return at

    def _check_sendable(self, size: int) -> None:
        if size + _BATCH_HEAD_BYTES > messages.BATCH_BYTES_MOST:
            raise StoreError(
                "store %s: a record of %d bytes fits into no message of %d; read fewer columns at a time"
                % (self.folder, size, messages.BATCH_BYTES_MOST)
            )

    def _check_room(self, end: int, rows: list[tuple[bytes, bytes]]) -> None:
        if end > frames.SEGMENT_BYTES_MOST:
            raise StoreError(
                "store %s: %d records of one wake need more than one segment of %d bytes; "
                "append fewer at a time" % (self.folder, len(rows), frames.SEGMENT_BYTES_MOST)
            )

    def _seal(self) -> None:
        """Close the newest segment: the next append begins another."""
        self.size = 0

    def _write(self, size: int) -> None:
        new_segment = self.size == 0
        name = self._path(self.next if new_segment else self.firsts[-1])
        while True:
            try:
                # A new segment replaces what an append that failed may have left under its name.
                with open(name, "wb" if new_segment else "ab") as file:
                    file.write(memoryview(self._out)[:size])
                break
            except MemoryError:
                self._seal()
                raise StoreError("store %s: no memory to open a segment" % self.folder)
            except OSError as error:
                if error.args[0] != _ENOSPC or len(self.firsts) < 2:
                    self._seal()
                    raise StoreError("store %s: flash took no record (%s)" % (self.folder, error))
                self._free_oldest()
        if new_segment:
            self.firsts.append(self.next)
        self.size += size
        self.in_segment.clear()
        self.in_segment.update(self._laid_out)

    def _make_room(self) -> None:
        while len(self.firsts) >= self._segments_most:
            self._free_oldest()

    def _free_oldest(self) -> None:
        try:
            os.remove(self._path(self.firsts[0]))
        except OSError as error:
            if error.args[0] != ENOENT:
                raise StoreError("store %s: the oldest segment stays (%s)" % (self.folder, error))
        before = self.firsts.pop(0)
        self.freed_unsent += max(0, self.lowest - max(before, self.acknowledged + 1))

    def load(self, index: int) -> int:
        """Read a whole segment into `segment` and return its size [byte].

        A file that cannot be read is a segment full of unreadable bytes: it costs its records, not the
        queue behind them.
        """
        try:
            with open(self._path(self.firsts[index]), "rb") as file:
                return file.readinto(self.segment) or 0
        except OSError:
            for position in range(frames.SEGMENT_BYTES_MOST):
                self.segment[position] = 0
            return frames.SEGMENT_BYTES_MOST

    def index_of(self, seq: int) -> int:
        """Find the segment that holds a sequence, or would."""
        low, high = 0, len(self.firsts)
        while low < high:
            middle = (low + high) // 2
            if self.firsts[middle] <= seq:
                low = middle + 1
            else:
                high = middle
        return max(0, low - 1)

    def end_of(self, index: int) -> int:
        """Return the sequence after a segment's last one."""
        return self.firsts[index + 1] if index + 1 < len(self.firsts) else self.next

    def acknowledge(self, seq: int) -> None:
        """Keep that all up to `seq` reached the broker."""
        if seq > self.acknowledged:
            self.acknowledged = seq
            self._keep_position(seq)

    def _keep_position(self, seq: int) -> None:
        """Write epoch and position again and rename; a flash that takes neither means sending again."""
        atomic_file.try_write(
            self.folder + "/" + POSITION, struct.pack(POSITION_FORM, self.epoch.encode(), seq)
        )

    def _path(self, first: int) -> str:
        return "%s/%010d%s" % (self.folder, first, SUFFIX)


def _reserve(capacity_bytes: int) -> int:
    return _BLOCKS_RESERVED + capacity_bytes // frames.SEGMENT_BYTES_MOST // 16


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder)
    except OSError:
        os.listdir(folder)
