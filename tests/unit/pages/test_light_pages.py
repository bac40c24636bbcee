"""The pages' process runs on and on: what few requests need is loaded with the first of them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sera_commons.designs.document import Bed, first_update, open_document, read_design, rectangle

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("numpy", "scipy", "pycrdt", "PIL", "websockets", "cryptography", "segno", "typer", "sera_analysis")

SCRIPT = f"""
import sys
from pathlib import Path
from sera_gateway.process.logs import json_log
from sera_pages.serving import create_app, open_installation, server_config

with open_installation(Path(sys.argv[1]), None, json_log()) as installation:
    server_config(create_app(installation)).load()
print(*sorted(set({HEAVY!r}) & sys.modules.keys()))
"""


@pytest.mark.slow
def test_pages_are_served_without_what_only_drawings_and_pictures_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_the_first_drawing_brings_its_library() -> None:
    bed = Bed(rectangle(2, 1))
    assert read_design(open_document([first_update(bed)])).bed == bed
    assert "pycrdt" in sys.modules
