"""Open offers in the terms of the Data Food Consortium, version 2.0.0, as JSON-LD: no giver, no price.

Classes and properties are those of its business ontology, units, allergens and product types those of its
taxonomies (https://github.com/datafoodconsortium/ontology, `context/context_2.0.0.json`;
https://github.com/datafoodconsortium/taxonomies). A kind without a product type there has none here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_coalition.surplus.offer import Offer
    from sera_coalition.surplus.rows import OpenOffer

VERSION: Final = "2.0.0"
_REFERENCES: Final = (
    "hasAllergenCharacteristic", "hasAllergenDimension", "hasQuantity", "hasType", "hasUnit", "hostedAt",
    "listedIn", "lists", "offeredThrough", "offers", "referencedBy", "references",
)  # fmt: skip
CONTEXT: Final[dict[str, Any]] = {
    "dfc-b": f"http://w3id.org/dfc/ontology/v{VERSION}/src/DFC_BusinessOntology.owl#",
    "dfc-m": f"http://w3id.org/dfc/taxonomies/v{VERSION}/measures.rdf#",
    "dfc-pt": f"http://w3id.org/dfc/taxonomies/v{VERSION}/productTypes.rdf#",
    **{f"dfc-b:{name}": {"@type": "@id"} for name in _REFERENCES},
}
UNITS: Final = {
    "kg": "dfc-m:Kilogram", "g": "dfc-m:Gram", "L": "dfc-m:Litre", "pieces": "dfc-m:Piece",
    "bunches": "dfc-m:Bunch", "crates": "dfc-m:Crate",
}  # fmt: skip
PRODUCT_TYPES: Final = {
    "vegetables": "dfc-pt:Vegetable", "fruit": "dfc-pt:Fruit", "eggs": "dfc-pt:Egg", "bread": "dfc-pt:Bakery",
    "drinks": "dfc-pt:Drink",
}  # fmt: skip
ALLERGENS: Final = {
    "gluten": "dfc-m:CerealsWithGluten", "crustaceans": "dfc-m:Crustaceans", "eggs": "dfc-m:Eggs",
    "fish": "dfc-m:Fishs", "peanuts": "dfc-m:Peanuts", "soybeans": "dfc-m:Soy", "milk": "dfc-m:LactoseMilks",
    "nuts": "dfc-m:Nuts", "celery": "dfc-m:Celeriac", "mustard": "dfc-m:Mustard",
    "sesame": "dfc-m:SesameSeeds", "sulphites": "dfc-m:Sulphites", "lupin": "dfc-m:Lupine",
    "molluscs": "dfc-m:Molluscs",
}  # fmt: skip


def to_dfc(community: str, offers: Sequence[OpenOffer]) -> dict[str, Any]:
    """Return open offers as a JSON-LD document.

    Parameters
    ----------
    community
        Its id; all ids of the document are URNs made of it and of drawn ids.
    offers
        As `SurplusTable.offers` lists them.

    Returns
    -------
    dict
        A context of the terms that are used, and a graph: product, catalogue item, offer and session of each.
    """
    nodes = [node for offer in offers for node in _nodes(community, offer)]
    return {"@context": CONTEXT, "@graph": nodes}


def _nodes(community: str, open_offer: OpenOffer) -> list[dict[str, Any]]:
    name = f"urn:sera:surplus:{community}:{open_offer.id}"
    product, item, listing, session = (f"{name}:{part}" for part in ("product", "item", "offer", "session"))
    offer = open_offer.offer
    return [
        _product(product, item, offer),
        {
            "@id": item,
            "@type": "dfc-b:CatalogItem",
            "dfc-b:references": product,
            "dfc-b:stockLimitation": open_offer.left,
            "dfc-b:offeredThrough": listing,
        },
        {
            "@id": listing,
            "@type": "dfc-b:Offer",
            "dfc-b:name": offer.what,
            "dfc-b:offers": item,
            "dfc-b:listedIn": session,
            "dfc-b:stockLimitation": open_offer.left,
        },
        {
            "@id": session,
            "@type": "dfc-b:SaleSession",
            "dfc-b:startDate": _moment(offer.from_s),
            "dfc-b:endDate": _moment(offer.until_s),
            "dfc-b:lists": listing,
            "dfc-b:hostedAt": {"@type": "dfc-b:PhysicalPlace", "dfc-b:description": offer.place},
        },
    ]


def _product(name: str, item: str, offer: Offer) -> dict[str, Any]:
    """Describe one portion."""
    product: dict[str, Any] = {
        "@id": name,
        "@type": "dfc-b:SuppliedProduct",
        "dfc-b:name": offer.what,
        "dfc-b:referencedBy": item,
        "dfc-b:hasQuantity": {
            "@type": "dfc-b:QuantitativeValue",
            "dfc-b:value": round(offer.amount / offer.portions, 3),
            "dfc-b:hasUnit": UNITS[offer.unit],
        },
    }
    if offer.kind in PRODUCT_TYPES:
        product["dfc-b:hasType"] = PRODUCT_TYPES[offer.kind]
    if offer.allergens:
        product["dfc-b:hasAllergenCharacteristic"] = [
            {"@type": "dfc-b:AllergenCharacteristic", "dfc-b:hasAllergenDimension": ALLERGENS[allergen]}
            for allergen in offer.allergens
        ]
    return product


def _moment(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat()
