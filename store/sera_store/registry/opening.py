"""Open the registry alone, for a process that needs no records: without what it takes to read those."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sera_store.database.database import Database
from sera_store.database.schema import REGISTRY_APPLICATION_ID, REGISTRY_STEPS
from sera_store.private_files import require_private
from sera_store.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGISTRY_FILE: Final = "registry.sqlite"
# The registry is truth: each commit is flushed.
REGISTRY_SYNCHRONOUS: Final = "FULL"


@contextmanager
def open_registry(folder: Path, *, clock: Callable[[], float] = time.time) -> Iterator[Registry]:
    """Open the registry of a store while the body runs.

    Parameters
    ----------
    folder
        The store's folder, made where there is none.
    clock
        Gives the Unix time [s] at which entries are recorded.

    Raises
    ------
    StoreUnusableError
        When the folder or the database cannot be used; it names the path and the remedy.
    """
    require_private(folder)
    database = Database(
        folder / REGISTRY_FILE,
        steps=REGISTRY_STEPS,
        application_id=REGISTRY_APPLICATION_ID,
        synchronous=REGISTRY_SYNCHRONOUS,
    )
    try:
        yield Registry(database, clock)
    finally:
        database.close()
