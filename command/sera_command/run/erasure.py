"""Erase messages of a person from a stopped installation, step by step; each step can be repeated."""

from __future__ import annotations

import shutil
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.bundles.contents import pseudonyms_of
from sera_coalition.bundles.given.salts import Salts, salts_file
from sera_command.backups.creation import STAGING
from sera_command.errors import PartError
from sera_gateway.config import DataSettings
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import ErasedMessage
from sera_gateway.decode.mappings import Mappings
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.erasure import Subject, TombstoneReason, bury, delivery_hashes, find_messages
from sera_gateway.process.ownership import owned
from sera_pages.accounts.schema import FOLDER, open_accounts
from sera_pages.sending.outbox import Outbox
from sera_store.database.follower_status import ROLLUPS
from sera_store.ledger.erasure import ErasedKeys

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from sera_gateway.config import GatewaySettings
    from sera_store.ledger.erasure import Erasure
    from sera_store.store import Store

_OWN: Final = ("journal", "store")
_PIECE_BYTES: Final = 1 << 20


class Subjects(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subject as the registry notes it."""

    node: str | None = None
    from_s: int | None = None
    to_s: int | None = None
    numbers: tuple[tuple[int, int], ...] = ()

    def subject(self) -> Subject:
        """Return what is to be found in the journal."""
        ever = Subject()
        return Subject(
            self.node,
            ever.from_s if self.from_s is None else self.from_s,
            ever.to_s if self.to_s is None else self.to_s,
            tuple([range(first, last + 1) for first, last in self.numbers]),
        )

    def text(self) -> str:
        """Return it as the registry keeps it."""
        return msgspec.json.encode(self).decode()


@contextmanager
def hold_stopped(data: Path) -> Iterator[None]:
    """Own an installation and hold its journal, so that no gateway runs or starts meanwhile.

    Raises
    ------
    FolderInUseError, JournalUnusableError
        When a gateway runs.
    """
    with owned(data, "erase"), Journal(DataSettings(folder=str(data)).journal, time.time_ns):
        yield


def messages_of(data: Path, store: Store, subjects: Subjects) -> list[int]:
    """List the journal numbers of what is to be erased, with all that holds the same records."""
    subject = subjects.subject()
    noted = (
        store.erasures.messages_of(subject.node, subject.from_s, subject.to_s)
        if subject.node is not None
        else []
    )
    with JournalReader(DataSettings(folder=str(data)).journal) as journal:
        return find_messages(journal, _mappings(store), subject, noted)


def finish(
    data: Path,
    store: Store,
    erasure: Erasure,
    settings: GatewaySettings | None,
    environ: Mapping[str, str] | os._Environ[str],
    checkpoint: Callable[[str], None] = lambda _: None,
) -> None:
    """Do everything that an erasure still lacks; killed at any moment, the same call does the rest.

    Parameters
    ----------
    settings
        The gateway's, where InfluxDB or JSON lines follow it.
    environ
        Holds InfluxDB's token, where that is in the environment.
    checkpoint
        Called with each step's name when it is done; where tests end the process.

    Raises
    ------
    PartError
        When a follower of the store cannot be reached, so that it still has what is to be erased.
    """
    for staging in data.glob(f"{STAGING}*"):
        shutil.rmtree(staging, ignore_errors=True)
    subject = msgspec.json.decode(erasure.what, type=Subjects).subject()
    tombstones = _bury(data, store, erasure, checkpoint)
    checkpoint("buried")
    whole = subject.node if subject.is_whole_node else None
    store.erasures.supersede(erasure, tombstones, whole)
    checkpoint("superseded")
    _follow(store, settings, environ)
    _make_figures_again(store)
    _follow(store, settings, environ)
    _refuse_behind(store)
    checkpoint("followed")
    rows = store.erasures.purge(erasure)
    if subject.node is not None:
        store.rollups.forget_fixed(subject.node, subject.from_s, subject.to_s)
    checkpoint("purged")
    if settings is not None and settings.json_lines.path:
        from sera_store.outputs.json_lines import erase_lines  # noqa: PLC0415 - only where there is such a file

        erase_lines(Path(settings.json_lines.path), rows)
    checkpoint("lines erased")
    nodes = {keys.node for keys in tombstones}
    _forget_entries(data, nodes)
    _forget_salts(data, store, nodes)
    store.compact()
    checkpoint("compacted")
    store.erasures.finish(erasure)


def _forget_entries(data: Path, nodes: set[str]) -> None:
    """Forget what plain forms and the command line have entered under the same counters."""
    if nodes and (data / FOLDER).is_dir():
        with closing(open_accounts(data)) as accounts:
            Outbox(accounts, time.time).forget(nodes)


def _forget_salts(data: Path, store: Store, nodes: set[str]) -> None:
    """Remove the salts of what is erased: digests that bundles left of it can no longer be guessed."""
    ever = store.registry.gardens_ever()
    gardens = set[str]().union(*(ever.get(node, set()) for node in nodes))
    for community in store.registry.communities():
        if salts_file(data, community.id).is_file():
            pseudonyms = pseudonyms_of(community.id)
            Salts.open(data, community.id).forget(gardens, map(pseudonyms.of, nodes))


def files_naming(data: Path, node: str) -> list[Path]:
    """List files of an installation, beside journal and store, in which a node's id still stands."""
    files = [
        path
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.relative_to(data).parts[0] not in _OWN
    ]
    return [path for path in files if _holds(path, node.encode())]


def _bury(data: Path, store: Store, erasure: Erasure, checkpoint: Callable[[str], None]) -> list[ErasedKeys]:
    """Leave tombstones in the journal, and read back which keys they name."""
    folder, mappings = DataSettings(folder=str(data)).journal, _mappings(store)
    messages = store.erasures.messages(erasure)
    with JournalReader(folder) as journal:
        store.erasures.forget_deliveries(delivery_hashes(journal, messages))
    why = TombstoneReason(erasure.number, erasure.reason, store.erasures.keys_of(messages))
    bury(folder, mappings, messages, why, checkpoint)
    keys = []
    with JournalReader(folder) as journal:
        for entry in filter(None, map(journal.entry, messages)):
            stone = decode(entry)
            if isinstance(stone, ErasedMessage) and stone.node and stone.epoch:
                keys.append(ErasedKeys(entry.number, stone.node, stone.epoch, stone.seqs))
    return keys


def _follow(
    store: Store, settings: GatewaySettings | None, environ: Mapping[str, str] | os._Environ[str]
) -> None:
    """Run every follower of the store to its end: roll-ups, and those that the gateway's settings name."""
    store.rollups.catch_up()
    if settings is None:
        return
    if settings.json_lines.path:
        from sera_store.outputs.json_lines import JsonLinesFollower  # noqa: PLC0415 - as in the gateway

        lines = JsonLinesFollower(store, Path(settings.json_lines.path))
        while lines.step():
            pass
        lines.close()
    if settings.influxdb.url:
        # Its client takes a second to load.
        from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget  # noqa: PLC0415

        influxdb = settings.influxdb
        target = InfluxTarget(influxdb.url, influxdb.org, influxdb.bucket, influxdb.token(environ))
        follower = InfluxFollower(store, target)
        try:
            while follower.step():
                pass
            follower.rest()
        finally:
            follower.close()


def _refuse_behind(store: Store) -> None:
    behind = [
        follower for follower in store.followers.statuses() if follower.name != ROLLUPS and follower.behind
    ]
    if behind:
        raise PartError(
            f"follower {behind[0].name} still has what is to be erased ({behind[0].behind} rows to go); name "
            "the gateway's settings with --config, and run `sera erase` again: it goes on from here"
        )


def _make_figures_again(store: Store) -> None:
    """Make the figures again that were made from what is erased, where there are figures at all."""
    if store.results.has_any():
        from sera_analysis.runs.jobs import analyse  # noqa: PLC0415 - it takes a second to load

        analyse(store)


def _mappings(store: Store) -> Mappings:
    mappings = Mappings(store.registry)
    mappings.renew()
    return mappings


def _holds(path: Path, text: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            if text in tail + piece:
                return True
            tail = piece[-len(text) :]
    return False
