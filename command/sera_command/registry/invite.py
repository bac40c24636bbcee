"""`sera invite`: the ways into the pages that are open, each for one person and once."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.terminal import echo
from sera_pages.accounts.invitations import DAYS, DAYS_MOST, Invitation, Invitations
from sera_pages.accounts.schema import open_accounts
from sera_store.registry.opening import open_registry
from sera_store.registry.persons import MEMBER, ROLES

app = typer.Typer(no_args_is_help=True, help="Invitations to a community's pages.")


@app.command("new")
def new(
    community: Annotated[str, typer.Argument(help="Id of the community.")],
    role: Annotated[str, typer.Option(help="member, host, facilitator, curator or steward.")] = MEMBER,
    garden: Annotated[list[str] | None, typer.Option(help="Garden that a host looks after.")] = None,
    person: Annotated[str, typer.Option(help="Id of a person who needs another device.")] = "",
    days: Annotated[int, typer.Option(min=1, max=DAYS_MOST, help="Days it is open.")] = DAYS,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Make an invitation and print its link, which is kept nowhere."""
    if role not in ROLES:
        raise BadInputError(f"role {role!r} is not known; expected one of {', '.join(ROLES)}")
    installation = Installation.existing(data)
    with open_registry(installation.store_folder) as registry, closing(open_accounts(data)) as accounts:
        if registry.community(community) is None:
            raise BadInputError(
                f"community {community!r} is not registered; first: sera community new {community}"
            )
        garden_names = garden or []
        garden_ids = {entity.id for entity in registry.gardens(community)}
        if unknown := sorted(set(garden_names) - garden_ids):
            names = ", ".join(sorted(garden_ids)) or "none"
            raise BadInputError(f"garden {unknown[0]!r} is not one of {community}; known: {names}")
        entity = registry.person(person) if person else None
        if person and (entity is None or entity.community != community):
            raise BadInputError(f"person {person!r} is not in {community}; see: sera person list")
        code = Invitations(accounts, time.time).make(
            community, {MEMBER, role}, BY, gardens=garden_names, person=person or None, days=days
        )
    echo(f"{installation.pages_address()}/join/{code}", most=None)
    echo(f"It lets one person in as {role}, once, within {days} days.", err=True)


@app.command("list")
def list_open(data: Data = DEFAULT_FOLDER) -> None:
    """List the open invitations; their codes are kept nowhere."""
    Installation.existing(data)
    with closing(open_accounts(data)) as accounts:
        invitations = Invitations(accounts, time.time).open()
    for invitation in invitations:
        echo(_line(invitation))
    if not invitations:
        echo("No invitation is open. Next: sera invite new COMMUNITY", err=True)


@app.command("cancel")
def cancel(
    invitation: Annotated[str, typer.Argument(help="Id, as `sera invite list` shows it.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Cancel an invitation."""
    Installation.existing(data)
    with closing(open_accounts(data)) as accounts:
        if not Invitations(accounts, time.time).cancel(invitation):
            raise BadInputError(f"invitation {invitation!r} is not open; see: sera invite list")
    echo(f"Invitation {invitation} is cancelled.")


def _line(invitation: Invitation) -> str:
    ends = datetime.fromtimestamp(invitation.ends_s, UTC).strftime("%Y-%m-%d %H:%M")
    recipient = f"another device of {invitation.person}" if invitation.person else ", ".join(invitation.roles)
    gardens = f" of {', '.join(invitation.gardens)}" if invitation.gardens else ""
    return f"{invitation.id}  {invitation.community}  {recipient}{gardens}  until {ends} (UTC)"
