"""New databases copied ready made, since creating their tables took a twentieth of all tests' processor time.

Each process of tests takes the steps of a schema once, into a file of its own, as the product does; a
database that does not exist yet then begins as a copy of that file. One that exists, or cannot be made so, is
opened as ever, and so are all in the tests of opening itself (`unit/store/database`).
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sera_store.database.database import Database
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest


class ReadyDatabases:
    """Files with the schemas that were asked for, one a schema."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, ...], bytes] = {}
        self.opened: Callable[..., None] = Database.__init__

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Start each new database as a copy until the patch is undone."""
        ready = self

        def begin(database: Database, path: Path, **how: Any) -> None:
            ready.place(path, **how)
            ready.opened(database, path, **how)

        patch.setattr(Database, "__init__", begin)

    def place(self, path: Path, *, steps: Sequence[str], **how: Any) -> None:
        """Put a database with these steps where there is none."""
        # Beside the file, whose name others may be opening, and then there whole or not at all.
        beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        if path.exists() or not path.parent.is_dir():
            return
        try:
            beside.write_bytes(self._content(tuple(steps), **how))
            os.link(beside, path)
        except (OSError, StoreUnusableError):
            # A full disk, a folder that is not ours, another who was first: the product has its own answer.
            return
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def _content(self, steps: tuple[str, ...], *, application_id: int, **how: Any) -> bytes:
        key = (*steps, str(application_id))
        if key not in self._contents:
            # A folder for this moment: a test that forks would share one that lasts with its child.
            with TemporaryDirectory(prefix="ready-database-") as folder:
                path = Path(folder) / "ready"
                database = Database.__new__(Database)
                self.opened(database, path, steps=steps, application_id=application_id, **how)
                database.close()
                self._contents[key] = path.read_bytes()
        return self._contents[key]
