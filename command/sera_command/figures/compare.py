"""`sera compare`: two gardens on the same days, and what an action changed beside gardens without it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import roll_up
from sera_analysis.figures.garden_comparison import CHANCE, action_figure, difference_figure, without_action
from sera_analysis.figures.garden_figures import Draws
from sera_analysis.statistics.intervals import REPLICATES
from sera_command.errors import BadInputError
from sera_command.figures.in_words import difference_sentence, effect_sentence
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import checked_date
from sera_command.terminal import echo, echo_json
from sera_store.local_clock import local_date
from sera_store.release.places import released_garden, released_gardens
from sera_words.words import words

if TYPE_CHECKING:
    from sera_store.release.places import ReleasedGarden
    from sera_store.results.results import Result
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Compare gardens, or estimate an action's effect.")

DAY = "%Y-%m-%d"
Data = Annotated[Path, typer.Option("--data", help="Data folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result record.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the interval.")]


@app.command("gardens")
def gardens(
    first: Annotated[str, typer.Argument(help="Id of a garden.")],
    second: Annotated[str, typer.Argument(help="Id of another.")],
    begin: Annotated[datetime, typer.Option("--from", formats=[DAY], help="First local day.")],
    end: Annotated[datetime, typer.Option("--to", formats=[DAY], help="Last local day.")],
    seed: Seed = 0,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Estimate the difference in visits per hour of two gardens on the same days, or why there is none."""
    first_day, last_day = checked_date(begin.date(), "--from"), checked_date(end.date(), "--to")
    days = Days.between(first_day, last_day + timedelta(days=1))
    with open_store(data) as store:
        rolled = [roll_up(store, _garden(store, name), days) for name in (first, second)]
    result = difference_figure(rolled[0], rolled[1], Draws(seed, REPLICATES))
    names = [garden.garden.name or garden.garden.id for garden in rolled]
    _print(result, difference_sentence(result, *names), json=json)


@app.command("action")
def action(
    name: Annotated[str, typer.Argument(help="Id of an action, as `sera garden actions` lists it.")],
    before: Annotated[int, typer.Option(min=1, max=3660, help="Days before.")] = 40,
    after: Annotated[int, typer.Option(min=1, max=3660, help="Days from the action's day on.")] = 40,
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Estimate an action's effect beyond the change in gardens without it, from the same days."""
    with open_store(data) as store:
        actions = {action.id: action for action in store.records.actions()}
        if name not in actions:
            raise BadInputError(f"action {name!r} is not known; known: {', '.join(actions) or 'none'}")
        intervention = actions[name]
        home = _garden(store, intervention.garden)
        day = local_date(intervention.time_s, home.timezone)
        days = _around(day, before, after)
        treated = roll_up(store, home, days)
        controls = [
            roll_up(store, garden, days)
            for garden in released_gardens(store.registry, home.community)
            if garden.id != home.id
        ]
    result = action_figure(treated, without_action(controls, intervention), intervention, Draws())
    _print(result, effect_sentence(result, home.name or home.id), json=json)


def _around(day: date, before: int, after: int) -> Days:
    return Days.between(day - timedelta(days=before), day + timedelta(days=after))


def _garden(store: Store, name: str) -> ReleasedGarden:
    garden = released_garden(store.registry, name)
    if garden is None:
        names = ", ".join(garden.id for garden in released_gardens(store.registry)) or "none"
        raise BadInputError(f"garden {name!r} is not registered; known: {names}")
    return garden


def _span(result: Result) -> str:
    """Write the ends of the interval, or that there is none and why."""
    if result.low is not None:
        return f"{result.low:.2f} to {result.high:.2f}"
    if result.interval_reason is None:
        return "no interval"
    return f"no interval: {words().statement(result.interval_reason)}"


def _print(result: Result, sentence: str, *, json: bool) -> None:
    """Print a result record, or a few lines for people: the numbers, then what they mean."""
    if json:
        echo_json(result.to_json().decode())
        return
    if result.reason is not None:
        echo(f"No figure: {words().statement(result.reason)}")
    else:
        target_words = words().target(result.target)
        echo(f"{result.value:+.2f} visits an hour ({_span(result)}); {result.n} days; for {target_words}")
    if sentence:
        echo(sentence)
    chance = result.parts.get(CHANCE)
    if chance is not None:
        echo(f"Of all dates, {100 * chance:.0f} % would have shown as large a change.")
    for note in result.notes:
        echo(words().statement(note))
