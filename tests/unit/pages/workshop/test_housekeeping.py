"""The pages end what is due and forget what is over by themselves, also after the disk refused for a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sera_pages.housekeeping import CHORES, Chore, repeat
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation
    from web.parts import Pages


class EnoughError(Exception):
    """Ends what would go on."""


def test_a_chore_that_fails_is_logged_and_done_the_next_time(pages: Pages) -> None:
    count = 0

    def work(installation: ServedInstallation) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise StoreUnusableError(installation.folder, "is full", "make room")
        if count == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        asyncio.run(repeat(Chore(work, 0.01, "left_undone"), pages.installation))
    assert pages.log.getvalue().count("left_undone") == 1
    assert "make room" in pages.log.getvalue()


def test_every_chore_can_be_done_where_nothing_is_due(pages: Pages) -> None:
    for chore in CHORES:
        assert not chore.work(pages.installation)
    assert len({chore.failure_event for chore in CHORES}) == len(CHORES)
