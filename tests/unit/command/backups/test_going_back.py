"""Going back to an older version, as docs/how-to/upgrade.md says: the backup's store, and today's journal."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway_parts import NOW_NS, NOW_S, batch, data_topic, message, plant, row
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.errors import StoreUnusableError
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NODE = "node-a"


def take(data: Path, first: int, last: int, after_days: int = 0) -> None:
    """Let messages come, and the ledger read them."""
    later_s = after_days * 86_400
    with Journal(data / "journal", lambda: NOW_NS + later_s * 1_000_000_000) as journal:
        journal.append(
            [
                message(data_topic(NODE), batch([row(seq, 14.5)]), NOW_S + later_s)
                for seq in range(first, last + 1)
            ]
        )
    read_on(data)


def read_on(data: Path) -> list[int]:
    with Store.open(data / "store") as store, JournalReader(data / "journal") as journal:
        ledger = Ledger(store, journal, lambda _: None)
        while ledger.step():
            pass
        return [key.seq for key in store.records.keys(NODE)]


@pytest.mark.parametrize("is_packed", [False, True])
def test_every_message_from_after_the_upgrade_is_read_once_by_the_older_version(
    tmp_path: Path, is_packed: bool
) -> None:
    data, back, backup = tmp_path / "data", tmp_path / "back", tmp_path / "before.backup"
    with Store.open(data / "store") as store:
        plant(store, [NODE])
    take(data, 1, 10)
    assert main(["backup", str(backup), "--data", str(data)]) == ExitCode.DONE
    take(data, 11, 20, after_days=40)
    if is_packed:
        assert main(["journal", "pack", "--data", str(data)]) == ExitCode.DONE
        assert list((data / "journal").glob("*.packed"))
    with closing(sqlite3.connect(data / "store" / "records.sqlite")) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(StoreUnusableError, match="newer Sera"):
        Store.open(data / "store")

    assert main(["restore", str(backup), "--data", str(back)]) == ExitCode.DONE
    for path in (data / "journal").iterdir():
        shutil.copy(path, back / "journal")
    assert read_on(back) == list(range(1, 21))
    assert main(["journal", "verify", "--data", str(back)]) == ExitCode.DONE
