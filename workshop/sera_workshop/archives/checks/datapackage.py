"""Read the descriptor of a Darwin Core Data Package, `datapackage.json`, into tables."""

from __future__ import annotations

import codecs
import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from sera_workshop.archives.checks.container import is_unsafe
from sera_workshop.archives.checks.meta_xml import Descriptor
from sera_workshop.archives.checks.sentences import add
from sera_workshop.archives.checks.table import Column, Reference, Table

if TYPE_CHECKING:
    from sera_workshop.archives.checks.container import Container
    from sera_workshop.archives.checks.report import Report

DATAPACKAGE: Final = "datapackage.json"
_PROFILE: Final = "dwc-dp"


@lru_cache(maxsize=1)
def table_schemas() -> dict[str, Any]:
    """Return the tables of the Darwin Core Data Package that are known with their fields, by name (draft)."""
    path = resources.files("sera_workshop.archives") / "tables" / "dwc_dp_schemas.json"
    schemas: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schemas


@lru_cache(maxsize=1)
def table_names() -> frozenset[str]:
    """Return the names of all tables of the Darwin Core Data Package (draft)."""
    path = resources.files("sera_workshop.archives") / "tables" / "dwc_dp_names.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def read_datapackage(content: bytes, container: Container, report: Report) -> Descriptor:
    """Read a descriptor; what is wrong with it is noted, and the tables that can be read are returned."""
    descriptor = Descriptor()
    try:
        package = json.loads(content)
    except (ValueError, RecursionError) as error:
        add(report, "json_syntax", DATAPACKAGE, detail=error)
        return descriptor
    resources_listed = package.get("resources") if isinstance(package, dict) else None
    if not isinstance(resources_listed, list) or not resources_listed:
        add(report, "bad_descriptor", DATAPACKAGE, term="resources", detail="expected a list of resources")
        return descriptor
    if _PROFILE not in str(package.get("profile", "")):
        add(report, "bad_profile", DATAPACKAGE, term="profile", value=package.get("profile", ""))
    add(report, "draft_schema", DATAPACKAGE)
    names: set[str] = set()
    for resource in resources_listed:
        table = _table(resource, names, descriptor, container, report)
        if table is not None:
            descriptor.tables.append(table)
    return descriptor


def _table(
    resource: Any, names: set[str], descriptor: Descriptor, container: Container, report: Report
) -> Table | None:
    name = resource.get("name") if isinstance(resource, dict) else None
    if not isinstance(name, str) or name in names:
        detail = "each resource needs a name of its own"
        add(report, "bad_descriptor", DATAPACKAGE, term="name", detail=detail)
        return None
    names.add(name)
    files = _files(resource, name, descriptor, container, report)
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not all(_is_field(field) for field in fields) or not fields:
        detail = "a schema with fields has to stand inline"
        add(report, "bad_descriptor", DATAPACKAGE, term=name, detail=detail)
        return None
    _check_table(name, fields, report)
    if not files:
        return None
    table = Table(name, files, _columns(fields, name), header_lines=1)
    table.header = [field["name"] for field in fields]
    _read_dialect(resource, table, report)
    _read_keys(schema, table, report)
    return table if _is_known_encoding(resource, table, report) else None


def _is_field(field: Any) -> bool:
    return isinstance(field, dict) and isinstance(field.get("name"), str)


def _files(
    resource: dict[str, Any], name: str, descriptor: Descriptor, container: Container, report: Report
) -> list[str]:
    paths = resource.get("path")
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths) or not paths:
        add(report, "bad_descriptor", DATAPACKAGE, term=name, detail="expected the path of a file")
        return []
    present = []
    for path in paths:
        descriptor.files.add(path)
        if "://" in path:
            add(report, "remote_file", DATAPACKAGE, term=name, value=path)
        elif is_unsafe(path):
            add(report, "unsafe_path", DATAPACKAGE, term=name, value=path)
        elif path not in container.names:
            add(report, "missing_file", DATAPACKAGE, term=name, value=path, where=DATAPACKAGE)
        else:
            present.append(path)
    return present


