"""Whatever is installed into the environment is pinned with its hash, the installer itself too."""

from __future__ import annotations

import re

import pytest

from tree import ROOT, text_of

LOCKS = sorted((ROOT / "deploy/locks").glob("*.txt"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_of_a_lock_has_a_version_and_a_hash(path: object) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text_of(path))  # type: ignore[arg-type]
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_pip_is_used_with_hashes_or_without_asking_for_anything() -> None:
    lines = [line for line in text_of(ROOT / "Makefile").splitlines() if " pip install " in line]
    assert [line for line in lines if "--require-hashes" not in line and "--no-deps" not in line] == []


def test_the_installer_is_replaced_before_it_installs_anything() -> None:
    _, recipe = text_of(ROOT / "Makefile").split("-m venv $(VENV)", 1)
    assert "--require-hashes -r $(LOCKS)/installer.txt" in recipe.splitlines()[1]
    names = re.findall(r"^([a-z]+)==", text_of(ROOT / "deploy/locks/installer.txt"), re.MULTILINE)
    assert names == ["pip", "setuptools"]
