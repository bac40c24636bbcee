"""A board with MicroPython at a USB cable, found, asked, written to and restarted by mpremote's protocol."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import io
import os
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from sera_command.errors import BoardStepError, PartMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

STEP_BOARD: Final = "board"
STEP_FILES: Final = "files"
STEP_START: Final = "start"

_ANSWER_WITHIN_S: Final = 5
_RETRY_S: Final = 0.3
_IMAGES: Final = "https://micropython.org/download/"
_EXTRA: Final = "pip install 'sera-gardens[flash]'"
# What mpremote and the serial line below it raise where a board falls silent in the middle of a word.
_SILENCE: Final = (OSError, struct.error, UnicodeDecodeError, ValueError, SyntaxError)


def _mpremote() -> tuple[Any, Any]:
    """Load mpremote's serial line and its errors; it has no types of its own."""
    try:
        serial_line = importlib.import_module("mpremote.transport_serial")
        return serial_line, importlib.import_module("mpremote.transport")
    except ModuleNotFoundError as error:
        raise PartMissingError("mpremote", _EXTRA) from error


def require() -> None:
    """Raise PartMissingError where mpremote is not installed."""
    _mpremote()


def ports() -> list[str]:
    """List the serial ports that a USB device has brought, as `/dev/ttyACM0`."""
    _mpremote()
    comports = importlib.import_module("serial.tools.list_ports").comports
    return sorted(port.device for port in comports() if port.vid is not None)


def only_port() -> str:
    """Return the one serial port of a board.

    Raises
    ------
    BoardStepError
        When there is none, or more than one.
    """
    boards = ports()
    if not boards:
        raise BoardStepError(
            STEP_BOARD,
            "no board at any USB port; plug it in with a cable that carries data, not only power. One "
            "without MicroPython shows none: hold BOOTSEL while you plug a Pico in, and name its "
            "image: --image FILE",
        )
    if len(boards) > 1:
        raise BoardStepError(
            STEP_BOARD,
            f"more than one is plugged in; name one: --port {boards[0]} (there are {', '.join(boards)})",
        )
    return boards[0]


