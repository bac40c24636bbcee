"""Drawings of target flowers, the same as on the pages, from one sheet of symbols."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

_SYMBOL: Final = re.compile(r'<symbol id="([a-z_]+)" viewBox="([^"]+)">(.*?)</symbol>', re.DOTALL)


def flower_svg(name: str) -> str:
    """Draw a flower of `TARGET_FLOWERS`."""
    box, content = _symbols()[name]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="144" height="144">{content}</svg>'


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    text = (resources.files("sera_workshop") / "print" / "flowers.svg").read_text(encoding="utf-8")
    return {name: (box, content) for name, box, content in _SYMBOL.findall(text)}
