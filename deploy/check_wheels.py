"""Ask the package index, through pip, whether every runtime dependency has a wheel for other systems.

Nothing is downloaded but metadata and nothing is installed. Prints the table of docs/how-to/other-systems.md;
`--write` puts it there. Exit code 1 where a wheel is missing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "deploy" / "locks" / "runtime.txt"
PAGE = ROOT / "docs" / "how-to" / "other-systems.md"
PYTHON = "3.12"
SYSTEMS = {
    "macOS arm64": "macosx_14_0_arm64",
    "macOS x86_64": "macosx_14_0_x86_64",
    "Windows amd64": "win_amd64",
}
BEGIN, END = "<!-- wheels: begin -->", "<!-- wheels: end -->"


def locked_requirements() -> list[str]:
    """List the locked requirements, `name==version`."""
    return re.findall(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def wheel_tag(requirement: str, platform: str) -> str | None:
    """Return the platform tag of a wheel from the index, or None where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--ignore-installed",
            "--no-deps",
        ]
        words += ["--only-binary=:all:", "--platform", platform, "--python-version", PYTHON]
        words += ["--target", folder, "--report", "-", "--disable-pip-version-check", requirement]
        answer = subprocess.run(words, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        if "No matching distribution" not in answer.stderr:
            raise SystemExit(f"pip could not ask for {requirement}: {answer.stderr.strip()}")
        return None
    url = json.loads(answer.stdout)["install"][0]["download_info"]["url"]
    return url.rsplit("/", 1)[1].removesuffix(".whl").rsplit("-", 1)[1]


def table(tags_by_requirement: dict[str, dict[str, str | None]], today: str) -> str:
    """Return the tags as a Markdown table."""
    lines = [
        f"Asked on {today} for Python {PYTHON}, with the versions of `deploy/locks/runtime.txt`.",
        "",
        f"| package | {' | '.join(SYSTEMS)} |",
        f"|---|{'---|' * len(SYSTEMS)}",
    ]
    for requirement, tags in tags_by_requirement.items():
        cells = [f"`{tag}`" if tag else "**missing**" for tag in tags.values()]
        lines.append(f"| {requirement.replace('==', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Run the check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    tags_by_requirement = {}
    for requirement in locked_requirements():
        tags_by_requirement[requirement] = {
            name: wheel_tag(requirement, tag) for name, tag in SYSTEMS.items()
        }
        print(requirement, *tags_by_requirement[requirement].values(), file=sys.stderr)
    text = table(tags_by_requirement, datetime.now(UTC).date().isoformat())
    print(text)
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 1 if any(tag is None for tags in tags_by_requirement.values() for tag in tags.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
