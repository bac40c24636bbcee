"""What a store takes from its folder when it is opened; needed at a node's start only."""

import struct

from sera_firmware import atomic_file, frames
from sera_firmware.portable import Any
from sera_firmware.store import POSITION, POSITION_FORM, SUFFIX
from sera_vocabulary import messages

_DIGITS = 10


def recover(store: Any, names: list[str]) -> None:
    """Take segments, epoch, boot, next sequence and acknowledged position from the files of its folder."""
    store.firsts = sorted(int(name[:_DIGITS]) for name in names if _is_segment(name))
    unread = _recover_newest(store) if store.firsts else 0
    for index in range(len(store.firsts) - 1, -1, -1):
        if store.epoch and store.boot:
            break
        _recover_from(store, index)
    store.next += unread
    store.boot += unread
    _recover_position(store)


def _is_segment(name: str) -> bool:
    return len(name) == _DIGITS + len(SUFFIX) and name.endswith(SUFFIX) and name[:_DIGITS].isdigit()


def _recover_newest(store: Any) -> int:
    """Recover from the newest segment; return how many records may lie in its unreadable end."""
    newest = store.firsts[-1]
    size, tail = _recover_from(store, len(store.firsts) - 1)
    store.next = max(store.next, newest)
    if not size:
        # The power went between the file's creation and its first records: the next append makes it again.
        store.firsts.pop()
    elif tail:
        # What lies there may have been sent: none of its numbers is used again, in a new segment.
        return -(-tail // frames.RECORD_FRAME_LEAST)
    else:
        store.size = size
    return 0


def _recover_from(store: Any, index: int) -> tuple[int, int]:
    """Take what one segment tells; return its size and how many bytes at its end are unreadable."""
    size = store.load(index)
    scan = frames.Scan(store.segment, size)
    while scan.step():
        if scan.kind == frames.KIND_START and not store.epoch:
            store.epoch = scan.text(1)[: messages.EPOCH_DIGITS].decode()
        elif scan.kind == frames.KIND_LAYOUT:
            store.remember(scan.crc, scan.text(1))
            if index == len(store.firsts) - 1:
                store.in_segment.add(scan.crc)
        elif scan.kind == frames.KIND_RECORD:
            store.next = max(store.next, scan.seq + 1)
            store.boot = max(store.boot, scan.boot)
    return size, scan.tail


def _recover_position(store: Any) -> None:
    """Take the position, and the epoch where no segment tells it any more.

    A position of another epoch is another store's. Whatever is wrong with it only means that records
    are sent again.
    """
    content = atomic_file.read(store.folder + "/" + POSITION)
    if content is None or len(content) != struct.calcsize(POSITION_FORM):
        return
    text, seq = struct.unpack(POSITION_FORM, content)
    if store.firsts and not store.epoch:
        store.epoch = text.decode()
    if text == store.epoch.encode():
        store.acknowledged = seq
        if seq >= store.next:  # the newest segments are gone, but not their numbers
            store.next = seq + 1
            store.size = 0
