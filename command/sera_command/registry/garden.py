"""`sera garden`: a place with nodes, its soil, and what was done in it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_command.errors import BadInputError
from sera_command.installation.entering import NewEntry, enter, registered_garden
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, now_s, since_s
from sera_command.registry import garden_changes
from sera_command.terminal import echo
from sera_pages.counting.fields import read_action
from sera_pages.sending.messages import Key, Withdrawal
from sera_pages.views.fields import DAY_FORM, TIME_FORM, FieldReader
from sera_quality.soil_texture import TEXTURES, Texture, water_limits
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.local_clock import local_time
from sera_store.records.garden_actions import WATERING
from sera_store.registry.entities import Garden
from sera_store.registry.garden_metadata import GardenSoil
from sera_vocabulary.measurements import GARDEN_ACTIONS, WATER_DEPTH

if TYPE_CHECKING:
    from sera_command.installation.entering import Outcome
    from sera_store.records.garden_actions import Action
    from sera_store.store import Store

_FORMS: Final = [DAY_FORM, TIME_FORM]
# Of what is less certain only the day was stated.
_MINUTES_S: Final = 3600

app = typer.Typer(no_args_is_help=True, help="Gardens: places with nodes.")
app.command("list")(garden_changes.list_gardens)
app.command("set")(garden_changes.set_garden)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -.")],
    community: Annotated[str, typer.Option(help="Id of its community.")],
    latitude: Annotated[float, typer.Option(help="Latitude [degree]; it leaves only made coarse.")],
    longitude: Annotated[float, typer.Option(help="Longitude [degree].")],
    timezone: Annotated[str, typer.Option(help="IANA time zone: Europe/London.")],
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    consent: Annotated[
        ConsentLevel, typer.Option(help="How exactly its place may be published.")
    ] = ConsentLevel.CITY,
    licence: Annotated[
        Licence, typer.Option(help="Under which licence its host gives what is of it.")
    ] = Licence.CC_BY,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a garden."""
    entity = Garden(
        name, community, None, title or name, latitude, longitude, timezone, consent, licence=licence
    )
    with Installation.existing(data).store() as store:
        if store.registry.garden(name):
            raise BadInputError(f"garden {name!r} is registered already")
        if store.registry.community(community) is None:
            raise BadInputError(
                f"community {community!r} is not registered; first: sera community new {community}"
            )
        store.registry.put(entity, since_s=since_s(since), by=BY)
    echo(f"Garden {name} is registered. Next: sera node new NODE --garden {name}")


