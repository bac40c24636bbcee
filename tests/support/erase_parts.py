"""Shared by tests of `sera erase`: an installation with planted records, and what must be so without them."""

from __future__ import annotations

import os
import shutil
import struct
from datetime import date
from typing import TYPE_CHECKING

from gateway_parts import COMMUNITY, NOW_NS, NOW_S, batch, data_topic, message, plant, row, rows_of
from ledger_parts import assert_closes
from sera_analysis.runs.jobs import WITHDRAWN
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.outputs.json_lines import JsonLinesFollower
from sera_store.registry.dead_letter_actions import AMEND
from sera_store.store import Store
from sera_vocabulary import topics

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.records.completeness import NodeAccount

OTHER, COUNTER, DEVICE = "node-a", "counter-b", "device-c"
MONTH_S = 40 * 86_400
# A value that nobody else has, as JSON writes it and as a record holds it, and words.
VALUE = 14.137241
NEEDLES = (b"planted-note", str(VALUE).encode(), struct.pack("<d", VALUE))


def of_counter(seq: int, value: float = VALUE, utc_s: int = NOW_S, **more: object) -> bytes:
    return batch([row(seq, value, utc_s=utc_s)], note="planted-note", **more)


def read_on(data: Path) -> None:
    with Store.open(data / "store") as store, JournalReader(data / "journal") as journal:
        Ledger(store, journal).catch_up()


def installation(tmp_path: Path) -> Path:
    """Two months, the first of them packed, of a counter, a node, and a foreign device; with JSON lines."""
    folder = tmp_path / "data"
    with Store.open(folder / "store", clock=lambda: NOW_S) as store:
        plant(store, [OTHER, COUNTER, DEVICE])
    journal = folder / "journal"
    with Journal(journal, lambda: NOW_NS) as months:
        months.append([message(data_topic(COUNTER), of_counter(seq)) for seq in range(1, 6)])
        months.append([message(data_topic(COUNTER), of_counter(5))])
        months.append([message(data_topic(COUNTER), b"planted-note is no JSON")])
        months.append([message(data_topic(OTHER), batch([row(seq, 21.5)])) for seq in range(1, 4)])
    later_s = NOW_S + MONTH_S
    with Journal(journal, lambda: later_s * 1_000_000_000) as months:
        later = [of_counter(6, utc_s=later_s), of_counter(8, utc_s=later_s)]
        months.append([message(data_topic(COUNTER), payload, later_s) for payload in later])
        months.append([message(topics.topic(COMMUNITY, COUNTER, "status"), b'{"planted-note":1}', later_s)])
        months.append([message(data_topic(OTHER), batch([row(4, 21.5)]), later_s)])
    read_on(folder)
    assert main(["journal", "pack", "--data", str(folder)]) == ExitCode.DONE
    settle(folder, tmp_path / "lines.jsonl")
    return folder


def settle(folder: Path, lines: Path) -> None:
    """Amend a letter of the counter's, and let the file of JSON lines follow to the end."""
    with Store.open(folder / "store") as store:
        [letter] = store.dead_letters.list(reason="not_json")
        store.dead_letter_actions.put(
            AMEND, journal=letter.journal, reason=letter.reason, by="a test", payload=of_counter(7)
        )
    read_on(folder)
    with Store.open(folder / "store") as store:
        store.followers.note("json_lines", "following", "", NOW_S)  # type: ignore[arg-type]
        follower = JsonLinesFollower(store, lines)
        while follower.step():
            pass
        follower.close()
        store.rollups.catch_up()


def settings_file(tmp_path: Path) -> Path:
    """Settings of a gateway that JSON lines follow."""
    file = tmp_path / "gateway.toml"
    file.write_text(f'[json_lines]\npath = "{(tmp_path / "lines.jsonl").as_posix()}"\n')
    return file


def erase(data: Path, *words: object, apply: bool = True) -> int:
    line = ["erase", "--data", data, "--reason", "asked for", "--by", "steward", *words]
    return main([str(word) for word in line] + ["--apply"] * apply)


def contents_by_file(folder: Path) -> dict[str, list[bytes]]:
    """Files with anything of what was planted, by name."""
    result = {}
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if needles := [needle for needle in NEEDLES if needle in content]:
            result[path.name] = needles
    return result


def journaled(data: Path) -> list[int]:
    """Numbers of the messages with anything of what was planted, packed or not."""
    with JournalReader(data / "journal") as journal:
        entries = journal.read(0, 100)
    return [entry.number for entry in entries if any(needle in entry.payload for needle in NEEDLES)]


def account(data: Path, node: str) -> NodeAccount:
    with Store.open(data / "store") as store:
        [account] = store.completeness(node)
    assert_closes(account)
    return account


def rebuilt(data: Path, folder: Path) -> Path:
    """Make the records again from the journal and the registry alone."""
    shutil.copytree(data / "journal", folder / "journal")
    (folder / "store").mkdir()
    for path in (data / "store").glob("registry.sqlite*"):
        shutil.copy(path, folder / "store" / path.name)
    read_on(folder)
    return folder


def values(data: Path, node: str) -> list[float | None]:
    with Store.open(data / "store") as store:
        return [record.values[0] for record in store.records.walk(node=node)]


def assert_erased(data: Path, tmp_path: Path) -> None:
    """Fail unless nothing of the counter's is left, and everything of the other node's is."""
    assert contents_by_file(tmp_path) == {}
    assert journaled(data) == []
    for folder in (data, rebuilt(data, tmp_path / f"rebuilt-{os.urandom(4).hex()}")):
        result = account(folder, COUNTER)
        assert (result.stored, result.dead_lettered, result.erased, result.missing) == (0, 0, 8, 0)
        assert result.next == 9
        assert values(folder, OTHER) == [21.5] * 4
        assert account(folder, OTHER).stored == 4
        with JournalReader(folder / "journal") as journal:
            assert journal.verify().problems == ()
            assert journal.verify().messages == 14
        with Store.open(folder / "store") as store:
            assert store.dead_letters.list(state=None) == []
            assert [key.seq for key in store.records.keys(COUNTER)] == []
            assert store.dead_letter_actions.after(0) == []
            store.rollups.catch_up()
            span = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
            assert len(store.rollups.read("air", node=COUNTER, **span)) == 0
            assert len(store.rollups.read("air", node=OTHER, **span)) == 1
    assert contents_by_file(tmp_path) == {}


def accounts(data: Path, node: str) -> list[NodeAccount]:
    with Store.open(data / "store") as store:
        return store.completeness(node)


def hashes(data: Path, node: str) -> set[int]:
    rows = rows_of(
        data / "store" / "records.sqlite",
        "SELECT seq FROM keys JOIN sources s ON s.id = source WHERE node=?",
        node,
    )
    return {seq for (seq,) in rows}


def analyse(data: Path) -> int:
    return main(["analyse", "run", "--data", str(data), "--workers", "1"])


def figures(data: Path) -> list[bytes]:
    """All current figures that were not withdrawn."""
    with Store.open(data / "store") as store:
        return sorted([result.to_json() for result in store.results.current() if result.reason != WITHDRAWN])
