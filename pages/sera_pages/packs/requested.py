"""Packs that were asked for: a small file each beside the pack, in a folder of the installation's own."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from sera_pages.sending.withdrawals import stored_withdrawals, waiting_withdrawals
from sera_store.atomic_file import replacing
from sera_store.private_files import FILE_MODE, make_private
from sera_store.registry.entities import PERSON
from sera_vocabulary.series import WITHDRAWAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_pages.installation import ServedInstallation
    from sera_store.registry.dated_entries import Entry
    from sera_store.registry.entities import Node

FOLDER: Final = "packs"
# Whoever asks for a pack takes it away at once; what stays here would only grow old.
RETENTION_S: Final = 3_600
PACKS_MOST: Final = 6
# No process that makes one runs longer.
ENDED_S: Final = 600
_ID_BYTES: Final = 5


class State(StrEnum):
    """What a pack that was asked for has come to."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    OUTDATED = "outdated"
    """Something of its gardens was taken back, or given otherwise, since it was made: it may not leave."""


class RequestedPack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that somebody asked for.

    Parameters
    ----------
    id
        Drawn.
    first, last
        First and last day, ISO 8601.
    licence
        Under which it is.
    requested_s
        When, Unix time [s].
    entry, change
        Numbers of the newest entry of the registry about its gardens then, and of the newest record.
    state
        As far as it was written down.
    detail
        What the program said where it failed, in English.
    """

    id: str
    community: str
    gardens: tuple[str, ...]
    first: str
    last: str
    language: str
    kind: str
    title: str
    licence: str
    requested_s: int
    entry: int
    change: int
    state: State = State.MAKING
    detail: str = ""

    def words(self) -> list[str]:
        """Return what the command that makes it is told, each option with its value as one word."""
        return [
            *[f"--garden={garden}" for garden in self.gardens],
            f"--from={self.first}", f"--to={self.last}", f"--language={self.language}", f"--kind={self.kind}",
            f"--title={self.title}", f"--licence={self.licence}",
        ]  # fmt: skip


def draw_pack_id() -> str:
    """Draw the id of a pack, which cannot be guessed."""
    return f"pack-{secrets.token_hex(_ID_BYTES)}"


class RequestedPacks:
    """The packs of an installation that were asked for within the last hour.

    Parameters
    ----------
    installation
        Where its folder is, and what the time is.
    """

    def __init__(self, installation: ServedInstallation) -> None:
        self._installation = installation
        self._folder = installation.folder / FOLDER

    def path(self, name: str) -> Path:
        """Return where the file of a pack is."""
        return self._folder / f"{name}.zip"

    def put(self, pack: RequestedPack) -> None:
        """Write down a pack, kept on disk before it is answered."""
        make_private(self._folder)
        with replacing(self._folder / f"{pack.id}.json", mode=FILE_MODE) as file:
            file.write(msgspec.json.encode(pack))

    def of(self, community: str) -> list[RequestedPack]:
        """List the packs of a community, the newest first; older ones than an hour go."""
        packs = []
        for path in sorted(self._folder.glob("pack-*.json")):
            try:
                pack = msgspec.json.decode(path.read_bytes(), type=RequestedPack)
            except (OSError, msgspec.MsgspecError):
                continue
            if pack.requested_s + RETENTION_S < self._installation.now_s():
                self.remove(pack.id)
            elif pack.community == community:
                packs.append(msgspec.structs.replace(pack, state=self._state(pack)))
        return sorted(packs, key=lambda pack: (-pack.requested_s, pack.id))

    def find(self, community: str, name: str) -> RequestedPack | None:
        """Find a pack of a community; None where there is none, or no longer."""
        return next((pack for pack in self.of(community) if pack.id == name), None)

    def remove(self, name: str) -> None:
        """Take a pack away with all that belongs to it."""
        for path in (self.path(name), self._folder / f"{name}.json"):
            path.unlink(missing_ok=True)

    def _state(self, pack: RequestedPack) -> State:
        if pack.state is State.MAKING and pack.requested_s + ENDED_S < self._installation.now_s():
            # Whoever made it has ended, and made nothing.
            return State.FAILED
        about = (self._installation, pack.gardens)
        if pack.state is State.READY and (
            last_entry(*about) > pack.entry or is_withdrawn_since(*about, pack.change)
        ):
            return State.OUTDATED
        return pack.state


def entries_about(installation: ServedInstallation, gardens: Sequence[str]) -> list[Entry]:
    """List what was entered of gardens and of the people who count there: consent and licence among it."""
    registry = installation.registry
    people = {node.person for node in _counters(installation, gardens) if node.person}
    entered = [("garden", garden) for garden in gardens] + [("person", person) for person in sorted(people)]
    return [entry for kind, name in entered for entry in registry.history(kind, name)]


def last_entry(installation: ServedInstallation, gardens: Sequence[str]) -> int:
    """Return the number of the newest entry about gardens; 0 where there is none."""
    return max([entry.number for entry in entries_about(installation, gardens)], default=0)


def is_withdrawn_since(installation: ServedInstallation, gardens: Sequence[str], change: int) -> bool:
    """Return whether something of gardens was taken back after a change number, or is on its way."""
    counters = [node.id for node in _counters(installation, gardens)]
    # By number and not by time: a withdrawal may reach the store after the pack that was begun after it.
    if installation.view.last_change_of(counters, (WITHDRAWAL,)) > change:
        return True
    stored = stored_withdrawals(installation.view, counters)
    return any(waiting_withdrawals(installation.outbox, counters, stored))


def _counters(installation: ServedInstallation, gardens: Sequence[str]) -> list[Node]:
    nodes = installation.registry.nodes()
    return [node for node in nodes if node.detector == PERSON and node.garden in gardens]
