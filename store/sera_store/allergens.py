"""The substances of which food that somebody gives says whether it has them.

The fourteen of Annex II of Regulation (EU) No 1169/2011, which food in the Union has to name.
"""

from __future__ import annotations

from typing import Final

ALLERGENS: Final = (
    "gluten",
    "crustaceans",
    "eggs",
    "fish",
    "peanuts",
    "soybeans",
    "milk",
    "nuts",
    "celery",
    "mustard",
    "sesame",
    "sulphites",
    "lupin",
    "molluscs",
)
