"""The power fails at any operation of the flash; runs on CPython and on MicroPython."""

import os

from firmware.flash_cuts import CAPACITY, Recording
from firmware.renewing import confirm, renewal, take, used
from firmware.stand_ins import Scratch, iterate_batches
from sera_firmware import atomic_file, batch, config
from sera_firmware import store as store_module
from sera_firmware.config import Settings
from sera_firmware.probes import ProbeTable
from sera_firmware.store import Store

try:
    import pytest

    pytestmark = pytest.mark.slow
except ImportError:  # on MicroPython, which has no marks
    pass

# Cut points that every structure must show, clean and torn together.
CUTS_LEAST = 500
STEP = int(os.getenv("SERA_CUT_STEP") or 1)
# Block sizes of programming: the ESP32's, and the Pico's.
FINE, COARSE = 32, 256
# Rows as long as a camera's, so that a short life fills the flash and has to make room.
COLUMNS = 20
COUNTS = batch.layout_text("counts", "", ["column_%d" % number for number in range(COLUMNS)])
AIR = batch.layout_text("air", "", ["air_temperature"])
ROWS_A_WAKE = 2
POSITIONS = 90
BASE = {"node": "elm-a1", "community": "elm", "broker": {"host": "broker", "port": 1}}
CHECKED = config.with_defaults(dict(BASE))


def random_bytes(count: int) -> bytes:
    return bytes(range(1, count + 1))


def new_store(folder: str) -> Store:
    return Store(folder + "/records", CAPACITY, random_bytes)


def wake_rows(number: int) -> list:
    """The two rows of a wake, which no other wake has."""
    values = [100000 * number + index for index in range(COLUMNS)]
    counts = batch.row_text(900 * number, 1780000000 + number, 2, 0, values, [0] * COLUMNS)
    return [(COUNTS, counts), (AIR, batch.row_text(900 * number, None, 0, 2, [number / 4], [2]))]


def as_appended(seq: int) -> list:
    """The row of a sequence as a gateway must see it."""
    number, place = divmod(seq - 1, ROWS_A_WAKE)
    if place:
        return [seq, 900 * number, None, 0, 2, number / 4]
    return [seq, 900 * number, 1780000000 + number, 2, 0] + [
        100000 * number + index for index in range(COLUMNS)
    ]


def show(recording: Recording, examine: object) -> None:
    """Cut everywhere, and say how often."""
    cuts = recording.cut_everywhere(examine, STEP)
    print("operations", recording.operations, "cut points", cuts)
    assert cuts >= CUTS_LEAST // STEP, cuts


# Records: what was appended stays, unchanged; a wake is there whole or not at all.


def writing(kind: object, wakes: int) -> object:
    def live(folder: str, promise: object) -> None:
        store = kind(folder + "/records", CAPACITY, random_bytes)
        for number in range(wakes):
            store.append(wake_rows(number))
            promise((store.next, store.lowest))

    return live


def examine_records(folder: str, before: object, after: tuple) -> None:
    store = new_store(folder)
    promised, lowest = before or (1, 1)
    assert store.next in (promised, after[0]), (store.next, promised, after)
    # Making room is the first thing that the next append does.
    assert store.lowest in (lowest, after[1]), (store.lowest, lowest, after)
    next_sequence = store.next
    assert store.append(wake_rows((next_sequence - 1) // ROWS_A_WAKE)) == next_sequence
    examine_rows(store)
    assert new_store(folder).next == next_sequence + ROWS_A_WAKE


def examine_rows(store: Store) -> None:
    """Compare all that is held with what was appended, a batch at a time: together they fill a small heap."""
    boots = []
    for message in iterate_batches(store):
        for row in message["r"]:
            assert row == as_appended(row[0]), row
            boots.append(row[0])
    assert sorted(boots) == list(range(store.lowest, store.next))


def test_records_survive_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, writing(Store, 62), COARSE), examine_records)


