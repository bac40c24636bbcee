"""Why a bundle is not taken: one code for each doubt."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The doubts, in the order in which they are looked for."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    LAYOUT = "layout"
    CHANGED = "changed"
    AGREEMENT = "agreement"
    SIGNATURE = "signature"
    KEY_STOLEN = "key_stolen"
    RECEIVER = "receiver"
    VERSION = "version"
    NOT_IN_FORCE = "not_in_force"
    REVOKED = "revoked"
    REPLAY = "replay"
    SPLIT = "split"
    GAP = "gap"
    CHAIN = "chain"
    CLASS = "class"
    COLUMNS = "columns"
    CONTENT = "content"
    ORIGIN = "origin"
    LICENCE = "licence"
    PRECISION = "precision"
    SMALL_CELL = "small_cell"
