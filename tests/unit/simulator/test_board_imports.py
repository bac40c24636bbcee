"""What a virtual board compiles into its small heap: of the vocabulary no more than a node has."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NODE_VOCABULARY = {"measurements", "messages", "series", "topics"}
MODULES = [
    *sorted((ROOT / "simulator/sera_simulator/board").glob("*.py")),
    *sorted((ROOT / "firmware/sera_firmware").rglob("*.py")),
]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_board_imports_of_the_vocabulary_only_what_a_node_has(module: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sera_vocabulary"):
            inner = (node.module or "").partition(".")[2]
            imported |= {inner} if inner else {alias.name for alias in node.names}
    assert imported <= NODE_VOCABULARY
