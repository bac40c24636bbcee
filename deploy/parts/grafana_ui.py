"""Grafana's packages, which draw the previews of dashboards, from the package registry of npm."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from machine import RecipeError, run

HERE = Path(__file__).resolve().parent
# What is installed, with the hash of each package and without addresses: npm asks the registry it is set to.
FILES = ("package.json", "package-lock.json")


def install_grafana_ui(target: Path) -> str:
    """Install what the lock names beside esbuild, in the cache; no script of a package is run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise RecipeError("needs node and npm; install Node.js 20 or later, or do without previews")
    folder = target.parents[2]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grafana-ui-", dir=folder.parent) as scratch:
        fresh = Path(scratch, folder.name)
        fresh.mkdir()
        for name in FILES:
            shutil.copy(HERE / "preview" / name, fresh)
        command = (npm, "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund")
        run(command, folder=fresh)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.replace(folder)
    return f"installed into {folder}"
