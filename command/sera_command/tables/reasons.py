"""Reasons of figures from tables, in words: what a table's JSON and report say where there is no figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sera_words.statements import TableNote, TableReason


def in_words(reasons: Mapping[str, TableReason]) -> dict[str, str]:
    """Write the reason under each path as a sentence."""
    return {path: words().statement(reason) for path, reason in reasons.items()}


def write_notes(notes: Iterable[TableNote]) -> list[str]:
    """Write each note as a sentence."""
    return [words().statement(note) for note in notes]
