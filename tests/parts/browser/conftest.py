"""A browser for all tests of a file, and the made-up gardens of the workshop's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from web.browser import a_browser
from workshop_figures import empty_garden, full_garden, gardens, results, span_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

__all__ = ["empty_garden", "full_garden", "gardens", "results", "span_s"]


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A browser, in which each test opens a context of its own."""
    with a_browser(chromium) as started:
        yield started
