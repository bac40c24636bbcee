"""Open the store of a data folder, for the verbs that read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_command.errors import BadInputError
from sera_gateway.config import DataSettings
from sera_gateway.process.ownership import restrict_access
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def open_store(data: Path) -> Store:
    """Open the store in the data folder of a gateway, of `sera up` or of `sera demo`.

    Raises
    ------
    BadInputError
        The folder holds no store.
    """
    folder = DataSettings(folder=str(data)).store
    if not folder.is_dir():
        raise BadInputError(
            f"{data} holds no store; name the data folder of `sera up`, `sera demo` or a gateway with --data"
        )
    restrict_access(data)
    return Store.open(folder)
