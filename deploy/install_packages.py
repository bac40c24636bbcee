"""Runs `pip install` and prints a line for each large package that it fetches, so that no minute is silent.

    python deploy/install_packages.py --require-hashes -r deploy/locks/demo.txt

Everything that follows the script's name is passed to pip. Where pip fails, all that it printed is shown.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PIP: Final = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")
# What pip prints of a file that it fetches, or has in its cache; the name ends where the version begins.
_FETCHED: Final = re.compile(
    r"\s*(?:Downloading|Using cached) (?:\S*/)?([\w.]+?)-(\d[\w.]*)\S*(?: \(([^)]+)\))?"
)
_INSTALLING: Final = re.compile(r"Installing collected packages: (.*)")


def messages(lines: Iterable[str], clock: Callable[[], float] = time.monotonic) -> Iterable[str]:
    """Turn what pip prints into lines for people.

    Parameters
    ----------
    lines
        pip's own.
    clock
        Seconds that only go on.

    Yields
    ------
    str
        A package of a megabyte and more as it is fetched; how many are unpacked; how long it all took.
    """
    began_s, count = clock(), 0
    for line in lines:
        if fetched := _FETCHED.match(line):
            count += 1
            # The others take no time that anybody waits for.
            if "MB" in (fetched[3] or ""):
                yield f"  {fetched[1]} {fetched[2]}, {fetched[3]}"
        elif installing := _INSTALLING.match(line):
            yield f"  unpacking {len(installing[1].split(', '))} packages ..."
    if count:
        yield f"  {count} packages in {clock() - began_s:.0f} s"


def main(arguments: list[str]) -> int:
    """Install what the arguments name; return pip's exit code."""
    printed: list[str] = []
    process = subprocess.Popen(
        [*PIP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert process.stdout is not None

    def heard() -> Iterable[str]:
        for line in process.stdout or ():
            printed.append(line)
            yield line

    for message in messages(heard()):
        print(message, flush=True)
    if process.wait():
        sys.stderr.write("".join(printed))
        print("pip could not install them; see above. It needs the network once.", file=sys.stderr)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
