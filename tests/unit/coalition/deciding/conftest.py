"""A community of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deciding.councils import Community

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def oak(tmp_path: Path) -> Iterator[Community]:
    community = Community(tmp_path)
    yield community
    community.close()
