"""`sera up`: broker, gateway, store and pages for real nodes, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated, Final

import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import (
    DEFAULT_FOLDER,
    LOOPBACK,
    PAGES_PORT,
    PORT,
    Data,
    own_address,
)
from sera_command.start.up_options import DEVICES_PORT, DeviceListener, UpOptions, become

app = typer.Typer()

AUTO: Final = "auto"


@app.command()
def up(
    data: Data = DEFAULT_FOLDER,
    host: Annotated[
        str, typer.Option(help="Address of this machine that nodes reach; by default that of --lan.")
    ] = "",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for nodes (MQTT with TLS).")] = PORT,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the pages; 0 for a free one.")
    ] = PAGES_PORT,
    lan: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address of this machine in the local network, or auto: there phones reach the pages and "
            "nodes the broker.",
        ),
    ] = "",
    lan_name: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Answer to NAME.local in that network; sera-COMMUNITY by default. Needs the extra lan.",
        ),
    ] = "",
    public_name: Annotated[
        str, typer.Option(help="Name that a proxy on this machine serves the pages under, with https.")
    ] = "",
    devices: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Open a second broker on this address, for devices that know only user and password.",
        ),
    ] = "",
    devices_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port for such devices (MQTT).")
    ] = DEVICES_PORT,
    devices_tls: Annotated[
        bool, typer.Option("--devices-tls", help="Speak TLS with such devices, instead of plain TCP.")
    ] = False,
    every_minutes: Annotated[
        float, typer.Option(min=0.01, help="How often figures and pages are made.")
    ] = 10.0,
    ready_file: Annotated[Path | None, typer.Option(help="Written once all answers: a JSON object.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End once all answers and the pages are made.")
    ] = False,
) -> None:
    """Run broker, gateway and pages for real nodes until Ctrl-C."""
    listener = DeviceListener(devices, devices_port, devices_tls) if devices else None
    every_s = every_minutes * 60
    ready = None if ready_file is None else str(ready_file.absolute())
    lan = _lan_address(lan)
    host = host or lan or LOOPBACK
    become(data, UpOptions(host, port, page_port, lan, public_name, every_s, ready, once, listener, lan_name))


def _lan_address(lan: str) -> str:
    if lan != AUTO:
        return lan
    address = own_address()
    if not address:
        raise BadInputError("--lan auto: this machine is in no network now; join one, or name its address")
    return address
