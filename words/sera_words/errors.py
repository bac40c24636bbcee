"""What can go wrong with words."""

from __future__ import annotations


class WordsError(Exception):
    """Base class of all errors of this part."""


class UnknownCodeError(WordsError, ValueError):
    """A code, or an argument of one, is not in the vocabulary's table."""


class UnknownLocaleError(WordsError, ValueError):
    """A locale is not one that Babel knows."""
