"""`sera export raw`: to a file, to a pipe that closes, and what cannot be."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, Message
from sera_store.exports.export import ReleasedValue
from sera_store.registry.entities import Community, Garden, Node
from sera_store.store import Store
from store_parts import AIR

ARRIVED_NS = 1_780_000_001_500_000_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("filled")
    with Journal(tmp_path / "journal", lambda: ARRIVED_NS) as journal:
        journal.append([Message(ARRIVED_NS, "sera/v1/avon/node-a/data", b"{}")])
    with Store.open(tmp_path / "store") as store, store.ledger() as writes:
        store.registry.put(Community("avon", "Avon"), since_s=1, by="a test")
        garden = Garden("elm-yard", "avon", None, "Elm Yard", 51.45, -2.59, "Europe/London")
        store.registry.put(garden, since_s=1, by="a test")
        writes.records.append(
            [(replace(AIR, seq=seq, time_s=AIR.time_s + seq), b"hash") for seq in range(1, 6001)]
        )
    return tmp_path


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path, dirs_exist_ok=True)


def test_values_stand_beside_the_arrival_of_their_message(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "raw.csv"
    words = ["export", "raw", "--exact", "--data", str(data), "--to", "2026-05-28T20:26:42"]

    assert main([*words, "--out", str(out)]) == ExitCode.DONE
    assert main(words) == ExitCode.DONE

    text = out.read_text()
    assert text == capsys.readouterr().out
    assert text.splitlines() == [
        "node,epoch,seq,received,time,series,name,value,flag,simulated",
        "node-a,9f2c01aa,1,2026-05-28T20:26:41.500Z,2026-05-28T20:26:41Z,air,air_temperature,14.5,1,0",
        "node-a,9f2c01aa,1,2026-05-28T20:26:41.500Z,2026-05-28T20:26:41Z,air,air_humidity,60.0,1,0",
    ]


@pytest.mark.slow
def test_without_exact_a_value_has_neither_second_nor_sequence_nor_arrival(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(data / "store") as store, store.ledger() as writes:
        count = replace(
            AIR, node="person-0f3a9c41d2", series="counts", columns=("wasps",), values=(3.0,), quality=(1,)
        )
        writes.records.append([(count, b"hash")])
        for entity in (Community("avon"), Garden("elm-yard", "avon", None, "", 51.4, -2.6, "Europe/London")):
            store.registry.put(entity, since_s=0, by="test")
        store.registry.put(Node("person-0f3a9c41d2", "elm-yard", "person"), since_s=0, by="test")

    words = ["export", "raw", "--data", str(data), "--to", "2026-05-28T20:26:42"]
    messages = []
    for _ in range(2):
        assert main(words) == ExitCode.DONE
        messages.append(list(csv.DictReader(io.StringIO(capsys.readouterr().out))))

    assert list(messages[0][0]) == list(ReleasedValue._fields)
    first, (count_row, *remaining) = messages[0][0], [row for row in messages[0] if row["series"] == "counts"]
    assert (first["time"], first["node"], first["name"]) == (
        "2026-05-28T21:00:00+01:00",
        "node-a",
        "air_humidity",
    )
    assert (count_row["time"], count_row["value"], remaining) == ("2026-05-28", "3.0", [])
    assert count_row["node"] not in ("person-0f3a9c41d2", *[row["node"] for row in messages[1]])


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--exact"]])
def test_a_reader_that_has_seen_enough_ends_it_quietly(data: Path, more: list[str]) -> None:
    program = Path(sys.executable).with_name("sera")
    with subprocess.Popen(
        [program, "export", "raw", *more, "--data", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(120) == ExitCode.DONE


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--format", "xlsx"], ExitCode.BAD_INPUT, "expected csv or jsonl"),
        (["--from", "soon"], ExitCode.BAD_INPUT, "--from 'soon' is no time"),
        (["--from", "2026-06-02", "--to", "2026-06-01"], ExitCode.BAD_INPUT, "swap them"),
        (["--node", "node-x"], ExitCode.BAD_INPUT, "node 'node-x' has no records here"),
        (["--out", "/absent/raw.csv"], ExitCode.CANNOT_WRITE, "name a file in a folder that is there"),
    ],
)
def test_what_cannot_be_exported_is_said_and_leaves_no_file(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: ExitCode, message: str
) -> None:
    assert main(["export", "raw", "--data", str(data), *words]) == code
    printed = capsys.readouterr()
    assert (printed.out, message in printed.err) == ("", True)


def test_a_parquet_export_of_nothing_says_so(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    words = ["export", "parquet", "--data", str(data), "--out", str(tmp_path / "months")]
    assert main([*words, "--node", "node-x"]) == ExitCode.DONE
    assert capsys.readouterr() == ("", "no file was written: there is no value with a time there and then\n")
    assert main([*words, "--from", "2026-06-02", "--to", "2026-06-01"]) == ExitCode.BAD_INPUT
    assert "--to 2026-06-01 is not after --from 2026-06-02; swap them" in capsys.readouterr().err
