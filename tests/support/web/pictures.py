"""Pictures of every page in each of its states, on contact sheets, and what a machine sees wrong beside them.

PYTHONPATH=tests/support python -m web.pictures --out out/pictures --language en --look phone
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sera_command.installation import parts
from sera_words.language import LANGUAGES
from web.browser import a_browser
from web.contact_sheets import draw_sheets
from web.every_page import full_pages, served
from web.page_faults import page_faults
from web.page_states import page_states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from web.page_states import PageState


@dataclass(frozen=True)
class Look:
    """How pages are looked at: size [CSS px], columns of a sheet, colours and medium, and which of them."""

    width: int
    height: int
    columns: int
    media: dict[str, Any]
    only: tuple[str, ...] = ("",)


_LIGHT: Final = {"color_scheme": "light", "media": "screen"}
_DARK: Final = {"color_scheme": "dark", "media": "screen"}
STYLES: Final = {
    "phone": Look(390, 844, 5, _LIGHT),
    "phone-dark": Look(390, 844, 5, _DARK),
    "small": Look(320, 640, 6, _LIGHT),
    "tablet": Look(768, 1024, 3, _LIGHT),
    "desk": Look(1280, 800, 2, _LIGHT),
    "desk-dark": Look(1280, 800, 2, _DARK),
    "projector": Look(1920, 1080, 1, _LIGHT, ("wall", "workshop")),
    # The paper between its margins: 180 mm of A4 at 96 px an inch.
    "print": Look(680, 980, 3, {"color_scheme": "light", "media": "print"}),
}


def opened_states(
    browser: Browser, address: str, states: list[PageState], language: str, script: str = ""
) -> Iterator[tuple[PageState, Page]]:
    """Open each state of each page in a language; what a press begins has a browser of its own.

    A script runs before those of each page, whose policy does not keep it out.
    """
    tabs: dict[tuple[str, bool], Page] = {}
    try:
        for state in states:
            tab_key = (state.session, bool(state.presses))
            if tab_key not in tabs:
                tabs[tab_key] = _new_tab(browser, address, state.session, language, script)
            state.open(tabs[tab_key], address, language)
            yield state, tabs[tab_key]
    finally:
        for tab in tabs.values():
            tab.context.close()


def _new_tab(browser: Browser, address: str, session: str, language: str, script: str) -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    if script:
        context.add_init_script(script)
    cookies = {"sera_language": language, "sera_session": session}
    context.add_cookies([{"name": k, "value": v, "url": address} for k, v in cookies.items() if v])
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    return tab


def _draw(tab: Page, state: PageState, styles: dict[str, Look], folder: Path) -> list[str]:
    faults = []
    for name, look in styles.items():
        if not state.name.startswith(look.only):
            continue
        tab.emulate_media(**look.media)
        tab.set_viewport_size({"width": look.width, "height": look.height})
        # Pages with a stream never fall silent; pictures are what is awaited.
        tab.evaluate("Promise.all([...document.images].map(one => one.decode().catch(() => null)))")
        path = folder / name / f"{state.name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=path, full_page=True)
    for name, look in styles.items():
        if look.media == _LIGHT and state.name.startswith(look.only):
            tab.emulate_media(**look.media)
            tab.set_viewport_size({"width": look.width, "height": look.height})
            faults += [f"{name}\t{state.name}\t{fault}" for fault in page_faults(tab)]
    return faults


def draw_pictures(
    browser: Browser, address: str, states: list[PageState], language: str, styles: dict[str, Look], out: Path
) -> list[str]:
    """Draw all states of a language, and their sheets; return what a machine sees wrong."""
    folder, faults = out / language, []
    for state, tab in opened_states(browser, address, states, language):
        faults += _draw(tab, state, styles, folder)
    for name, look in styles.items():
        pictures = [path for state in states if (path := folder / name / f"{state.name}.png").exists()]
        draw_sheets(browser, pictures, look.columns, out / "sheets", f"{language}-{name}")
    return faults


def main(words: list[str] | None = None) -> int:
    """Draw what was asked for, and print what a machine sees wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/pictures"))
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    parser.add_argument("--look", action="append", choices=STYLES)
    parser.add_argument("--page", action="append", default=[], help="only pages whose name begins so")
    options = parser.parse_args(words)
    chromium = parts.find("chromium")
    if chromium is None:
        return _say("Chromium is not here: `make parts` installs it.", 1)
    styles = {name: STYLES[name] for name in options.look or STYLES}
    faults = []
    for language in options.language or LANGUAGES:
        with tempfile.TemporaryDirectory() as folder, full_pages(Path(folder)) as full:
            begins = tuple(options.page) or ("",)
            states = [state for state in page_states(full) if state.name.startswith(begins)]
            with served(full) as address, a_browser(chromium.path) as browser:
                new_faults = draw_pictures(browser, address, states, language, styles, options.out)
            faults += [f"{language}\t{fault}" for fault in new_faults]
    return _say("\n".join([*faults, f"{len(faults)} faults; the sheets are in {options.out / 'sheets'}"]), 0)


def _say(text: str, code: int) -> int:
    sys.stdout.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
