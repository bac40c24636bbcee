"""Words of stories, found by SQLite's full-text index in memory: derived, and gone with the process."""

from __future__ import annotations

import sqlite3
from typing import Final

from sera_store.plain_text import WORD

# Letters and digits of any script; marks that vowels are written with go along.
_WORDS_MOST: Final = 8


class SearchIndex:
    """A full-text index of entries by their number; its owner keeps threads apart."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        # Without accents, so that `creme` finds `crème`.
        self._connection.execute(
            'CREATE VIRTUAL TABLE texts USING fts5(title, text, tokenize="unicode61 remove_diacritics 2")'
        )

    def put(self, number: int, title: str, text: str) -> None:
        """Put an entry in."""
        self._connection.execute(
            "INSERT OR REPLACE INTO texts(rowid, title, text) VALUES (?,?,?)", (number, title, text)
        )

    def remove(self, number: int) -> None:
        """Take an entry out; one that is not there is none to remove."""
        self._connection.execute("DELETE FROM texts WHERE rowid=?", (number,))

    def search(self, words: str) -> list[int]:
        """Return the numbers of entries that have all words, the last maybe as a beginning; best first."""
        tokens = WORD.findall(words)[:_WORDS_MOST]
        if not tokens:
            return []
        # Each token in quotes: what somebody types is never a query's own language.
        query = " ".join(f'"{token}"' for token in tokens) + "*"
        rows = self._connection.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 4.0, 1.0), rowid DESC",
            (query,),
        )
        return [number for (number,) in rows]
