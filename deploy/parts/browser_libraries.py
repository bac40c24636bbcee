"""Libraries that pages use in the browser: locked npm packages, bundled into one script each."""

from __future__ import annotations

import shutil
from pathlib import Path

from machine import RecipeError, run

LOCK = Path(__file__).resolve().parent / "browser"
# The folder of the checkout from which pages serve them; git ignores it, and a wheel carries it.
SERVED = LOCK.parents[2] / "pages" / "sera_pages" / "static" / "libraries"


def install_browser_libraries(target: Path) -> str:
    """Install the packages that the lock file names, and bundle them; no script of theirs runs.

    Parameters
    ----------
    target
        The script in the folder `bundles` that is made.

    Returns
    -------
    str
        What was done.

    Raises
    ------
    RecipeError
        There is no Node.js, or a step failed.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise RecipeError("npm or node is missing: install Node.js 20; without it beds are seen, not drawn.")
    folder = target.parents[1]
    folder.mkdir(parents=True, exist_ok=True)
    for path in LOCK.iterdir():
        shutil.copy(path, folder / path.name)
    run((npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)))
    run((node, str(folder / "bundle.mjs"), str(folder)))
    return f"bundled the libraries of the browser into {target.parent}"


def place_browser_libraries(target: Path) -> None:
    """Copy the bundles to where pages of this checkout serve them, where they are not the same already."""
    for path in target.parent.iterdir():
        goal = SERVED / path.name
        if not goal.is_file() or goal.read_bytes() != path.read_bytes():
            SERVED.mkdir(exist_ok=True)
            shutil.copy(path, goal)
