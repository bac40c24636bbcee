"""`sera node try`: a node's files on a virtual board, through the running installation."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command.boards import trial
from sera_command.boards.arrivals import newest_values, require_running, say_values
from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.boards import folder_of, write_board
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo
from sera_store.registry.entities import Node
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.topics import NAME_LONGEST

if TYPE_CHECKING:
    from sera_store.records.completeness import NodeAccount
    from sera_store.store import Store

_SUFFIX: Final = "-try"
_HOURS: Final = 3
_ARRIVE_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.5


def try_node(
    node: Annotated[str, typer.Argument(help="Id of the node.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Run a node's wiring on a virtual board in real MicroPython, through the running `sera up`.

    Three hours of a simulated garden are measured, kept, and sent as the board would, by a simulated node
    NODE-try with keys of its own: all that comes of it says so, and none of it is in a figure of real nodes.
    Exits with 1 where not all of it arrives.
    """
    program = trial.interpreter()
    installation = Installation.existing(data)
    require_running(installation)
    end_s = now_s()
    start_s = end_s - _HOURS * HOUR_S
    with installation.store() as store, TemporaryDirectory(prefix="sera-try-") as scratch:
        config, folder = _companion(installation, store, node, start_s)
        name = config["node"]
        epochs = {account.epoch for account in store.completeness(name)}
        echo(f"{name}: {len(config['sensors'])} sensors, {_HOURS} hours of a simulated garden ...", err=True)
        answer = trial.run(config, folder, Path(scratch), (start_s, end_s), program)
        account = _arrived(store, name, epochs, answer.made)
        values = newest_values(store, name, start_s, end_s)
    stored = account.stored if account else 0
    echo(f"{answer.interpreter} made {answer.made} records; {stored} are stored here.")
    say_values(values)
    if stored < answer.made:
        echo(
            f"Not all arrived: see `sera completeness --node {name}` and `sera deadletters list`, each with "
            f"--data {installation.folder}",
            err=True,
        )
        raise typer.Exit(ExitCode.CHECK_FAILED)
    echo(
        f"Its wiring and the way into this installation work. "
        f"{node}'s own key and Wi-Fi were not tried: copy its folder to the board."
    )


def _companion(
    installation: Installation, store: Store, name: str, start_s: int
) -> tuple[dict[str, Any], Path]:
    """Register the simulated node that tries for a node, and write its board's files; return its config."""
    node = store.registry.node(name)
    if node is None:
        raise BadInputError(f"node {name!r} is not registered; `sera node list` shows them")
    if node.simulated and name.endswith(_SUFFIX):
        raise BadInputError(f"{name} is itself a trial; name the node that it tries")
    sensors = _sensors(installation, name)
    place = store.registry.place_of(name)
    if place is None:
        raise BadInputError(
            f"node {name!r} stands in no garden; first: sera node move {name} --garden GARDEN"
        )
    companion = name[: NAME_LONGEST - len(_SUFFIX)].rstrip("-") + _SUFFIX
    before = store.registry.node(companion)
    if before is not None and not before.simulated:
        raise BadInputError(f"node {companion!r} is a real one; nothing can be tried under its name")
    if before is None or before.garden != place[1]:
        entity = Node(companion, place[1], node.detector, simulated=True)
        store.registry.put(entity, since_s=start_s, by=BY)
    good = installation.authority.good(companion)
    issued = good[-1] if good else installation.authority.issue("node", companion)
    folder = write_board(installation, issued, place[0])
    installation.renew_rights(store)
    config = json.loads((folder / "config.json").read_bytes())
    return {**config, "sensors": _renamed(sensors)}, folder


def _sensors(installation: Installation, node: str) -> list[dict[str, Any]]:
    path = folder_of(installation, node) / "config.json"
    try:
        sensors = json.loads(path.read_bytes()).get("sensors")
    except FileNotFoundError:
        sensors = None
    except ValueError as error:
        raise BadInputError(f"{path} is no JSON ({error}); correct it") from error
    if not isinstance(sensors, list) or not sensors:
        raise BadInputError(
            f"{path} names no sensors, so that there is nothing to try; name them there, or by --sensor of "
            "`sera node new`"
        )
    return sensors


def _renamed(sensors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace the serials of the probes: those of the node are bound to its calibrations and places."""
    return [
        {**sensor, "serial": f"try-{index}"} if "serial" in sensor else sensor
        for index, sensor in enumerate(sensors, 1)
    ]


def _arrived(store: Store, node: str, before: set[str], made: int) -> NodeAccount | None:
    """Wait until all records of the new epoch are stored; return its account, as far as it came."""
    end = time.monotonic() + _ARRIVE_WITHIN_S
    while True:
        accounts = [account for account in store.completeness(node) if account.epoch not in before]
        account = accounts[-1] if accounts else None
        if (account is not None and account.stored >= made) or time.monotonic() >= end:
            return account
        time.sleep(_POLL_S)
