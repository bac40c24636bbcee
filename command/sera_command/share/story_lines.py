"""One version of a story in lines, for a terminal or a machine: what the function that releases lets out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sera_commons.items.consent import Use
from sera_commons.items.guarded_plants import look_alikes
from sera_commons.items.release import Reader, ReleasedItem, release
from sera_commons.plants.table import load_plants

if TYPE_CHECKING:
    from sera_commons.items.item import PlantName
    from sera_commons.items.release import StoredVersion
    from sera_commons.storage.shelf import Shelf


def version_fields(shelf: Shelf, stored: StoredVersion) -> dict[str, Any]:
    """Return a version by field: texts and lists of texts.

    Notes
    -----
    It is released as to its giver: who may see it at all was asked before, and what is guarded stays out for
    everybody.
    """
    assert stored.item is not None  # noqa: S101 - asked by the caller
    reader = Reader(stored.author, shelf.community)
    view = release(stored, Use.PAGE, reader, date.fromisoformat(stored.day), shelf.audiences())
    assert isinstance(view, ReleasedItem)  # noqa: S101 - its giver sees it always
    consent = stored.item.consent
    return {
        "item": view.name,
        "title": view.title,
        "kind": view.kind.value,
        "language": view.language,
        "given": f"{view.day}, by {view.giver or 'somebody who is not named'}, entry {stored.number}",
        "version": _version(view),
        "told": [
            f"{part.text} (as told by {part.told_by})" if part.told_by else part.text
            for part in view.statements
        ],
        "plants": [_plant(plant) for plant in view.plants],
        "gardens": list(view.gardens),
        "allergens": "not stated"
        if view.allergens is None
        else ", ".join(view.allergens) or "none of the fourteen",
        "files": [f"{file.name} {file.description}".strip() for file in view.files],
        "for": _audience(shelf, consent.audience),
        "uses": ", ".join(consent.uses) or "none",
        "licence": view.licence,
        "until": consent.review,
    }


def _version(view: ReleasedItem) -> str:
    note = view.version_note or "no note"
    return f"{note}, after version {view.based_on}" if view.based_on else note


def _plant(plant: PlantName) -> str:
    """Name a plant with what warns of it; no warning is no promise that it is harmless."""
    catalogued = load_plants().get(plant.taxon)
    warnings = ["poisonous"] if catalogued is not None and catalogued.poison is not None else []
    warnings += [f"mistaken for the poisonous {row.mistaken_for}" for row in look_alikes(plant.taxon)]
    name = f"{plant.name} ({plant.language}), {plant.taxon or 'not identified'}"
    return f"{name}; {'; '.join(warnings)}" if warnings else name


def _audience(shelf: Shelf, audience: str) -> str:
    defined = shelf.audiences().get(audience)
    return defined.name if defined is not None else audience
