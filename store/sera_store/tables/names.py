"""Names of columns, sites and kinds: what makes two of them one, their units, and what names a total."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple


class Title(NamedTuple):
    """A column's name and the unit behind it, empty if there is none."""

    name: str
    unit: str


_BRACKETS: Final = re.compile(r"(?P<name>.*\S)\s*\[(?P<unit>[^\[\]]*)\]")
_PARENTHESES: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<unit>[^()]*)\)")
# What parentheses hold that is a unit and not, say, an author or a subgenus.
_UNITS: Final = frozenset(
    (
        *("%", "‰", "°", "°c", "°f", "degc", "degf", "c", "f", "k"),
        *(
            "µm",
            "um",
            "mm",
            "cm",
            "dm",
            "m",
            "km",
            "mm2",
            "cm2",
            "dm2",
            "m2",
            "km2",
            "ha",
            "a",
            "m3",
            "ml",
            "l",
        ),
        *(
            "ms",
            "s",
            "sec",
            "seconds",
            "min",
            "minutes",
            "h",
            "hours",
            "d",
            "days",
            "weeks",
            "months",
            "years",
        ),
        *("mg", "g", "kg", "t", "n", "ind", "individuals", "counts", "hz", "khz", "v", "mv", "ma"),
        *("w/m2", "lux", "lx", "klx", "pa", "hpa", "kpa", "mbar", "ppm", "ppb"),
        *("m/s", "km/h", "mm/h", "mm/d", "m3/m3", "cm3/cm3"),
    )
)
_FOLDED_UNITS: Final = frozenset(unicodedata.normalize("NFKC", unit).casefold() for unit in _UNITS)
_TOTALS: Final = frozenset(
    (
        *("total", "totals", "grandtotal", "subtotal", "sum", "sums", "all", "overall", "altogether", "∑"),
        *("gesamt", "summe", "insgesamt", "gesamtsumme", "gesamtzahl", "totaal", "som"),
        *("somme", "ensemble", "suma", "totale", "somma", "totalgeneral"),
    )
)
_TOTAL_WORD: Final = re.compile(r"(?:^|[\W_])(?:sub)?(?:totale?s?|totals|summe|gesamt|suma|somme)(?:$|[\W_])")
# Characters that are seen nowhere: soft hyphens, joiners, marks of direction.
_UNSEEN: Final = "Cf"


def fold_name(name: str) -> str:
    r"""Return a name without what people do not mean: case, blanks beyond one, forms of Unicode.

    Examples
    --------
    >>> fold_name("Bombus  Terrestris ") == fold_name("bombus\u00a0terrestris")
    True
    """
    visible = "".join(character for character in name if unicodedata.category(character) != _UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).split())


def split_unit(title: str) -> Title:
    """Split a column's title into its name and its unit.

    Brackets hold a unit; parentheses only if what they hold is a known one, since names of species have
    authors and subgenera in parentheses.

    Examples
    --------
    >>> split_unit("height [cm]"), split_unit("temp (°C)"), split_unit("Apis mellifera (Linnaeus, 1758)").unit
    (Title(name='height', unit='cm'), Title(name='temp', unit='°C'), '')
    """
    match = _BRACKETS.fullmatch(title)
    if match is None:
        match = _PARENTHESES.fullmatch(title)
        if match is not None and not _is_unit(match["unit"]):
            match = None
    return Title(title, "") if match is None else Title(match["name"], match["unit"].strip())


def is_total_name(name: str) -> bool:
    """Return whether a name says that what it names is the sum of others.

    Examples
    --------
    >>> [name for name in ("Total", "all_insects_total", "Summe", "totara", "bees") if is_total_name(name)]
    ['Total', 'all_insects_total', 'Summe']
    """
    folded = fold_name(name)
    letters = "".join(character for character in folded if character.isalpha() or character == "∑")
    return letters in _TOTALS or _TOTAL_WORD.search(folded) is not None


def _is_unit(text: str) -> bool:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()) in _FOLDED_UNITS
