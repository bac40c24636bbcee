"""Open offers in the terms of the Data Food Consortium: terms that are there, and nobody in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sera_coalition.surplus import amounts
from sera_coalition.surplus.dfc import ALLERGENS, CONTEXT, PRODUCT_TYPES, UNITS, to_dfc
from sera_coalition.surplus.offer import KINDS
from sera_store import allergens
from sharing.surplus import offer, open_table
from web.parts import Clock

if TYPE_CHECKING:
    from pathlib import Path

# Of the business ontology 2.0.0: properties whose values are nodes as context/context_2.0.0.json types them
# (commit 33a7e20 of datafoodconsortium/ontology), classes and literals as the consortium's connectors for
# Ruby and TypeScript register them.
REFERENCES = {
    "hasAllergenCharacteristic", "hasAllergenDimension", "hasQuantity", "hasType", "hasUnit", "hostedAt",
    "listedIn", "lists", "offeredThrough", "offers", "referencedBy", "references",
}  # fmt: skip
LITERALS = {"name", "description", "value", "stockLimitation", "startDate", "endDate"}
CLASSES = {
    "SuppliedProduct", "CatalogItem", "Offer", "SaleSession", "QuantitativeValue", "AllergenCharacteristic",
    "PhysicalPlace",
}  # fmt: skip
# Of the taxonomies 2.0.0 (measures and productTypes, as the consortium's connector for TypeScript has them).
CONCEPTS = {
    *("Kilogram", "Gram", "Litre", "Piece", "Bunch", "Crate"),
    *("CerealsWithGluten", "Crustaceans", "Eggs", "Fishs", "Peanuts", "Soy", "LactoseMilks", "Nuts"),
    *("Celeriac", "Mustard", "SesameSeeds", "Sulphites", "Lupine", "Molluscs"),
    *("Vegetable", "Fruit", "Egg", "Bakery", "Drink"),
}  # fmt: skip


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    table = open_table(tmp_path, Clock())
    name = table.give(offer(), "member-ada-0001")
    table.reserve(name, 1, "Turquoise heron")
    table.give(offer(kind="cooked", what="Soup", ground="", allergens=("celery", "milk")), "member-bo-0002")
    document = to_dfc("oak", table.offers())
    table.close()
    return json.loads(json.dumps(document))


def nodes(value: Any) -> list[dict[str, Any]]:
    """All nodes of a document, also those inside of others."""
    if isinstance(value, list):
        return [node for item in value for node in nodes(item)]
    if isinstance(value, dict):
        return [value, *(node for item in value.values() for node in nodes(item))]
    return []


def test_every_term_is_one_of_the_ontology_and_its_prefix_is_resolved(document: dict[str, Any]) -> None:
    for node in nodes(document["@graph"]):
        assert node["@type"].removeprefix("dfc-b:") in CLASSES
        for term in node.keys() - {"@id", "@type"}:
            assert term.removeprefix("dfc-b:") in REFERENCES | LITERALS, term
    assert {name.removeprefix("dfc-b:") for name in CONTEXT if ":" in name} == REFERENCES
    assert all(
        iri.startswith("http://w3id.org/dfc/") and "v2.0.0" in iri
        for iri in CONTEXT.values()
        if isinstance(iri, str)
    )
    concepts = [*UNITS.values(), *PRODUCT_TYPES.values(), *ALLERGENS.values()]
    assert {concept.partition(":")[2] for concept in concepts} == CONCEPTS


def test_what_points_at_another_node_points_at_one_that_is_there(document: dict[str, Any]) -> None:
    ids = {node["@id"] for node in document["@graph"]}
    for node in document["@graph"]:
        for term, value in node.items():
            if isinstance(value, str) and value.startswith("urn:") and term != "@id":
                assert value in ids


def test_it_says_what_is_left_and_how_much_a_portion_is(document: dict[str, Any]) -> None:
    by_type = {(node["@type"], node.get("dfc-b:name", "")): node for node in document["@graph"]}
    product = by_type["dfc-b:SuppliedProduct", "Courgettes"]
    assert product["dfc-b:hasQuantity"]["dfc-b:value"] == 2.0
    assert product["dfc-b:hasQuantity"]["dfc-b:hasUnit"] == "dfc-m:Kilogram"
    assert by_type["dfc-b:Offer", "Courgettes"]["dfc-b:stockLimitation"] == 2
    soup = by_type["dfc-b:SuppliedProduct", "Soup"]["dfc-b:hasAllergenCharacteristic"]
    assert [product["dfc-b:hasAllergenDimension"] for product in soup] == [
        "dfc-m:Celeriac",
        "dfc-m:LactoseMilks",
    ]


def test_nobody_and_no_price_is_in_it(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for word in ("member", "heron", "Price", "price", "Person", "Enterprise", "Euro"):
        assert word not in text, word
    # As a word: a drawn id of hexadecimal digits may hold these letters.
    assert not re.search(r"\bada\b", text)


def test_every_unit_and_allergen_has_a_term_and_every_product_type_a_kind() -> None:
    assert UNITS.keys() == set(amounts.UNITS)
    assert ALLERGENS.keys() == set(allergens.ALLERGENS)
    assert PRODUCT_TYPES.keys() <= set(KINDS)
