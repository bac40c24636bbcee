"""Set a sheet of paper: a template, its data as JSON, its pictures; never a text that runs as code."""

from __future__ import annotations

import importlib
import json
import re
import tempfile
import unicodedata
from functools import lru_cache
from html import escape, unescape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

# The letters that come along: those of another machine's fonts would give other bytes.
_FAMILY: Final = re.compile(r'font-family="[^"]*"')
_FAMILIES: Final = 'font-family="Noto Sans"'
_ANCHOR: Final = re.compile(r'text-anchor="(start|end)"')
_ARABIC_TEXT: Final = re.compile(">([^<>]*[\u0621-\u064a][^<>]*)<")
# Before the first Arabic letter; from it to the last, with the number or bracket that follows; behind.
_ENDS: Final = re.compile(
    "([^\u0600-\u06ff]*)([\u0600-\u06ff].*[\u0600-\u06ff](?:[ \u00a0]?[0-9][0-9.,]*)?\\)?|"
    "[\u0600-\u06ff]\\)?)([^\u0600-\u06ff]*?)"
)
_PIECE: Final = re.compile("[A-Za-z](?:[A-Za-z0-9 .-]*[A-Za-z0-9])?|[0-9](?:[0-9.,]*[0-9])?|.")
_OTHER_END: Final = {"start": "end", "end": "start"}
# Stands for a sign that the letters lack, so that no sheet fails of a name.
_LACKING: Final = "?"
# Marks of direction, which have no shape: a tagged PDF may not hold what it cannot say.
_MARKS: Final = dict.fromkeys(
    (0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
)
STANDARD: Final = "ua-1"


@lru_cache(maxsize=1)
def letters() -> frozenset[str]:
    """Return the signs that the letters have."""
    text = (resources.files("sera_workshop") / "fonts" / "letters.txt").read_text(encoding="utf-8")
    spans = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return frozenset(chr(code) for first, last in spans for code in range(int(first, 16), int(last, 16) + 1))


def printable(text: str) -> str:
    """Replace each sign that the letters lack; line ends stay, marks of direction go."""
    known = letters()
    plain = text.translate(_MARKS)
    return "".join([char if char in known or char == "\n" else _LACKING for char in plain])


def _anchored(svg: str) -> str:
    """Reverse texts of a picture from right to left for a typesetter that sets all from the left."""
    if 'direction="rtl"' not in svg[:500]:
        return svg
    swapped = _ANCHOR.sub(lambda match: f'text-anchor="{_OTHER_END[match[1]]}"', svg)
    # Unescaped meanwhile: the letters of an entity are not those of the line.
    return _ARABIC_TEXT.sub(lambda match: f">{escape(from_the_left(unescape(match[1])))}<", swapped)


def from_the_left(text: str) -> str:
    """Write a line of Arabic for a typesetter that starts from the left: its ends change sides.

    Examples
    --------
    >>> from_the_left("\u0646\u062d\u0644: CC BY 4.0") == "CC BY 4.0 :\u0646\u062d\u0644"
    True
    """
    match = _ENDS.fullmatch(text)
    if match is None:
        return text
    before, arabic, behind = match.groups()
    # A number alone before it cannot be moved: behind Arabic it would be taken for a part of that.
    if not re.search("[A-Za-z]", before):
        before, arabic = "", before + arabic
    pieces = [_PIECE.findall(side)[::-1] for side in (behind, before)]
    return "".join([*pieces[0], arabic, *pieces[1]])


def _without_marks(svg: str) -> str:
    """Leave out signs above others, as vowels of Arabic: the typesetter cannot tag them in pictures."""
    return "".join([char for char in unicodedata.normalize("NFC", svg) if not unicodedata.combining(char)])


def load_typst() -> ModuleType | None:
    """Return the typesetter, or None where the extra `print` is not installed."""
    try:
        return importlib.import_module("typst")
    except ImportError:
        return None


def set_sheets(
    sheets: Mapping[str, Mapping[str, Any]], pictures: Mapping[str, str], typst: ModuleType
) -> dict[str, bytes]:
    """Set sheets as tagged PDF/UA-1; where a name makes that impossible, as tagged PDF.

    Parameters
    ----------
    sheets
        Data by the name of the template, which is that of the file too: `handout`.
    pictures
        SVG by file name, as the data name them.
    typst
        What `load_typst` gave.

    Returns
    -------
    dict
        PDF by the name of its template; the same bytes for the same data.
    """
    package = resources.files("sera_workshop")
    with tempfile.TemporaryDirectory() as name, resources.as_file(package / "fonts") as fonts:
        folder = Path(name)
        for template in (package / "print" / "typst").iterdir():
            (folder / template.name).write_bytes(template.read_bytes())
        for file, svg in pictures.items():
            (folder / file).write_text(
                _FAMILY.sub(_FAMILIES, printable(_without_marks(_anchored(svg)))), encoding="utf-8"
            )
        return {sheet: _compile(typst, folder, sheet, data, fonts) for sheet, data in sheets.items()}


def _compile(typst: ModuleType, folder: Path, sheet: str, data: Mapping[str, Any], fonts: Path) -> bytes:
    (folder / "data.json").write_text(printable(json.dumps(data, ensure_ascii=False)), encoding="utf-8")
    for standards in ([STANDARD], []):
        try:
            pdf: bytes = typst.compile(
                str(folder / f"{sheet}.typ"),
                root=str(folder),
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                pdf_standards=standards,
                timestamp=0,
            )
        except typst.TypstError:
            # A name may be written in a way that cannot be tagged; it is tagged as far as it can be.
            if not standards:
                raise
        else:
            return pdf
    raise AssertionError(sheet)
