"""An application of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from web.parts import Clock, Pages, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pages(tmp_path: Path, clock: Clock) -> Iterator[Pages]:
    with pages_of(tmp_path, clock=clock) as opened:
        yield opened
