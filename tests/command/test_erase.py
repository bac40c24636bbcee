"""`sera erase`: what a person asks to be erased is nowhere any more, and the accounts still close."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import struct
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest

from foreign_parts import obs_message, obs_topic
from gateway_parts import COMMUNITY, NOW_NS, NOW_S, batch, data_topic, message, plant, row, rows_of
from influx_points import rows_in
from ledger_parts import assert_closes
from sera_analysis.jobs import WITHDRAWN
from sera_command import erasure
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal import Journal, JournalReader
from sera_gateway.ledger import Ledger
from sera_store.json_lines import JsonLinesFollower
from sera_store.orders import AMEND
from sera_store.store import Store
from sera_vocabulary import topics

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket
    from sera_store.completeness import NodeAccount

OTHER, COUNTER, DEVICE = "node-a", "counter-b", "device-c"
MONTH_S = 40 * 86_400
# A value that nobody else has, as JSON writes it and as a record holds it, and words.
VALUE = 14.137241
NEEDLES = (b"planted-note", str(VALUE).encode(), struct.pack("<d", VALUE))
STEPS = [
    ".packed written",
    ".packed committed",
    ".packed compacted",
    ".sqlite written",
    ".sqlite committed",
    ".sqlite compacted",
    "buried",
    "superseded",
    "followed",
    "purged",
    "lines erased",
    "compacted",
]


def of_counter(seq: int, value: float = VALUE, utc_s: int = NOW_S, **more: object) -> bytes:
    return batch([row(seq, value, utc_s=utc_s)], note="planted-note", **more)


def read_on(data: Path) -> None:
    with Store.open(data / "store") as store, JournalReader(data / "journal") as journal:
        Ledger(store, journal).catch_up()


@pytest.fixture
def data(tmp_path: Path) -> Path:
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
        store.orders.put(
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


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of a gateway that JSON lines follow."""
    file = tmp_path / "gateway.toml"
    file.write_text(f'[json_lines]\npath = "{(tmp_path / "lines.jsonl").as_posix()}"\n')
    return file


def erase(data: Path, *words: object, apply: bool = True) -> int:
    line = ["erase", "--data", data, "--reason", "asked for", "--by", "steward", *words]
    return main([str(word) for word in line] + ["--apply"] * apply)