def examine_living_on(folder: str, before: object, after: tuple) -> None:
    """After the cut, live until the flash has been made room on twice, and boot once more."""
    store = new_store(folder)
    first = store.next
    for number in range((first - 1) // ROWS_A_WAKE, (first - 1) // ROWS_A_WAKE + 70):
        store.append(wake_rows(number))
    assert len(store.firsts) == len(set(store.firsts)), store.firsts
    again = new_store(folder)
    assert (again.next, again.lowest, again.boot) == (store.next, store.lowest, store.boot + 1)
    examine_rows(again)


def test_a_node_lives_on_after_a_cut_anywhere() -> None:
    with Scratch() as folder:
        recording = Recording(folder, writing(Store, 24), COARSE)
        assert recording.cut_everywhere(examine_living_on, 7) >= 30


class RowByRow(Store):
    """A store that writes the rows of one wake one after the other."""

    def append(self, rows: list) -> int:
        first = self.next
        for row in rows:
            super().append([row])
        return first


class RewritesInPlace(Store):
    """A store that removes a segment to write it again with the added records."""

    def _write(self, size: int) -> None:
        if self.size:
            last_load = self.load(len(self.firsts) - 1)
            before = bytes(self.segment[:last_load])
            store_module.os.remove(self._path(self.firsts[-1]))
            with opened(self._path(self.firsts[-1]), "wb") as file:
                file.write(before)
        super()._write(size)


def opened(path: str, mode: str) -> object:
    """Open a file where the store keeps its own."""
    return getattr(store_module, "open", open)(path, mode)


def is_noticed(live: object, examine: object, prog_bytes: int = COARSE) -> bool:
    """Tell whether the examination finds fault at some cut of a life that was written wrongly."""
    with Scratch() as folder:
        try:
            Recording(folder, live, prog_bytes).cut_everywhere(examine)
        except AssertionError:
            return True
    return False


def test_a_wake_written_row_by_row_is_noticed() -> None:
    assert is_noticed(writing(RowByRow, 6), examine_records)


def test_a_segment_removed_before_it_is_written_anew_is_noticed() -> None:
    assert is_noticed(writing(RewritesInPlace, 6), examine_records)


def test_the_same_life_in_the_right_order_is_not_noticed() -> None:
    assert not is_noticed(writing(Store, 6), examine_records)


# The acknowledged position: never lost, never ahead.


def acknowledging(kind: object, times: int) -> object:
    def live(folder: str, promise: object) -> None:
        store = kind(folder + "/records", CAPACITY, random_bytes)
        for number in range(POSITIONS // ROWS_A_WAKE):
            store.append(wake_rows(number)[1:] * ROWS_A_WAKE)
        promise(0)
        for seq in range(1, times + 1):
            store.acknowledge(seq)
            promise(seq)

    return live


def examine_position(folder: str, before: object, after: int) -> None:
    store = new_store(folder)
    assert store.acknowledged in (before or 0, after), (store.acknowledged, before, after)
    store.acknowledge(POSITIONS)
    assert new_store(folder).acknowledged == POSITIONS or store.next <= POSITIONS


def test_the_acknowledged_position_survives_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, acknowledging(Store, POSITIONS), COARSE), examine_position)


class RemovesFirst(Store):
    """A store that removes the old position before the new one is in its place."""

    def _keep_position(self, seq: int) -> None:
        try:
            store_module.os.remove(self.folder + "/acknowledged")
        except OSError:
            pass
        super()._keep_position(seq)


def test_a_position_removed_before_it_is_replaced_is_noticed() -> None:
    assert is_noticed(acknowledging(RemovesFirst, 6), examine_position)


# Epoch, boot and sequence: recovered at every boot, never used twice.


def drawing(number: int) -> object:
    """A source of random bytes that no other number has."""
    return lambda count: bytes([number] * count)


def rebooting(kind: object, boots: int) -> object:
    def live(folder: str, promise: object) -> None:
        for number in range(boots):
            store = kind(folder + "/records", CAPACITY, drawing(number))
            store.append(wake_rows(number))
            promise((store.epoch, store.boot, store.next))

    return live


def examine_identity(folder: str, before: object, after: tuple) -> None:
    other = Store(folder + "/records", CAPACITY, drawing(255))
    if before is None:
        assert other.next in (1, after[2])
        return
    assert other.epoch == before[0], (other.epoch, before)
    assert other.next in (before[2], after[2]), (other.next, before, after)
    assert other.boot - 1 in (before[1], after[1]), (other.boot, before, after)


def test_epoch_boot_and_sequence_survive_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, rebooting(Store, 54), COARSE), examine_identity)


