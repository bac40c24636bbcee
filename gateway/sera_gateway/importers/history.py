"""What other databases kept of devices, as messages for a table, and how far it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from sera_store.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.handover import Publication


class HistoryRow(NamedTuple):
    """One reading of another database.

    Parameters
    ----------
    series
        What it belongs to, so that a later run goes on behind it.
    position
        Its place in that series; grows with time.
    publication
        The message that it becomes.
    """

    series: str
    position: int
    publication: Publication


class HistorySource(Protocol):
    """A database of somebody else, opened for reading alone.

    Rows without a value are passed over and counted in `gaps`.
    """

    gaps: int

    @property
    def name(self) -> str:
        """Names the source among others, in the file of progress."""

    def rows(self, after: dict[str, int]) -> Iterator[HistoryRow]:
        """Iterate over the rows behind the positions of their series, in order within each series."""


class Progress:
    """How far each series of each source was taken: a file in the data folder.

    Without it everything is read again, and nothing is stored twice: a record is named by what it says.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._positions: dict[str, dict[str, int]] = {}
        try:
            self._positions = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, int]])
        except (FileNotFoundError, msgspec.DecodeError):
            # Damaged or not: what is here is not taken twice.
            self._positions = {}

    def of(self, source: str) -> dict[str, int]:
        """Return the positions of a source's series."""
        return dict(self._positions.get(source, {}))

    def note(self, source: str, positions: dict[str, int]) -> None:
        """Keep positions, once what they stand for is in the table of records."""
        self._positions[source] = {**self._positions.get(source, {}), **positions}
        write_private(self._path, msgspec.json.encode(self._positions, order="deterministic"))