def _check_table(name: str, fields: list[dict[str, Any]], report: Report) -> None:
    """Compare a table with that of its name in the Darwin Core Data Package."""
    if name not in table_names():
        add(report, "unknown_table", DATAPACKAGE, term=name, as_warning=True)
    schema = table_schemas().get(name)
    if schema is None:
        return
    allowed = {field["name"] for field in schema["fields"]}
    present = [field["name"] for field in fields]
    for field in present:
        if field not in allowed:
            add(report, "unknown_field", DATAPACKAGE, term=f"{name}.{field}")
        if present.count(field) > 1:
            add(report, "duplicate_term", DATAPACKAGE, term=f"{name}.{field}")
    for field in schema["fields"]:
        if field.get("constraints", {}).get("required") and field["name"] not in present:
            add(report, "required_field", DATAPACKAGE, term=f"{name}.{field['name']}")


def _columns(fields: list[dict[str, Any]], name: str) -> list[Column]:
    schema = table_schemas().get(name, {"fields": []})
    official = {field["name"]: field for field in schema["fields"]}
    columns = []
    for index, field in enumerate(fields):
        known = official.get(field["name"], {})
        is_required = any(
            isinstance(entry.get("constraints"), dict) and entry["constraints"].get("required")
            for entry in (field, known)
        )
        kind = str(known.get("type") or field.get("type") or "string")
        columns.append(Column(field["name"], index, kind=kind, is_required=is_required))
    return columns


def _read_dialect(resource: dict[str, Any], table: Table, report: Report) -> None:
    dialect = resource.get("dialect", {})
    if not isinstance(dialect, dict):
        add(report, "bad_descriptor", DATAPACKAGE, term=table.name, detail="expected a dialect as an object")
        return
    separator, quote = dialect.get("delimiter", ","), dialect.get("quoteChar", '"')
    if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
        add(report, "unsupported_separator", DATAPACKAGE, value=separator, where="columns")
    elif not isinstance(quote, str) or len(quote) != 1:
        add(report, "unsupported_separator", DATAPACKAGE, value=quote, where="quoted values")
    else:
        table.separator, table.quote = separator, quote
    if dialect.get("header") is False:
        table.header_lines = 0


def _is_known_encoding(resource: dict[str, Any], table: Table, report: Report) -> bool:
    encoding = resource.get("encoding", "utf-8")
    try:
        is_text = isinstance(encoding, str) and codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        add(report, "unsupported_encoding", DATAPACKAGE, value=encoding)
        return False
    table.encoding = encoding
    return True


def _read_keys(schema: dict[str, Any], table: Table, report: Report) -> None:
    """Take keys from the schema in the package and from that of the draft, whichever has them."""
    official = table_schemas().get(table.name, {})
    names = set(table.header)
    own_keys = [
        field["name"]
        for field in [*schema["fields"], *official.get("fields", [])]
        if isinstance(field.get("constraints"), dict) and field["constraints"].get("unique")
    ]
    for source in (schema, official):
        key = source.get("primaryKey")
        own_keys += [key] if isinstance(key, str) else key if isinstance(key, list) and len(key) == 1 else []
    table.unique = [name for name in dict.fromkeys(own_keys) if name in names]
    links = [link for source in (schema, official) for link in _foreign_keys(source)]
    references = [Reference(column, target or table.name, key) for column, target, key in links]
    for reference in dict.fromkeys(references):
        if reference.column in names:
            table.references.append(reference)
        elif reference.column not in {field["name"] for field in official.get("fields", [])}:
            add(report, "bad_descriptor", DATAPACKAGE, term=table.name,
                detail=f"the foreign key {reference.column!r} is no column")  # fmt: skip


def _foreign_keys(schema: dict[str, Any]) -> list[tuple[str, str, str]]:
    links = []
    for entry in [*schema.get("foreignKeys", []), *schema.get("weakForeignKeys", [])]:
        reference = entry.get("reference", {}) if isinstance(entry, dict) else {}
        fields = (
            [entry.get("fields"), reference.get("resource"), reference.get("fields")] if reference else []
        )
        fields = [field[0] if isinstance(field, list) and len(field) == 1 else field for field in fields]
        if len(fields) == 3 and all(isinstance(field, str) for field in fields):
            links.append((fields[0], fields[1], fields[2]))
    return links
