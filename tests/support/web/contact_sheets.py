"""Many pictures of pages on few sheets, so that somebody can look at all of them."""

from __future__ import annotations

import html
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

_SHEET_PX: Final = 1500
_TITLE_PX: Final = 22
_GAP_PX: Final = 10
# A rest of a page that is shorter than this is no new piece [px of the sheet].
_LEAST_PX: Final = 120
_STYLE: Final = """body { margin: 0; background: #777; font: 13px sans-serif; }
figure { position: absolute; margin: 0; overflow: hidden; background: #fff; }
figcaption { position: absolute; color: #fff; background: #222; padding: 2px 5px; box-sizing: border-box; }
img { position: absolute; left: 0; }"""


@dataclass(frozen=True)
class Piece:
    """A part of a picture on a sheet, in pixels of the sheet."""

    picture: Path
    title: str
    column: int
    top: int
    height: int
    offset: int


def picture_size(path: Path) -> tuple[int, int]:
    """Return the width and height of a PNG [px], from its first chunk (PNG specification, 11.2.1)."""
    with path.open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


def laid_out(pictures: list[Path], columns: int) -> list[list[Piece]]:
    """Lay pictures into the columns of as many sheets as they need; a long one goes on in the next column."""
    width = (_SHEET_PX - _GAP_PX * (columns + 1)) // columns
    sheets: list[list[Piece]] = [[]]
    column, top = 0, 0
    for path in pictures:
        wide, high = picture_size(path)
        rest, offset, part = round(high * width / wide), 0, 1
        while rest > 0:
            room = _SHEET_PX - top - _TITLE_PX
            if room < min(rest, _LEAST_PX if part > 1 or rest > _SHEET_PX else rest):
                column, top = column + 1, 0
                room = _SHEET_PX - _TITLE_PX
            if column == columns:
                sheets.append([])
                column = 0
            height = min(rest, room)
            title = path.stem if part == 1 else f"{path.stem} ({part})"
            sheets[-1].append(Piece(path, title, column, top, height, offset))
            rest, offset, part = rest - height, offset + height, part + 1
            top += height + _TITLE_PX + _GAP_PX
    return sheets


def draw_sheets(browser: Browser, pictures: list[Path], columns: int, folder: Path, name: str) -> list[Path]:
    """Draw pictures on sheets, `name-01.png` and on, and return these."""
    width = (_SHEET_PX - _GAP_PX * (columns + 1)) // columns
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    context = browser.new_context(viewport={"width": _SHEET_PX, "height": _SHEET_PX})
    try:
        tab = context.new_page()
        for number, pieces in enumerate(laid_out(pictures, columns), 1):
            body = "".join(_piece_markup(piece, width) for piece in pieces)
            page = folder.resolve() / "sheet.html"
            page.write_text(f"<!doctype html><style>{_STYLE}</style>{body}", encoding="utf-8")
            tab.goto(page.as_uri())
            drawn.append(folder / f"{name}-{number:02}.png")
            tab.screenshot(path=drawn[-1])
            page.unlink()
    finally:
        context.close()
    return drawn


def _piece_markup(piece: Piece, width: int) -> str:
    place = f"left:{_GAP_PX + piece.column * (width + _GAP_PX)}px;width:{width}px"
    title, box = (
        f"top:{piece.top}px;height:{_TITLE_PX}px",
        f"top:{piece.top + _TITLE_PX}px;height:{piece.height}px",
    )
    picture = f'<img src="{piece.picture.resolve().as_uri()}" style="width:{width}px;top:-{piece.offset}px">'
    return (
        f'<figcaption style="{place};{title}">{html.escape(piece.title)}</figcaption>'
        f'<figure style="{place};{box}">{picture}</figure>'
    )
