"""The share of pronouns and participles among names: what counts as one, and what does not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''
"""found one each."""
def load(found, _kept, found_rows):  # made
    for one in found:
        rows = "told"
'''


def printed(root: Path, *words: object) -> str:
    script = root / "bench" / "word_share.py"
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, check=True)
    return done.stdout


def test_names_count_and_texts_comments_and_keywords_do_not(root: Path, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(SOURCE, encoding="utf-8")
    # load, found, _kept, found_rows, one, found, rows: five of seven.
    row, total, words = printed(root, tmp_path, "--words").splitlines()
    assert row.startswith(str(tmp_path))
    assert row.endswith(" 714.3 in 1,000 of       7 names")
    assert total.startswith("pronouns and participles as names")
    assert words == "found 3, kept 1, one 1"


def test_names_that_have_a_word_count_and_predicates_and_sentences_do_not(root: Path, tmp_path: Path) -> None:
    source = "rows_found, GardenKept, OURS, kept_s, one_unit = is_known, test_what_is_said, foundation\n"
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert printed(root, tmp_path, "--words").splitlines()[-1] == "kept 2, found 1, ours 1"


def test_names_of_libraries_are_not_ours(root: Path, tmp_path: Path) -> None:
    imports = "import shutil\nfrom hypothesis import given\nfrom strategies import found\n"
    source = f"{imports}given(found, shutil.which)\n"
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert printed(root, tmp_path, "--words").splitlines()[-1] == "found 2"


def test_a_folder_without_names_has_a_share_of_zero(root: Path, tmp_path: Path) -> None:
    assert " 0.0 in 1,000 of       0 names" in printed(root, tmp_path)


@pytest.mark.slow
def test_packages_tests_and_benchmarks_are_counted_where_no_folder_is_named(root: Path) -> None:
    rows = printed(root).splitlines()
    assert len(rows) == len([path for path in root.glob("*/sera_*") if path.is_dir()]) + 3
    for folder in ("gateway/sera_gateway", "bench", "tests"):
        assert any(row.startswith(f"{folder} ") for row in rows)
