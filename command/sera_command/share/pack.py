"""`sera pack`: the figures and readings of some gardens and dates, in a folder for a workshop."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import CUSTOM, Dates
from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.share.languages import Language, readers_locale
from sera_command.terminal import echo
from sera_store.calendar import dates_span_s
from sera_words.language import LANGUAGES, speaking
from sera_workshop.errors import WorkshopError
from sera_workshop.packs.pack import write_pack
from sera_workshop.views.facts import are_simulated, garden_facts, gardens_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.store import Store

app = typer.Typer()

Out = Annotated[Path, typer.Option("--out", help="Folder for the pack.")]
Gardens = Annotated[
    list[str] | None, typer.Option("--garden", help="A garden's id; may be repeated. All by default.")
]
First = Annotated[str, typer.Option("--from", help="First day: 2026-05-04.")]
Last = Annotated[str, typer.Option("--to", help="Last day, which is included: 2026-05-17.")]


@app.command()
def pack(
    first: First,
    last: Last,
    out: Out,
    gardens: Gardens = None,
    data: Data = DEFAULT_FOLDER,
    language: Language = LANGUAGES[0],
) -> None:
    """Write a workshop pack of any dates: tables, dictionary, handout and mural.

    Where readings lie within these dates, their figures are made first, as a window of kind `custom`. The
    same figures give the same bytes.
    """
    with speaking(readers_locale(language)), open_store(data) as store:
        garden_ids = gardens_of(store, gardens)
        start_s, end_s = span_s(store, garden_ids[0], first, last)
        _make_figures(store, garden_ids, first, last)
        contents = write_pack(out, store, garden_ids, start_s, end_s)
    if not contents.figures:
        echo("No reading lies within these dates, so the pack has no figure, and says so.", err=True)
    echo(
        f"{contents.readings} readings and {contents.figures} figures of {len(garden_ids)} gardens "
        f"are in {out}"
    )


def _make_figures(store: Store, garden_ids: Sequence[str], first: str, last: str) -> None:
    """Make the figures of these very dates: no week or month need begin and end with them."""
    after = _day("--to", last) + timedelta(days=1)
    analyse(store, gardens=garden_ids, periods=(CUSTOM,), dates=Dates(_day("--from", first), after))


def gardens_of(store: Store, names: Sequence[str] | None) -> list[str]:
    """Return the gardens that were named; or all real ones, or where there is none all simulated ones."""
    if not names and not store.registry.gardens():
        raise BadInputError("no garden is registered; first: sera garden new GARDEN")
    try:
        facts = garden_facts(store, names or [garden.id for garden in store.registry.gardens()])
        if names:
            are_simulated(facts)
            return list(names)
    except WorkshopError as error:
        raise BadInputError(str(error)) from error
    shown, left_out = gardens_shown(facts)
    if left_out:
        echo(f"{left_out} simulated gardens are left out; name them with --garden to see them.", err=True)
    return [garden.id for garden in shown]


def span_s(store: Store, garden: str, first: str, last: str) -> tuple[int, int]:
    """Turn two local days, the last included, into Unix times [s], end exclusive."""
    entered = store.registry.garden(garden)
    if entered is None:
        raise BadInputError(f"garden {garden!r} is not registered")
    begin, end = _day("--from", first), _day("--to", last)
    if end < begin:
        raise BadInputError(f"--to {last} is before --from {first}; expected the same day or a later one")
    return dates_span_s(entered.timezone, begin, end)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{option} {text!r} is no date; expected one like 2026-05-04") from error
