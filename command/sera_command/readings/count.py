"""`sera count`: ten-minute counts of insects, typed in one by one or from a paper tally sheet."""

from __future__ import annotations

import secrets
from datetime import datetime  # noqa: TC003 - Typer reads the annotations
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_command.errors import BadInputError
from sera_command.importers.tally_sheets import read_tally
from sera_command.installation.entering import NewEntry, enter, registered_garden
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo, quantity_text
from sera_pages.counting.fields import read_count
from sera_pages.views.fields import DAY_FORM, TIME_FORM, FieldReader
from sera_vocabulary.measurements import (
    AIR_TEMPERATURE,
    CLOUD_COVER,
    FLOWER_UNITS,
    GROUP_NAMES,
    PATCH_AREA,
    TARGET_FLOWERS,
    WIND_FORCE,
)

if TYPE_CHECKING:
    from sera_command.installation.entering import Outcome
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Ten-minute counts of insects at flowers.")

_FORMS: Final = [DAY_FORM, TIME_FORM]
Person = Annotated[str, typer.Option(help="Id of the person who counted, as `sera person list` shows it.")]


@app.command("add")
def add(
    garden: Annotated[str, typer.Argument(help="Id of the garden.")],
    flower: Annotated[str, typer.Argument(help=f"Flower: {', '.join(TARGET_FLOWERS[:-1])}.")],
    insects: Annotated[
        list[str] | None,
        typer.Argument(help="GROUP=NUMBER ...; of all others none came.", show_default=False),
    ] = None,
    begun: Annotated[
        datetime | None, typer.Option(formats=_FORMS, help="Local time of its beginning; ten minutes ago.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=5, max=120, help="Minutes counted.")] = 10.0,
    flowers: Annotated[int | None, typer.Option(min=0, help="Flowers in the patch.")] = None,
    area: Annotated[float | None, typer.Option(min=0, help="Area of the patch [m2].")] = None,
    temperature: Annotated[float | None, typer.Option(help="Air temperature [Cel].")] = None,
    cloud: Annotated[int | None, typer.Option(min=0, max=100, help="Cloud [%].")] = None,
    wind: Annotated[int | None, typer.Option(min=0, max=12, help="Wind [Beaufort].")] = None,
    person: Person = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter one count; it goes through the running broker into the journal."""
    fields = {"flower": flower, "minutes": f"{minutes:g}", **_counts(insects or [])}
    stated = {
        FLOWER_UNITS: flowers,
        PATCH_AREA: area,
        AIR_TEMPERATURE: temperature,
        CLOUD_COVER: cloud,
        WIND_FORCE: wind,
    }
    fields |= {name: f"{value:g}" for name, value in stated.items() if value is not None}
    if begun is not None:
        fields["begun"] = begun.strftime(TIME_FORM)
    else:
        fields |= {"seconds": str(round(60 * minutes)), "ended_s": str(now_s())}
    with Installation.existing(data).store() as store:
        entity = registered_garden(store, garden)
        _check_person(store, person, entity.community)
        reader = FieldReader(fields)
        count = read_count(reader, entity.timezone, now_s())
        for name in reader.errors:
            raise BadInputError(f"{name} {fields.get(name, '')!r} is not possible; see sera count add --help")
        _say(enter(data, store, [NewEntry(secrets.token_hex(16), entity, count)], person))


@app.command("import")
def import_sheet(
    sheet: Annotated[Path, typer.Argument(help="Table, a row a count: begun, flower, insect groups.")],
    garden: Annotated[str | None, typer.Option(help="Garden of all counts, without a column.")] = None,
    person: Person = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter the counts of a tally sheet; one that is given twice is entered once."""
    with Installation.existing(data).store() as store:
        rows = read_tally(sheet, garden, lambda name: registered_garden(store, name).timezone, now_s())
        entries = [NewEntry(row.form, registered_garden(store, row.garden), row.fit_count) for row in rows]
        for entry in entries:
            _check_person(store, person, entry.garden.community)
        _say(enter(data, store, entries, person))


def _counts(words: list[str]) -> dict[str, str]:
    counts = dict.fromkeys(GROUP_NAMES, "0")
    for word in words:
        group, sign, number = word.partition("=")
        if group not in counts or not sign or not number.isdecimal():
            raise BadInputError(
                f"{word!r} is no count of a group; expected GROUP=NUMBER, with a group of "
                f"{', '.join(GROUP_NAMES)}"
            )
        counts[group] = number
    return counts


def _check_person(store: Store, person: str, community: str) -> None:
    entity = store.registry.person(person) if person else None
    if person and (entity is None or entity.community != community):
        raise BadInputError(f"person {person!r} is not in {community}; see: sera person list")


def _say(outcome: Outcome) -> None:
    if outcome.journaled:
        verb, pronoun = ("is", "it") if outcome.journaled == 1 else ("are", "them")
        echo(f"{quantity_text(outcome.journaled, 'counts')} {verb} kept: the journal has {pronoun}.")
    if outcome.waiting:
        echo(
            f"{quantity_text(outcome.waiting, 'counts')} on this machine: waiting, since the gateway that "
            "runs did not take them in time. They are sent as soon as it does; do not enter them again."
        )
