"""What the terms of Darwin Core allow: controlled values, ranges, pairs."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Final

DWC: Final = "http://rs.tdwg.org/dwc/terms/"
# Namespaces whose terms are checked by their local names.
NAMESPACES: Final = (
    DWC,
    "http://rs.tdwg.org/eco/terms/",
    "http://rs.iobis.org/obis/terms/",
    "http://purl.org/dc/terms/",
    "http://purl.org/dc/elements/1.1/",
)
# Namespaces whose every term is in the list of recommended terms.
_LISTED: Final = (DWC, "http://rs.tdwg.org/dwc/iri/")

BASES: Final = (
    "HumanObservation", "MachineObservation", "PreservedSpecimen", "FossilSpecimen", "LivingSpecimen",
    "MaterialSample", "MaterialEntity", "MaterialCitation", "Occurrence", "Event", "Taxon", "Organism",
)  # fmt: skip
VOCABULARIES: Final[dict[str, tuple[str, ...]]] = {
    "basisOfRecord": BASES,
    "occurrenceStatus": ("present", "absent", "detected", "notDetected"),
    "includeOrExclude": ("include", "exclude"),
    "establishmentMeans": (
        "native", "nativeReintroduced", "introduced", "introducedAssistedColonisation", "vagrant",
        "uncertain",
    ),
}  # fmt: skip
# What GBIF still reads, and no one should write.
SUPERSEDED_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "basisOfRecord": ("Observation", "Unknown", "Literature"),
    "occurrenceStatus": ("doubtful", "common", "irregular", "rare", "excluded"),
    "establishmentMeans": ("naturalised", "naturalized", "invasive", "managed"),
}
SUPERSEDED_TERMS: Final = frozenset(
    {
        "individualID",
        "occurrenceDetails",
        "occurrenceAttributes",
        "eventAttributes",
        "identificationAttributes",
        "taxonAttributes",
        "sampleID",
    }
)
_LATITUDE, _LONGITUDE = 90.0, 180.0
RANGES: Final[dict[str, tuple[float, float]]] = {
    "decimalLatitude": (-_LATITUDE, _LATITUDE),
    "decimalLongitude": (-_LONGITUDE, _LONGITUDE),
    "coordinateUncertaintyInMeters": (0.0, 20_037_509.0),
    "coordinatePrecision": (0.0, 360.0),
    "minimumDepthInMeters": (0.0, 11_000.0),
    "maximumDepthInMeters": (0.0, 11_000.0),
    "minimumElevationInMeters": (-11_000.0, 100_000.0),
    "maximumElevationInMeters": (-11_000.0, 100_000.0),
    "startDayOfYear": (1, 366),
    "endDayOfYear": (1, 366),
    "month": (1, 12),
    "day": (1, 31),
    "sampleSizeValue": (0.0, float("inf")),
    "eventDurationValue": (0.0, float("inf")),
    "samplingEffortValue": (0.0, float("inf")),
    "geospatialScopeAreaValue": (0.0, float("inf")),
    "totalAreaSampledValue": (0.0, float("inf")),
    "siteCount": (0.0, float("inf")),
}
INTEGERS: Final = frozenset(
    {"individualCount", "siteCount", "startDayOfYear", "endDayOfYear", "month", "day"}
)
DATES: Final = frozenset(
    {"eventDate", "dateIdentified", "measurementDeterminedDate", "georeferencedDate",
     "relationshipEstablishedDate",
     "modified", "created", "assertionMadeDate", "assertionEffectiveDate"}
)  # fmt: skip
BOOLEANS: Final = frozenset(
    {"isAbsenceReported", "isAbundanceReported", "isAbundanceCapReported", "isSamplingEffortReported",
     "isTaxonomicScopeFullyReported", "isLifeStageScopeFullyReported",
     "isDegreeOfEstablishmentScopeFullyReported",
     "isGrowthFormScopeFullyReported", "hasNonTargetTaxa", "hasNonTargetOrganisms", "hasVouchers",
     "hasMaterialSamples", "areNonTargetTaxaFullyReported", "isVegetationCoverReported",
     "isLeastSpecificTargetCategoryQuantityInclusive", "isSurveyTargetFullyReported"}
)  # fmt: skip
# Both or neither.
PAIRS: Final = (
    ("organismQuantity", "organismQuantityType"),
    ("sampleSizeValue", "sampleSizeUnit"),
    ("eventDurationValue", "eventDurationUnit"),
    ("samplingEffortValue", "samplingEffortUnit"),
    ("geospatialScopeAreaValue", "geospatialScopeAreaUnit"),
    ("totalAreaSampledValue", "totalAreaSampledUnit"),
)
# The second only with the first.
NEEDED_BY: Final = (("measurementValue", "measurementUnit"), ("assertionValue", "assertionUnit"))
ORDERED: Final = (
    ("minimumDepthInMeters", "maximumDepthInMeters"),
    ("minimumElevationInMeters", "maximumElevationInMeters"),
    ("startDayOfYear", "endDayOfYear"),
)
# What publishers expect of a table, by the class of its rows.
EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    "Event": ("eventID", "eventDate", "samplingProtocol"),
    "Occurrence": ("occurrenceID", "basisOfRecord", "scientificName"),
    "Taxon": ("taxonID", "scientificName", "taxonRank"),
}
# Identifiers that no two rows of their own table share, by the class of its rows.
IDENTIFIERS: Final[dict[str, str]] = {
    "Event": "eventID",
    "Occurrence": "occurrenceID",
    "Taxon": "taxonID",
    "MeasurementOrFact": "measurementID",
    "ExtendedMeasurementOrFact": "measurementID",
    "Identification": "identificationID",
    "ResourceRelationship": "resourceRelationshipID",
}


@lru_cache(maxsize=1)
def listed_terms() -> frozenset[str]:
    """Return the IRIs of the recommended terms of Darwin Core, of August 2026."""
    table = resources.files("sera_workshop.archives") / "tables" / "terms.txt"
    return frozenset(table.read_text(encoding="utf-8").split())


def term_finding(iri: str) -> str | None:
    """Return the code of what is wrong with the IRI of a term; None where nothing is."""
    if ":" not in iri or any(char.isspace() for char in iri):
        return "bad_term"
    base, _, name = iri.rpartition("/")
    if f"{base}/" not in _LISTED or iri in listed_terms():
        return None
    return "superseded_term" if name in SUPERSEDED_TERMS else "unknown_term"


def local_name(iri: str) -> str:
    """Return the local name of a term that is checked; the IRI itself for one of another namespace."""
    base, _, name = iri.rpartition("/")
    return name if f"{base}/" in NAMESPACES else iri


@lru_cache(maxsize=4096)
def folded(value: str) -> str:
    """Return a controlled value without case and separators, as GBIF compares them."""
    return value.replace("_", "").replace(" ", "").casefold()


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the codes of ISO 3166-1 with two letters, also those without a time zone."""
    table = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    codes = {line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")}
    return frozenset(codes | {"BV", "HM", "XK", "ZZ", "XZ"})
