"""What can go wrong in the gateway, for callers that can do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class GatewayError(Exception):
    """Base of all errors of the gateway."""


class NoRoomError(GatewayError):
    """The disk is full, or what a quota or a limit leaves of it.

    Parameters
    ----------
    folder
        Lies on that disk.
    os_error
        What the system answered.
    """

    def __init__(self, folder: Path, os_error: OSError) -> None:
        place = f"{os_error.filename or folder}"
        super().__init__(
            f"{place}: its disk has no room ({os_error.strerror}); expected 1 MiB to begin with: "
            "make room there"
        )
        self.folder = folder
        self.os_error = os_error


class FolderInUseError(GatewayError):
    """Another process owns the data folder.

    Parameters
    ----------
    folder
        The data folder.
    verb, pid
        What owns it, as far as it could be read: `up`, and its process.
    """

    def __init__(self, folder: Path, verb: str, pid: int) -> None:
        owner = f"`sera {verb}` (process {pid})" if verb else "another process"
        super().__init__(
            f"{folder} is in use by {owner}, and a data folder has one owner; "
            "end that one first, or name another folder with --data"
        )
        self.verb = verb
        self.pid = pid


class LeftoverError(GatewayError):
    """A process that a killed owner left running cannot be ended."""


# Authority, broker files and embedded broker.


class AuthorityError(GatewayError):
    """A certificate cannot be issued, read or revoked."""


class BrokerFilesError(GatewayError):
    """A broker's files cannot be written from what the registry holds."""


class BrokerUnusableError(GatewayError):
    """The embedded broker cannot be found, started or reached."""


# Receiving, journal and ledger.


class SettingsError(GatewayError):
    """The gateway cannot run with the settings it was given."""


class JournalUnusableError(GatewayError):
    """The journal's folder cannot be opened, or another gateway writes to it."""


class JournalDamagedError(GatewayError):
    """The journal is not what was written; the message names the file and the first problem."""


class JournalFullError(GatewayError):
    """The journal could not write: nothing of the batch is safe, nothing of it may be acknowledged."""


class ProtocolError(GatewayError):
    """What came from the broker is no MQTT; the connection is ended and made again."""


class ConnectionEndedError(GatewayError):
    """The connection to the broker is gone; another one is tried."""


class FolderUnwritableError(GatewayError):
    """A folder cannot be made or written."""


class AddressUnusableError(GatewayError):
    """An address cannot be listened on, because its port is taken for example."""


class MappingUnusableError(GatewayError):
    """A table of another maker's devices cannot be read, or a unit in it converts into nothing of ours."""


class DeviceUserError(GatewayError):
    """A device that knows only user and password cannot be entered, found or changed."""


class HistoryAwayError(GatewayError):
    """A database of somebody else does not answer, or refuses to."""
