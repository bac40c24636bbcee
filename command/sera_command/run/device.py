"""`sera device`: devices that know only a user and a password, at the broker of `sera up --devices`."""

from __future__ import annotations

import json as json_format
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.registration.new_devices import renew_device_rights, users_of
from sera_command.terminal import echo, echo_json
from sera_gateway.config import DEVICES

if TYPE_CHECKING:
    from sera_gateway.security.device_users import Device

app = typer.Typer(
    no_args_is_help=True, help="Register devices that know only user and password (`sera up --devices`)."
)

Name = Annotated[str, typer.Argument(metavar="DEVICE", help="The user's name, often the node's id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


@app.command("new")
def new(
    name: Name,
    prefix: Annotated[
        str,
        typer.Option(metavar="TOPIC", help="Topic below which it publishes; by default its name."),
    ] = "",
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Enter a device, and print its password once."""
    installation = Installation.existing(data)
    device, password = users_of(installation).add(name, prefix)
    _renew(installation)
    _show(installation, device, password, json=json)


@app.command("rotate")
def rotate(name: Name, data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """Replace a device's password, and print the new one once; the old one ends at once."""
    installation = Installation.existing(data)
    device, password = users_of(installation).rotate(name)
    _renew(installation)
    _show(installation, device, password, json=json)


@app.command("revoke")
def revoke(name: Name, data: Data = DEFAULT_FOLDER) -> None:
    """Shut a device out; what it sent stays."""
    installation = Installation.existing(data)
    users_of(installation).revoke(name)
    _renew(installation)
    echo(f"The device {name} is shut out; what it sent stays.")


@app.command("list")
def list_devices(data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """List the devices, where each publishes, and since when its password holds."""
    installation = Installation.existing(data)
    devices = users_of(installation).devices()
    if json:
        rows = [
            {"device": device.name, "prefix": device.prefix, "password_since_s": device.since_s}
            for device in devices
        ]
        echo_json(json_format.dumps(rows))
        return
    for device in devices:
        since = datetime.fromtimestamp(device.since_s, UTC)
        echo(f"{device.name}  below {device.prefix}/  password of {since:%Y-%m-%d} (UTC)")
    if not devices:
        echo("No device is entered; `sera device new` enters one.")


def _renew(installation: Installation) -> None:
    """Write the rights again, and let the broker read them where it runs."""
    if renew_device_rights(installation):
        echo("The broker that runs reads this when it starts again: end `sera up` and start it.", err=True)


def _show(installation: Installation, device: Device, password: str, *, json: bool) -> None:
    url = installation.devices_url()
    if json:
        row = {"device": device.name, "prefix": device.prefix, "password": password, "broker": url}
        echo_json(json_format.dumps(row))
        return
    echo(f"user      {device.name}")
    echo(f"password  {password}")
    echo(
        f"publishes on {device.prefix} and below {device.prefix}/; journaled as {DEVICES}/{device.prefix}/..."
    )
    echo(f"broker    {url or 'none yet: start `sera up --devices ADDRESS`'}")
    echo("The password is stored nowhere: note it now, or make another with `sera device rotate`.", err=True)
