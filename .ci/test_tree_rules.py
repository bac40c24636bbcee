"""Each rule of the tree on planted lines: `python3 .ci/test_tree_rules.py`."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path

import tree_rules

PLANTED = {
    "names the host of a package registry": f"see https://{tree_rules.REGISTRY_HOSTS[0]}/simple",
    "holds a path of one machine": f"open('/{tree_rules.HOMES[0]}/main')",
    "is marked as unfinished": f"# {tree_rules.MARKERS[0]} later",
}
HARMLESS = (f"docs/{tree_rules.HOMES[0]}/page", f"the {tree_rules.MARKERS[3].lower()} of a saw", "a/b/c")


class TreeRules(unittest.TestCase):
    """What each rule matches, and what none does."""

    def test_each_planted_line_breaks_its_rule_and_no_other(self) -> None:
        assert set(PLANTED) == set(tree_rules.RULES)
        for rule, line in PLANTED.items():
            [violation] = tree_rules.violations("page.md", f"first\n{line}\n")
            assert violation.startswith(f"page.md:2 {rule}: "), violation

    def test_each_host_home_and_marker_is_seen(self) -> None:
        for host in tree_rules.REGISTRY_HOSTS:
            assert len(tree_rules.violations("a", f"https://{host}/")) == 1, host
        for home in ("wo" + "rk", "ro" + "ot", "ho" + "me/ann", "Us" + "ers/ann"):
            assert len(tree_rules.violations("a", f"'/{home}/x'")) == 1, home
        for marker in tree_rules.MARKERS:
            assert len(tree_rules.violations("a", f"({marker})")) == 1, marker

    def test_harmless_lines_break_none(self) -> None:
        for line in HARMLESS:
            assert tree_rules.violations("a", line) == []

    def test_a_tree_with_a_planted_file_ends_with_1_and_names_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
            root = Path(folder)
            subprocess.run(("git", "init", "-q", folder), check=True)
            (root / "page.md").write_text("nothing to see\n", encoding="utf-8")
            assert tree_rules.main(root) == 0
            (root / "page.md").write_text("\n".join(PLANTED.values()), encoding="utf-8")
            assert tree_rules.main(root) == 1
        assert printed.getvalue().count("page.md:") == len(PLANTED)


if __name__ == "__main__":
    unittest.main()
