"""A story as JSON-LD with schema.org's terms, and back: nothing is lost on the way.

Recipes are `Recipe` with `HowToStep`, stories `CreativeWork`. Who reads only schema.org has title, language,
text, ingredients, steps, plants, giver, licence and media; what is ours alone stands under terms of a small
context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_commons.items.item import Item, ItemKind, MediaNote, PlantName, Role, Statement
from sera_store.licence import NO_LICENCE, Licence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_commons.items.consent import Consent

CONTEXT_FILE: Final = "context.jsonld"
_TERMS: Final = "urn:sera:terms:"
_OURS: Final = (
    "statements", "role", "toldBy", "localName", "taxon", "guarded", "grownIn", "allergens", "versionNote",
    "heldBy", "replacesVersions", "keepersAgreed", "basedOnVersion", "form",
)  # fmt: skip
CONTEXT: Final[dict[str, Any]] = {
    "@context": {
        "@version": 1.1,
        "@vocab": "https://schema.org/",
        "contentUrl": {"@type": "@id"},
        "license": {"@type": "@id"},
        "statements": {"@id": f"{_TERMS}statements", "@container": "@list"},
        **{name: f"{_TERMS}{name}" for name in _OURS if name != "statements"},
    }
}
_TYPES: Final = {ItemKind.RECIPE: "Recipe", ItemKind.STORY: "CreativeWork"}


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or sound of an item: its file beside the description, and its type."""

    name: str
    media_type: str


def to_json_ld(
    item: Item, item_id: str, version: int, day: str, files: Sequence[MediaFile]
) -> dict[str, Any]:
    """Return a version as JSON-LD, without its consent, which stands in a file of its own.

    Parameters
    ----------
    item
        The version.
    item_id, version, day
        By which it is named, and when it was given.
    files
        One for each note of the item's media.
    """
    document: dict[str, Any] = {
        "@context": f"../{CONTEXT_FILE}",
        "@type": _TYPES[item.kind],
        "@id": f"urn:sera:{item_id}:{version}",
        "form": item.form,
        "name": item.title,
        "inLanguage": item.language,
        "version": version,
        "dateCreated": day,
        "versionNote": item.version_note,
        "basedOnVersion": item.based_on,
        "text": "\n".join(part.text for part in item.statements if part.role == Role.TEXT),
        "statements": [
            {"role": part.role.value, "text": part.text, "toldBy": part.told_by} for part in item.statements
        ],
        "about": [_taxon(plant) for plant in item.plants],
        "grownIn": list(item.gardens),
        "allergens": None if item.allergens is None else list(item.allergens),
        "heldBy": item.held_by,
        "replacesVersions": list(item.replaces),
        "keepersAgreed": list(item.agreed),
        "associatedMedia": [_media(file, note) for file, note in zip(files, item.media, strict=True)],
    }
    if item.kind is ItemKind.RECIPE:
        document["recipeIngredient"] = [part.text for part in item.statements if part.role == Role.INGREDIENT]
        document["recipeInstructions"] = [
            {"@type": "HowToStep", "text": part.text} for part in item.statements if part.role == Role.STEP
        ]
    return document | rights_of(item.consent)


def _taxon(plant: PlantName) -> dict[str, Any]:
    return {
        "@type": "Taxon",
        "name": plant.taxon,
        "localName": {"@value": plant.name, "@language": plant.language},
        "guarded": plant.is_guarded,
    }


def _media(file: MediaFile, note: MediaNote) -> dict[str, str]:
    return {
        "@type": "ImageObject" if file.media_type.startswith("image/") else "AudioObject",
        "contentUrl": f"files/{file.name}",
        "encodingFormat": file.media_type,
        "description": note.description,
    }


def rights_of(consent: Consent) -> dict[str, Any]:
    """Return what schema.org has for rights: who gave it, under which licence, who may see it."""
    giver = {"creator": {"@type": "Person", "name": consent.name}} if consent.name else {}
    licence = {"license": Licence(consent.licence).deed.page} if consent.licence != NO_LICENCE else {}
    uses = ", ".join(use.value for use in consent.uses) or "none"
    return {
        **giver,
        **licence,
        "conditionsOfAccess": f"audience: {consent.audience}; uses: {uses}; until {consent.review}",
    }


def from_json_ld(document: dict[str, Any], consent: Consent) -> Item:
    """Return the item that a document and a consent describe.

    Raises
    ------
    KeyError, TypeError, ValueError
        A part is not there, or another than it should be.
    """
    kinds = {name: kind for kind, name in _TYPES.items()}
    allergens = document["allergens"]
    item = {
        "form": document["form"],
        "kind": kinds[document["@type"]],
        "title": document["name"],
        "language": document["inLanguage"],
        "statements": [
            Statement(text=part["text"], role=Role(part["role"]), told_by=part["toldBy"])
            for part in document["statements"]
        ],
        "version_note": document["versionNote"],
        "based_on": document["basedOnVersion"],
        "plants": [
            PlantName(
                name=plant["localName"]["@value"],
                language=plant["localName"]["@language"],
                taxon=plant["name"],
                is_guarded=plant["guarded"],
            )
            for plant in document["about"]
        ],
        "gardens": document["grownIn"],
        "allergens": allergens,
        "media": [MediaNote(description=media["description"]) for media in document["associatedMedia"]],
        "held_by": document["heldBy"],
        "replaces": document.get("replacesVersions", []),
        "agreed": document.get("keepersAgreed", []),
        "consent": consent,
    }
    # Types are held against the item's own once more: a document is anybody's.
    return msgspec.json.decode(msgspec.json.encode(item), type=Item)
