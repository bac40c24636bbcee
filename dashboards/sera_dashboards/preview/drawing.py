"""Draw dashboards in a browser that no request leaves, and take pictures of them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_dashboards.errors import PreviewUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Route

    from sera_dashboards.preview.answers import Span
    from sera_dashboards.preview.bundle import Bundle
    from sera_dashboards.style import Json

LIGHT: Final = "light"
DARK: Final = "dark"
DESK_WIDTH: Final = 1400
PHONE_WIDTH: Final = 390
_EDGE: Final = 24
_ADDRESS: Final = "http://preview.invalid/"
_SWITCHES: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
_PAGE: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><title>preview</title></head>'
    '<body style="margin:0"><div id="dashboard"></div></body></html>'
)


class Look(NamedTuple):
    """In which colours and how wide [px] a dashboard is drawn."""

    mode: str
    width: int


class Drawing(NamedTuple):
    """A drawn dashboard.

    Parameters
    ----------
    panels
        By panel what was drawn: series with names, values and texts, or the error.
    legends
        By panel the names in its legend, as they stand on the page.
    messages
        By panel the words that stand there without data.
    picture
        PNG of the whole page.
    problems
        What the page reported as an error, and what it asked of a network.
    """

    panels: Json
    legends: dict[str, list[str]]
    messages: dict[str, str]
    picture: bytes
    problems: list[str]


class Drawer:
    """Draws dashboards, one after the other, each on a new page.

    Parameters
    ----------
    browser
        Chromium, driven by playwright.
    bundle
        Grafana's code and ours.
    """

    def __init__(self, browser: Browser, bundle: Bundle) -> None:
        self._browser = browser
        self._bundle = bundle

    def draw(self, dashboard: Json, answers: Json, look: Look, span: Span, timezone: str = "utc") -> Drawing:
        """Draw a dashboard from answers of its queries.

        Parameters
        ----------
        dashboard
            Classic JSON.
        answers
            By panel, as `answers.answers` gives them.
        look
            Colours and width.
        span
            The dashboard's time range [s].
        timezone
            IANA name, in which times are written.
        """
        problems: list[str] = []
        context = self._browser.new_context(viewport={"width": look.width, "height": 900})
        try:
            page = self._page(context, problems, span[1])
            drawn = page.evaluate(
                "wanted => window.sera.draw(wanted)",
                {
                    "dashboard": dashboard, "answers": answers, "mode": look.mode,
                    "width": look.width - _EDGE, "range": [1000 * at for at in span], "timeZone": timezone,
                },
            )  # fmt: skip
            observed = page.evaluate(_OBSERVE)
            picture = page.screenshot(full_page=True)
        finally:
            context.close()
        return Drawing(drawn, observed["legends"], observed["messages"], picture, problems)

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Evaluate an expression where Grafana's code is loaded."""
        problems: list[str] = []
        context = self._browser.new_context()
        try:
            return self._page(context, problems).evaluate(expression, argument)
        finally:
            context.close()

    def _page(self, context: BrowserContext, problems: list[str], at_s: int | None = None) -> Page:
        """Open a page of an address that no network has, with Grafana's code; refuse all other requests.

        Its clock stands at a time [s] where one is given: "an hour ago" is an hour before the range's end.
        """

        def answer(route: Route) -> None:
            if route.request.url == _ADDRESS:
                route.fulfill(body=_PAGE, content_type="text/html")
            elif route.request.url.startswith(_ADDRESS):
                # Fonts and icons that a server of Grafana has and its packages have not.
                route.fulfill(status=404)
            elif not route.request.url.startswith(("data:", "blob:")):
                problems.append(f"asked for {route.request.url}")
                route.abort()

        page = context.new_page()
        if at_s is not None:
            page.clock.set_fixed_time(datetime.fromtimestamp(at_s, UTC))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.route("**/*", answer)
        page.goto(_ADDRESS)
        page.add_style_tag(path=str(self._bundle.styles))
        page.add_script_tag(path=str(self._bundle.script))
        if problems:
            raise PreviewUnusableError(f"Grafana's code does not load: {problems[0]}")
        return page


_OBSERVE: Final = """() => {
  const legends = {}, messages = {};
  for (const panel of document.querySelectorAll('[data-panel]')) {
    const own = panel.dataset.panel;
    const theirs = [...panel.querySelectorAll('[data-testid*="VizLegend series"] button')];
    const ours = [...panel.querySelectorAll('[data-series]')];
    legends[own] = [...theirs.map(e => e.textContent), ...ours.map(e => e.dataset.series)];
    messages[own] = panel.querySelector('[data-message]')?.textContent ?? '';
  }
  return { legends, messages };
}"""


@contextmanager
def open_drawer(chromium: Path, bundle: Bundle) -> Iterator[Drawer]:
    """Start the browser, for as long as the body runs.

    Raises
    ------
    PreviewUnusableError
        What drives the browser is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for developers alone
    except ImportError as error:
        raise PreviewUnusableError("playwright is not installed; pip install playwright") from error
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium), args=list(_SWITCHES))
        try:
            yield Drawer(browser, bundle)
        finally:
            browser.close()
