"""The Darwin Core Archive: event core, occurrences, extended measurements, Humboldt terms, EML."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import quoteattr

from sera_vocabulary import meanings
from sera_vocabulary.measurements import MEASUREMENTS
from sera_vocabulary.taxa import CLASS, GROUP_TAXA, KINGDOM, PHYLUM
from sera_workshop.archives import wording
from sera_workshop.archives.checks.vocabularies import DWC
from sera_workshop.archives.contents import number_text, site_id
from sera_workshop.archives.eml import eml_text
from sera_workshop.archives.tables_text import tab_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.release.places import ReleasedGarden
    from sera_workshop.archives.contents import Contents, Survey

_ECO: Final = "http://rs.tdwg.org/eco/terms/"
_DC: Final = "http://purl.org/dc/terms/"
EVENT_COLUMNS: Final = (
    "eventID", "parentEventID", "eventType", "eventDate", "samplingProtocol", "sampleSizeValue",
    "sampleSizeUnit", "samplingEffort", "locationID", "countryCode", "decimalLatitude", "decimalLongitude",
    "geodeticDatum", "coordinateUncertaintyInMeters", "dataGeneralizations", "informationWithheld", "license",
)  # fmt: skip
OCCURRENCE_COLUMNS: Final = (
    "eventID", "occurrenceID", "basisOfRecord", "scientificName", "taxonRank", "kingdom", "phylum", "class",
    "order", "family", "vernacularName", "organismQuantity", "organismQuantityType", "occurrenceStatus",
    "associatedTaxa", "identificationVerificationStatus", "identificationRemarks",
)  # fmt: skip
MEASUREMENT_COLUMNS: Final = (
    "eventID", "measurementID", "measurementType", "measurementValue", "measurementUnit",
    "measurementMethod", "measurementDeterminedDate",
)  # fmt: skip
HUMBOLDT_COLUMNS: Final = (
    "eventID", "siteCount", "eventDurationValue", "eventDurationUnit", "targetTaxonomicScope",
    "isTaxonomicScopeFullyReported", "isAbsenceReported", "absentTaxa", "isAbundanceReported",
    "inventoryTypes", "protocolNames", "protocolDescriptions", "isSamplingEffortReported",
    "samplingEffortValue", "samplingEffortUnit",
)  # fmt: skip
_UNITS: Final = {row.name: row.unit for row in MEASUREMENTS}


class _Described(NamedTuple):
    """A table as `meta.xml` describes it."""

    kind: str
    row_type: str
    file: str
    namespace: str
    columns: tuple[str, ...]


_TABLES: Final = (
    _Described("core", f"{DWC}Event", "event.txt", DWC, EVENT_COLUMNS),
    _Described("extension", f"{DWC}Occurrence", "occurrence.txt", DWC, OCCURRENCE_COLUMNS),
    _Described(
        "extension",
        "http://rs.iobis.org/obis/terms/ExtendedMeasurementOrFact",
        "emof.txt",
        DWC,
        MEASUREMENT_COLUMNS,
    ),
    _Described("extension", f"{_ECO}Event", "humboldt.txt", _ECO, HUMBOLDT_COLUMNS),
)


def dwca_files(contents: Contents) -> dict[str, str]:
    """Write the files of a Darwin Core Archive, by name; the same text for the same contents."""
    url = contents.licence.deed.url
    surveys = contents.surveys
    surveyed = [survey for survey in surveys if survey.is_watched]
    events = [_site_row(garden, contents, url) for garden in contents.gardens]
    events += [_event_row(survey, url) for survey in surveys]
    rows = {
        "event.txt": events,
        "occurrence.txt": [row for survey in surveys for row in _occurrence_rows(survey)],
        "emof.txt": [row for survey in surveys for row in _measurement_rows(survey)],
        "humboldt.txt": [_humboldt_row(survey) for survey in surveyed],
    }
    # A table without a row has no place in an archive.
    tables = [table for table in _TABLES if rows[table.file]]
    files = {table.file: tab_text(table.columns, rows[table.file]) for table in tables}
    return {"meta.xml": _meta(tables), "eml.xml": eml_text(contents), **files}


def _meta(described: Sequence[_Described]) -> str:
    tables = []
    for kind, row_type, file, namespace, columns in described:
        id_element = "id" if kind == "core" else "coreid"
        fields = [
            f"    <field index={quoteattr(str(index))} term={quoteattr(_term(namespace, name))}/>"
            for index, name in enumerate(columns)
        ]
        tables += [
            (
                f'  <{kind} encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" '
                'fieldsEnclosedBy="" '
                f'ignoreHeaderLines="1" rowType={quoteattr(row_type)}>'
            ),
            f"    <files><location>{file}</location></files>",
            f'    <{id_element} index="0"/>',
            *(fields if namespace == DWC else fields[1:]),
            f"  </{kind}>",
        ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<archive xmlns="http://rs.tdwg.org/dwc/text/" '
    return f'{head}metadata="eml.xml">\n' + "\n".join(tables) + "\n</archive>\n"


def _term(namespace: str, name: str) -> str:
    return f"{_DC if name == 'license' else namespace}{name}"


def place_cells(garden: ReleasedGarden) -> tuple[str, ...]:
    """Country, latitude, longitude, datum, uncertainty, generalization, what is withheld."""
    place, country = garden.place, country_of(garden.timezone)
    if place is None:
        return (country, "", "", "", "", "", wording.WITHHELD)
    return (
        country,
        number_text(place.latitude),
        number_text(place.longitude),
        "WGS84",
        str(place.uncertainty_m),
        wording.generalization(garden),
        "",
    )


@lru_cache(maxsize=64)
def country_of(timezone: str) -> str:
    """Return the country of a time zone after ISO 3166-1; empty for a zone of none."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return next((row[0] for row in rows if len(row) > 2 and row[2] == timezone), "")


