"""Entries of the registry as they may be shown: places coarse, unless the steward asks for exact ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_store.registry.entities import KIND_OF, Garden
from sera_store.registry.fields import PRIVATE, entity_fields
from sera_store.release.places import coarse_place

if TYPE_CHECKING:
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry

# In place of the exact place of a garden; a table with these columns is never read as exact places.
PLACE_FIELDS: Final = ("place_latitude", "place_longitude", "place_uncertainty_m")


def released_fields(registry: Registry, entity: Entity, *, exact: bool = False) -> dict[str, Any]:
    """Return the fields of an entity as plain values.

    Parameters
    ----------
    registry
        Knows how closely a garden's host lets its place be known today: that decides about earlier entries
        as well, so that none tells what has been taken back since.
    entity
        An entity of the registry, of today or of its history.
    exact
        With exact places and what recorded files call themselves, for the steward on this machine alone.

    Returns
    -------
    dict
        By field. Without `exact` a garden has `PLACE_FIELDS`, None where its place is hidden, in place of
        its latitude and longitude.
    """
    fields = entity_fields(entity)
    if exact:
        return fields
    for name in PRIVATE.get(KIND_OF[type(entity)], ()):
        del fields[name]
    if isinstance(entity, Garden):
        today = registry.garden(entity.id) or entity
        place = coarse_place(msgspec.structs.replace(entity, consent=today.consent))
        values = (None,) * 3 if place is None else (place.latitude, place.longitude, place.uncertainty_m)
        fields |= dict(zip(PLACE_FIELDS, values, strict=True))
    return fields
