"""Enter an entry of any kind by its fields, or many by a table, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_command.errors import BadInputError
from sera_command.registration import entry_tables
from sera_command.registration.consequences import consequences
from sera_store.registry.belonging import check_community
from sera_store.registry.entities import KIND_OF, PERSON, Community, Garden, Node
from sera_store.registry.fields import build_entity, fields_of, id_field
from sera_store.registry.mappings import Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_command.installation.installation import Installation
    from sera_command.registration.entry_tables import EntryRows
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry
    from sera_store.store import Store

# Entered by verbs that try examples and versions, draw ids, or estimate from labels.
OWN_VERBS: Final = {
    "mapping": "sera mapping add",
    "source": "sera ingest",
    "verification": "sera labels estimate",
    "person": "sera invite new` and `sera person change",
}


class FieldChange(NamedTuple):
    """A change of one entry, or a new one.

    Parameters
    ----------
    kind, name
        One of the registry's kinds, and the entry's id.
    values
        New values by field; those that are not named stay.
    since_s
        From when on it holds, Unix time [s].
    by
        Who says so.
    community
        The community that it has to belong to; None for any.
    """

    kind: str
    name: str
    values: dict[str, Any]
    since_s: int
    by: str
    community: str | None = None


class Outcome(NamedTuple):
    """How many entries are new, and what they make again, in sentences."""

    changes: int
    lines: list[str]


def check_own_verb(kind: str) -> None:
    """Refuse what only a verb of its own can enter rightly: it checks, draws or computes more than fields.

    Raises
    ------
    BadInputError
        It is of such a kind.
    """
    verb = OWN_VERBS.get(kind)
    if verb is not None:
        raise BadInputError(f"a {kind} is entered by `{verb}`, which does more than note its fields")


def read_values(kind: str, texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read the values of fields from texts.

    Raises
    ------
    BadInputError
        A name is no field, is named twice, or is the id.
    InvalidEntryError
        A text is no value of its field.
    """
    by_name = {field.name: field for field in fields_of(kind)}
    values: dict[str, Any] = {}
    for name, text in texts:
        if name not in by_name:
            raise BadInputError(f"{name!r} is no field of a {kind}; expected one of {', '.join(by_name)}")
        if name == id_field(kind):
            raise BadInputError(f"{name} names the entry and never changes; enter a new one instead")
        if name in values:
            raise BadInputError(f"{name} is named twice; name it once")
        values[name] = by_name[name].read(text)
    return values


def enter_fields(installation: Installation, store: Store, change: FieldChange) -> Outcome:
    """Enter a change, or something new; what held before stays known.

    Raises
    ------
    InvalidEntryError
        The entry is not possible, or another community's.
    BadInputError
        It is a person's id that was typed.
    """
    registry, kind, name = store.registry, change.kind, change.name
    before = registry.entity(kind, name, change.since_s) or registry.entity(kind, name)
    entity = build_entity(kind, {id_field(kind): name, **change.values}, before)
    _check_person(entity, before)
    if change.community is not None:
        check_community(registry, change.community, [(entity, before)])
    entries: list[tuple[Entity, int]] = [(entity, change.since_s)]
    count = registry.put_all(entries, by=change.by)
    return Outcome(count, _follow(installation, store, entries) if count else [])


def enter_rows(
    installation: Installation,
    store: Store,
    rows: EntryRows,
    by: str,
    *,
    community: str | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Enter the rows of a table, all or none.

    Parameters
    ----------
    by, community
        As in `FieldChange`.
    dry_run
        Check all rows, and enter nothing.

    Raises
    ------
    BadInputError, InvalidEntryError
        Some cannot be entered.
    """
    registry = store.registry
    if community is not None:
        pairs = [(entity, _before(registry, entity, since_s)) for entity, since_s in rows.entries]
        check_community(registry, community, pairs)
    count = entry_tables.enter(registry, rows, by=by, dry_run=dry_run)
    return Outcome(count, _follow(installation, store, rows.entries) if count and not dry_run else [])


def _before(registry: Registry, entity: Entity, since_s: int) -> Entity | None:
    kind = KIND_OF[type(entity)]
    return registry.entity(kind, entity.id, since_s) or registry.entity(kind, entity.id)


def _follow(installation: Installation, store: Store, entries: Sequence[tuple[Entity, int]]) -> list[str]:
    """Renew the broker's rights where entries change them; return what follows from the entries."""
    if installation.has_broker and any(
        isinstance(entity, Community | Garden | Node | Mapping) for entity, _ in entries
    ):
        installation.renew_rights(store)
    return consequences(store, entries)


def _check_person(entity: Entity, before: Entity | None) -> None:
    """Refuse a typed id for a person who counts: it would say who counts."""
    if isinstance(entity, Node) and entity.detector == PERSON and before is None:
        raise BadInputError(
            f"node {entity.id!r} cannot be a person's id: a typed one would say who counts. Enter people by "
            "`sera node new --detector person`, which draws one"
        )
