"""What people import from `sera_analysis` is there, is documented, and is loaded only when it is used."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import sera_analysis

SOURCE = Path(sera_analysis.__file__)


def test_every_public_name_is_there_and_documented() -> None:
    assert len(dir(sera_analysis)) > 20
    for name in dir(sera_analysis):
        item = getattr(sera_analysis, name)
        assert item.__name__ == name
        assert inspect.getdoc(item), name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    typed = {
        (node.module, alias.name)
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == {(getattr(sera_analysis, name).__module__, name) for name in dir(sera_analysis)}


@pytest.mark.slow
def test_what_is_no_public_name_is_an_error_and_nothing_is_loaded_before() -> None:
    with pytest.raises(AttributeError, match="no attribute 'beauty'"):
        sera_analysis.beauty  # noqa: B018 - it is looked up
    program = "import sys, sera_analysis; print('numpy' in sys.modules); from sera_analysis import chao"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
