"""Devices that know only a user and a password: let in, given another password, shut out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers, device_rights
from sera_gateway.security.embedded_broker import RIGHTS_FILE, reload_running, running_pid
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation


def users_of(installation: Installation) -> DeviceUsers:
    """Return the devices of an installation."""
    return DeviceUsers(installation.folder / DEVICES_FILE, time.time)


def renew_device_rights(installation: Installation) -> bool:
    """Write again who may do what on the broker for devices, and let it read that where it runs.

    Returns
    -------
    bool
        Whether a broker runs that could not be told: it reads this when it starts again.
    """
    folder = installation.device_broker
    if not (folder / RIGHTS_FILE).exists():
        return False
    write_private(folder / RIGHTS_FILE, device_rights(users_of(installation)))
    return not reload_running(folder) and running_pid(folder) is not None
