"""What somebody does who counts on a phone, for tests in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from sera_vocabulary.measurements import GROUP_NAMES
from web.browser import count_since

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from sera_store.records.records import Record


def begin(
    page: Page, address: str, garden: str = "elm-yard", flower: str = "ivy", elapsed_s: int = 600
) -> None:
    """Begin a count of which some seconds have passed, as if one had waited."""
    page.goto(f"{address}/gardens/{garden}/count")
    page.check(f"input[name=flower][value={flower}]")
    page.click("#start")
    page.wait_for_selector("#counting:not([hidden])")
    count_since(page, elapsed_s)


def tap(page: Page, **groups: int) -> None:
    """Press the groups' buttons so many times."""
    for group, number in groups.items():
        for _ in range(number):
            page.click(f"[data-group={group}]")


def finish(page: Page) -> None:
    """Press *Done*."""
    page.click("#done")
    page.wait_for_selector("#finished:not([hidden])")


def await_text(page: Page, selector: str, text: str) -> None:
    """Wait until a text is there."""
    # A function to be waited for would be evaluated from a text, which the policy of the pages forbids.
    expect(page.locator(selector)).to_contain_text(text)


def await_saved(page: Page) -> None:
    """Wait until the page says that the journal has the count."""
    await_text(page, "#outcome", "Kept")


def counted(record: Record) -> dict[str, float]:
    """Return how many of each group a record has, without those of which there were none."""
    values = dict(zip(record.columns, record.values, strict=True))
    return {name: value for name in GROUP_NAMES if (value := values[name])}
