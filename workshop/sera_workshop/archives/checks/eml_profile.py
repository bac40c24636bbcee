"""GBIF's profile of EML: which elements stand where, for metadata that say they keep to it.

Read from `eml-gbif-profile.xsd`, version 1.3, at two revisions of github.com/gbif/eml-profile (03e1abf,
f2d5548). Text (paragraphs, links) and `additionalMetadata` are not looked into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks.dates import date_span
from sera_workshop.archives.checks.values import as_number
from sera_workshop.archives.checks.xml_tree import local, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

VERSION: Final = "1.3"
_DECLARED: Final = f"/eml-gbif-profile/{VERSION}/"
_SCHEMA: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_PARTY: Final = (
    "(organizationName|individualName|positionName)+ address* phone* electronicMailAddress* onlineUrl* "
    "userId*"
)
# `a b? c* d+`: in this order; once, at most once, any number, at least once. `&` at the end: all of it again.
_CONTENTS: Final[dict[str, str]] = {
    "eml": "dataset additionalMetadata?",
    "dataset": (
        "alternateIdentifier* shortName? title+ creator+ metadataProvider* associatedParty* pubDate "
        "language? abstract keywordSet* additionalInfo? intellectualRights? licensed* distribution* "
        "coverage? purpose? introduction? gettingStarted? acknowledgements? maintenance? contact+ publisher? "
        "methods? project? literatureCited*"
    ),
    **dict.fromkeys(("creator", "metadataProvider", "contact", "publisher"), _PARTY),
    **dict.fromkeys(("associatedParty", "personnel"), f"{_PARTY} role"),
    "individualName": "salutation* givenName? surName",
    "address": "deliveryPoint? city? administrativeArea? postalCode? country?",
    "keywordSet": "keyword+ keywordThesaurus",
    "licensed": "licenseName url? identifier?",
    "coverage": "(geographicCoverage|temporalCoverage|taxonomicCoverage)+",
    "geographicCoverage": "geographicDescription boundingCoordinates",
    "boundingCoordinates": (
        "westBoundingCoordinate eastBoundingCoordinate northBoundingCoordinate southBoundingCoordinate"
    ),
    "temporalCoverage": "(rangeOfDates|singleDateTime)",
    "rangeOfDates": "beginDate endDate",
    **dict.fromkeys(("beginDate", "endDate", "singleDateTime"), "calendarDate"),
    "taxonomicCoverage": "generalTaxonomicCoverage? taxonomicClassification+",
    "taxonomicClassification": "taxonRankName? taxonRankValue commonName?",
    "maintenance": "description maintenanceUpdateFrequency changeHistory*",
    "methods": "methodStep sampling? qualityControl* &",
    **dict.fromkeys(("methodStep", "qualityControl", "studyExtent", "designDescription"), "description"),
    "sampling": "studyExtent samplingDescription",
}
_FILLED: Final = frozenset(
    {"shortName", "title", "language", "keyword", "keywordThesaurus", "licenseName", "geographicDescription",
     "generalTaxonomicCoverage", "taxonRankName", "taxonRankValue", "commonName", "organizationName",
     "positionName", "salutation", "givenName", "surName", "electronicMailAddress", "userId"}
)  # fmt: skip
_DATES: Final = frozenset({"pubDate", "calendarDate"})
_NUMBERS: Final = frozenset(_CONTENTS["boundingCoordinates"].split())
_NEEDED_ATTRIBUTES: Final = ("packageId", "system", "scope")


def is_declared(root: Element) -> bool:
    """Return whether a document says that it keeps to this version of the profile."""
    return _DECLARED in root.get(_SCHEMA, "")


def profile_faults(root: Element) -> Iterator[tuple[str, str]]:
    """Yield where a document departs from the profile: name of the element, and what is wrong in it."""
    for name in _NEEDED_ATTRIBUTES:
        if not root.get(name):
            yield local(root), f"has no attribute {name}"
    if root.get("scope", "system") != "system":
        yield local(root), f"has scope {root.get('scope')!r}; expected 'system'"
    yield from _faults_within(root)


def _faults_within(element: Element) -> Iterator[tuple[str, str]]:
    name = local(element)
    contents = _CONTENTS.get(name)
    if contents is not None:
        fault = _misplaced([local(child) for child in element], contents)
        if fault:
            yield name, fault
        for child in element:
            yield from _faults_within(child)
    elif fault := _bad_value(name, text_of(element)):
        yield name, fault


def _bad_value(name: str, text: str) -> str:
    if name in _FILLED and not text:
        return "is empty"
    if name in _DATES and (date_span(text) is None or not re.fullmatch(r"\d{4}(-\d\d-\d\d)?", text)):
        return f"{text!r} is no date; expected YYYY-MM-DD or YYYY"
    if name in _NUMBERS and as_number(text) is None:
        return f"{text!r} is no number"
    return ""


def _misplaced(names: list[str], contents: str) -> str:
    """Return what is wrong with the order of children; empty where nothing is."""
    slots = [slot for slot in contents.split() if slot != "&"]
    index = 0
    while True:
        before = index
        index, missing = _taken(names, index, slots)
        following = names[index] if index < len(names) else ""
        if missing and (not following or any(following in slot.split("|") for slot in missing[1:])):
            at = f"{following!r} stands" if following else "it ends"
            return f"expected {missing[0].replace('|', ' or ')} where {at}"
        if missing or (following and (index == before or not contents.endswith("&"))):
            return f"{following!r} is not expected there, or stands in another order"
        if not following:
            return ""


def _taken(names: list[str], index: int, slots: list[str]) -> tuple[int, list[str]]:
    """Return how far slots take names, and the slots from the first that should be filled and is not."""
    plain = [slot.rstrip("?*+").strip("()") for slot in slots]
    for position, slot in enumerate(slots):
        first = index
        while index < len(names) and names[index] in plain[position].split("|"):
            index += 1
            if slot[-1] not in "*+":
                break
        if index == first and slot[-1] not in "?*":
            return index, plain[position:]
    return index, []
