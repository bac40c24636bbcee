"""`sera person`: who came in by an invitation, their roles, and their sessions."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from msgspec import structs

from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo
from sera_pages.accounts.names import Names
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.sessions import Sessions
from sera_store.licence import Licence  # noqa: TC001 - Typer reads the annotations
from sera_store.registry.opening import open_registry
from sera_store.registry.persons import ROLES, STEWARD, is_last_steward
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.registry.registry import Person, Registry

app = typer.Typer(no_args_is_help=True, help="People who came in by an invitation.")


class _People(NamedTuple):
    registry: Registry
    sessions: Sessions
    names: Names

    def person(self, name: str) -> Person:
        entity = self.registry.person(name)
        if entity is None:
            raise BadInputError(f"person {name!r} is not registered; see: sera person list")
        return entity


@contextmanager
def _people(data: Path) -> Iterator[_People]:
    installation = Installation.existing(data)
    with open_registry(installation.store_folder) as registry, closing(open_accounts(data)) as accounts:
        yield _People(registry, Sessions(accounts, time.time), Names(accounts))


@app.command("list")
def list_people(data: Data = DEFAULT_FOLDER) -> None:
    """List people with their roles and the number of their open sessions."""
    with _people(data) as people:
        persons = people.registry.persons()
        for person in persons:
            roles = ", ".join(person.roles) or "has left"
            garden_text = f" of {', '.join(person.gardens)}" if person.gardens else ""
            number = len(people.sessions.of(person.id))
            name = people.names.of(person.id) or "(no name)"
            echo(f"{person.id}  {person.community}  {name}  {roles}{garden_text}  {number} open sessions")
    if not persons:
        echo("Nobody has come in yet. Next: sera invite new COMMUNITY", err=True)


@app.command("change")
def change(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    role: Annotated[list[str] | None, typer.Option(help="All roles they have from now on.")] = None,
    garden: Annotated[list[str] | None, typer.Option(help="All gardens they host from now on.")] = None,
    licence: Annotated[
        Licence | None, typer.Option(help="Under which licence they give what they count.")
    ] = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Change what a person may do, or their licence; what is not named stays.

    The only steward of a community stays one.
    """
    if unknown := sorted(set(role or ()) - set(ROLES)):
        raise BadInputError(f"role {unknown[0]!r} is not known; expected some of {', '.join(ROLES)}")
    with _people(data) as people:
        before = people.person(person)
        garden_ids = {entity.id for entity in people.registry.gardens(before.community)}
        if foreign := sorted(set(garden or ()) - garden_ids):
            raise BadInputError(f"garden {foreign[0]!r} is not one of {before.community}")
        roles = before.roles if role is None else tuple(sorted(set(role)))
        gardens = before.gardens if garden is None else tuple(sorted(set(garden)))
        stewards = people.registry.persons(before.community)
        if STEWARD not in roles and is_last_steward(before, stewards):
            raise BadInputError(
                f"{person} is the only steward of {before.community}, which needs one; "
                f"first: sera person change OTHER --role {STEWARD}"
            )
        changed = structs.replace(before, roles=roles, gardens=gardens, licence=licence or before.licence)
        people.registry.put(changed, since_s=now_s(), by=BY)
    echo(
        f"Person {person} is {', '.join(roles) or 'nothing any more'}; hosts {', '.join(gardens) or 'none'}; "
        f"gives counts under {changed.licence.deed.title}."
    )


@app.command("sessions")
def sessions(
    person: Annotated[str, typer.Argument(help="Id of the person.")], data: Data = DEFAULT_FOLDER
) -> None:
    """List the open sessions of a person."""
    with _people(data) as people:
        people.person(person)
        for session in people.sessions.of(person):
            begun = datetime.fromtimestamp(session.begun_s, UTC).strftime("%Y-%m-%d %H:%M")
            last_use = datetime.fromtimestamp(session.seen_day * DAY_S, UTC).strftime("%Y-%m-%d")
            echo(f"{session.id}  since {begun} (UTC)  last used {last_use}")


@app.command("end")
def end(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    session: Annotated[str, typer.Option(help="Only this session; all by default.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """End sessions of a person: the devices have to be invited again."""
    with _people(data) as people:
        people.person(person)
        if session and not people.sessions.end(session, person):
            raise BadInputError(f"session {session!r} of {person} is not open; see: sera person sessions")
        number = 1 if session else people.sessions.end_all(person)
    echo(f"{number} sessions of {person} are ended.")
