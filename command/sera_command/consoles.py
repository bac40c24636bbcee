"""The one way out to a terminal for tables: each text in one is only text, never markup or a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console

from sera_store.plain_text import plain

if TYPE_CHECKING:
    from rich.text import Text


class _PlainConsole(Console):
    def render_str(self, text: str, **ways: Any) -> Text:
        """Return a string as plain text, whatever the caller asks for."""
        ways |= {"markup": False, "emoji": False, "highlight": False}
        return super().render_str("\n".join([plain(line) for line in text.split("\n")]), **ways)


def plain_console(*, err: bool = False, width: int | None = None, soft_wrap: bool = False) -> Console:
    """Make a console on stdout or stderr; without markup, what is to be bold has a style.

    Parameters
    ----------
    err
        For stderr.
    width
        In characters; that of the terminal by default.
    soft_wrap
        Whether long lines are left to the terminal.
    """
    return _PlainConsole(
        stderr=err, width=width, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False
    )
