"""Messages from files, handed over by `sera ingest` to the gateway that runs, which journals them.

They go past the broker: no right on it is needed, and none is lent. The folder lies in the data folder, which
only its owner reads; a file appears whole, and goes once its messages are safe in the journal.
"""

from __future__ import annotations

import os
import secrets
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.journal.message import Message
from sera_store.atomic_file import replacing
from sera_store.private_files import FILE_MODE, make_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog


FOLDER: Final = "handover"
MESSAGES_A_FILE: Final = 500
_READY: Final = ".msgpack"
_UNREADABLE: Final = ".unreadable"


class Publication(msgspec.Struct, frozen=True, array_like=True):
    """One message from a file: its topic and its payload."""

    topic: str
    payload: bytes


_DECODER: Final = msgspec.msgpack.Decoder(list[Publication])


def as_message(publication: Publication, received_ns: int, connection: int) -> Message:
    """Write a publication as the journal keeps it: QoS 0 and id 0, since no broker waits for an answer."""
    return Message(received_ns, publication.topic, publication.payload, qos=0, mid=0, connection=connection)


def in_parts(publications: Iterable[Publication]) -> Iterator[list[Publication]]:
    """Iterate over publications in parts that are journaled in one piece."""
    iterator = iter(publications)
    while part := list(islice(iterator, MESSAGES_A_FILE)):
        yield part


def hand_over(data: Path, publications: Iterable[Publication]) -> list[Path]:
    """Write publications where the gateway of a data folder takes them from.

    Parameters
    ----------
    data
        The data folder.
    publications
        In the order in which they are taken.

    Returns
    -------
    list of Path
        The files; each goes once its messages are in the journal.

    Raises
    ------
    OSError
        The files cannot be written; none of them is left.
    """
    folder = data / FOLDER
    make_private(folder)
    name = secrets.token_hex(8)
    paths: list[Path] = []
    try:
        for number, part in enumerate(in_parts(publications)):
            path = folder / f"{name}-{number:08}{_READY}"
            paths.append(path)
            with replacing(path, mode=FILE_MODE, is_synced=False) as file:
                file.write(msgspec.msgpack.encode(part))
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return paths


class Handover:
    """The side of the gateway: takes one file after another into the journal.

    Parameters
    ----------
    data
        The data folder.
    clock_ns
        Stamps messages as they are taken: Unix time [ns].
    connection
        Number of the present connection to the broker.
    log
        Where files are reported that cannot be read.
    """

    def __init__(
        self,
        data: Path,
        clock_ns: Callable[[], int],
        connection: Callable[[], int],
        log: JsonLog,
    ) -> None:
        self._folder = data / FOLDER
        self._clock_ns = clock_ns
        self._connection = connection
        self._log = log

    def take(self, append: Callable[[Sequence[Message]], int]) -> int:
        """Journal the oldest file and remove it; return the journal's last number, 0 where there was no file.

        Raises
        ------
        JournalFullError
            The file stays.
        """
        path = self._next()
        if path is None:
            return 0
        try:
            publications = _DECODER.decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            self._set_aside(path, error)
            return 0
        now_ns, connection = self._clock_ns(), self._connection()
        last = append([as_message(publication, now_ns, connection) for publication in publications])
        # A kill before this line brings them again: a record is a repeat then, as with any broker.
        path.unlink(missing_ok=True)
        return last

    def _next(self) -> Path | None:
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(_READY)]
        except OSError:
            return None
        return self._folder / min(names) if names else None

    def _set_aside(self, path: Path, error: Exception) -> None:
        self._log.error("handover_unreadable", file=str(path), problem=type(error).__name__)
        try:
            path.rename(path.with_suffix(_UNREADABLE))
        except OSError:
            path.unlink(missing_ok=True)
