"""What a node that has just started sends, as the running installation stores it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from sera_command.errors import PartError
from sera_command.terminal import echo
from sera_vocabulary.measurements import BATTERY_VOLTAGE
from sera_vocabulary.series import AIR, COUNTS, HEALTH, SOIL, VISITS

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation
    from sera_store.store import Store

_CONNECT_WITHIN_S: Final = 5.0


def require_running(installation: Installation) -> None:
    """Raise PartError unless the broker of `sera up` answers."""
    address = installation.address()
    try:
        socket.create_connection((address.host, address.port), _CONNECT_WITHIN_S).close()
    except OSError as error:
        raise PartError(
            f"nothing answers at {address.host} port {address.port} ({error.strerror or error}); start "
            f"`sera up --data {installation.folder}` in another terminal, then try again"
        ) from error


def newest_values(store: Store, node: str, start_s: int, end_s: int) -> dict[str, float | None]:
    """Return the last value of each column that a node sent, with Unix times [s] of this span."""
    values: dict[str, float | None] = {}
    for series in (SOIL, AIR, VISITS, COUNTS, HEALTH):
        for row in store.records.current(series=series, start_s=start_s, end_s=end_s + 1, node=node):
            values |= {
                name: value
                for name, value in zip(row.record.columns, row.record.values, strict=True)
                # Of the board's own health only what a sensor measures.
                if series != HEALTH or name == BATTERY_VOLTAGE
            }
    return values


def say_values(values: dict[str, float | None]) -> None:
    """Print the last value of each column."""
    for column, value in values.items():
        echo(f"  {column}: {'the sensor failed' if value is None else f'{value:g}'}")
