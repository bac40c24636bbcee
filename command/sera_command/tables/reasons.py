"""Reasons and notes of figures from tables, in words: what their JSON and report say beside the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_command.terminal import echo
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sera_words.statements import TableNote, TableReason


def in_words(reasons: Mapping[str, TableReason]) -> dict[str, str]:
    """Write the reason under each path as a sentence."""
    return {path: words().statement(reason) for path, reason in reasons.items()}


def notes_in_words(notes: Iterable[TableNote]) -> list[str]:
    """Write notes on how a table was read as sentences, each once."""
    return list(dict.fromkeys(words().statement(note) for note in notes))


def show_notes(notes: Iterable[TableNote]) -> None:
    """Print notes beside the report, where they spoil neither a report nor its JSON."""
    for note in notes_in_words(notes):
        echo(f"note: {note}", err=True)
