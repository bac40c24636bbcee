"""The table of probes is kept, flagged when it changes and told once; runs on CPython and on MicroPython."""

import json

from firmware.stand_ins import Scratch, content, rewrite
from sera_firmware.probes import ProbeTable, table_id


class Probe:
    def __init__(self, position: int, model: str, serial: str = "") -> None:
        self.position, self.model, self.serial = position, model, serial


def entries_of(table: ProbeTable) -> list:
    return [json.loads(message)["probes"] for message in table.unsent()]


def test_a_first_table_is_told_but_is_no_change() -> None:
    with Scratch() as folder:
        table = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28ff"), Probe(0, "sht4x")])
        assert not table.look()
        assert entries_of(table) == [[[1, "ds18b20", "28ff"]]]
        assert json.loads(table.unsent()[0])["p"] == table.id == table_id([[1, "ds18b20", "28ff"]])
        table.mark_sent()
        assert entries_of(table) == []


def test_a_node_without_probes_has_no_table() -> None:
    with Scratch() as folder:
        table = ProbeTable(folder + "/probes", [Probe(0, "sht4x")])
        assert not table.look()
        assert (table.id, entries_of(table)) == ("", [])


def test_a_swapped_probe_is_a_change_and_makes_a_new_table() -> None:
    with Scratch() as folder:
        probe = Probe(1, "ds18b20", "28ff")
        table = ProbeTable(folder + "/probes", [probe])
        table.look()
        table.mark_sent()
        before = table.id
        probe.serial = "28aa"
        assert table.look()
        assert table.id != before
        assert entries_of(table) == [[[1, "ds18b20", "28aa"]]]
        assert not table.look()


def test_a_probe_swapped_while_the_node_was_off_is_noticed() -> None:
    with Scratch() as folder:
        table = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28ff")])
        table.look()
        table.mark_sent()
        again = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28aa")])
        assert again.id == table.id
        assert again.look()


def test_a_silent_chip_stays_who_it_was() -> None:
    with Scratch() as folder:
        table = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28ff")])
        table.look()
        table.mark_sent()
        again = ProbeTable(folder + "/probes", [Probe(1, "ds18b20")])
        assert not again.look()
        assert (again.id, entries_of(again)) == (table.id, [])


def test_every_table_that_records_name_is_told_even_after_a_restart() -> None:
    with Scratch() as folder:
        probe = Probe(1, "ds18b20", "28ff")
        table = ProbeTable(folder + "/probes", [probe])
        table.look()
        probe.serial = "28aa"
        table.look()
        again = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28aa")])
        assert [rows[0][2] for rows in entries_of(again)] == ["28ff", "28aa"]
        again.mark_sent()
        assert entries_of(ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28aa")])) == []


def test_a_damaged_file_means_that_the_table_is_told_again() -> None:
    with Scratch() as folder:
        table = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28ff")])
        table.look()
        table.mark_sent()
        whole = content(folder + "/probes")
        for index in range(len(whole)):
            damaged = bytearray(whole)
            damaged[index] ^= 1
            rewrite(folder + "/probes", damaged)
            again = ProbeTable(folder + "/probes", [Probe(1, "ds18b20", "28ff")])
            assert not again.look()
            assert (again.id, len(entries_of(again))) == (table.id, 1)
