"""The kinds of findings: one table of codes, each with its sentence, and whether it is only a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks.report import Finding, shortened

if TYPE_CHECKING:
    from sera_workshop.archives.checks.report import Report

SENTENCES: Final[dict[str, str]] = {
    # The container.
    "not_an_archive": "{detail}; expected a zip file, or a folder, with meta.xml or datapackage.json",
    "unsafe_path": "the name {value!r} leads out of the archive; expected a plain relative name",
    "link": "{value!r} is a link; expected a file",
    "duplicate_file": "two files are called {value!r}, or differ only in case",
    "too_many_files": "{value} files; at most {limit} are read",
    "too_large": "{value} bytes unpacked; at most {limit} are read",
    "compression_ratio": "unpacks to {value} times its size; at most {limit} times is read",
    "overlapping_files": "files in the archive overlap; this is no honest zip file",
    "encrypted": "the file is encrypted; archives for publication are not",
    "compression_method": "packed by method {value}; expected stored or deflated",
    "damaged_file": "cannot be unpacked: {detail}",
    "missing_file": "{value!r} is named by {where} and is not in the archive",
    "unreferenced_file": "named by nothing in {where}; name it there, or leave it out",
    "remote_file": "{value!r} lies outside the archive; expected a file in it",
    "system_file": "left by an operating system or a program; leave it out",
    "inner_folder": "all files lie in the folder {value!r}; expected them at the top of the archive",
    "no_descriptor": "no meta.xml: the head line of {value!r} was taken for the names of the terms",
    # XML.
    "xml_syntax": "is no well-formed XML: {detail}",
    "xml_doctype": "has a document type or entities, which may read other files; leave them out",
    "xml_too_large": "more than {limit} bytes or elements; such metadata is not read",
    "xml_root": "the outermost element is {value!r}; expected {limit!r}",
    "xml_namespace": "the namespace is {value!r}; expected {limit!r}",
    # The descriptors.
    "no_core": "no core is described; expected one element 'core' in archive",
    "several_cores": "several cores are described; expected one",
    "no_location": "a table has no file location; expected files/location",
    "no_id": "no {value} index is given, so rows cannot be joined; name its column",
    "bad_index": "the index {value!r} is no whole number from 0",
    "bad_header_count": "ignoreHeaderLines is {value!r}; expected a whole number from 0",
    "index_outside": "column {value} is mapped, and the rows have {limit}",
    "duplicate_term": "the term is mapped twice",
    "bad_term": "{value!r} is no absolute IRI",
    "unknown_term": "is no recommended term of Darwin Core; look for a misspelling",
    "superseded_term": "is a term that Darwin Core no longer recommends",
    "no_row_type": "no rowType is given; expected the IRI of a class",
    "unsupported_encoding": "encoding {value!r} is not known; expected UTF-8",
    "unsupported_separator": "{value!r} cannot separate {where}",
    "header_mismatch": "the head line says {value!r} where the term is {limit!r}",
    "no_metadata": "no metadata are named; expected an EML document",
    "json_syntax": "is no JSON: {detail}",
    "bad_descriptor": "{detail}",
    "unknown_table": "is no table of the Darwin Core Data Package",
    "unknown_field": "is no field of this table in the Darwin Core Data Package",
    "bad_profile": "the profile is {value!r}; expected that of the Darwin Core Data Package",
    "draft_schema": "the table schemas of the Darwin Core Data Package are still a draft",
    # Rows.
    "encoding": "is not {value}: {detail}",
    "byte_order_mark": "begins with a byte order mark; leave it out",
    "line_ends": "lines end with CR LF where {where} says LF",
    "line_too_long": "a line has more than {limit} characters",
    "too_many_rows": "more than {limit} rows; such files are not read",
    "quoting": "a quoted value does not end or is followed by text: {detail}",
    "control_character": "a control character in {value!r}",
    "embedded_line_break": "a line break within a value; write a space",
    "column_count": "{value} columns; expected {limit}",
    "empty_line": "an empty line between rows",
    "no_rows": "has no rows",
    "empty_id": "the identifier is empty",
    "duplicate_id": "{value!r} was there before; identifiers are unique",
    "duplicate_id_case": "{value!r} differs from one before only in case; many readers take them for one",
    "orphan": "{value!r} is in no row of {where}",
    "parent_elsewhere": "{value!r} is in no row of this archive",
    "required_value": "is empty; a value is required",
    "required_field": "the column is not there; it is required",
    # Values.
    "vocabulary": "{value!r} is none of {limit}",
    "superseded_value": "{value!r} is no longer recommended; expected one of {limit}",
    "not_detected": "GBIF reads 'notDetected' as present; write 'absent'",
    "not_a_number": "{value!r} is no number",
    "not_an_integer": "{value!r} is no whole number from 0",
    "out_of_range": "{value!r} is outside {limit}",
    "not_a_date": "{value!r} is no date after ISO 8601-1, or does not exist",
    "date_order": "{value!r} ends before it begins",
    "date_contradiction": "{value!r} disagrees with year, month or day",
    "not_boolean": "{value!r} is neither true nor false",
    "not_a_country": "{value!r} is no code of two capital letters after ISO 3166-1",
    "uncertainty_zero": "an uncertainty of 0 m is not possible; leave it empty where it is not known",
    "quantity_without_type": "organismQuantity and organismQuantityType belong together",
    "value_without_unit": "{value} and {limit} belong together",
    "type_missing": "a value without a measurementType",
    "status_contradiction": "{value!r} with a quantity of {limit!r}",
    "coordinate_pair": "latitude and longitude belong together",
    "datum_missing": "coordinates without geodeticDatum",
    "uncertainty_missing": "coordinates without coordinateUncertaintyInMeters",
    "zero_coordinates": "0, 0 lies in the Gulf of Guinea; is the place known?",
    "range_order": "{value} is above {limit}",
    "recommended_term": "the column is not there; publishers and GBIF expect it",
    # EML.
    "eml_missing": "has no {value}; expected one in dataset",
    "eml_recommended": "has no {value}; GBIF expects one",
    "eml_profile": "{detail} (GBIF's profile {limit}, to which the document says it keeps)",
    "eml_date": "{value!r} is no date",
    "eml_box": "the bounding coordinates {value} are no box on Earth",
}
WARNINGS: Final = frozenset(
    {
        "system_file", "inner_folder", "no_descriptor", "xml_namespace", "superseded_term", "header_mismatch",
        "draft_schema", "byte_order_mark", "line_ends", "empty_line", "no_rows", "parent_elsewhere",
        "superseded_value", "not_detected", "datum_missing", "uncertainty_missing", "zero_coordinates",
        "recommended_term", "eml_recommended", "eml_profile",
    }
)  # fmt: skip


def add(
    report: Report,
    code: str,
    file: str,
    *,
    line: int | None = None,
    term: str = "",
    as_warning: bool = False,
    **values: object,
) -> None:
    """Add a finding of a kind; `values` fill its sentence, texts from the archive made plain."""
    plain = {name: value if isinstance(value, int) else shortened(value) for name, value in values.items()}
    message = SENTENCES[code].format(**plain)
    finding = Finding(shortened(file), line, shortened(term), code, message)
    report.add(finding, is_warning=as_warning or code in WARNINGS)
