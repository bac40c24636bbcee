"""The store on flash: what was appended stays, under one sequence, until it had to make room.

`Store` needs a folder on a file system whose close is atomic and whose rename replaces (littlefs).
Nothing but the segments and the acknowledged position is kept: epoch, boot and sequence are
recovered from the segments.
"""

import os
import struct
from binascii import crc32, hexlify

from sera_firmware import frames
from sera_firmware.errors import StoreError
from sera_firmware.portable import Any, const
from sera_vocabulary import messages

_SUFFIX = ".seg"
# No space left on device; MicroPython's errno module lacks the name.
_ENOSPC = const(28)
_DIGITS = const(10)
_ACKNOWLEDGED = "acknowledged"
_NEW = ".new"
_ACKNOWLEDGED_FORM = "<8sI"
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
        self._in_segment: set[int] = set()
        self._laid_out: set[int] = set()
        self._size = 0
        _make_folder(folder)
        self._recover(random_bytes, new_boot)
        self.acknowledged = self._read_acknowledged()

    @property
    def lowest(self) -> int:
        """The lowest sequence still held, or the next one if there is none."""
        return self.firsts[0] if self.firsts else self.next

    @property
    def bytes_free(self) -> int:
        """Room left before the oldest segment must go [byte]."""
        return (self._segments_most - len(self.firsts)) * frames.SEGMENT_BYTES_MOST

    def _recover(self, random_bytes: Any, new_boot: bool) -> None:
        self.firsts = sorted(_first_of(name) for name in os.listdir(self.folder) if name.endswith(_SUFFIX))
        self.epoch, self.boot, self.next = "", 0, messages.SEQ_FIRST
        unread = 0
        for index in range(len(self.firsts) - 1, -1, -1):
            unread += self._recover_from(index)
            if self.epoch:
                break
        if unread:
            # What lies in the unreadable bytes may have been sent: none of its numbers is used again.
            self.next += unread
            self.boot += unread
            self._seal()
        if not self.epoch:
            self.epoch = hexlify(random_bytes(messages.EPOCH_DIGITS // 2)).decode()
        if new_boot or not self.boot:
            self.boot += 1

    def _recover_from(self, index: int) -> int:
        """Take epoch, boot and sequence from one segment; count the records that may be lost at its end."""
        first = self.firsts[index]
        size = self.load(index)
        self.next = max(self.next, first)
        scan = frames.Scan(self.segment, size)
        while scan.step():
            if scan.kind == frames.KIND_START:
                self.epoch = scan.text(1)[: messages.EPOCH_DIGITS].decode()
            elif scan.kind == frames.KIND_LAYOUT:
                self.remember(scan.crc, scan.text(1))
                self._in_segment.add(scan.crc)
            elif scan.kind == frames.KIND_RECORD:
                self.next = max(self.next, scan.seq + 1)
                self.boot = max(self.boot, scan.boot)
        if index == len(self.firsts) - 1:
            self._size = size
        return -(-scan.tail // frames.RECORD_FRAME_LEAST)

    def remember(self, layout: int, text: bytes) -> None:
        """Keep a layout by its id, so that a damaged copy of it on flash harms no record."""
        if layout not in self.layouts and len(self.layouts) >= _LAYOUTS_REMEMBERED:
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
            If the rows do not fit into one segment, or the flash takes nothing even after freeing.
        """
        if not rows:
            return self.next
        first = self.next
        size = self._lay_out(rows, self._size == 0)
        if self._size and self._size + size > frames.SEGMENT_BYTES_MOST:
            size = self._lay_out(rows, new_segment=True)
            self._seal()
        if self._size == 0:
            self._make_room()
        self._write(size)
        self.next = first + len(rows)
        return first

    def _lay_out(self, rows: list[tuple[bytes, bytes]], new_segment: bool) -> int:
        """Frame the rows into the output buffer, with the layouts the segment does not have yet."""
        known: set[int] = set() if new_segment else set(self._in_segment)
        at, seq = 0, self.next
        if new_segment:
            at = frames.put(self._out, 0, frames.start_payload(self.epoch, seq))
        for layout_text, row in rows:
            payload = b"L" + layout_text
            layout = crc32(payload)
            self._check_room(at + 2 * frames.HEAD_BYTES + frames.RECORD_BYTES + len(payload) + len(row), rows)
            if layout not in known:
                at = frames.put(self._out, at, payload)
                known.add(layout)
                self.remember(layout, layout_text)
            at = frames.put(self._out, at, frames.record_payload(layout, self.boot, seq, row))
            seq += 1
        self._laid_out = known
        return at

    def _check_room(self, end: int, rows: list[tuple[bytes, bytes]]) -> None:
        if end > frames.SEGMENT_BYTES_MOST:
            raise StoreError(
                "store %s: %d records of one wake need more than one segment of %d bytes; "
                "append fewer at a time" % (self.folder, len(rows), frames.SEGMENT_BYTES_MOST)
            )

    def _seal(self) -> None:
        """Let the next append begin a new segment."""
        self._size = 0

    def _write(self, size: int) -> None:
        new_segment = self._size == 0
        name = self._path(self.next if new_segment else self.firsts[-1])
        while True:
            try:
                with open(name, "ab") as file:
                    file.write(memoryview(self._out)[:size])
                break
            except OSError as error:
                if error.args[0] != _ENOSPC or len(self.firsts) < 2:
                    self._seal()
                    raise StoreError("store %s: flash took no record (%s)" % (self.folder, error))
                self._free_oldest()
        if new_segment:
            self.firsts.append(self.next)
        self._size += size
        self._in_segment = self._laid_out

    def _make_room(self) -> None:
        while len(self.firsts) >= self._segments_most:
            self._free_oldest()

    def _free_oldest(self) -> None:
        os.remove(self._path(self.firsts[0]))
        before = self.firsts.pop(0)
        self.freed_unsent += max(0, self.lowest - max(before, self.acknowledged + 1))

    def load(self, index: int) -> int:
        """Read a whole segment into `segment` and return its size [byte]."""
        with open(self._path(self.firsts[index]), "rb") as file:
            return file.readinto(self.segment) or 0

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
        """Keep that all up to `seq` reached the broker, by writing anew and renaming."""
        if seq <= self.acknowledged:
            return
        payload = struct.pack(_ACKNOWLEDGED_FORM, self.epoch.encode(), seq)
        path = self.folder + "/" + _ACKNOWLEDGED
        with open(path + _NEW, "wb") as file:
            file.write(payload + struct.pack("<I", crc32(payload)))
        os.rename(path + _NEW, path)
        self.acknowledged = seq

    def _read_acknowledged(self) -> int:
        """Read the position; whatever is wrong with it only means that records are sent again."""
        try:
            with open(self.folder + "/" + _ACKNOWLEDGED, "rb") as file:
                content = file.read()
        except OSError:
            return 0
        body, crc = content[:-4], content[-4:]
        if len(body) != struct.calcsize(_ACKNOWLEDGED_FORM) or struct.pack("<I", crc32(body)) != crc:
            return 0
        epoch, seq = struct.unpack(_ACKNOWLEDGED_FORM, body)
        return seq if epoch == self.epoch.encode() and seq < self.next else 0

    def _path(self, first: int) -> str:
        return "%s/%010d%s" % (self.folder, first, _SUFFIX)


def _reserve(capacity_bytes: int) -> int:
    return _BLOCKS_RESERVED + capacity_bytes // frames.SEGMENT_BYTES_MOST // 16


def _first_of(name: str) -> int:
    digits = name[:_DIGITS]
    return int(digits) if digits.isdigit() else 0


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder)
    except OSError:
        os.listdir(folder)
