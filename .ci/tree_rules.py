"""What the makers of this project keep out of their commits, and a contributor need not know of.

    python3 .ci/tree_rules.py [FOLDER]

prints each line of a committed file that names the host of a package registry, holds a path of one machine,
or is marked as unfinished; ends with 1 where there is one. Needs git and nothing of the project's own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def join(*halves: tuple[str, str]) -> list[str]:
    """Join the halves in which this file spells what it looks for, so that it does not match itself."""
    return [first + second for first, second in halves]


REGISTRY_HOSTS = join(
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("deb.debian", ".org"),
    ("security.debian", ".org"),
    ("proxy.golang", ".org"),
    ("crates", ".io"),
    ("registry.npmjs", ".org"),
    ("repo.maven", ".apache.org"),
)
HOMES = join(("wo", "rk"), ("ro", "ot"), ("ho", r"me/\w+"), ("Us", r"ers/\w+"))
MARKERS = join(("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK"), ("W", "IP"))

RULES = {
    "names the host of a package registry": re.compile("|".join(map(re.escape, REGISTRY_HOSTS))),
    "holds a path of one machine": re.compile(rf"(?<![\w.])/(?:{'|'.join(HOMES)})/"),
    "is marked as unfinished": re.compile(rf"\b(?:{'|'.join(MARKERS)})\b"),
}
# Pinned lists and checksums, which no person wrote.
MACHINE_WRITTEN = ("deploy/locks/", "deploy/parts/influxd/go.sum", "deploy/parts/influxd/go.mod")


def committed_texts(root: Path) -> list[tuple[str, str]]:
    """Return the names and texts of all files that are committed or about to be, written by people."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name and not name.startswith(MACHINE_WRITTEN)]
    return [
        (name, (root / name).read_text(encoding="utf-8", errors="ignore"))
        for name in names
        if (root / name).is_file()
    ]


def violations(name: str, text: str) -> list[str]:
    """Return what breaks a rule, as `file:line breaks which: the line's beginning`."""
    return [
        f"{name}:{number} {rule}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), 1)
        for rule, pattern in RULES.items()
        if pattern.search(line)
    ]


def main(root: Path) -> int:
    """Print all violations of a tree; return 1 where there is one."""
    lines = [line for name, text in committed_texts(root) for line in violations(name, text)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]))
