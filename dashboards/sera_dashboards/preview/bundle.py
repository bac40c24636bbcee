"""Grafana's code and ours in one script, made by esbuild into the cache; asks no network."""

from __future__ import annotations

import hashlib
import os
import subprocess
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_dashboards.errors import PreviewUnusableError

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGES: Final = ("@grafana/ui", "@grafana/data", "react", "react-dom")
_OPTIONS: Final = (
    "--bundle", "--minify", "--format=iife", "--loader:.woff2=dataurl", "--loader:.ttf=dataurl",
    "--loader:.svg=dataurl", "--loader:.png=dataurl", '--define:process.env.NODE_ENV="production"',
    "--define:global=window", "--log-level=error",
)  # fmt: skip
_TIMEOUT_S: Final = 300
# Written for an older way of modules: what imports its default gets all of it in place of the component.
_SCROLLBARS: Final = "react-custom-scrollbars-2"


class Bundle(NamedTuple):
    """A script that draws dashboards, and its style sheet."""

    script: Path
    styles: Path


def make_bundle(esbuild: Path, cache: Path) -> Bundle:
    """Bundle the drawing script with the packages beside esbuild, unless the same is there already.

    Parameters
    ----------
    esbuild
        Program in `node_modules/.bin`, which has the packages beside it.
    cache
        Folder for the bundle.

    Raises
    ------
    PreviewUnusableError
        A package is missing, or esbuild fails.
    """
    modules = esbuild.parent.parent
    missing = [name for name in _PACKAGES if not (modules / name / "package.json").is_file()]
    if missing:
        raise PreviewUnusableError(
            f"{modules} lacks {', '.join(missing)}; run: python deploy/parts/install.py grafana-ui"
        )
    source = (resources.files("sera_dashboards.preview") / "preview.jsx").read_bytes()
    versions = b"".join([(modules / name / "package.json").read_bytes() for name in _PACKAGES])
    digest = hashlib.sha256(source + versions + repr(_OPTIONS).encode()).hexdigest()[:16]
    folder = cache / f"bundle-{digest}"
    bundle = Bundle(folder / "preview.js", folder / "preview.css")
    if not bundle.script.is_file():
        _run(esbuild, source, folder, bundle.script)
    return bundle


def _run(esbuild: Path, source: bytes, folder: Path, script: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Beside the packages, where its imports are looked for; by its process, so that two may work at once.
    root = esbuild.parent.parent.parent
    entry, scrollbars = (root / f"{name}-{os.getpid()}.jsx" for name in ("preview", "scrollbars"))
    unfinished = folder / f"preview-{os.getpid()}.js"
    try:
        entry.write_bytes(source)
        scrollbars.write_text(
            f"const m = require({_scrollbars(root)!r});\nexport default m.Scrollbars;\n", encoding="utf-8"
        )
        done = subprocess.run(
            [
                str(esbuild), str(entry), *_OPTIONS, f"--alias:{_SCROLLBARS}={scrollbars}",
                f"--outfile={unfinished}",
            ],
            capture_output=True, text=True, check=False, timeout=_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PreviewUnusableError(f"{esbuild} cannot bundle: {error}; it needs node on the PATH") from error
    finally:
        entry.unlink(missing_ok=True)
        scrollbars.unlink(missing_ok=True)
    if done.returncode:
        raise PreviewUnusableError(f"{esbuild} cannot bundle: {done.stderr.strip()[-500:]}")
    unfinished.with_suffix(".css").replace(script.with_suffix(".css"))
    unfinished.replace(script)


def _scrollbars(root: Path) -> str:
    """Return the path of that package's module, beside Grafana's or below it."""
    own = root / "node_modules"
    for folder in (own / "@grafana" / "ui" / "node_modules", own):
        path = folder / _SCROLLBARS / "lib" / "index.js"
        if path.is_file():
            return str(path)
    raise PreviewUnusableError(f"{own} lacks {_SCROLLBARS}; run: python deploy/parts/install.py grafana-ui")
