"""Text from outside, made harmless for where it is shown: terminals, spreadsheets, drawings and pages.

Names in files, topics, payloads and the registry come from anybody. On a terminal their control characters
move the cursor, set its title or make links; in a spreadsheet they are formulas; in XML they make a file that
no program reads.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# A terminal's window holds about so much.
CHARACTERS_MOST: Final = 2_000

# What stands before decimals in the languages that Sera writes, for reading numbers.
DECIMAL_POINTS: Final = str.maketrans({",": ".", "\u066b": "."})
WORD: Final = re.compile(r"[^\W_]+")
_FORMULA: Final = ("=", "+", "-", "@")
# XML 1.0, section 2.2, production 2: all other characters are errors, also as references.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The joiners of Persian, Hindi and of pictures made of several: between characters that are not of ASCII they
# change what is seen, and cannot hide in a word or an address of Latin letters.
_JOINER: Final = re.compile(
    "(?<=[^\x00-\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f])([\u200c\u200d])"
    "(?=[^\x00-\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f])"
)
_NO_XML_OR_CONTROL: Final = re.compile(f"{_NO_XML.pattern}|[\x7f-\x9f]")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def plain(text: str, most: int | None = CHARACTERS_MOST) -> str:
    r"""Escape what is no visible character, and cut what is too long to be looked at.

    Parameters
    ----------
    text
        One line: its line ends are escaped too.
    most
        Number of characters beyond which the rest is only counted; None for all.

    Examples
    --------
    >>> plain("elm\x1b[2J")
    'elm\\x1b[2J'
    >>> plain("elm" * 9, 5)
    'elmel... (27 characters)'
    """
    visible = text if most is None or len(text) <= most else text[:most]
    # The whole line first: in nearly all of them nothing is to be escaped.
    if not visible.isprintable():
        # Joiners are every other part.
        parts = _JOINER.split(visible)
        visible = "".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))
    return visible if most is None or len(text) <= most else f"{visible}... ({len(text)} characters)"


def text_problem(text: str, most: int, *, is_needed: bool = False, has_lines: bool = False) -> str:
    r"""Return what is wrong with a text that somebody gives: `empty`, `too_long`, `characters`, or nothing.

    Parameters
    ----------
    most
        Number of characters that it may have.
    is_needed
        Whether it may not be empty.
    has_lines
        Whether line ends and tabs may be in it.

    Examples
    --------
    >>> text_problem("elm", 5), text_problem(" ", 5, is_needed=True), text_problem("elm\x1b[2J", 9)
    ('', 'empty', 'characters')
    """
    if is_needed and not text.strip():
        return "empty"
    if len(text) > most:
        return "too_long"
    seen = text.replace("\n", "").replace("\t", "") if has_lines else text
    if seen.isprintable():
        return ""
    return "" if all(_is_visible(character) for character in _JOINER.sub("", seen)) else "characters"


def plain_json(text: str) -> str:
    """Escape what is no visible character in a JSON text, which stays the same JSON.

    JSON itself escapes control characters below U+0020 only.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        character if character == "\n" or _is_visible(character) else _json_escape(character)
        for character in text
    )


def spreadsheet_text(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, in one line and without control characters.

    Examples
    --------
    >>> spreadsheet_text("=1+1"), spreadsheet_text("-3.5 m"), spreadsheet_text("elm")
    ("'=1+1", "'-3.5 m", 'elm')
    """
    line = " ".join(text.splitlines()) if text[:1] not in ("\t", "\r") else f"'{text}"
    line = plain(line, None)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


def from_spreadsheet_text(cell: str) -> str:
    """Return the text that `spreadsheet_text` made a cell of, for texts of one line.

    Examples
    --------
    >>> from_spreadsheet_text("'=1+1"), from_spreadsheet_text("'elm'")
    ('=1+1', "'elm'")
    """
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip().startswith(_FORMULA) else cell


def xml_text(text: str) -> str:
    """Replace what XML cannot hold, and other control characters, by U+FFFD."""
    # What is printable throughout, and nearly all is, holds none of them.
    return text if text.isprintable() else _NO_XML_OR_CONTROL.sub(_REPLACEMENT, text)


def _escaped(text: str) -> str:
    return "".join(character if _is_visible(character) else ascii(character)[1:-1] for character in text)


def _is_visible(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[index : index + 2].hex()}" for index in range(0, len(units), 2))
