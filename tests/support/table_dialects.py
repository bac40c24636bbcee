"""How programs write tables, drawn at random: separator, marks of numbers, encoding, line ends, quotes."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from hypothesis import strategies as st

ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8 with a mark": ("utf-8", codecs.BOM_UTF8),
    "utf-16 little": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16 big": ("utf-16-be", codecs.BOM_UTF16_BE),
    "windows": ("cp1252", b""),
}


class Dialect(NamedTuple):
    """How one program writes tables."""

    separator: str
    decimal: str
    thousands: str
    encoding: str
    line_end: str
    quotes: str
    declared: bool

    def cell(self, text: str) -> str:
        special = any(character in text for character in (self.separator, '"', "\n", "\r"))
        if special or self.quotes == "all" or (self.quotes == "text" and not text[:1].isdigit()):
            return '"' + text.replace('"', '""') + '"'
        return text

    def number(self, value: float, decimals: int) -> str:
        text = f"{value:,.{decimals}f}"
        return text.translate(str.maketrans({",": self.thousands, ".": self.decimal}))

    def write(self, rows: list[list[str]]) -> bytes:
        lines = [self.separator.join(map(self.cell, row)) for row in rows]
        text = self.line_end.join([*([f"sep={self.separator}"] if self.declared else []), *lines, ""])
        codec, mark = ENCODINGS[self.encoding]
        return mark + text.encode(codec)


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    decimal = draw(st.sampled_from(".,"))
    return Dialect(
        draw(st.sampled_from(",;\t|")),
        decimal,
        draw(st.sampled_from(["", {".": ",", ",": "."}[decimal], "'", "\u00a0"])),
        draw(st.sampled_from(sorted(ENCODINGS))),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.sampled_from(["needed", "text", "all"])),
        draw(st.booleans()),
    )
