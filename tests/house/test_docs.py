"""The documentation is true: its links lead somewhere, and its commands run.

A block that begins with ```` ```console run ```` is run line by line in an empty folder: each line after
`$ ` must end with 0, and the lines below it must stand in what it prints, in this order; `...` stands for
anything. Words after `run` name the real parts that it needs (```` ```console run nats ````). A block that
begins with ```` ```console continue ```` goes on in the folder of the one before it. Others are only shown.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from house.doc_blocks import FENCE, Block, assert_prints, blocks, commands
from installation_parts import sera_here
from tree import ROOT, committed_files, place, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = [path for path in committed_files() if path.suffix == ".md"]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
COMMAND_TIMEOUT_S = 240
# What a shell would hand over as it stands: a process for it takes longer than most of what verbs do.
PLAIN = re.compile(r"sera (?!demo )[^$*?\[\]{}~|&;<>()#`\\\n]*")


def prose(page: Path) -> list[tuple[int, str]]:
    """The lines of a page outside its fenced blocks."""
    output, inside = [], False
    for number, line in enumerate(text_of(page).splitlines(), 1):
        inside ^= bool(FENCE.match(line))
        if not inside:
            output.append((number, line))
    return output


def links(page: Path) -> list[tuple[int, str]]:
    """The relative links of a page with their lines."""
    pairs = [(number, target) for number, line in prose(page) for target in LINK.findall(line)]
    return [
        (number, target)
        for number, target in pairs
        if "://" not in target and not target.startswith("mailto:")
    ]


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make."""
    headings = [line.lstrip("#").strip() for _, line in prose(page) if re.match(r"#+ ", line)]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def runs(page: Path) -> list[list[Block]]:
    """Return the blocks of a page that run, together with those that continue each."""
    started: list[list[Block]] = []
    for block in blocks(page):
        if block.words[:2] == ("console", "run"):
            started.append([block])
        elif block.words[:2] == ("console", "continue"):
            started[-1].append(block)
    return started


RUNS = [
    pytest.param(
        run, id=place(page, run[0].line), marks=[getattr(pytest.mark, part) for part in run[0].words[2:]]
    )
    for page in PAGES
    for run in runs(page)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something(page: Path) -> None:
    lost = []
    for number, target in links(page):
        name, _, anchor = target.partition("#")
        goal = (page.parent / name).resolve() if name else page
        if not goal.exists() or (anchor and goal.suffix == ".md" and anchor not in anchors(goal)):
            lost.append(f"{place(page, number)}: {target}")
    assert lost == []


def in_shell(command: str) -> str:
    """Run a command in a shell, and return what it printed."""
    done = subprocess.run(
        ("bash", "-c", command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def in_this_process(command: str) -> str:
    """Run a verb without a shell, and return what it printed."""
    done = sera_here(*shlex.split(command)[1:])
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that runs `sera demo`, or copies what the same words made on another page."""
    made: dict[str, tuple[Path, str]] = {}

    def run(command: str) -> str:
        if command not in made:
            output = in_shell(command)
            made[command] = Path(shutil.copytree(".", tmp_path_factory.mktemp("demo") / "made")), output
        else:
            shutil.copytree(made[command][0], ".", dirs_exist_ok=True)
        return made[command][1]

    return run


@pytest.mark.parametrize("run", RUNS)
def test_the_commands_of_the_documentation_run(
    run: list[Block],
    demo: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SERA_CHECKOUT", str(ROOT))
    for command, message in (pair for block in run for pair in commands(block)):
        if command.startswith("sera demo "):
            output = demo(command)
        elif PLAIN.fullmatch(command):
            output = in_this_process(command)
        else:
            output = in_shell(command)
        assert_prints(output, message)


def test_a_lost_link_and_a_lost_anchor_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading, too\n[a](b.md) [c](#a-heading-too) [d](https://e)\n```\n[f](g)\n```\n")
    assert links(page) == [(2, "b.md"), (2, "#a-heading-too")]
    assert anchors(page) == {"a-heading-too"}


def test_a_block_that_continues_belongs_to_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    fences = ("console run nats", "console", "console continue", "console run", "json")
    page.write_text("".join(f"```{fence}\n$ true\n```\n" for fence in fences))
    assert [[block.line for block in run] for run in runs(page)] == [[1, 7], [10]]


def test_a_page_that_shows_another_output_is_found() -> None:
    assert_prints("one\ntwo 3 s\nfour\n", ["one", "two ... s", "...", "four"])
    with pytest.raises(AssertionError):
        assert_prints("one\nfour\n", ["one", "two ... s"])
