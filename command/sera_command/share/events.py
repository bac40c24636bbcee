"""`sera event`: list and show events, cancel and withdraw them, and write them as a file for calendars."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.share.stories import Community, open_shelf
from sera_command.terminal import echo, echo_json
from sera_commons.errors import InvalidItemError
from sera_commons.events.calendar_file import calendar_file
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER
from sera_commons.storage.event_book import EventBook
from sera_store.chronicle.entries import REASONS, WITHDRAWN
from sera_store.local_clock import utc_date
from sera_store.release.handouts import handouts_of, note_handout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_commons.events.event import Event
    from sera_commons.events.release import ReleasedEvent
    from sera_store.coarse_grid import ConsentLevel

app = typer.Typer(no_args_is_help=True, help="List, cancel, withdraw and export events.")

# Who changes something at the command line is the steward on this machine, and no person of the registry.
_STEWARD = "command"

WithAll = Annotated[
    bool, typer.Option("--all", help="Everything that was entered, for the steward on this machine alone.")
]
Item = Annotated[str, typer.Argument(help="Id of an event, as `sera event list` prints it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def garden_levels(data: Path, community: str) -> dict[str, ConsentLevel]:
    """Return how closely the host of each garden of a community lets its place be known."""
    with open_store(data) as store:
        return {garden.id: garden.consent for garden in store.registry.gardens(community)}


@contextmanager
def open_book(data: Path, community: str) -> Iterator[EventBook]:
    """Open the events of a community while the body runs.

    Raises
    ------
    BadInputError
        Nothing was given there, or it has to be named.
    """
    with open_shelf(data, community) as shelf:
        yield EventBook(shelf)


def _public(book: EventBook, data: Path) -> list[ReleasedEvent]:
    """List the events for everybody: no person is named in what leaves by a command."""
    day = utc_date(now_s())
    views = book.released(Use.PAGE, STRANGER, day, garden_levels(data, book.shelf.community))
    return [view for view in views if not view.is_own]


def _rows(book: EventBook, data: Path, *, with_all: bool) -> list[tuple[str, int, Event]]:
    if with_all:
        return [
            (stored.item_id, stored.version, stored.event)
            for stored in book.all()
            if stored.event is not None
        ]
    return [(view.item_id, view.version, view.event) for view in _public(book, data)]


@app.command("list")
def list_events(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    with_all: WithAll = False,
    as_json: Json = False,
) -> None:
    """List the events that everybody may see on pages; with --all everything, and for whom it is."""
    with open_book(data, community) as book:
        rows = _rows(book, data, with_all=with_all)
    if as_json:
        echo_json(json.dumps([_content(*row) for row in rows], ensure_ascii=False))
        return
    for item_id, _, event in rows:
        state = "  (cancelled)" if event.cancelled else ""
        echo(f"{item_id}  {event.begins:16}  {event.kind:8}  {event.title}{state}")
    if not rows:
        echo("There is nothing to list.")


def _content(item_id: str, version: int, event: Event) -> dict[str, Any]:
    fields = msgspec.to_builtins(event)
    return {"item": item_id, "version": version, **{k: v for k, v in fields.items() if k != "form"}}


@app.command("show")
def show_event(
    item: Item,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    with_all: WithAll = False,
) -> None:
    """Show one event as JSON: what everybody may see of it, or with --all what was entered."""
    with open_book(data, community) as book:
        rows = [row for row in _rows(book, data, with_all=with_all) if row[0] == item]
    if not rows:
        raise _missing(item)
    echo_json(json.dumps(_content(*rows[0]), ensure_ascii=False))


def _missing(item: str) -> BadInputError:
    return BadInputError(
        f"there is no event {item}, or it was withdrawn; `sera event list --all` lists those that there are"
    )


@app.command("cancel")
def cancel_event(
    item: Item,
    reason: Annotated[str, typer.Option("--reason", help="Why, as everybody reads it; name no person.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Cancel an event: it stays on its page and in calendars, with the reason."""
    with open_book(data, community) as book:
        if book.find(item) is None:
            raise _missing(item)
        try:
            book.cancel(item, _STEWARD, reason)
        except InvalidItemError as error:
            raise BadInputError(f"--reason: {error}") from error
    echo(f"{item} is cancelled")


@app.command("withdraw")
def withdraw_events(
    item: Annotated[str, typer.Argument(help="Id of an event, as `sera event list` prints it.")] = "",
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    person: Annotated[
        str, typer.Option("--person", help="All that this person gave of events, by drawn id.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help=f"One of {', '.join(REASONS)}.")] = WITHDRAWN,
) -> None:
    """Erase an event with all names on it, or all that a person gave of events; print what had it before.

    A person needs no command: their slip, or the page of what is kept about them, does it.
    """
    if reason not in REASONS:
        raise BadInputError(f"--reason {reason!r} is not known; expected one of {', '.join(REASONS)}")
    if (item == "") == (person == ""):
        raise BadInputError("name either an event, or a person with --person")
    with open_book(data, community) as book:
        if person:
            echo(f"Entries erased: {book.withdraw_of(person, reason)}")
            return
        if book.find(item) is None:
            raise _missing(item)
        book.withdraw(item, reason)
    echo(f"{item} is erased")
    for handout in handouts_of(data):
        if any(name.partition("/")[0] == item for name in handout.items):
            day = datetime.fromtimestamp(handout.made_s, UTC).strftime("%Y-%m-%d")
            echo(f"Handed out before, and not to be called back: {handout.kind} {handout.name}, {day}")


@app.command("export")
def export_events(
    out: Annotated[Path, typer.Argument(help="File to write, as events.ics.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write the events for everybody as one iCalendar file (RFC 5545): no person, no exact place.

    It is noted, so that who takes an event back learns of it.
    """
    with open_book(data, community) as book:
        views = _public(book, data)
    try:
        out.write_bytes(calendar_file(views, _place))
    except OSError as error:
        raise CannotWriteError(
            f"{out} cannot be written ({error.strerror}); name another file, or make room"
        ) from error
    gardens = sorted({garden for view in views for garden in view.event.gardens})
    note_handout(data, "calendar", out, gardens, ("", ""), now_s(), items=[view.name for view in views])
    echo(f"{out}: {len(views)} events", err=True)


def _place(view: ReleasedEvent) -> str:
    return ", ".join(part for part in (view.event.place, *view.event.gardens) if part)
