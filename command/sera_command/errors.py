"""What the `sera` command can fail with, and the one table of its exit codes."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """Exit codes of the `sera` command."""

    DONE = 0
    CHECK_FAILED = 1
    """A check failed: the accounts do not close, there is nothing to show, an example differs."""
    USAGE = 2
    """The command line is wrong."""
    BAD_INPUT = 3
    """A file, a configuration or an entry is not what it must be."""
    PART_MISSING = 4
    """A needed part is not installed, does not answer, or its port is taken."""
    CANNOT_WRITE = 5
    """A folder or file cannot be written."""
    INTERNAL = 70
    """Sera itself is at fault."""
    INTERRUPTED = 130
    """Ctrl-C, SIGTERM or a closing terminal ended it before it was done; what it started has ended too."""


class CommandError(Exception):
    """Base of the command's own errors."""


class BadInputError(CommandError):
    """A file or a configuration is not what it must be."""


class CannotWriteError(CommandError):
    """A folder or file cannot be written."""


class PartError(CommandError):
    """A real part is missing, is no program, or does not start."""


class PartMissingError(PartError):
    """A part is on this machine neither in the environment, nor on the PATH, nor in the cache."""

    def __init__(self, name: str, next_step: str) -> None:
        super().__init__(f"{name} is not on this machine; get it with {next_step}")
        self.name = name


class PartUnusableError(PartError):
    """A part's variable names something that is not a program."""

    def __init__(self, variable: str, program: str) -> None:
        super().__init__(
            f"{variable} names {program!r}, which is not a program that can be run; "
            f"name one, write 'none' to do without, or unset {variable} to have it searched"
        )
        self.variable = variable


class PartDidNotStartError(PartError):
    """A part was started and ended, or did not answer in time."""