def holding(folder: Path) -> dict[str, list[bytes]]:
    """Files with anything of what was planted, by name."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if needles := [needle for needle in NEEDLES if needle in content]:
            found[path.name] = needles
    return found


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
    assert holding(tmp_path) == {}
    assert journaled(data) == []
    for folder in (data, rebuilt(data, tmp_path / f"rebuilt-{os.urandom(4).hex()}")):
        found = account(folder, COUNTER)
        assert (found.stored, found.dead_lettered, found.erased, found.missing) == (0, 0, 8, 0)
        assert found.next == 9
        assert values(folder, OTHER) == [21.5] * 4
        assert account(folder, OTHER).stored == 4
        with JournalReader(folder / "journal") as journal:
            assert journal.verify().problems == ()
            assert journal.verify().messages == 14
        with Store.open(folder / "store") as store:
            assert store.dead_letters.list(state=None) == []
            assert [key.seq for key in store.records.keys(COUNTER)] == []
            assert store.orders.after(0) == []
            store.rollups.catch_up()
            span = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
            assert len(store.rollups.read("air", node=COUNTER, **span)) == 0
            assert len(store.rollups.read("air", node=OTHER, **span)) == 1
    assert holding(tmp_path) == {}


def test_what_was_planted_is_there_before(data: Path, tmp_path: Path) -> None:
    # A packed month is compressed: what it holds is read through the journal.
    assert {"lines.jsonl", "records.sqlite"} <= holding(tmp_path).keys()
    assert journaled(data) == [1, 2, 3, 4, 5, 6, 7, 11, 12, 13]
    assert account(data, COUNTER).stored == 8


def test_everything_of_a_counter_is_gone_from_every_file_and_stays_gone(
    data: Path, tmp_path: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup"), "--data", str(data)]) == ExitCode.DONE
    capsys.readouterr()
    assert erase(data, "--node", COUNTER, "--config", settings, apply=False) == ExitCode.DONE
    assert "nothing was erased" in capsys.readouterr().out
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    out = capsys.readouterr().out
    assert f"still in backup {backup_id(data)} of" in out
    assert str(tmp_path / "backup") in out
    (tmp_path / "backup").unlink()
    assert_erased(data, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == sorted({line["id"] for line in lines})
    assert sum("erased" in line for line in lines) == 8
    with Store.open(data / "store") as store:
        [done] = store.erasures.history()
        assert (done.reason, done.by, done.records) == ("asked for", "steward", 8)
    assert main(["journal", "verify", "--data", str(data)]) == ExitCode.DONE
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE


def backup_id(data: Path) -> str:
    with Store.open(data / "store") as store:
        [noted] = store.backups.list()
    return noted.id


def test_what_was_deleted_carelessly_before_is_gone_from_the_files_too(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    for path in (data / "store" / "records.sqlite", data / "journal" / "2026-07.sqlite"):
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("PRAGMA secure_delete = OFF")
            raw.execute("CREATE TABLE notes (text TEXT)")
            raw.executemany("INSERT INTO notes VALUES (?)", [("planted-note " * 50,)] * 50)
            raw.commit()
            raw.execute("DROP TABLE notes")
            raw.commit()
    assert "2026-07.sqlite" in holding(data / "journal")
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert_erased(data, tmp_path)


def test_what_a_node_sends_again_after_that_is_a_repeat(data: Path, tmp_path: Path, settings: Path) -> None:
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    with Journal(data / "journal", lambda: (NOW_S + MONTH_S) * 1_000_000_000) as journal:
        journal.append([message(data_topic(COUNTER), of_counter(seq)) for seq in (2, 9)])
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        read_on(folder)
        found = account(folder, COUNTER)
        assert (found.stored, found.erased, found.repeated) == (1, 8, 1)


def test_what_the_ledger_has_not_read_yet_is_erased_too(data: Path, tmp_path: Path, settings: Path) -> None:
    later_s = NOW_S + MONTH_S
    with Journal(data / "journal", lambda: later_s * 1_000_000_000) as journal:
        journal.append([message(data_topic(COUNTER), of_counter(9, utc_s=later_s), later_s)])
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert (account(data, COUNTER).erased, account(data, COUNTER).next) == (8, 9)
    read_on(data)
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        found = account(folder, COUNTER)
        assert (found.stored, found.erased, found.missing, found.next) == (0, 9, 0, 10)
    assert journaled(data) == []


def test_a_span_of_a_counter_goes_and_the_rest_stays(data: Path, tmp_path: Path, settings: Path) -> None:
    words = ("--node", COUNTER, "--from", "2026-06-15", "--config", settings)
    assert erase(data, *words) == ExitCode.DONE
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        found = account(folder, COUNTER)
        assert (found.stored, found.erased, found.missing) == (6, 2, 0)


def test_some_messages_go_by_number_with_all_that_hold_their_records(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    # Message 6 came again with what message 5 had brought.
    assert erase(data, "--journal", "1-2,6", "--config", settings) == ExitCode.DONE
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        found = account(folder, COUNTER)
        assert (found.stored, found.erased, found.repeated, found.missing) == (5, 3, 0, 0)
        with JournalReader(folder / "journal") as journal:
            entries = journal.read(0, 20)
        assert [entry.number for entry in entries if entry.topic == "erased"] == [1, 2, 5, 6]


def test_a_follower_that_cannot_be_reached_is_named_and_the_next_call_finishes(
    data: Path, tmp_path: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(data, "--node", COUNTER) == ExitCode.PART_MISSING
    assert "follower json_lines still has what is to be erased" in capsys.readouterr().err
    assert erase(data, "--journal", "9999", "--config", settings) == ExitCode.DONE
    assert "erasure 1, which was begun before, is finished" in capsys.readouterr().err
    assert_erased(data, tmp_path)


def test_a_gateway_that_runs_has_to_be_stopped_first(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(data / "journal", lambda: NOW_NS):
        assert erase(data, "--node", COUNTER) == ExitCode.CANNOT_WRITE
    assert "stop that one first" in capsys.readouterr().err
    assert account(data, COUNTER).stored == 8


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "name either a node"),
        (("--node", "a", "--journal", "1"), "name either a node"),
        (("--journal", "1-"), "are no numbers"),
        (("--journal", "1", "--from", "2026-01-01"), "name either a node"),
        (("--node", COUNTER, "--from", "soon"), "is no time"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str
) -> None:
    assert erase(data, *words) == ExitCode.BAD_INPUT
    assert problem in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_is_killed_is_finished_by_the_next(
    data: Path, tmp_path: Path, settings: Path, step: str
) -> None:
    def die_there() -> None:
        finish = erasure.finish

        def die(at: str) -> None:
            if at == step:
                os.kill(os.getpid(), signal.SIGKILL)

        def killed(*arguments: object) -> None:
            finish(*arguments, checkpoint=die)  # type: ignore[arg-type]

        from sera_command import erase as verb

        verb.finish = killed  # type: ignore[assignment]
        erase(data, "--node", COUNTER, "--config", settings)

    process = multiprocessing.get_context("fork").Process(target=die_there)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert_erased(data, tmp_path)


def test_the_points_in_influxdb_go_too(
    data: Path, tmp_path: Path, influx_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sera_store.influxdb import InfluxFollower, InfluxTarget

    bucket = influx_bucket
    monkeypatch.setenv("SERA_INFLUXDB_TOKEN", bucket.token)
    with Store.open(data / "store") as store:
        store.followers.note("influxdb", "following", "", NOW_S)  # type: ignore[arg-type]
        follower = InfluxFollower(
            store, InfluxTarget(bucket.url, bucket.organisation, bucket.name, bucket.token)
        )
        while follower.step():
            pass
        follower.rest()
        follower.close()
    assert sorted({point["node"] for point in rows_in(bucket, "air")}) == [COUNTER, OTHER]

    settings = tmp_path / "gateway.toml"
    settings.write_text(
        f'[json_lines]\npath = "{(tmp_path / "lines.jsonl").as_posix()}"\n'
        f'[influxdb]\nurl = "{bucket.url}"\norg = "{bucket.organisation}"\nbucket = "{bucket.name}"\n'
    )
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    points = rows_in(bucket, "air")
    assert {point["node"] for point in points} == {OTHER}
    assert len(points) == 4


def test_a_foreign_device_is_erased_with_the_hashes_that_are_its_keys(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    assert (
        main(["mapping", "add", "garden-obs", "--data", str(data), "--since", "2024-01-01"]) == ExitCode.DONE
    )
    later_s = NOW_S + MONTH_S
    payload = obs_message(DEVICE, 1, later_s, note="planted-note")
    with Journal(data / "journal", lambda: later_s * 1_000_000_000) as journal:
        journal.append([message(obs_topic(DEVICE), payload, later_s)] * 2)
    read_on(data)
    [before] = accounts(data, DEVICE)
    keys = hashes(data, DEVICE)
    assert (before.stored, before.repeated, len(keys)) == (4, 4, 4)

    assert erase(data, "--node", DEVICE, "--config", settings) == ExitCode.DONE
    read_on(data)
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        [found] = accounts(folder, DEVICE)
        assert (found.made, found.stored, found.erased, found.repeated) == (4, 0, 4, 0)
        assert not hashes(folder, DEVICE) & keys
        assert account(folder, COUNTER).stored == 8


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


def test_figures_become_what_they_would_be_without_the_person(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    assert analyse(data) == ExitCode.DONE
    before = figures(data)
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    after = figures(data)
    without = rebuilt(data, tmp_path / "rebuilt")
    assert analyse(without) == ExitCode.DONE
    assert after == figures(without)
    assert before
    assert before != after
    # No figure from before is left either, superseded or not.
    superseded = "SELECT id FROM records WHERE layout IS NULL AND id NOT IN (SELECT id FROM result_heads)"
    assert rows_of(data / "store" / "records.sqlite", superseded) == []


def analyse(data: Path) -> int:
    return main(["analyse", "run", "--data", str(data), "--workers", "1"])


def figures(data: Path) -> list[bytes]:
    """All current figures that were not withdrawn."""
    with Store.open(data / "store") as store:
        return sorted([one.to_json() for one in store.results.current() if one.reason != WITHDRAWN])
