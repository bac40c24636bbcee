"""What must not be in a committed file, and what must be there."""

from __future__ import annotations

import re
import tomllib

import pytest

from tree import ROOT, committed_files, package_folders, place, text_of


def joined(*halves: tuple[str, str]) -> list[str]:
    """Join the halves in which this file spells what it looks for, so that it does not find itself."""
    return [first + second for first, second in halves]


REGISTRY_HOSTS = joined(
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("deb.debian", ".org"),
    ("security.debian", ".org"),
    ("proxy.golang", ".org"),
    ("crates", ".io"),
    ("registry.npmjs", ".org"),
    ("repo.maven", ".apache.org"),
)
HOMES = joined(("wo", "rk"), ("ro", "ot"), ("ho", r"me/\w+"), ("Us", r"ers/\w+"))
MARKS = joined(("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK"), ("W", "IP"))
KEYS = joined(("PRIVATE ", "KEY"))

MACHINE_PATHS = re.compile(rf"(?<![\w.])/(?:{'|'.join(HOMES)})/")
UNFINISHED = re.compile(rf"\b(?:{'|'.join(MARKS)})\b")

FILES = [(path, text_of(path)) for path in committed_files()]


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{place(path, number)}: {line.strip()[:100]}"
        for path, text in FILES
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert found(re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))) == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATHS) == []


def test_no_file_is_marked_as_unfinished() -> None:
    assert found(UNFINISHED) == []


def test_no_file_holds_a_private_key() -> None:
    assert found(re.compile(f"-----BEGIN [A-Z ]*{KEYS[0]}-----")) == []


def test_every_part_says_that_it_is_typed() -> None:
    packages = package_folders()
    assert len(packages) == 11
    assert [folder.name for folder in packages if not (folder / "py.typed").is_file()] == []


@pytest.mark.parametrize(
    "path",
    [path for path, _ in FILES if path.suffix == ".toml"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_configuration_can_be_read(path: object) -> None:
    assert tomllib.loads(text_of(path))  # type: ignore[arg-type]


def test_all_parts_log_in_one_way() -> None:
    """Whoever makes a log of its own, or prints an exception richly, shows what stood in variables."""
    parts = [(path, text) for path, text in FILES if path.suffix == ".py" and path.parent.name != "house"]
    library = r"^\s*(import (logging|structlog)|from logging|from structlog)"
    own_log = re.compile(rf"{library}|rich\.traceback", re.MULTILINE)
    makers = [
        path.relative_to(ROOT).as_posix()
        for path, text in parts
        if path.is_relative_to(ROOT)
        and path.parts[len(ROOT.parts)] not in ("tests", "bench")
        and own_log.search(text)
    ]
    assert makers == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert UNFINISHED.search(f"# {MARKS[0]} later")
    assert MACHINE_PATHS.search(f"open('/{HOMES[0]}/main')")
    assert not MACHINE_PATHS.search(f"docs/{HOMES[0]}/page")
