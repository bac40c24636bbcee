"""What can go wrong with what neighbours agree."""

from __future__ import annotations


class CoalitionError(Exception):
    """Any error of this room; its message says where, what was expected and what to do."""
