"""The one way out to a terminal for lines: whatever strangers have named, it does not move the cursor."""

from __future__ import annotations

import typer

from sera_store.plain_text import CHARACTERS_MOST, plain, plain_json


def echo(
    line: str = "", *, err: bool = False, most: int | None = CHARACTERS_MOST, colour: str | None = None
) -> None:
    """Print one line, its control characters escaped, and cut where it is longer than `most`.

    A colour is for people at a terminal alone: what is written to a file or a pipe has none.
    """
    typer.secho(plain(line, most), err=err, fg=colour)


def warn(line: str) -> None:
    """Print one line on stderr that a person must not overlook, as `echo` does but whole."""
    typer.secho(plain(line, None), err=True, fg=typer.colors.RED, bold=True)


def echo_json(text: str) -> None:
    """Print a JSON text on stdout; it stays the same JSON, in visible characters."""
    typer.echo(plain_json(text))


def quantity_text(count: int, units: str) -> str:
    """Write a number of units: `3 months of gardens`, `1 month of gardens`."""
    name, _, rest = (units or "units").partition(" ")
    one = name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
    return f"{count} {one if count == 1 else name} {rest}".rstrip()