class BoardStepError(PartError):
    """Putting a node onto its board failed at a step, which the message names first."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"step {step}: {reason}")
        self.step = step
        self.reason = reason


# Errors of all parts by `module.Class`, so that this table loads none of them; a subclass counts as its base.
EXIT_CODES: Final[dict[str, ExitCode]] = {
    "sera_command.errors.BadInputError": ExitCode.BAD_INPUT,
    "sera_command.errors.CannotWriteError": ExitCode.CANNOT_WRITE,
    "sera_command.errors.PartError": ExitCode.PART_MISSING,
    "sera_gateway.errors.NoRoomError": ExitCode.CANNOT_WRITE,
    "sera_gateway.errors.FolderUnwritableError": ExitCode.CANNOT_WRITE,
    "sera_gateway.errors.FolderInUseError": ExitCode.CANNOT_WRITE,
    "sera_gateway.errors.LeftoverError": ExitCode.PART_MISSING,
    "sera_gateway.errors.BrokerUnusableError": ExitCode.PART_MISSING,
    "sera_gateway.errors.AddressUnusableError": ExitCode.PART_MISSING,
    "sera_gateway.errors.AuthorityError": ExitCode.BAD_INPUT,
    "sera_gateway.errors.BrokerFilesError": ExitCode.BAD_INPUT,
    "sera_gateway.errors.SettingsError": ExitCode.BAD_INPUT,
    "sera_gateway.errors.DeviceUserError": ExitCode.BAD_INPUT,
    "sera_gateway.errors.HistoryAwayError": ExitCode.PART_MISSING,
    "sera_gateway.errors.MappingUnusableError": ExitCode.BAD_INPUT,
    "sera_gateway.importers.recording.UnreadableFileError": ExitCode.BAD_INPUT,
    "sera_gateway.errors.JournalDamagedError": ExitCode.CHECK_FAILED,
    "sera_gateway.errors.JournalUnusableError": ExitCode.CANNOT_WRITE,
    "sera_gateway.errors.JournalFullError": ExitCode.CANNOT_WRITE,
    "sera_workshop.errors.FolderUnusableError": ExitCode.CANNOT_WRITE,
    "sera_workshop.errors.WorkshopError": ExitCode.BAD_INPUT,
    "sera_coalition.errors.CoalitionError": ExitCode.BAD_INPUT,
    "sera_dashboards.errors.DashboardNotWrittenError": ExitCode.CANNOT_WRITE,
    "sera_dashboards.errors.DashboardError": ExitCode.BAD_INPUT,
    "sera_alerts.errors.AlertError": ExitCode.BAD_INPUT,
    "sera_analysis.errors.AnalysisError": ExitCode.BAD_INPUT,
    "sera_store.errors.ExtraMissingError": ExitCode.PART_MISSING,
    "sera_store.errors.StoreUnusableError": ExitCode.CANNOT_WRITE,
    "sera_store.errors.StoreError": ExitCode.BAD_INPUT,
    "builtins.UnicodeError": ExitCode.BAD_INPUT,
    "builtins.ConnectionError": ExitCode.PART_MISSING,
    "builtins.TimeoutError": ExitCode.PART_MISSING,
    "socket.gaierror": ExitCode.PART_MISSING,
    "builtins.PermissionError": ExitCode.CANNOT_WRITE,
    "builtins.FileExistsError": ExitCode.CANNOT_WRITE,
    "builtins.FileNotFoundError": ExitCode.BAD_INPUT,
    "builtins.IsADirectoryError": ExitCode.BAD_INPUT,
    "builtins.NotADirectoryError": ExitCode.BAD_INPUT,
    "builtins.KeyboardInterrupt": ExitCode.INTERRUPTED,
}

_BY_ERRNO: Final[dict[int, ExitCode]] = {
    errno.EADDRINUSE: ExitCode.PART_MISSING,
    errno.EADDRNOTAVAIL: ExitCode.PART_MISSING,
    errno.EHOSTUNREACH: ExitCode.PART_MISSING,
    errno.ENETUNREACH: ExitCode.PART_MISSING,
    errno.ENOSPC: ExitCode.CANNOT_WRITE,
    errno.EROFS: ExitCode.CANNOT_WRITE,
    errno.EDQUOT: ExitCode.CANNOT_WRITE,
}


def exit_code(error: BaseException) -> ExitCode:
    """Choose the exit code of an error.

    Parameters
    ----------
    error
        Whatever ended the verb.

    Returns
    -------
    ExitCode
        From the table, by the error's class or the nearest base in it; else `INTERNAL`.
    """
    for kind in type(error).__mro__:
        code = EXIT_CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return code
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, ExitCode.INTERNAL)
    return ExitCode.PART_MISSING if missing_library(error) else ExitCode.INTERNAL


def missing_library(error: BaseException) -> str:
    """Return the module of others that an error misses, as after `make demo`; else the empty text."""
    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return "" if name.startswith("sera_") else name


def explain(error: BaseException) -> str:
    """Describe an error in a few lines, for a person at a terminal."""
    # Only here: help loads no other part.
    from sera_store.plain_text import plain  # noqa: PLC0415 - as said

    # Lines after the first are set in: none is Sera's own.
    text = "\n  ".join([plain(line) for line in (str(error) or type(error).__name__).split("\n")])
    if isinstance(error, OSError) and error.filename and error.strerror:
        text = plain(f"{error.filename}: {error.strerror.lower()}")
    if isinstance(error, UnicodeError):
        text = f"a name or file is no UTF-8 ({plain(str(error))}); give it in UTF-8"
    if library := missing_library(error):
        text = (
            f"{plain(library)} is not in this environment, which may hold no more than the demo needs; get "
            "all: `make environment` in a checkout, else `pip install` with Sera's wheel"
        )
    if exit_code(error) is not ExitCode.INTERNAL:
        return f"sera: {text}"
    return (
        f"sera: unexpected {type(error).__name__}: {text}\n"
        "This is a fault of Sera. Set SERA_TRACEBACK=1 and report what it prints."
    )
