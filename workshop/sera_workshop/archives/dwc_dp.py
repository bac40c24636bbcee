"""The Darwin Core Data Package: surveys with targets, occurrences, and insects visiting flowers (draft).

Guide and conceptual model are ratified; the table schemas are a draft, of which the package says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary import meanings
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.taxa import GROUP_TAXA
from sera_workshop.archives import wording
from sera_workshop.archives.checks.datapackage import table_schemas
from sera_workshop.archives.contents import number_text, site_id
from sera_workshop.archives.dwca import place_cells, unit_of
from sera_workshop.archives.tables_text import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_workshop.archives.contents import Contents, Survey

PROFILE: Final = "http://rs.tdwg.org/dwc/dwc-dp"
DRAFT: Final = (
    "Table schemas of the Darwin Core Data Package of 2026-06-26, which were a draft in review; guide and "
    "conceptual model were ratified on 2026-05-26."
)
_INTERACTION: Final = "visitedFlowerOf"
Row = dict[str, str]


def dwc_dp_files(contents: Contents) -> dict[str, str]:
    """Write the files of a Darwin Core Data Package, by name; the same text for the same contents."""
    tables = {name: rows for name, rows in _tables(contents).items() if rows}
    files = {}
    package_resources = []
    for name, rows in tables.items():
        used = {column for row in rows for column, value in row.items() if value}
        fields = [
            field
            for field in table_schemas()[name]["fields"]
            if field["name"] in used or field.get("constraints", {}).get("required")
        ]
        columns = [field["name"] for field in fields]
        cells = [[row.get(column, "") for column in columns] for row in rows]
        files[f"{name}.csv"] = csv_text(columns, cells)
        package_resources.append(_resource(name, fields, set(tables)))
    deed = contents.licence.deed
    package = {
        "profile": PROFILE,
        "name": f"{contents.community}-flower-visits",
        "title": f"Insects at flowers in gardens of {contents.community_name}",
        "description": DRAFT,
        "created": f"{contents.last.isoformat()}T00:00:00Z",
        "licenses": [{"path": deed.url, "title": deed.title}],
        "contributors": [{"title": contents.community_name, "role": "publisher"}],
        "resources": package_resources,
    }
    return {"datapackage.json": json.dumps(package, indent=1, ensure_ascii=False) + "\n", **files}


def _resource(name: str, fields: list[dict[str, Any]], tables: set[str]) -> dict[str, Any]:
    schema = table_schemas()[name]
    columns = {field["name"] for field in fields}
    inline: dict[str, Any] = {"fields": fields}
    if schema.get("primaryKey") in columns:
        inline["primaryKey"] = schema["primaryKey"]
    keys = [
        {"fields": key["fields"], "reference": key["reference"]}
        for key in [*schema["foreignKeys"], *schema["weakForeignKeys"]]
        if key["fields"] in columns and (key["reference"]["resource"] or name) in tables
    ]
    if keys:
        inline["foreignKeys"] = keys
    return {
        "name": name,
        "title": schema["title"],
        "description": schema["description"],
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": inline,
    }


def _tables(contents: Contents) -> dict[str, list[Row]]:
    surveys = contents.surveys
    surveyed = [survey for survey in surveys if survey.is_watched]
    detectors = sorted({survey.detector for survey in surveys})
    visits = [survey for survey in surveys if _flower(survey) and survey.present]
    return {
        "agent": [_agent(contents)],
        "protocol": [_protocol(detector) for detector in detectors],
        "event": [*_site_events(contents), *[_event(survey) for survey in surveys]],
        "survey": [_survey(survey) for survey in surveyed],
        "survey-target": [_target(key) for key in sorted({_target_key(survey) for survey in surveyed})],
        "survey-target-descriptor": [
            row for key in sorted({_target_key(survey) for survey in surveyed}) for row in _descriptors(key)
        ],
        "survey-survey-target": [
            {"survey_fk": survey.id, "surveyTarget_fk": _target_id(_target_key(survey))}
            for survey in surveyed
        ],
        "occurrence": [row for survey in surveys for row in _occurrences(survey)],
        "organism-interaction": [row for survey in visits for row in _interactions(survey)],
        "event-assertion": [row for survey in surveys for row in _assertions(survey)],
        "usage-policy": [_policy(contents)],
    }


def _agent(contents: Contents) -> Row:
    return {
        "agent_pk": contents.community,
        "agentID": contents.community,
        "agentType": "group",
        "preferredAgentName": contents.community_name,
    }


def _protocol(detector: str) -> Row:
    name, description = wording.PROTOCOLS[detector]
    return {
        "protocol_pk": detector,
        "protocolID": detector,
        "protocolType": "sampling",
        "protocolName": name,
        "protocolDescription": description,
    }


def _site_events(contents: Contents) -> Iterator[Row]:
    dates = f"{contents.first.isoformat()}/{contents.last.isoformat()}"
    for garden in contents.gardens:
        name = site_id(garden)
        yield {
            "event_pk": name,
            "eventID": name,
            "eventCategory": "context",
            "eventType": "site",
            "eventDate": dates,
            **_place(name, place_cells(garden)),
        }


def _place(location: str, cells: tuple[str, ...]) -> Row:
    names = (
        "countryCode", "decimalLatitude", "decimalLongitude", "geodeticDatum",
        "coordinateUncertaintyInMeters", "dataGeneralizations", "informationWithheld",
    )  # fmt: skip
    return {"locationID": location, **dict(zip(names, cells, strict=True))}


def _event(survey: Survey) -> Row:
    return {
        "event_pk": survey.id,
        "eventID": survey.id,
        "parentEvent_fk": site_id(survey.garden),
        "eventProtocol_fk": survey.detector,
        "eventCategory": "survey" if survey.counts else "context",
        "eventType": "survey" if survey.counts else "measurement",
        "eventDate": survey.date,
        **_place(site_id(survey.garden), place_cells(survey.garden)),
    }


def _survey(survey: Survey) -> Row:
    hours = number_text(survey.effort_h or 0.0, 3)
    return {
        "survey_pk": survey.id,
        "surveyID": survey.id,
        "event_fk": survey.id,
        "siteCount": "1",
        "eventDurationValue": hours,
        "eventDurationUnit": "hours",
        "isAbsenceReported": "true" if survey.absent else "false",
        "absentTaxa": wording.taxa_text(survey.absent),
        "verbatimTargetScope": wording.TARGET,
        "inventoryTypes": "restrictedSearch",
        "protocolNames": wording.PROTOCOLS[survey.detector][0],
        "isAbundanceReported": "true",
        "samplingProtocol_fk": survey.detector,
        "isSamplingEffortReported": "true",
        "samplingEffortValue": hours,
        "samplingEffortUnit": "observer-hours" if survey.is_human else "sensor-hours",
        "dataGeneralizations": wording.generalization(survey.garden),
    }


# The groups looked for, and whether all of them that came were reported so that the others were absent.
_Target = tuple[tuple[str, ...], bool]


def _target_key(survey: Survey) -> _Target:
    groups = tuple(group for group in GROUP_NAMES if group in survey.counts)
    is_provable = (
        survey.is_complete
        if survey.is_human
        else all(survey.recall_low.get(group, 0.0) > 0 for group in groups)
    )
    return groups, is_provable


def _target_id(target: _Target) -> str:
    groups, is_full = target
    mask = sum(1 << GROUP_NAMES.index(group) for group in groups)
    return f"groups-{mask:03x}-{'fully' if is_full else 'partly'}"


def _target(target: _Target) -> Row:
    return {
        "surveyTarget_pk": _target_id(target),
        "surveyTargetID": _target_id(target),
        "surveyTargetDescription": f"{wording.TARGET}: {wording.taxa_text(list(target[0]))}",
        "isSurveyTargetFullyReported": "true" if target[1] else "false",
    }


def _descriptors(target: _Target) -> Iterator[Row]:
    for group in target[0]:
        yield {
            "surveyTarget_fk": _target_id(target),
            "surveyTargetType": "taxon",
            "surveyTargetValue": wording.taxa_text([group]),
            "includeOrExclude": "include",
        }


def _occurrences(survey: Survey) -> Iterator[Row]:
    for group in (*survey.present, *survey.absent):
        taxon = GROUP_TAXA[group]
        yield {
            "occurrence_pk": f"{survey.id}:{group}",
            "occurrenceID": f"{survey.id}:{group}",
            "event_fk": survey.id,
            "surveyTarget_fk": _target_id(_target_key(survey)) if survey.is_watched else "",
            "organismQuantity": number_text(survey.counts[group]),
            "organismQuantityType": wording.VISITS if survey.is_human else wording.DETECTIONS,
            "occurrenceStatus": "present" if survey.counts[group] > 0 else "absent",
            "identificationVerificationStatus": "" if survey.is_human else "unverified",
            "identificationRemarks": wording.identification_remark(survey, group),
            "scientificName": taxon.scientific_name,
            "vernacularName": meanings.MEANINGS[group].label,
            "taxonRank": taxon.rank,
        }
    flower = _flower(survey)
    if flower and survey.present:
        yield {
            "occurrence_pk": f"{survey.id}:flower",
            "occurrenceID": f"{survey.id}:flower",
            "event_fk": survey.id,
            "occurrenceStatus": "present",
            "occurrenceRemarks": "the flowers that were watched",
            "scientificName": flower,
            "vernacularName": meanings.FLOWER_MEANINGS[survey.flower].label,
        }


def _flower(survey: Survey) -> str:
    flower = meanings.FLOWER_MEANINGS.get(survey.flower)
    return flower.scientific_name if flower else ""


def _interactions(survey: Survey) -> Iterator[Row]:
    for group in survey.present:
        yield {
            "organismInteraction_pk": f"{survey.id}:{group}:visit",
            "organismInteractionID": f"{survey.id}:{group}:visit",
            "event_fk": survey.id,
            "organismInteractionDescription": f"{meanings.MEANINGS[group].label} visiting the flowers of "
            f"{_flower(survey)}",
            "subjectOccurrence_fk": f"{survey.id}:{group}",
            "organismInteractionType": _INTERACTION,
            "relatedOccurrenceID": f"{survey.id}:flower",
            "relatedOrganismPart": "flower",
        }


def _assertions(survey: Survey) -> Iterator[Row]:
    for measured in survey.measured:
        place = f"-{measured.position}" if measured.position else ""
        yield {
            "assertionID": f"{survey.id}:{measured.name}{place}",
            "event_fk": survey.id,
            "assertionType": wording.measurement_type(measured),
            "assertionEffectiveDate": survey.date,
            "assertionValue": number_text(measured.value, 4),
            "assertionUnit": unit_of(measured.name),
            "assertionUnitSource": "UCUM",
            "assertionProtocols": wording.measurement_method(measured),
        }


def _policy(contents: Contents) -> Row:
    return {
        "usagePolicy_pk": "dataset",
        "usagePolicyID": "dataset",
        "rightsHolder": contents.community_name,
        "rightsHolderID": contents.community,
        "license": contents.licence.deed.url,
        "credit": contents.community_name,
    }
