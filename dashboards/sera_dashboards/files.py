"""Write a board as a file that Grafana imports, the same bytes for the same board."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sera_dashboards.errors import BoardNotWrittenError

if TYPE_CHECKING:
    from pathlib import Path

    from sera_dashboards.style import Json


def board_text(board: Json) -> str:
    """Write a board as JSON text."""
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def write_board(path: Path, board: Json) -> Path:
    """Write a board to a file.

    Raises
    ------
    BoardNotWrittenError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(board_text(board).encode())
    except OSError as error:
        raise BoardNotWrittenError(
            f"cannot write {path}: {error.strerror}; name a file that may be written to with --out"
        ) from error
    return path
