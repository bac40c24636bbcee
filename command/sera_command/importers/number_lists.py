"""Numbers with commas between them, as options take them."""

from __future__ import annotations

import math

import typer


def numbers_of(
    text: str,
    option: str,
    *,
    least: float,
    most: float = math.inf,
    infinite: bool = False,
    fewest: int = 0,
) -> tuple[float, ...]:
    """Read the numbers of an option, each once.

    Parameters
    ----------
    text
        What was written.
    option
        The option's name, for the message.
    least, most
        Span of what is allowed.
    infinite
        `inf` is allowed.
    fewest
        How many numbers there must be at least.

    Returns
    -------
    tuple of float

    Raises
    ------
    typer.BadParameter
        Where a word is no such number, or there are too few.
    """
    numbers: list[float] = []
    for word in (part.strip() for part in text.split(",") if part.strip()):
        number = _number(word)
        if not least <= number <= most or (math.isinf(number) and not infinite):
            span = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of {least:g} or more"
            raise typer.BadParameter(
                f"found {word!r}; expected numbers {span} with commas between", param_hint=option
            )
        if number not in numbers:
            numbers.append(number)
    if len(numbers) < fewest:
        raise typer.BadParameter(f"found {text!r}; expected numbers, such as 0,1,2", param_hint=option)
    return tuple(numbers)


def _number(word: str) -> float:
    """Return the number that a word is; not a number for others, such as 1_0, which Python takes for 10."""
    try:
        return math.nan if "_" in word else float(word)
    except ValueError:
        return math.nan
