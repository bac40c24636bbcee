"""`sera broker files`: the files of NATS or Mosquitto, for those who run a broker of their own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_command.errors import CannotWriteError
from sera_command.site import DEFAULT_FOLDER, GATEWAY, PORT, Data, Site
from sera_command.terminal import echo
from sera_gateway.broker_files import mosquitto_rights, mosquitto_settings, nats_rights, nats_settings

app = typer.Typer(no_args_is_help=True, help="Files for brokers, written from the registry.")


class Kind(StrEnum):
    """The brokers that files are written for."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


@app.callback()
def _broker() -> None:
    """Keep `files` a word of its own while it is the only one."""


@app.command("files")
def files(
    kind: Annotated[Kind, typer.Argument(help="Which broker.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on, and name in its certificate.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for MQTT with TLS.")] = PORT,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write a broker's settings and rights; after each change of nodes again, then reload it."""
    site = Site(data)
    tls = site.broker_tls([host, "localhost", "127.0.0.1"])
    with site.store() as store:
        places = site.places(store)
    folder = out.absolute()
    if kind is Kind.NATS:
        texts = {
            "nats.conf": nats_settings(folder, host, port, tls),
            "rights.conf": nats_rights(places, [GATEWAY]),
        }
    else:
        texts = {
            "mosquitto.conf": mosquitto_settings(folder, host, port, tls),
            "rights.acl": mosquitto_rights(places, [GATEWAY]),
        }
    try:
        for inner in ("messages", "ports"):
            (folder / inner).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWriteError(f"{out}: {error.strerror}; name another folder with --out") from error
    for name in texts:
        echo(str(folder / name))
