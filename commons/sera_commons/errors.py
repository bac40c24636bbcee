"""What can go wrong with what people know, plan and give."""

from __future__ import annotations


class CommonsError(Exception):
    """Any error of this room; its message says where, what was expected and what to do."""


class PlantTableError(CommonsError):
    """A cell of the table of plants has another form than its column, or no source."""
