"""What must not be in a committed file, and what must be there."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import settings

from tree import ROOT, committed_files, package_folders, text_of

# Spelled in two halves, so that this file does not match itself.
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*" + "PRIVATE " + "KEY-----")

FILES = committed_files()


def test_no_file_holds_a_private_key() -> None:
    assert PRIVATE_KEY.search("-----BEGIN EC PRIVATE " + "KEY-----")
    assert [path for path in FILES if PRIVATE_KEY.search(text_of(path))] == []


def test_every_part_says_that_it_is_typed() -> None:
    packages = package_folders()
    assert len(packages) == 15
    assert [folder.name for folder in packages if not (folder / "py.typed").is_file()] == []


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.suffix == ".toml"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_configuration_can_be_read(path: object) -> None:
    assert tomllib.loads(text_of(path))  # type: ignore[arg-type]


def test_only_the_fast_tests_draw_fewer_examples() -> None:
    recipes = dict(re.findall(r"^(test[a-z-]*):.*\n((?:\t.*\n)+)", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert [name for name, recipe in recipes.items() if "--hypothesis-profile=fast" in recipe] == [
        "test-fast"
    ]
    assert settings.get_profile("sera").max_examples == 100
    assert settings.get_profile("fast").max_examples == 10


def test_all_parts_log_in_one_way() -> None:
    """Whoever makes a log of its own, or prints an exception richly, shows what stood in variables."""
    modules = [path for path in FILES if path.suffix == ".py" and path.parent.name != "house"]
    library = r"^\s*(import (logging|structlog)|from logging|from structlog)"
    own_log = re.compile(rf"{library}|rich\.traceback", re.MULTILINE)
    makers = [
        path.relative_to(ROOT).as_posix()
        for path in modules
        if path.relative_to(ROOT).parts[0] not in ("tests", "bench") and own_log.search(text_of(path))
    ]
    assert makers == []
