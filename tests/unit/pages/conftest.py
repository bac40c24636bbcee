"""An application of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.registry.persons import MEMBER
from web.parts import Client, Clock, Pages, pages_of

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


@pytest.fixture
def giver(pages: Pages) -> Client:
    """A member who gives."""
    return pages.signed_in(pages.person(MEMBER))


@pytest.fixture
def teller(pages: Pages) -> Client:
    """A member who tells."""
    return pages.signed_in(pages.person(MEMBER))
