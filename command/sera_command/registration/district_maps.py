"""Districts from a map: entered all or none, with the gardens that lie in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_command.errors import BadInputError
from sera_command.registration.consequences import consequences
from sera_store.release.places import gardens_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_command.importers.district_areas import DistrictArea
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry
    from sera_store.store import Store


class EnteredDistricts(NamedTuple):
    """How many entries are new; by district the gardens in it; what is made again, in sentences."""

    changes: int
    members: dict[str, list[str]]
    lines: list[str]


def check_source(source: str, *, has_numbers: bool) -> None:
    """Refuse residents and deprivation of which nobody says where they are from.

    Raises
    ------
    BadInputError
        There are such numbers, and no source.
    """
    if has_numbers and not source:
        raise BadInputError("residents and deprivation need their source; say where they are from: --source")


def check_registered(registry: Registry, community: str) -> None:
    """Refuse districts of a community that is not there.

    Raises
    ------
    BadInputError
        It is not registered.
    """
    if registry.community(community) is None:
        raise BadInputError(
            f"community {community!r} is not registered; first: sera community new {community}"
        )


def enter_districts(
    store: Store, community: str, areas: Sequence[DistrictArea], since_s: int, by: str, *, assign: bool
) -> EnteredDistricts:
    """Enter districts of a community from a time [s] on.

    Parameters
    ----------
    assign
        Enter as well which gardens lie in which; hidden ones in none.

    Raises
    ------
    BadInputError
        A garden that is to be assigned lies in two of them.
    """
    registry = store.registry
    entries: list[tuple[Entity, int]] = [(area.district, since_s) for area in areas]
    members = {area.district.id: list(gardens_within(registry, community, area.rings)) for area in areas}
    if assign:
        entries += _assigned(registry, members, since_s)
    count = registry.put_all(entries, by=by)
    return EnteredDistricts(count, members, consequences(store, entries) if count else [])


def _assigned(
    registry: Registry, members: Mapping[str, Sequence[str]], from_s: int
) -> list[tuple[Entity, int]]:
    """Make the entries of gardens that lie in districts; one in two of them is refused."""
    districts: dict[str, str] = {}
    entries: list[tuple[Entity, int]] = []
    for district, gardens_inside in members.items():
        for name in gardens_inside:
            if name in districts:
                raise BadInputError(f"{name} lies in {districts[name]} and in {district}; mend the outlines")
            districts[name] = district
            garden = registry.garden(name)
            if garden is not None:
                entries.append((msgspec.structs.replace(garden, district=district), from_s))
    return entries