class BootInAFile(Store):
    """A store that believes a file of its own, written after the records, for its next sequence."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        try:
            with opened(self.folder + "/next", "rb") as file:
                self.next = int(file.read() or b"1")
        except OSError:
            self.next = 1

    def append(self, rows: list) -> int:
        first = super().append(rows)
        with opened(self.folder + "/next", "wb") as file:
            file.write(b"%d" % self.next)
        return first


def examine_counter(folder: str, before: object, after: tuple) -> None:
    """What a record carries must be below the next sequence."""
    store = BootInAFile(folder + "/records", CAPACITY, random_bytes)
    highest = new_store(folder).next - 1
    assert store.next > highest, (store.next, highest)


def test_a_counter_kept_apart_from_the_records_is_noticed() -> None:
    assert is_noticed(rebooting(BootInAFile, 4), examine_counter)


# Settings: the last accepted ones, or the ones before; never others.


def configuring(kind: object, times: int) -> object:
    def live(folder: str, promise: object) -> None:
        settings = kind(dict(CHECKED), folder + "/settings.json")
        for version in range(1, times + 1):
            assert settings.change(version, {"interval_s": 900 + version})
            promise(version)

    return live


def examine_settings(folder: str, before: object, after: int) -> None:
    values = Settings(dict(CHECKED), folder + "/settings.json").values
    assert values["config"] in (before or 0, after), (values["config"], before, after)
    assert values["interval_s"] == 900 + values["config"]


def test_settings_survive_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, configuring(Settings, 84), COARSE), examine_settings)


class RemovesOld(Settings):
    """Settings that remove the old file before the new one is in its place."""

    def keep(self, content: bytes) -> None:
        try:
            atomic_file.os.remove(self.path)
        except OSError:
            pass
        super().keep(content)


def test_settings_removed_before_they_are_replaced_are_noticed() -> None:
    assert is_noticed(configuring(RemovesOld, 4), examine_settings)


# The table of probes: the one in force or the one before, and none that was not told is forgotten.


class Probe:
    position, model = 1, "ds18b20"

    def __init__(self, serial: str) -> None:
        self.serial = serial


def swapping(kind: object, times: int) -> object:
    def live(folder: str, promise: object) -> None:
        table = kind(folder + "/probes.json", [Probe("")])
        for number in range(1, times + 1):
            table._sensors[0].serial = "28%06d" % number
            table.look()
            if number % 3 == 0:
                table.mark_sent()
            promise(number)

    return live


def examine_probes(folder: str, before: object, after: int) -> None:
    table = ProbeTable(folder + "/probes.json", [Probe("")])
    serial = table.rows[0][2] if table.rows else "28%06d" % 0
    assert int(serial[2:]) in (before or 0, after), (serial, before, after)
    if int(serial[2:]) % 3:
        assert len(table.unsent()) >= int(serial[2:]) % 3


def test_the_table_of_probes_survives_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, swapping(ProbeTable, 64), COARSE), examine_probes)


class RemovesTable(ProbeTable):
    """A table that removes the old file before the new one is in its place."""

    def _keep(self) -> None:
        try:
            atomic_file.os.remove(self._path)
        except OSError:
            pass
        super()._keep()


def test_a_table_removed_before_it_is_replaced_is_noticed() -> None:
    assert is_noticed(swapping(RemovesTable, 4), examine_probes)


# Certificates: after a cut the one in use or the next one is whole, and the renewal goes on from there.


def renewing(times: int, first: object = take, last: object = confirm) -> object:
    # Loaded before the flash is, whose port it gets.
    renewal()

    def live(folder: str, promise: object) -> None:
        promise(1)
        for generation in range(2, times + 2):
            first(folder + "/", generation)
            last(folder + "/", generation)
            promise(generation)

    return live


def examine_certificates(folder: str, before: object, after: int) -> None:
    folder += "/"
    settled = before or 1
    number = used(folder)[0]
    assert number in (settled, after), (number, before, after)
    # Whatever was cut: the order is still there, and the next contacts bring it to its end.
    if number < after:
        take(folder, after)
    confirm(folder, after)
    assert used(folder)[0] == after
    take(folder, after + 1)
    confirm(folder, after + 1)
    assert used(folder)[0] == after + 1


def test_a_renewal_survives_a_cut_anywhere() -> None:
    with Scratch() as folder:
        show(Recording(folder, renewing(26), COARSE), examine_certificates)


def confirm_anew(folder: str, generation: int) -> None:
    """A node that removes what it has before it writes the one that it uses from now on."""
    open_file = getattr(atomic_file, "open", open)
    with open_file(folder + "trial", "rb") as file:
        content = file.read()
    for name in ("trial", "renewed")[: generation - 1]:
        store_module.os.remove(folder + name)
    with open_file(folder + "renewed", "wb") as file:
        file.write(content)


def test_a_certificate_that_is_removed_before_it_is_replaced_is_noticed() -> None:
    assert is_noticed(renewing(6, last=confirm_anew), examine_certificates)
