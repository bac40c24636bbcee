"""What pages ask the process that enters in the registry to do, and what it answers.

That process ends with its answer: keys, tables and devices' messages are never in the memory of what serves
pages. An order goes in by its stdin and the answer comes out by its stdout, so that nothing of either is on a
command line or in a log.
"""

from __future__ import annotations

from typing import Any

import msgspec


class SetFields(msgspec.Struct, frozen=True, kw_only=True, tag="set"):
    """Enter a change of an entry, or a new one: texts by field, as a column of a table has them."""

    kind: str
    id: str
    values: dict[str, str]
    is_new: bool = False


class ImportTable(msgspec.Struct, frozen=True, kw_only=True, tag="import"):
    """Enter a table, all rows or none; as a dry run only say what would change."""

    kind: str
    name: str
    content: bytes
    dry_run: bool


class ExportTable(msgspec.Struct, frozen=True, kw_only=True, tag="export"):
    """Write the entries of a kind as a table."""

    kind: str


class NewCommunity(msgspec.Struct, frozen=True, kw_only=True, tag="community"):
    """Register a community."""

    id: str
    title: str


class NewNode(msgspec.Struct, frozen=True, kw_only=True, tag="node"):
    """Register a node; the password of its network is in nothing that is shown or logged."""

    id: str
    garden: str
    detector: str
    mapping: str = ""
    known_as: tuple[str, ...] = ()
    simulated: bool = False
    board: str = ""
    sensors: tuple[str, ...] = ()
    network: str = ""
    password: str = ""
    country: str = ""


class NodeFiles(msgspec.Struct, frozen=True, kw_only=True, tag="files"):
    """Hand out the files of a board, once: its secret key is on this machine no more."""

    node: str


class NewKey(msgspec.Struct, frozen=True, kw_only=True, tag="key"):
    """Write the files of a board with a new key; the one before is good until the board has the new one."""

    node: str


class SettleKey(msgspec.Struct, frozen=True, kw_only=True, tag="flashed"):
    """The board has its newest key: shut out the earlier ones."""

    node: str


class ImportDistricts(msgspec.Struct, frozen=True, kw_only=True, tag="districts"):
    """Enter districts from GeoJSON, all or none."""

    name: str
    content: bytes
    id_from: str
    title_from: str
    residents_from: str
    deprivation_from: str
    source: str
    assign: bool


class FamilyTable(msgspec.Struct, frozen=True, kw_only=True):
    """The table of a device family, shipped by Sera or a text of one's own; perhaps with another topic."""

    family: str = ""
    text: str = ""
    topic: str = ""


class TryMapping(msgspec.Struct, frozen=True, kw_only=True, tag="try"):
    """Show what a message becomes by a table; nothing is entered."""

    table: FamilyTable
    topic: str
    payload: str
    timezone: str


class AddMapping(msgspec.Struct, frozen=True, kw_only=True, tag="mapping"):
    """Enter a table."""

    table: FamilyTable


class NewDevice(msgspec.Struct, frozen=True, kw_only=True, tag="device"):
    """Register a device that knows only a user and a password."""

    name: str
    prefix: str


class RotateDevice(msgspec.Struct, frozen=True, kw_only=True, tag="rotate"):
    """Replace the password of a device."""

    name: str


class RevokeDevice(msgspec.Struct, frozen=True, kw_only=True, tag="revoke"):
    """Shut a device out."""

    name: str


class MakeBundle(msgspec.Struct, frozen=True, kw_only=True, tag="bundle"):
    """Make the next bundle for a neighbouring community; perhaps one that stands for all before."""

    agreement: str
    begins_anew: bool


Act = (
    SetFields
    | ImportTable
    | ExportTable
    | NewCommunity
    | NewNode
    | NodeFiles
    | NewKey
    | SettleKey
    | ImportDistricts
    | TryMapping
    | AddMapping
    | NewDevice
    | RotateDevice
    | RevokeDevice
    | MakeBundle
)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An act, who asks for it, and for which community.

    Parameters
    ----------
    act
        What is to be done.
    by
        Id of the person, which the history names.
    community
        What is entered has to belong to it, or to none.
    since_s
        From when on it holds, Unix time [s]; None for now.
    """

    act: Act
    by: str
    community: str
    since_s: int | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Parameters
    ----------
    problem
        Why it was refused, in English, as the command says it; empty where it was done.
    content
        What the act answers, by name.
    """

    problem: str = ""
    content: dict[str, Any] = {}
