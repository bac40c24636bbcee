"""axe-core, which finds what keeps people from using a page: from the locked npm package, into the cache."""

from __future__ import annotations

import shutil
from pathlib import Path

from machine import RecipeError, run

LOCK = Path(__file__).resolve().parent / "axe"


def install_axe_core(target: Path) -> str:
    """Install the package whose version and hash the lock file names; no script of it runs.

    Parameters
    ----------
    target
        The script in the folder `node_modules/axe-core` that is made.

    Returns
    -------
    str
        What was done.

    Raises
    ------
    RecipeError
        There is no npm, or it failed.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise RecipeError("npm is missing: install Node.js, or name an axe.min.js in SERA_AXE_CORE.")
    folder = target.parents[2]
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCK / name, folder / name)
    run((npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)))
    return f"installed axe-core into {folder}"
