"""`sera home-assistant`: figures, soil and health of nodes in Home Assistant, by its MQTT discovery."""

from __future__ import annotations

import json as json_format
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.bridges.offered_devices import offered_messages
from sera_command.bridges.offering import Offering
from sera_command.errors import BadInputError
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo, echo_json
from sera_gateway.config import BROKERS_FILE, OFFERED, read_brokers

if TYPE_CHECKING:
    from sera_gateway.config import FurtherBroker

app = typer.Typer(no_args_is_help=True, help="Show figures and nodes in Home Assistant.")


@app.command("offer")
def offer(
    printed: Annotated[
        bool, typer.Option("--print", help="Print what would be published, of all gardens; publish nothing.")
    ] = False,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Publish to each broker of brokers.toml what its `offer` names; `sera up` does so with each page."""
    installation = Installation.existing(data)
    with installation.store() as store:
        if printed:
            for message in offered_messages(store, OFFERED, (), now_s()):
                row = {"topic": message.topic, "payload": json_format.loads(message.payload)}
                echo_json(json_format.dumps(row, ensure_ascii=False))
            return
        brokers = [broker for broker in read_brokers(data / BROKERS_FILE) if broker.offer]
        if not brokers:
            raise BadInputError(
                f'no broker of {BROKERS_FILE} has an `offer`; add offer = ["figures", "soil"] to one'
            )
        offering = Offering(installation.folder)
        for broker in brokers:
            count = offering.offer(broker, offered_messages(store, broker.offer, broker.gardens, now_s()))
            echo(f"{broker.name}: {count} messages kept by the broker.")


@app.command("withdraw")
def withdraw(
    broker: Annotated[str, typer.Argument(help="Name of the broker in brokers.toml.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Remove from a broker all that was offered there."""
    installation = Installation.existing(data)
    count = Offering(installation.folder).withdraw(_find(installation, broker))
    echo(f"{broker}: {count} messages removed. Take `offer` out of {BROKERS_FILE}, or they come again.")


def _find(installation: Installation, name: str) -> FurtherBroker:
    brokers = read_brokers(installation.folder / BROKERS_FILE)
    for broker in brokers:
        if broker.name == name:
            return broker
    names = ", ".join(broker.name for broker in brokers) or "none"
    raise BadInputError(f"{BROKERS_FILE} has no broker {name!r}; it has: {names}")
