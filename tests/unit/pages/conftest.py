"""An application of its own for each test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
import pytest

from sera_pages import installation
from sera_pages.surplus_tables import SurplusTables
from sera_store.registry.persons import MEMBER
from sharing.surplus import CHEAP
from web.parts import Client, Clock, Pages, in_staying_thread, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _cheap_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash the words of surplus in no time: what that costs strangers is not what these tests are about."""
    monkeypatch.setattr(installation, "SurplusTables", partial(SurplusTables, cost=CHEAP))


@pytest.fixture(autouse=True)
def _staying_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anyio.to_thread, "run_sync", in_staying_thread)


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
