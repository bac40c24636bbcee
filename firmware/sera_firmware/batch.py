"""Columnar batches: rows as text, and their packing from flash into one message buffer.

A row is written as text once, when it is stored; packing only copies, so a record's bytes on the
wire never change.
"""

from math import isinf, isnan

from sera_firmware import frames
from sera_firmware.portable import Any, const
from sera_firmware.store import Store
from sera_vocabulary import measurements, messages, series

_NULL = "null"


def number(value: Any, decimals: int) -> str:
    """Write a value as JSON with so many decimals at most; what is not finite becomes null."""
    if isinstance(value, int):
        # A board's floats have 24 bits: a step of the clock or a size of a flash would not pass through one.
        return str(value)
    if value is None or isnan(value) or isinf(value):
        return _NULL
    text = "%.*f" % (decimals, value)
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def layout_text(stream: str, probes: str, columns: list[str]) -> bytes:
    """Write the part of a batch's head that is the same for all rows of one kind."""
    listed = ",".join('"%s"' % name for name in columns)
    return (
        '"%s":"%s","%s":"%s","%s":[%s]'
        % (messages.KEY_STREAM, stream, messages.KEY_PROBES, probes, messages.KEY_COLUMNS, listed)
    ).encode()


def decimals_of(columns: list[str]) -> list[int]:
    """Look up how many decimals each column is sent with."""
    return [messages.decimals_of(column) for column in columns]


def row_text(
    uptime_s: int,
    utc_s: int | None,
    uncertainty_s: int,
    flags: int,
    values: list[float | None],
    decimals: list[int],
) -> bytes:
    """Write a row without its sequence, as it is stored and sent."""
    fields = [str(uptime_s), _NULL if utc_s is None else str(utc_s), str(uncertainty_s), str(flags)]
    for index, value in enumerate(values):
        fields.append(number(value, decimals[index]))
    return ",".join(fields).encode()


# A row waiting to be packed: sequence, begin and end of its text in the segment; then these two.
_LAYOUT = const(3)
_BOOT = const(4)
# The layout of records that cannot be read, or whose layout cannot.
_DAMAGED = const(0)
_TIME_FIELDS = const(3)


class Packer:
    """Packs the records of one segment into batches, one after the other in the same buffer.

    Rows of one layout and boot go together although others lie between them. A sequence that no
    good frame carries is a damaged record: it goes out as a row of nulls, flagged, with the times of
    the record before it.
    """

    def __init__(self, store: Store) -> None:
        self.buffer = bytearray(messages.BATCH_BYTES_MOST)
        self.damaged = 0
        self._damaged_last = 0
        self._store = store
        self._rows: list[tuple[int, int, int, int, int]] = []

    def take(self, index: int, first: int, last: int) -> None:
        """Load a segment and line up its records from `first` to `last`, both included."""
        store = self._store
        first = max(first, store.firsts[index])
        last = min(last, store.end_of(index) - 1)
        scan = frames.Scan(store.segment, store.load(index))
        self._rows = []
        before = (0, 0, 0)
        while scan.step():
            if scan.kind == frames.KIND_LAYOUT:
                store.remember(scan.crc, scan.text(1))
            elif scan.kind == frames.KIND_RECORD and scan.seq <= last:
                first = self._line_up_damaged(first, scan.seq, before if before[1] else (0, 0, scan.boot))
                before = (scan.start + frames.RECORD_BYTES, scan.end, scan.boot)
                if scan.seq == first:
                    layout = scan.layout if scan.layout in store.layouts else _DAMAGED
                    self._rows.append((first, before[0], before[1], layout, scan.boot))
                    first += 1
        self._line_up_damaged(first, last + 1, before)

    def _line_up_damaged(self, first: int, until: int, before: tuple[int, int, int]) -> int:
        while first < until:
            self._rows.append((first, before[0], before[1], _DAMAGED, before[2] or self._store.boot))
            first += 1
        return first

    def pack(self) -> int:
        """Fill the buffer with the oldest rows that go together; return its length, 0 at the end."""
        if not self._rows:
            return 0
        layout, boot = self._rows[0][_LAYOUT], self._rows[0][_BOOT]
        head = at = self._put_head(layout, boot)
        rest = []
        count = 0
        for row in self._rows:
            end = 0
            if count < messages.ROWS_MOST and row[_LAYOUT] == layout and row[_BOOT] == boot:
                end = self._put(at, self._row(row))
            if end:
                at, count = end, count + 1
            else:
                rest.append(row)
        if at == head:
            # Too long for any batch, which the store takes no more; it must not block those behind it.
            seq, begin, end, _, _ = self._rows[0]
            self._rows[0] = (seq, begin, end, _DAMAGED, boot)
            return self.pack()
        self._rows = rest
        self.buffer[at - 1 : at + 1] = b"]}"
        return at + 1

    def _put_head(self, layout: int, boot: int) -> int:
        store = self._store
        text = store.layouts[layout] if layout else _DAMAGED_LAYOUT
        head = '{"%s":%d,"%s":"%s","%s":%d,"%s":%d,"%s":%d,' % (
            messages.KEY_VERSION,
            messages.PROTOCOL_VERSION,
            messages.KEY_EPOCH,
            store.epoch,
            messages.KEY_BOOT,
            boot,
            messages.KEY_LOWEST,
            store.lowest,
            messages.KEY_NEXT,
            store.next,
        )
        at = self._put(0, head.encode())
        at = self._put(at, text)
        return self._put(at, b',"%s":[' % messages.KEY_ROWS.encode())

    def _put(self, at: int, text: bytes) -> int:
        """Copy a text into the buffer; 0 where it and the closing brackets do not fit."""
        end = at + len(text)
        if end >= len(self.buffer):
            return 0
        self.buffer[at:end] = text
        return end

    def _row(self, row: tuple[int, int, int, int, int]) -> bytes:
        seq, begin, end, layout, _ = row
        text = bytes(memoryview(self._store.segment)[begin:end])
        if layout == _DAMAGED:
            if seq > self._damaged_last:  # sent again it is no other damage
                self.damaged, self._damaged_last = self.damaged + 1, seq
            times = b",".join(text.split(b",")[:_TIME_FIELDS]) or b"0,null,0"
            text = b"%s,%d,null" % (times, messages.FLAG_DAMAGED)
        return b"[%d,%s]," % (seq, text)


_DAMAGED_LAYOUT = layout_text(series.HEALTH, "", [measurements.SKIPPED_RECORDS])
