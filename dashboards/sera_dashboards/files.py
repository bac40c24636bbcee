"""Write dashboards as files that Grafana imports, the same bytes for the same dashboards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sera_dashboards.errors import DashboardNotReadError, DashboardNotWrittenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sera_dashboards.style import Json


def dashboard_text(dashboard: Json) -> str:
    """Write a dashboard as JSON text."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


def write_dashboards(folder: Path, dashboards: Mapping[str, Json]) -> list[Path]:
    """Write dashboards into a folder, a file each, and return the files.

    Raises
    ------
    DashboardNotWrittenError
        A file cannot be written.
    """
    texts = {f"{name}.json": dashboard_text(dashboard) for name, dashboard in dashboards.items()}
    return write_texts(folder, texts)


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts by their paths below a folder, and return the files.

    Raises
    ------
    DashboardNotWrittenError
        A file cannot be written.
    """
    paths = []
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except OSError as error:
            raise DashboardNotWrittenError(
                f"cannot write {path}: {error.strerror}; name a folder that may be written to with --out"
            ) from error
        paths.append(path)
    return paths


def read_dashboard(path: Path) -> Json:
    """Read a dashboard from a file.

    Raises
    ------
    DashboardNotReadError
        It cannot be read, or is no dashboard.
    """
    try:
        dashboard = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DashboardNotReadError(f"{path}: {error}; expected a dashboard as JSON") from error
    needed = ("uid", "title", "panels", "templating", "annotations")
    if not isinstance(dashboard, dict) or not all(key in dashboard for key in needed):
        raise DashboardNotReadError(f"{path}: is no dashboard in classic JSON; expected {', '.join(needed)}")
    return dashboard