def _site_row(garden: ReleasedGarden, contents: Contents, licence: str) -> tuple[str, ...]:
    dates = f"{contents.first.isoformat()}/{contents.last.isoformat()}"
    name = site_id(garden)
    return (
        name,
        "",
        "Site",
        dates,
        "see the surveys at this site",
        "",
        "",
        "",
        name,
        *place_cells(garden),
        licence,
    )


def _event_row(survey: Survey, licence: str) -> tuple[str, ...]:
    minutes = "" if survey.effort_h is None else number_text(survey.effort_h * 60, 1)
    return (
        survey.id,
        site_id(survey.garden),
        "Survey" if survey.counts else "Measurement",
        survey.date,
        wording.PROTOCOLS[survey.detector][0],
        minutes,
        "minute" if minutes else "",
        wording.effort_text(survey),
        site_id(survey.garden),
        *place_cells(survey.garden),
        licence,
    )


def _occurrence_rows(survey: Survey) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for group in (*survey.present, *survey.absent):
        taxon = GROUP_TAXA[group]
        rows.append(
            (
                survey.id,
                f"{survey.id}:{group}",
                "HumanObservation" if survey.is_human else "MachineObservation",
                taxon.scientific_name,
                taxon.rank,
                KINGDOM,
                PHYLUM,
                CLASS,
                taxon.order,
                taxon.family,
                meanings.MEANINGS[group].label,
                number_text(survey.counts[group]),
                wording.VISITS if survey.is_human else wording.DETECTIONS,
                "present" if survey.counts[group] > 0 else "absent",
                _flower_text(survey) if survey.counts[group] > 0 else "",
                "" if survey.is_human else "unverified",
                wording.identification_remark(survey, group),
            )
        )
    return rows


def _flower_text(survey: Survey) -> str:
    flower = meanings.FLOWER_MEANINGS.get(survey.flower)
    return f"visited flower of: {flower.scientific_name}" if flower and flower.scientific_name else ""


def _measurement_rows(survey: Survey) -> list[tuple[str, ...]]:
    return [
        (
            survey.id,
            f"{survey.id}:{measured.name}{f'-{measured.position}' if measured.position else ''}",
            wording.measurement_type(measured),
            number_text(measured.value, 4),
            unit_of(measured.name),
            wording.measurement_method(measured),
            survey.date,
        )
        for measured in survey.measured
    ]


def unit_of(name: str) -> str:
    """Return the unit of a quantity as a UCUM code."""
    unit: str = _UNITS[name]
    return unit


def _humboldt_row(survey: Survey) -> tuple[str, ...]:
    is_all_provable = (
        survey.is_complete
        if survey.is_human
        else all(survey.recall_low.get(group, 0.0) > 0 for group in survey.counts)
    )
    name, description = wording.PROTOCOLS[survey.detector]
    return (
        survey.id,
        "1",
        number_text(survey.effort_h or 0.0, 3),
        "hours",
        wording.target_groups(survey),
        "true" if is_all_provable else "false",
        "true" if survey.absent else "false",
        wording.taxa_text(survey.absent),
        "true",
        "restrictedSearch",
        name,
        description,
        "true",
        number_text(survey.effort_h or 0.0, 3),
        "observer-hours" if survey.is_human else "sensor-hours",
    )
