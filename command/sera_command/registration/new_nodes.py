"""Register a node, issue its certificate and write the files for its board."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sera_command.boards.contents import BoardContents
from sera_command.boards.node_files import BoardFiles
from sera_command.errors import BadInputError
from sera_command.installation.boards import folder_of, write_board
from sera_store.registry.entities import NO_DETECTOR, PERSON, Node
from sera_store.release.persons import draw_counter_id
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, is_name

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation
    from sera_store.registry.entities import Entity, Garden
    from sera_store.store import Store


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node that is asked for.

    Parameters
    ----------
    id, garden, detector
        As in `Node`.
    mapping
        Id of the mapping that alone brings its readings; None for a board of ours, or for any mapping that
        knows it.
    known_as
        Names by which another maker's device calls itself.
    is_simulated
        Whether it is a virtual board.
    contents
        What its board gets besides keys.
    """

    id: str
    garden: str
    detector: str = NO_DETECTOR
    mapping: str | None = None
    known_as: tuple[str, ...] = ()
    is_simulated: bool = False
    contents: BoardContents = field(default_factory=BoardContents)

    @property
    def is_foreign(self) -> bool:
        """Whether it is another maker's device, which gets no certificate."""
        return self.mapping is not None or bool(self.known_as)


class Registered(NamedTuple):
    """A node as it is registered, and its board; None for another maker's device."""

    node: Node
    board: BoardFiles | None


def node_names(
    requested: str | None, detector: str, known_as: tuple[str, ...] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return the id of a node and the names it is known as, from what somebody wrote.

    A name that is no id is that of another maker's device, and gives an id; a person's id is drawn, since a
    typed one would say who counts.

    Raises
    ------
    BadInputError
        There is no id, or none follows from the name.
    """
    # A node with a detector is a board of ours: what is no id is a slip there.
    if requested is not None and detector == NO_DETECTOR and not is_name(requested):
        return id_of(requested), (*known_as, requested)
    if detector == PERSON:
        if requested is not None:
            raise BadInputError(
                f"{requested!r} cannot be a person's id: it would say who counts. Leave it out, "
                "and one is drawn"
            )
        return draw_counter_id(), known_as
    if requested is None:
        raise BadInputError("the node has no id; name one, such as: sera node new elm-1 --garden elm-yard")
    return requested, known_as


def id_of(name: str) -> str:
    """Make a node's id of the name that a device has given itself.

    Raises
    ------
    BadInputError
        Nothing that can be an id is left of it.

    Examples
    --------
    >>> id_of("tasmota_A1B2C3")
    'tasmota-a1b2c3'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    node = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:NAME_LONGEST].strip("-")
    if not is_name(node):
        raise BadInputError(
            f"node id {name!r} is not possible, and no id follows from it; expected {NAME_SHORTEST} to "
            f"{NAME_LONGEST} of the characters a-z, 0-9 and -: sera node new ID --known-as {name!r}"
        )
    return node


def register_node(
    installation: Installation, store: Store, new_node: NewNode, since_s: int, by: str
) -> Registered:
    """Register a node from a time [s] on; a board of ours gets a certificate, and its files.

    Raises
    ------
    BadInputError
        Its garden or mapping is not registered, or the id exists already.
    """
    home = _garden(store, new_node.garden)
    if new_node.contents != BoardContents() and (new_node.is_foreign or new_node.detector == PERSON):
        raise BadInputError("--board, --sensor and --wifi are for boards that run Sera's firmware")
    entity = Node(
        new_node.id,
        new_node.garden,
        new_node.detector,
        way_in=mapping_id(store, new_node.mapping),
        known_as=new_node.known_as,
        simulated=new_node.is_simulated,
    )
    if store.registry.node(new_node.id) is not None or folder_of(installation, new_node.id).exists():
        raise BadInputError(
            f"node {new_node.id!r} exists already; node ids are never reused, choose another, or enter what "
            f"is new of it: sera node move, replace or change"
        )
    if new_node.is_foreign:
        store.registry.put(entity, since_s=since_s, by=by)
        return Registered(entity, None)
    issued = installation.authority.issue("node", new_node.id)
    folder = write_board(installation, issued, home.community)
    new_node.contents.write(folder)
    entries: list[tuple[Entity, int]] = [(entity, since_s)]
    entries += [(probe, since_s) for probe in new_node.contents.probes(new_node.id)]
    store.registry.put_all(entries, by=by)
    return Registered(entity, BoardFiles(issued, folder, installation.renew_rights(store)))


def mapping_id(store: Store, mapping: str | None) -> str:
    """Return the id of a registered mapping; the empty text for None.

    Raises
    ------
    BadInputError
        It is not registered.
    """
    if mapping is not None and mapping not in {existing.id for existing in store.registry.mappings()}:
        raise BadInputError(
            f"mapping {mapping!r} is not registered; first: sera mapping add {mapping} --help"
        )
    return mapping or ""


def _garden(store: Store, garden: str) -> Garden:
    home = store.registry.garden(garden)
    if home is None:
        raise BadInputError(f"garden {garden!r} is not registered; first: sera garden new {garden} --help")
    return home
