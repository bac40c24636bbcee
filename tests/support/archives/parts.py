"""A small good archive of each form, to be spoiled in one place by a test."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from sera_workshop.archives.checks.check import check_archive
from sera_workshop.archives.checks.datapackage import table_schemas

if TYPE_CHECKING:
    from pathlib import Path

    from sera_workshop.archives.checks.report import Report

DWC = "http://rs.tdwg.org/dwc/terms/"
EVENTS = [
    ["eventID", "eventDate", "samplingProtocol", "sampleSizeValue", "sampleSizeUnit", "decimalLatitude",
     "decimalLongitude", "geodeticDatum", "coordinateUncertaintyInMeters", "countryCode"],
    ["e1", "2026-05-04", "timed count", "10", "minute", "51.45", "-2.59", "WGS84", "659", "GB"],
    ["e2", "2026-05-05/2026-05-06", "timed count", "10", "minute", "", "", "", "", "GB"],
]  # fmt: skip
OCCURRENCES = [
    ["eventID", "occurrenceID", "basisOfRecord", "scientificName", "organismQuantity", "organismQuantityType",
     "occurrenceStatus"],
    ["e1", "o1", "HumanObservation", "Bombus", "3", "individuals", "present"],
    ["e2", "o2", "HumanObservation", "Syrphidae", "0", "individuals", "absent"],
]  # fmt: skip
MEASUREMENTS = [
    ["eventID", "occurrenceID", "measurementID", "measurementType", "measurementValue", "measurementUnit"],
    ["e1", "o1", "m1", "air temperature", "16.5", "degree Celsius"],
]
EML = """<?xml version="1.0" encoding="UTF-8"?>
<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" packageId="p" system="s">
<dataset><title>Gardens</title><creator><organizationName>Oak</organizationName></creator>
<metadataProvider><organizationName>Oak</organizationName></metadataProvider><pubDate>2026-06-01</pubDate>
<language>eng</language><abstract><para>Counts.</para></abstract>
<intellectualRights><para>CC BY 4.0</para></intellectualRights>
<coverage><geographicCoverage><boundingCoordinates><westBoundingCoordinate>-3</westBoundingCoordinate>
<eastBoundingCoordinate>-2</eastBoundingCoordinate><northBoundingCoordinate>52</northBoundingCoordinate>
<southBoundingCoordinate>51</southBoundingCoordinate></boundingCoordinates></geographicCoverage></coverage>
<contact><organizationName>Oak</organizationName></contact></dataset></eml:eml>
"""
META = """<?xml version="1.0" encoding="UTF-8"?>
<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">{tables}</archive>
"""


def described(kind: str, row_type: str, file: str, terms: list[str]) -> str:
    """The element that describes a table, its first column the id."""
    fields = "".join(f'<field index="{index}" term="{DWC}{term}"/>' for index, term in enumerate(terms))
    return (
        f'<{kind} encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" '
        f'ignoreHeaderLines="1" rowType="{row_type}"><files><location>{file}</location></files>'
        f'<{"id" if kind == "core" else "coreid"} index="0"/>{fields}</{kind}>\n'
    )


def written(rows: list[list[str]]) -> str:
    """Rows as a text file."""
    return "".join("\t".join(row) + "\n" for row in rows)


def good_archive() -> dict[str, str | bytes]:
    """The files of an archive without a fault and without a warning."""
    tables = [
        described("core", f"{DWC}Event", "event.txt", EVENTS[0]),
        described("extension", f"{DWC}Occurrence", "occurrence.txt", OCCURRENCES[0]),
        described("extension", "http://rs.iobis.org/obis/terms/ExtendedMeasurementOrFact", "emof.txt",
                  MEASUREMENTS[0]),
    ]  # fmt: skip
    return {
        "meta.xml": META.format(tables="".join(tables)),
        "eml.xml": EML,
        "event.txt": written(EVENTS),
        "occurrence.txt": written(OCCURRENCES),
        "emof.txt": written(MEASUREMENTS),
    }


def spoiled(name: str, old: str, new: str) -> dict[str, str | bytes]:
    """The good archive with one text in one file replaced."""
    files = good_archive()
    text = files[name]
    assert isinstance(text, str)
    assert old in text
    return files | {name: text.replace(old, new)}


def checked(folder: Path, files: dict[str, str | bytes], name: str = "archive.zip") -> Report:
    """Write files as a zip file and check it."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return check_archive(path)


def codes(report: Report) -> set[str]:
    """The codes of a report's problems."""
    return {finding.code for finding in report.problems}


def warned(report: Report) -> set[str]:
    """The codes of a report's warnings."""
    return {finding.code for finding in report.warnings}


def resource(name: str, columns: list[str]) -> dict[str, Any]:
    """A resource of a data package with the fields of the draft."""
    fields = {field["name"]: field for field in table_schemas()[name]["fields"]}
    return {
        "name": name,
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "schema": {"fields": [fields[column] for column in columns]},
    }


def good_package() -> dict[str, str | bytes]:
    """The files of a data package without a fault."""
    events = ["event_pk", "eventID", "eventCategory", "decimalLatitude", "decimalLongitude", "geodeticDatum",
              "coordinateUncertaintyInMeters"]  # fmt: skip
    occurrences = ["occurrence_pk", "event_fk", "occurrenceStatus"]
    package = {
        "profile": "http://rs.tdwg.org/dwc/dwc-dp",
        "resources": [resource("event", events), resource("occurrence", occurrences)],
    }
    return {
        "datapackage.json": json.dumps(package),
        "event.csv": ",".join(events) + '\ne1,e1,survey,51.45,-2.59,WGS84,659\n"e2",e2,survey,,,,\n',
        "occurrence.csv": ",".join(occurrences) + "\no1,e1,present\no2,e2,absent\n",
    }
