"""Databases are made by their own steps here, not copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.database.database import Database

if TYPE_CHECKING:
    from databases.ready import ReadyDatabases


@pytest.fixture(autouse=True)
def _own_steps(ready_databases: ReadyDatabases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "__init__", ready_databases.opened)