class UsbBoard:
    """One board at its serial port, in MicroPython's raw REPL; a context manager.

    Parameters
    ----------
    port
        The serial port.

    Raises
    ------
    BoardStepError
        At the step `board`, where nothing there speaks MicroPython.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self._line: Any = None
        self._enter(STEP_BOARD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the port; the board keeps doing what it does."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(*_SILENCE):
                line.close()

    def run(self, code: str, step: str, within_s: float = _ANSWER_WITHIN_S) -> str:
        """Run lines of Python on the board and return what they print.

        Raises
        ------
        BoardStepError
            At `step`, where they fail or no answer comes in time [s].
        """
        with self._speaking(step, "it stopped answering"):
            output, error = self._line.exec_raw(code, timeout=within_s)
        if error:
            raise BoardStepError(step, f"the board says: {_last_line(error)}")
        return bytes(output).decode(errors="replace").replace("\r\n", "\n")

    def write(self, path: str, content: bytes) -> None:
        """Write one file whole, and read its SHA-256 back.

        Raises
        ------
        BoardStepError
            At the step `files`, where the board takes it not, or took something else.
        """
        with self._speaking(STEP_FILES, f"it stopped answering in the middle of {path}"):
            self._line.fs_writefile(path, content)
        if self.digest(path) != hashlib.sha256(content).digest():
            raise BoardStepError(
                STEP_FILES,
                f"{path} reads otherwise than it was written; its flash may be worn: try again, "
                "then with another board",
            )

    def digest(self, path: str) -> bytes | None:
        """Return the SHA-256 of a file, or None where there is none."""
        with self._speaking(STEP_FILES, f"it stopped answering at {path}"):
            if not self._line.fs_exists(path):
                return None
            return bytes(self._line.fs_hashfile(path, "sha256"))

    def names(self, folder: str) -> list[str]:
        """List the names in a folder, or none where it is not there."""
        with self._speaking(STEP_FILES, f"it stopped answering at {folder}"):
            if not self._line.fs_isdir(folder):
                return []
            return [entry.name for entry in self._line.fs_listdir(folder)]

    def make_folder(self, folder: str) -> None:
        """Make a folder where it is not there yet; the one above it is."""
        with self._speaking(STEP_FILES, f"it stopped answering at {folder}"):
            if not self._line.fs_isdir(folder):
                self._line.fs_mkdir(folder)

    def remove(self, path: str) -> None:
        """Remove a file."""
        with self._speaking(STEP_FILES, f"it stopped answering at {path}"):
            self._line.fs_rmfile(path)

    def order(self, code: str, step: str) -> None:
        """Run what ends the conversation on the board, and release the port."""
        with self._speaking(step, "it did not take the order"):
            self._line.exec_raw_no_follow(code)
        self.close()

    def restart(self, step: str = STEP_START) -> None:
        """Reset the board as its button does, and let go of the port."""
        self.order("import machine\nmachine.reset()", step)

    def restart_and_enter(self, step: str, within_s: float) -> None:
        """Reset the board and speak with it again, once it is back [s]."""
        self.restart(step)
        self.wait(step, within_s)

    def wait(self, step: str, within_s: float) -> None:
        """Connect to the board again once it is there.

        Raises
        ------
        BoardStepError
            At `step`, where it is not back in time.
        """
        end = time.monotonic() + within_s
        while True:
            try:
                self._enter(step)
            except BoardStepError as error:
                if time.monotonic() >= end:
                    raise BoardStepError(
                        step,
                        f"the board did not come back within {within_s:g} s of its reset ({error.reason}); "
                        "unplug it, plug it in, and run the command again",
                    ) from error
                time.sleep(_RETRY_S)
            else:
                return

    def forget(self) -> None:
        """Clear the board's memory of what it has loaded: a soft reset, which starts no node."""
        with self._speaking(STEP_FILES, "it did not come back from a soft reset"):
            self._line.enter_raw_repl(soft_reset=True, timeout_overall=_ANSWER_WITHIN_S)

    def _enter(self, step: str) -> None:
        """Open the port and enter the raw REPL; a program that runs there is interrupted."""
        self.close()
        _check_port(self.port, step)
        serial_line, errors = _mpremote()
        # mpremote prints what it could not read.
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                self._line = serial_line.SerialTransport(self.port, timeout=_ANSWER_WITHIN_S)
            except (errors.TransportError, OSError) as error:
                raise BoardStepError(
                    step,
                    f"{self.port} is in use by another program; end it (a serial monitor, Thonny, an "
                    "editor), or unplug the board and plug it in",
                ) from error
            try:
                self._line.enter_raw_repl(soft_reset=False, timeout_overall=_ANSWER_WITHIN_S)
            except (errors.TransportError, *_SILENCE) as error:
                self.close()
                raise BoardStepError(
                    step,
                    f"{self.port} does not answer as MicroPython; put it on the board first: --image FILE, "
                    f"from {_IMAGES}, or name another port with --port",
                ) from error

    @contextlib.contextmanager
    def _speaking(self, step: str, silence: str) -> Iterator[None]:
        """Turn what goes wrong while speaking into one error of a step."""
        _, errors = _mpremote()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        except errors.TransportExecError as error:
            raise BoardStepError(
                step, f"the board says: {_last_line(error.error_output.encode())}"
            ) from error
        except OSError as error:
            # mpremote gives the number of the board's error with the file as its text.
            if error.errno and error.strerror and error.strerror != os.strerror(error.errno):
                raise BoardStepError(step, _file_problem(error)) from error
            raise BoardStepError(step, f"{silence} ({error}); {_AGAIN}") from error
        except (errors.TransportError, *_SILENCE) as error:
            raise BoardStepError(step, f"{silence} ({error}); {_AGAIN}") from error


_AGAIN: Final = "see that the plug sits, and run the command again: what is on the board already stays"


def _file_problem(error: OSError) -> str:
    """Return what a board's file system refused; mpremote names the file as the error's text."""
    if error.errno == errno.ENOSPC:
        return (
            f"there is no room for {error.strerror} on the board; see what is there (mpremote fs ls), remove "
            "what is not the node's, and run the command again"
        )
    return f"{error.strerror}: {os.strerror(error.errno or 0)}; {_AGAIN}"


def _check_port(port: str, step: str) -> None:
    path = Path(port)
    if os.name != "posix":
        return
    if not path.exists():
        there = ", ".join(ports()) or "none"
        raise BoardStepError(step, f"there is no port {port}; USB devices have: {there}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise BoardStepError(
            step,
            f"{port} may not be opened by this user; on Linux: sudo usermod -aG dialout $USER, then log in "
            "again",
        )


def _last_line(traceback: bytes) -> str:
    lines = traceback.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "nothing"
