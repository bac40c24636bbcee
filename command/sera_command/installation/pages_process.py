"""The pages in a process of their own, which holds nothing but what serving takes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.errors import PartDidNotStartError
from sera_command.installation.child_process import ChildLog, end
from sera_gateway.process.log_file import LogFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.config import BrokerSettings

_READY: Final = "pages_ready"
_PORT_IN_USE: Final = "port_taken"


class PagesAddress(msgspec.Struct, frozen=True, kw_only=True):
    """How pages are reached.

    Parameters
    ----------
    listen
        Addresses and ports to listen on; the first is this machine's alone, port 0 takes a free one.
    names, proxied_names
        Names that a request may ask for: in the room, and those that a proxy on this machine serves.
    """

    listen: list[tuple[str, int]]
    names: tuple[str, ...] = ()
    proxied_names: tuple[str, ...] = ()


class _Ready(msgspec.Struct):
    ports: list[int]


@contextmanager
def running_pages(
    folder: Path,
    broker: BrokerSettings,
    address: PagesAddress,
    log: Path,
    on_ports: Callable[[list[int]], None] = lambda _: None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the pages of an installation while the body runs.

    Parameters
    ----------
    folder
        The data folder.
    broker
        Where the broker is, with the certificate of the pages.
    address
        How they are reached.
    log
        Where their log is appended, one JSON object a line, without addresses of clients.
    on_ports
        Called with the ports once they are served.

    Raises
    ------
    PartDidNotStartError
        A port is taken, or they were not ready within 90 s.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sera_pages.serving"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=os.name == "posix",
    )
    lines = ChildLog("pages", process, LogFile(log), _READY)
    try:
        _tell(process, folder, broker, address)
        try:
            lines.await_ready()
        except PartDidNotStartError as error:
            if _PORT_IN_USE in str(error):
                raise PartDidNotStartError(_port_problem(address)) from error
            raise
        on_ports(msgspec.json.decode(lines.ready_line, type=_Ready).ports)
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        end(process)
        lines.close()


def _tell(
    process: subprocess.Popen[bytes], folder: Path, broker: BrokerSettings, address: PagesAddress
) -> None:
    program = [sys.executable, "-m", "sera_command"]
    settings = {
        "folder": str(folder),
        "broker": broker,
        "explain": [*program, "explain", "--json", "--data", str(folder)],
        "freeze": [*program, "workshop", "freeze", "--data", str(folder)],
        "compare": [*program, "compare", "action", "--json", "--data", str(folder)],
        "pack": [*program, "pack", "--data", str(folder)],
        "register": [sys.executable, "-m", "sera_command.registration.desk", str(folder)],
        **msgspec.structs.asdict(address),
    }
    assert process.stdin is not None  # noqa: S101 - asked for
    process.stdin.write(msgspec.json.encode(settings) + b"\n")
    process.stdin.flush()


def _port_problem(address: PagesAddress) -> str:
    places = " or ".join(f"{host} port {port}" for host, port in address.listen)
    return (
        f"the pages cannot be served on {places}: it is in use, or the address is not of this machine; "
        "choose another port with --page-port, or another address with --lan"
    )
