"""What `sera up` is asked for, and how its process takes the place of what read the command line.

The library that reads the command line checks its options with another one, which takes 10 MB, and the one
that signs certificates takes 9 MB; and `sera up` lives as long as the installation. So a damaged authority is
found here, and the process that lives on reads its records alone, unless a certificate has to be issued.
"""

from __future__ import annotations

import importlib
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_command.errors import PartMissingError
from sera_command.installation.installation import AUTHORITY

if TYPE_CHECKING:
    from pathlib import Path

DEVICES_PORT: Final = 1883
# By name: it is loaded in place of this process, and not into it.
_PROCESS: Final = "sera_command.start.up_process"


class DeviceListener(NamedTuple):
    """Where devices are listened for, as the command line says it."""

    host: str
    port: int
    tls: bool


class UpOptions(msgspec.Struct, frozen=True):
    """What the command line asked for.

    Parameters
    ----------
    host, port
        Where nodes reach the broker.
    page_port, lan, public_name
        Where the pages are served: their port, this machine's address in the room, the name of a proxy.
    every_s
        How often figures and pages are made [s].
    ready_file
        Written once all answers, or None.
    once
        Whether to end then.
    devices
        Where devices with passwords are listened for, or None.
    lan_name
        The name to answer to in the local network, or empty for one that is chosen.
    """

    host: str
    port: int
    page_port: int
    lan: str
    public_name: str
    every_s: float
    ready_file: str | None
    once: bool
    devices: DeviceListener | None = None
    lan_name: str = ""


def _require_packages() -> None:
    """Raise before anything starts where its parts would end one by one for want of a package."""
    # Here, since the process that lives on does not need it.
    from sera_command.start.doctor import DISTRIBUTION, package_versions  # noqa: PLC0415 - as said

    missing = [name for name, version in package_versions().items() if not version and name != DISTRIBUTION]
    if missing:
        raise PartMissingError(
            ", ".join(missing), "`make environment` in a checkout, else `pip install` with Sera's wheel"
        )


def _require_sound_authority(folder: Path) -> None:
    """Raise where the keys or certificates of an installation that is there cannot be read."""
    if not (folder / AUTHORITY).exists():
        return
    # Here, since the process that lives on does not need it.
    from sera_gateway.security.authority import Authority  # noqa: PLC0415 - as said

    Authority.open(folder / AUTHORITY, lambda: datetime.now(UTC))


def become(folder: Path, options: UpOptions) -> None:
    """Run an installation in place of this process, which keeps its id; on Windows within it.

    Parameters
    ----------
    folder, options
        As for `up_process.run`.

    Raises
    ------
    PartMissingError
        The environment lacks packages, as that of `make demo` does.
    AuthorityError
        The certificate authority is damaged.
    """
    _require_packages()
    _require_sound_authority(folder)
    if os.name != "posix":
        importlib.import_module(_PROCESS).run(folder, options)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    arguments = [str(folder), msgspec.json.encode(options).decode()]
    os.execv(sys.executable, [sys.executable, "-m", _PROCESS, *arguments])  # noqa: S606 - no shell
