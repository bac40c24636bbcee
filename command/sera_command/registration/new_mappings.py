"""Enter the table of a device family: its examples hold, its version is new; what brokers cannot carry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_command.errors import BadInputError
from sera_command.installation.foreign_topics import is_carried
from sera_gateway.config import DEVICES
from sera_gateway.families.trial import comparisons, try_example
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_command.installation.installation import Installation
    from sera_gateway.families.mapping_files import DeviceFamily
    from sera_store.registry.mappings import Mapping
    from sera_store.store import Store


class EnteredMapping(NamedTuple):
    """From when on a mapping holds, Unix time [s], and what somebody should know of its topics."""

    since_s: int
    advice: list[str]


def at_topic(mapping: Mapping, topic: str) -> Mapping:
    """Return a table for the topic that somebody's devices have, without the other topics of its own.

    Raises
    ------
    InvalidEntryError
        The topic is not valid for a mapping.
    """
    # Building it again checks the topic.
    return type(mapping)(**{**msgspec.structs.asdict(mapping), "topic": topic, "silent": ()})


def check_examples(name: str, family: DeviceFamily) -> None:
    """Refuse a table that does not do what its own examples say.

    Raises
    ------
    BadInputError
        An example differs.
    """
    for example in family.examples:
        for row in comparisons(example, try_example(family.mapping, example)):
            if not row.agrees:
                raise BadInputError(
                    f"mapping {family.mapping.id}: example {example.title!r} promises {row.what} "
                    f"{row.expected!r}, and {row.got!r} comes; correct the table or the example "
                    f"(sera mapping try {name})"
                )


def enter_mapping(
    installation: Installation, store: Store, mapping: Mapping, since_s: int, by: str
) -> EnteredMapping:
    """Enter a mapping from a time [s] on; one that has read nothing yet takes the place of its version.

    Raises
    ------
    BadInputError
        Another table has its version.
    """
    mappings = store.registry.mappings()
    existing = next((existing for existing in mappings if existing.id == mapping.id), None)
    if existing is not None and existing != mapping and mapping.version == existing.version:
        since_s = _replaced_from_s(store, mapping, since_s)
    _check_version(mapping, existing, is_unused=not store.records.knows_mapping(mapping.id))
    store.registry.put(mapping, since_s=since_s, by=by)
    if installation.broker.exists():
        installation.renew_rights(store)
    other_mappings = [existing for existing in mappings if existing.id != mapping.id]
    return EnteredMapping(since_s, list(_advice(mapping, other_mappings)))


def _replaced_from_s(store: Store, mapping: Mapping, from_s: int) -> int:
    """Return from when on a table takes the place of one of the same version: from that one's beginning."""
    return min(from_s, *(entry.since_s for entry in store.registry.history("mapping", mapping.id)))


def _check_version(mapping: Mapping, existing: Mapping | None, *, is_unused: bool) -> None:
    """Refuse another table under a version that is taken: records name the version they were read by.

    One that has read nothing yet may be corrected.
    """
    if existing is None or existing == mapping or (is_unused and mapping.version == existing.version):
        return
    if mapping.version <= existing.version:
        raise BadInputError(
            f"mapping {mapping.id} has version {existing.version} with other content; give yours version "
            f"{existing.version + 1} or more"
        )


def _advice(mapping: Mapping, other_mappings: Iterable[Mapping]) -> Iterator[str]:
    """Name what a broker cannot do with a mapping's topics, and which other mappings read some of them."""
    is_of_devices = mapping.filter.startswith(f"{DEVICES}/")
    if not (topic_filters.nats_problem(mapping.filter) or is_carried(mapping.filter) or is_of_devices):
        yield (
            "Its topic holds a dot, a * or an empty level, which NATS changes: the gateway of `sera up` does "
            "not hear it; run Mosquitto."
        )
    if character := topic_filters.nats_problem(mapping.filter):
        yield (
            f"Its topic holds {character}. NATS, the broker of `sera up`, takes none in a topic and ends the "
            "device's connection: let the device use another topic, or run Mosquitto."
        )
    for other in other_mappings:
        if topic_filters.overlap(mapping.filter, other.filter):
            wide = next(iter(topic_filters.merge([mapping.filter, other.filter])))
            yield (
                f"Mapping {other.id} reads some of its topics too; {min(mapping.id, other.id)} is asked "
                f"first. With both filters the gateway subscribes to {json.dumps(wide)}, so that each "
                "message comes once."
            )
