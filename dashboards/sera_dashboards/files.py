"""Write a dashboard as a file that Grafana imports, the same bytes for the same dashboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sera_dashboards.errors import BoardNotWrittenError

if TYPE_CHECKING:
    from pathlib import Path

    from sera_dashboards.style import Json


def dashboard_text(dashboard: Json) -> str:
    """Write a dashboard as JSON text."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


def write_dashboard(path: Path, dashboard: Json) -> Path:
    """Write a dashboard to a file.

    Raises
    ------
    BoardNotWrittenError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dashboard_text(dashboard).encode())
    except OSError as error:
        raise BoardNotWrittenError(
            f"cannot write {path}: {error.strerror}; name a file that may be written to with --out"
        ) from error
    return path