@app.command("soil")
def soil(
    name: Annotated[str, typer.Argument(help="Id of the garden.")],
    texture: Annotated[str | None, typer.Option(help="Class: sand, loam, silt loam, clay ...")] = None,
    sand: Annotated[float | None, typer.Option(help="Share of sand by mass, 0 to 1.")] = None,
    clay: Annotated[float | None, typer.Option(help="Share of clay by mass, 0 to 0.6.")] = None,
    organic: Annotated[float, typer.Option(help="Organic matter [% by mass].")] = 2.5,
    source: Annotated[str, typer.Option(help="Source of the statement, and how it was measured.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """State a garden's soil, from which the water that plants can take is reckoned."""
    if texture is not None and texture not in TEXTURES:
        raise BadInputError(f"texture {texture!r} is not known; expected one of {', '.join(TEXTURES)}")
    if (texture is None) == (sand is None or clay is None):
        raise BadInputError("name the soil by --texture, or by both --sand and --clay")
    fractions = TEXTURES[texture] if texture is not None else Texture(sand or 0.0, clay or 0.0)
    entity = GardenSoil(name, fractions.sand, fractions.clay, organic, source or texture or "")
    with Installation.existing(data).store() as store:
        registered_garden(store, name)
        store.registry.put(entity, since_s=now_s(), by=BY)
    wilting_point, field_capacity = water_limits(fractions._replace(organic_matter_percent=organic))
    echo(
        f"Soil of {name}: plants wilt at {wilting_point:.3f}, and it holds {field_capacity:.3f} m3/m3 "
        "(Saxton "
        "and Rawls 2006)."
    )


@app.command("action")
def action(
    name: Annotated[str, typer.Argument(help="Id of the garden.")],
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(GARDEN_ACTIONS)}.")],
    on: Annotated[datetime, typer.Option(formats=_FORMS, help="When, local time.")],
    water: Annotated[float | None, typer.Option(min=0, help="Water given [mm].")] = None,
    area: Annotated[float | None, typer.Option(min=0, help="Area it was done on [m2].")] = None,
    person: Annotated[str, typer.Option(help="Id of the person who did it.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """State what was done in a garden, or seen there; it goes through the broker into the journal."""
    text = on.strftime(_FORMS[0] if on.time() == time() else _FORMS[1])
    stated = {WATER_DEPTH: water, "area": area}
    fields = {"action": kind, "time": text}
    fields |= {field: f"{value:g}" for field, value in stated.items() if value is not None}
    with Installation.existing(data).store() as store:
        garden = registered_garden(store, name)
        reader = FieldReader(fields)
        entry = read_action(reader, garden.timezone, now_s())
        for field in reader.errors:
            raise BadInputError(f"{field} {fields[field]!r} is not possible; see sera garden action --help")
        outcome = enter(data, store, [NewEntry(secrets.token_hex(16), garden, entry)], person)
    journaled = "the journal has it" if outcome.journaled else "it waits here until the gateway takes it"
    echo(f"{kind} in {name} on {text}: {journaled}.")


@app.command("correct")
def correct(
    name: Annotated[str, typer.Argument(metavar="ACTION", help="Its id, as `sera garden actions` lists it.")],
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(GARDEN_ACTIONS)}.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=_FORMS, help="When, local time.")] = None,
    water: Annotated[float | None, typer.Option(min=0, help="Water given [mm].")] = None,
    area: Annotated[float | None, typer.Option(min=0, help="Area it was done on [m2].")] = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Correct what was stated as done in a garden; what is not named stays as it was.

    It is entered again, and the entry before is taken back: both are messages of the one who entered it.
    """
    if kind is None and on is None and water is None and area is None:
        raise BadInputError("nothing to correct; name --kind, --on, --water or --area")
    with Installation.existing(data).store() as store:
        before, garden, person = _entered(store, name)
        moment = local_time(before.time_s, garden.timezone)
        amounts = {WATER_DEPTH: water, "area": area}
        if before.amount is not None and water is None and area is None:
            amounts[WATER_DEPTH if before.kind == WATERING else "area"] = before.amount
        is_day = before.uncertainty_s > _MINUTES_S if on is None else on.time() == time()
        day_or_time = (on or moment).strftime(DAY_FORM if is_day else TIME_FORM)
        fields = {"action": kind or before.kind, "time": day_or_time}
        fields |= {field: f"{value:g}" for field, value in amounts.items() if value is not None}
        reader = FieldReader(fields)
        entry = read_action(reader, garden.timezone, now_s())
        for field in reader.errors:
            raise BadInputError(f"{field} {fields[field]!r} is not possible; see sera garden correct --help")
        entry = replace(entry, chronicle_entry=before.chronicle_entry)
        form = secrets.token_hex(16)
        entries = [NewEntry(form, garden, entry), NewEntry(f"{form}/before", garden, _withdrawal(before))]
        outcome = enter(data, store, entries, person)
    echo(f"{name} is corrected: {_progress(outcome)}.")


@app.command("withdraw")
def withdraw(
    name: Annotated[str, typer.Argument(metavar="ACTION", help="Its id, as `sera garden actions` lists it.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Take back what was stated as done in a garden, as if it had never been; the journal keeps both."""
    with Installation.existing(data).store() as store:
        before, garden, person = _entered(store, name)
        outcome = enter(data, store, [NewEntry(secrets.token_hex(16), garden, _withdrawal(before))], person)
    echo(f"{name} is taken back: {_progress(outcome)}.")


def _entered(store: Store, name: str) -> tuple[Action, Garden, str]:
    """Return a garden action by its id, its garden, and the person who entered it; empty for nobody named."""
    row = next((action for action in store.records.actions() if action.id == name), None)
    counter = store.registry.node(name.split("/", maxsplit=1)[0])
    if row is None or counter is None:
        raise BadInputError(
            f"{name!r} is no action, or was taken back; `sera garden actions GARDEN` lists their ids"
        )
    return row, registered_garden(store, row.garden), counter.person


def _withdrawal(action: Action) -> Withdrawal:
    _, epoch, sequence = action.id.split("/")
    return Withdrawal(Key(epoch, int(sequence)), now_s())


def _progress(outcome: Outcome) -> str:
    return "it waits here until the gateway takes it" if outcome.waiting else "the journal has it"


@app.command("actions")
def list_actions(
    name: Annotated[str, typer.Argument(help="Id of the garden.")], data: Data = DEFAULT_FOLDER
) -> None:
    """List what was done in a garden, with the ids that `sera compare action` takes."""
    with Installation.existing(data).store() as store:
        garden = registered_garden(store, name)
        for row in store.records.actions(name):
            moment = local_time(row.time_s, garden.timezone)
            amount = "" if row.amount is None else f"  {row.amount:g}"
            echo(f"{row.id}  {moment:%Y-%m-%d %H:%M}  {row.kind}{amount}")
