"""`sera node flash`: a node's files onto its board, step by step, until its first reading is here."""

from __future__ import annotations

import json
import time
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command.boards import flashing, image, questions, usb
from sera_command.boards.arrivals import newest_values, require_running, say_values
from sera_command.boards.flashing import BACK_WITHIN_S
from sera_command.boards.network import NETWORK_FILE
from sera_command.boards.node_files import forget_key, missing_contents, newest
from sera_command.errors import BadInputError, BoardStepError
from sera_command.installation.boards import boards_elsewhere, folder_of
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation, is_loopback
from sera_command.installation.moments import now_s
from sera_command.installation.renewals import open_renewal
from sera_command.terminal import echo, warn
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from sera_store.store import Store

STEP_READING: Final = "reading"
_WITHIN_S: Final = 180.0
_POLL_S: Final = 0.5
_EVERY_FILES: Final = 10


def flash(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    port: Annotated[
        str | None, typer.Option(metavar="PORT", help="Serial port of the board, where there are several.")
    ] = None,
    image_file: Annotated[
        Path | None,
        typer.Option("--image", metavar="FILE", help="MicroPython's own image, for a board without it."),
    ] = None,
    drive: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the drive of a Pico is mounted.")
    ] = None,
    within_s: Annotated[
        float, typer.Option("--within", min=1, help="How long to wait for the first reading [s].")
    ] = _WITHIN_S,
    keep_key: Annotated[
        bool, typer.Option("--keep-key", help="Leave the node's secret key on this host, too.")
    ] = False,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Put a node onto the board at the USB cable, and wait for its first reading.

    Files, network and way to the broker are tried on the board before it starts; what fails is named by its
    step. The board's secret key is removed from this host once the first reading is here. Needs `sera up` in
    another terminal, and the extra `flash`. For an ESP32's image it needs esptool: pipx install esptool.
    """
    usb.require()
    installation = Installation.existing(data)
    with installation.store() as store:
        if store.registry.node(node) is None:
            raise BadInputError(f"node {node!r} is not registered; `sera node list` shows them")
    files = _files(installation, node)
    require_running(installation)
    config = json.loads(files["config.json"])
    broker = config["broker"]
    if is_loopback(broker["host"]):
        warn(f"Its files name {broker['host']} as the broker: on a board that is the board itself.")
    if image_file is not None:
        image.drive_of(image_file)
        _say("image", f"{image_file.name} ...")
        image.put(image_file, port, drive)
        port = port or _wait_for_port()
    with usb.UsbBoard(port or usb.only_port()) as board:
        if image_file is not None:
            board.wait(usb.STEP_BOARD, BACK_WITHIN_S)
        _prepare(board, files, config)
        with installation.store() as store:
            before = _received(store, node)
            began_s = now_s()
            flashing.release(board)
            light_words = "; its light flashes twice, short, once it has sent" if config.get("light") else ""
            _say(usb.STEP_START, f"reset; the node starts{light_words}")
            _wait_for_reading(store, board, node, before, within_s)
            say_values(newest_values(store, node, began_s - HOUR_S, now_s()))
    if not keep_key:
        _forget_key(installation, node)


def _prepare(board: usb.UsbBoard, files: dict[str, bytes], config: dict[str, Any]) -> None:
    """Take all steps before the node starts."""
    machine, version = questions.about(board)
    _say(usb.STEP_BOARD, f"{machine}, MicroPython {version}, at {board.port}")
    flashing.hold(board)
    written = flashing.copy(board, files, _say_progress)
    board.forget()
    _say(usb.STEP_FILES, f"{written} written, {len(files) - written} were there already")
    signal_dbm = questions.join_network(board, files[NETWORK_FILE])
    _say(questions.STEP_NETWORK, f"joined, {signal_dbm} dBm")
    has_name, broker = questions.reach_broker(board, config), config["broker"]
    host = broker["host"] if has_name else broker["address"]
    _say(questions.STEP_BROKER, f"{host} port {broker['port']} lets it in")
    if not has_name:
        _say(
            questions.STEP_BROKER,
            f"the board did not find {broker['host']} in this network: with another address of this machine "
            "it needs its files again",
        )


def _files(installation: Installation, node: str) -> dict[str, bytes]:
    """Read what goes onto the board; all of it must be there before the board is touched."""
    folder = folder_of(installation, node)
    files = flashing.read_files(folder)
    missing = missing_contents(folder)
    if missing:
        raise BadInputError(
            f"{folder} has not yet {' and not '.join(missing)}; write it: sera node files {node} --help"
        )
    if node in boards_elsewhere(installation):
        raise BadInputError(
            f"the files of {node} name another address of the broker than `sera up` has now; write them "
            f"again: sera node files {node}"
        )
    return files


def _wait_for_port() -> str:
    """Return the port of a board that has just got its image."""
    end = time.monotonic() + BACK_WITHIN_S
    while not usb.ports() and time.monotonic() < end:
        time.sleep(_POLL_S)
    return usb.only_port()


def _received(store: Store, node: str) -> tuple[int, int]:
    """Count what is here of a node: stored with its time, and without."""
    accounts = store.completeness(node)
    return sum(account.stored for account in accounts), sum(account.undated for account in accounts)


def _wait_for_reading(
    store: Store, board: usb.UsbBoard, node: str, before: tuple[int, int], within_s: float
) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        stored, undated = _received(store, node)
        if stored > before[0]:
            _say(STEP_READING, f"{stored - before[0]} records of {node} are here")
            return
        if undated > before[1]:
            _say(
                STEP_READING,
                f"{undated - before[1]} records of {node} are here, without their time so far: no time "
                "server answers the board (UDP port 123); they are dated once one does",
            )
            return
        time.sleep(_POLL_S)
    raise BoardStepError(
        STEP_READING,
        f"nothing came within {within_s:g} s of the reset, though the broker let the board in before. "
        f"{_last_words(board)} The board keeps trying; see `sera deadletters list`, and its light",
    )


def _last_words(board: usb.UsbBoard) -> str:
    """Ask a board that sends nothing what it knows, and let it go on."""
    try:
        board.wait(usb.STEP_START, BACK_WITHIN_S)
        error = board.run(
            "try:\n print(open('last_error').read())\nexcept OSError:\n print('')", STEP_READING
        )
        board.restart()
    except BoardStepError as silence:
        return f"It does not answer any more ({silence.reason})."
    return f"Its last error was {error.strip()}." if error.strip() else "It notes no error of its own."


def _forget_key(installation: Installation, node: str) -> None:
    if open_renewal(installation, node) is not None:
        echo(f"Its key stays on this host: another one is on its way to {node}.", err=True)
        return
    if forget_key(installation, newest(installation, node))[0]:
        echo(f"The secret key of {node} is on its board alone now.")


def _say(step: str, text: str) -> None:
    echo(f"{step:8} {text}", err=True)


def _say_progress(done: int, count: int) -> None:
    if done % _EVERY_FILES == 0:
        _say(usb.STEP_FILES, f"{done} of {count}")
