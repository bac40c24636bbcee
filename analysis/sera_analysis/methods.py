"""The version of the methods, written into every result: a change of any method is a new version."""

from __future__ import annotations

from typing import Final

VERSION: Final = "5"
