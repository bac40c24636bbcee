"""How Sera is cited, as CITATION.cff has it."""

from __future__ import annotations

from sera_command import __version__


def citation() -> str:
    """Return one line that names authors, title, version and address."""
    return (
        f"The Sera founders, Sera: an open platform for urban biodiversity, version {__version__}, "
        "https://github.com/sera-gardens/sera"
    )
