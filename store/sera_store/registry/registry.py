"""The registry: who and what is where, since when, with every change kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from sera_store.errors import InvalidEntryError, RejectedEntriesError, UnknownNameError
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.dated_entries import DatedEntries, Entry, in_force
from sera_store.registry.entities import (
    CERTIFICATE_WAY,
    KIND_OF,
    KINDS,
    PAGES_WAY,
    PERSON,
    Calibration,
    Community,
    District,
    Entity,
    Garden,
    Node,
    ProbePlace,
    RecordedSource,
)
from sera_store.registry.garden_metadata import GardenSoil, Verification
from sera_store.registry.mappings import Mapping
from sera_store.registry.persons import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sera_store.database.database import Database

__all__ = [
    "Calibration",
    "Community",
    "District",
    "Entry",
    "Garden",
    "Mapping",
    "Node",
    "Person",
    "ProbePlace",
    "RecordedSource",
    "Registry",
]

EntityT = TypeVar("EntityT", bound=Entity)


class Registry:
    """Communities, districts, gardens, nodes, probes and calibrations by date, in a database of their own.

    An entry holds from its date until the next later date; of two with the same date the one written last
    holds. Reading is from memory, made again when this or another process has written.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._local = threading.local()
        database.on_rollback(self._forget)

    def transaction(self) -> AbstractContextManager[object]:
        """Keep others from writing, so that what is read inside still holds when it is written."""
        return self._database.transaction()

    def put(self, entity: Entity, *, since_s: int, by: str) -> int:
        """Write an entry; the same as the one in force changes nothing.

        Parameters
        ----------
        since_s
            From when on it holds, Unix time [s].
        by
            Who says so.

        Returns
        -------
        int
            The registry's version after it.

        Raises
        ------
        UnknownNameError
            When it names a community, district, garden, node or mapping that the registry does not know.
        InvalidEntryError
            When a node's id is used for another kind of node.
        """
        # Building it again checks an entity that was made without its checks.
        entity = msgspec.convert(msgspec.to_builtins(entity), type(entity))
        with self._database.transaction() as connection:
            self._check(entity)
            if not self._repeats(entity, since_s):
                dated = self._dated(type(entity)).setdefault(entity.id, DatedEntries([], []))
                connection.execute(
                    "INSERT INTO entries (kind, id, valid_from_s, recorded_s, author, fields) "
                    "VALUES (?,?,?,?,?,?)",
                    (
                        KIND_OF[type(entity)],
                        entity.id,
                        since_s,
                        int(self._clock()),
                        by,
                        msgspec.json.encode(entity, order="deterministic").decode(),
                    ),
                )
                dated.enter(since_s, entity)
            return self._version()

    def put_all(self, entries: Sequence[tuple[Entity, int]], *, by: str) -> int:
        """Write entries, all of them or none.

        Parameters
        ----------
        entries
            Each with from when on it holds, Unix time [s]; later ones may name earlier ones.
        by
            Who says so.

        Returns
        -------
        int
            How many differ from what was in force at their time; those that do not are not written.

        Raises
        ------
        RejectedEntriesError
            Some cannot be entered; it names each by its index, and nothing was written.
        """
        problems: dict[int, str] = {}
        with self._database.transaction():
            before = self._version()
            for index, (entity, since_s) in enumerate(entries):
                try:
                    if self._at(type(entity), entity.id, since_s) != entity:
                        self.put(entity, since_s=since_s, by=by)
                except (UnknownNameError, InvalidEntryError) as error:
                    problems[index] = str(error)
            if problems:
                raise RejectedEntriesError(problems)
            return self._version() - before

    def atomic(self) -> AbstractContextManager[object]:
        """Make what is entered in the body hold together, or, if it raises, not at all."""
        return self._database.transaction()

    def _repeats(self, entity: Entity, since_s: int) -> bool:
        same = [entry for entry in self.history(KIND_OF[type(entity)], entity.id) if entry.since_s == since_s]
        return bool(same) and max(same, key=lambda entry: entry.number).entity == entity

    def _check(self, entity: Entity) -> None:
        if isinstance(entity, District | Garden | Person):
            self._require(Community, entity.community, entity)
        if isinstance(entity, Garden) and entity.district is not None:
            self._require(District, entity.district, entity)
        if isinstance(entity, Node) and entity.garden is not None:
            self._require(Garden, entity.garden, entity)
        if isinstance(entity, Node) and entity.way_in not in ("", CERTIFICATE_WAY, PAGES_WAY):
            self._require(Mapping, entity.way_in, entity)
        if isinstance(entity, GardenSoil | Verification | CheckLimit):
            self._require(Garden, entity.garden, entity)
        if isinstance(entity, ProbePlace) and entity.node is not None:
            self._require(Node, entity.node, entity)
        if isinstance(entity, Node):
            self._check_kind(entity)
            self._check_names(entity)

    def _require(self, kind: type[Entity], name: str, by: Entity) -> None:
        if self._at(kind, name, None) is None:
            raise UnknownNameError(
                f"{KIND_OF[type(by)]} {by.id}: {KIND_OF[kind]} {name!r} is not in the registry; add it first"
            )

    def _check_kind(self, node: Node) -> None:
        for entry in self.history("node", node.id):
            if isinstance(entry.entity, Node) and (entry.entity.detector == PERSON) != (
                node.detector == PERSON
            ):
                raise InvalidEntryError(
                    f"node {node.id}: the id was used for a {entry.entity.detector}, and ids are never used "
                    "again for another kind; choose a new id"
                )
            if isinstance(entry.entity, Node) and entry.entity.simulated != node.simulated:
                was = "simulated" if entry.entity.simulated else "real"
                raise InvalidEntryError(
                    f"node {node.id}: it was entered as {was}, which its records say for ever; choose a "
                    "new id"
                )

    def _check_names(self, node: Node) -> None:
        """Refuse a name that another node goes by in messages of the same mapping."""
        for other in self._all(Node, None) if node.known_as else ():
            shared = set(node.known_as) & set(other.known_as)
            if other.id != node.id and shared and node.way_in == other.way_in:
                raise InvalidEntryError(
                    f"node {node.id}: {min(shared)!r} is what {other.id} is known as; take the name from "
                    f"that node first (sera node change {other.id} --nameless), or enter their mappings"
                )

    def version(self) -> int:
        """Return a number that grows with each change, by which caches can be renewed."""
        return self._version()

    def _version(self) -> int:
        return int(self._database.rows("SELECT coalesce(max(number), 0) FROM entries")[0][0])

    def community(self, name: str, at_s: int | None = None) -> Community | None:
        """Find a community at a time [s], or as last entered; None where there is none."""
        return self._at(Community, name, at_s)

    def district(self, name: str, at_s: int | None = None) -> District | None:
        """Find a district at a time [s], or as last entered; None where there is none."""
        return self._at(District, name, at_s)

    def garden(self, name: str, at_s: int | None = None) -> Garden | None:
        """Find a garden at a time [s], or as last entered; None where there is none."""
        return self._at(Garden, name, at_s)

    def node(self, name: str, at_s: int | None = None) -> Node | None:
        """Find a node at a time [s], or as last entered; None where there is none."""
        return self._at(Node, name, at_s)

    def nodes_by_name(self) -> dict[str, list[str]]:
        """List for each name that devices give themselves the nodes that were ever known by it."""
        names: dict[str, set[str]] = {}
        for node, dated in self._dated(Node).items():
            for name in {name for entity in dated.entities for name in entity.known_as}:
                names.setdefault(name, set()).add(node)
        return {name: sorted(nodes) for name, nodes in names.items()}

    def person(self, name: str, at_s: int | None = None) -> Person | None:
        """Find a person at a time [s], or as last entered; None where there is none."""
        return self._at(Person, name, at_s)

    def persons(self, community: str | None = None, at_s: int | None = None) -> list[Person]:
        """List the persons of a community, or of all, by id."""
        return [person for person in self._all(Person, at_s) if community in (None, person.community)]

    def probe(self, serial: str, at_s: int | None = None) -> ProbePlace | None:
        """Find where a probe is at a time [s], or as last entered; None where not entered."""
        return self._at(ProbePlace, serial, at_s)

    def communities(self, at_s: int | None = None) -> list[Community]:
        """List the communities by id."""
        return self._all(Community, at_s)

    def districts(self, community: str | None = None, at_s: int | None = None) -> list[District]:
        """List the districts of a community, or of all, by id."""
        return [district for district in self._all(District, at_s) if community in (None, district.community)]

    def gardens(self, community: str | None = None, at_s: int | None = None) -> list[Garden]:
        """List the gardens of a community, or of all, by id."""
        return [garden for garden in self._all(Garden, at_s) if community in (None, garden.community)]

    def nodes(self, garden: str | None = None, at_s: int | None = None) -> list[Node]:
        """List the nodes of a garden, or of all, by id."""
        return [node for node in self._all(Node, at_s) if garden in (None, node.garden)]

    def probes(self, node: str | None = None, at_s: int | None = None) -> list[ProbePlace]:
        """List the probes of a node, or of all, by serial."""
        return [probe for probe in self._all(ProbePlace, at_s) if node in (None, probe.node)]

    def place_of(self, node: str, at_s: int | None = None) -> tuple[str, str] | None:
        """Return a node's community and garden at a time [s], None where it stands nowhere."""
        entity = self.node(node, at_s)
        if entity is None or entity.garden is None:
            return None
        garden = self.garden(entity.garden, at_s) or self.garden(entity.garden)
        return (garden.community, garden.id) if garden else None

    def calibrations(self, serial: str, at_s: int | None = None) -> list[Calibration]:
        """List the calibrations of a probe that hold at a measurement time [s], or ever, by target."""
        calibrations = [
            calibration
            for calibration in self._all(Calibration, None)
            if calibration.serial == serial
            and (at_s is None or calibration.valid_from_s <= at_s)
            and (at_s is None or calibration.valid_to_s is None or at_s < calibration.valid_to_s)
        ]
        return sorted(
            calibrations,
            key=lambda calibration: (calibration.target, calibration.valid_from_s, calibration.id),
        )

    def mappings(self, at_s: int | None = None) -> list[Mapping]:
        """List the mappings of other makers' devices at a time [s], or as last entered, by id."""
        return self._all(Mapping, at_s)

    def mapping_moments(self) -> list[int]:
        """List the times from which entries of mappings hold, Unix time [s], ascending."""
        return sorted({since for dated in self._dated(Mapping).values() for since in dated.since_s})

    def recorded_source(self, source: str) -> RecordedSource | None:
        """Find under which ids a recorded file's source is kept; None where it is new."""
        return next(
            (recorded for recorded in self._all(RecordedSource, None) if recorded.source == source), None
        )

    def entity(self, kind: str, name: str, at_s: int | None = None) -> Entity | None:
        """Find an entity of a kind at a time [s], or as last entered; None where there is none."""
        return self._at(KINDS[kind], name, at_s)

    def entities(self, kind: str, at_s: int | None = None) -> list[Entity]:
        """List the entities of a kind at a time [s], or as last entered, by id; withdrawn ones too."""
        return self._all(KINDS[kind], at_s)

    def soil(self, garden: str, at_s: int | None = None) -> GardenSoil | None:
        """Find what is known of a garden's soil at a time [s], or as last entered; None without an entry."""
        return self._at(GardenSoil, garden, at_s)

    def verifications(self, garden: str | None = None, at_s: int | None = None) -> list[Verification]:
        """List what labels said about the detectors of a garden, or of all, by id."""
        return [
            verification
            for verification in self._all(Verification, at_s)
            if garden in (None, verification.garden)
        ]

    def limits(self, at_s: int | None = None) -> list[CheckLimit]:
        """List the gardens' own limits of checks at a time [s], or as last entered, by id."""
        return [limit for limit in self._all(CheckLimit, at_s) if not limit.withdrawn]

    def limit_names(self) -> frozenset[str]:
        """Return the measurements for which any garden has had a limit of its own."""
        every = self._dated(CheckLimit).values()
        return frozenset({limit.measurement for dated in every for limit in dated.entities})

    def limit_moments(self) -> list[int]:
        """List the times from which entries of limits hold, Unix time [s], ascending."""
        return sorted({since for dated in self._dated(CheckLimit).values() for since in dated.since_s})

    def moments(self) -> list[int]:
        """List the times at which anything here begins or ends to hold, Unix time [s], ascending.

        Between two neighbours all answers of the registry stay the same, so what is derived from them may
        be kept.
        """
        moments = {row[0] for row in self._database.rows("SELECT DISTINCT valid_from_s FROM entries")}
        for entry in self._dated(Calibration).values():
            for calibration in entry.entities:
                moments.update({calibration.valid_from_s, calibration.valid_to_s or calibration.valid_from_s})
        return sorted(moments)

    def entries_after(self, number: int) -> list[Entry]:
        """List what was entered after an entry's number, oldest first."""
        rows = self._database.rows(
            "SELECT number, kind, valid_from_s, recorded_s, author, fields FROM entries WHERE number>? "
            "ORDER BY number",
            (number,),
        )
        return [
            Entry(entry_number, since_s, recorded_s, by, msgspec.json.decode(fields, type=KINDS[kind]))
            for entry_number, kind, since_s, recorded_s, by, fields in rows
        ]

    def standings(self) -> list[tuple[str, Node]]:
        """List each garden with the nodes that stood in it at some time, as they were then."""
        return [
            (entity.garden, entity)
            for dated in self._dated(Node).values()
            for entity in dated.entities
            if entity.garden is not None
        ]

    def nodes_ever_in(self, garden: str) -> list[str]:
        """List the nodes that stood in a garden at some time."""
        return sorted(name for name, gardens in self.gardens_ever().items() if garden in gardens)

    def gardens_ever(self) -> dict[str, set[str]]:
        """Return by node the gardens in which it stood at some time."""
        return {
            name: {entity.garden for entity in dated.entities if entity.garden is not None}
            for name, dated in self._dated(Node).items()
        }

    def history(self, kind: str, name: str) -> list[Entry]:
        """List all entries of one name, oldest first.

        Parameters
        ----------
        kind
            One of `sera_store.registry.entities.KINDS`.
        """
        rows = self._database.rows(
            "SELECT number, valid_from_s, recorded_s, author, fields FROM entries WHERE kind=? AND id=? "
            "ORDER BY number",
            (kind, name),
        )
        return [
            Entry(number, since_s, recorded_s, by, msgspec.json.decode(fields, type=KINDS[kind]))
            for number, since_s, recorded_s, by, fields in rows
        ]

    def _at(self, kind: type[EntityT], name: str, at_s: int | None) -> EntityT | None:
        return in_force(self._dated(kind).get(name), at_s)

    def _all(self, kind: type[EntityT], at_s: int | None) -> list[EntityT]:
        by_name = self._dated(kind)
        entities = [in_force(by_name[name], at_s) for name in sorted(by_name)]
        return [entity for entity in entities if entity is not None]

    def _dated(self, kind: type[EntityT]) -> dict[str, DatedEntries[EntityT]]:
        # data_version grows with each commit of another connection, ours excepted: put() enters ours.
        version = self._database.version()
        if getattr(self._local, "version", None) != version:
            self._local.memory = self._load()
            self._local.version = version
        memory: dict[Any, dict[str, DatedEntries[EntityT]]] = self._local.memory
        return memory.setdefault(kind, {})

    def _forget(self) -> None:
        """Read everything again at the next question: what was entered has been undone."""
        self._local.version = None

    def _load(self) -> dict[type[Entity], dict[str, DatedEntries[Any]]]:
        memory: dict[type[Entity], dict[str, DatedEntries[Any]]] = {}
        rows = self._database.rows(
            "SELECT kind, id, valid_from_s, fields FROM entries ORDER BY valid_from_s, number"
        )
        for kind, name, since_s, fields in rows:
            entity_type = KINDS[kind]
            dated = memory.setdefault(entity_type, {}).setdefault(name, DatedEntries([], []))
            dated.since_s.append(since_s)
            dated.entities.append(msgspec.json.decode(fields, type=entity_type))
        return memory
