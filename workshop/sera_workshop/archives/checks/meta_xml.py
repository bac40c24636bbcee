"""Read the descriptor of a Darwin Core Archive, `meta.xml`, into tables."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks import vocabularies
from sera_workshop.archives.checks.container import is_unsafe
from sera_workshop.archives.checks.sentences import add
from sera_workshop.archives.checks.table import Column, Reference, Table
from sera_workshop.archives.checks.xml_tree import children, local, namespace, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sera_workshop.archives.checks.container import Container
    from sera_workshop.archives.checks.report import Report

META: Final = "meta.xml"
_NAMESPACE: Final = "http://rs.tdwg.org/dwc/text/"
_ESCAPES: Final = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\\": "\\"}
_LINE_ENDS: Final = ("\n", "\r", "\r\n")
# Which of an extension's columns name a row of another table of the archive, by the other's row type.
_LINKS: Final = {"occurrenceID": "Occurrence", "eventID": "Event"}
ID: Final = "id"


@dataclass(slots=True)
class Descriptor:
    """What a descriptor names: tables, the first of which is the core, metadata, and all files."""

    tables: list[Table] = field(default_factory=list)
    metadata: str = ""
    files: set[str] = field(default_factory=set)


def read_meta(root: Element, container: Container, report: Report) -> Descriptor:
    """Read a descriptor; what is wrong with it is noted, and the tables that can be read are returned."""
    descriptor = Descriptor(metadata=root.get("metadata", ""))
    if local(root) != "archive":
        add(report, "xml_root", META, value=local(root), limit="archive")
        return descriptor
    if namespace(root) != _NAMESPACE:
        add(report, "xml_namespace", META, value=namespace(root), limit=_NAMESPACE)
    cores = children(root, "core")
    if len(cores) != 1:
        add(report, "several_cores" if cores else "no_core", META)
        if not cores:
            return descriptor
    extensions = children(root, "extension")
    for element in (cores[0], *extensions):
        table = _table(element, descriptor, container, report, has_extensions=bool(extensions))
        if table is not None:
            descriptor.tables.append(table)
    _link(descriptor.tables)
    return descriptor


def _table(
    element: Element, descriptor: Descriptor, container: Container, report: Report, *, has_extensions: bool
) -> Table | None:
    is_core = local(element) == "core"
    files = _files(element, descriptor, container, report)
    row_type = element.get("rowType", "")
    if not row_type:
        add(report, "no_row_type", META, term=local(element))
    columns = _columns(element, report, is_core=is_core, has_extensions=has_extensions)
    table = Table(files[0] if files else "", files, columns, row_type=row_type)
    if not files or not _read_format(element, table, report):
        return None
    kind = row_type.rpartition("/")[2]
    terms = {column.term for column in columns}
    table.expected = [term for term in vocabularies.EXPECTED.get(kind, ()) if term not in terms and is_core]
    if row_type.startswith("http://rs.tdwg.org/eco/"):
        return table
    identifier = vocabularies.IDENTIFIERS.get(kind, "")
    table.unique = _unique(columns, [ID if is_core else "", identifier])
    return table


def _unique(columns: list[Column], names: list[str]) -> list[str]:
    """Choose the columns that must be unique; where two names mean one column, the term."""
    by_index: dict[int, str] = {}
    for name in names:
        for column in columns:
            if name and name in (column.term, column.label) and column.index is not None:
                by_index[column.index] = name
    return list(by_index.values())


def _labels(columns: list[Column]) -> set[str]:
    return {column.label for column in columns}


def _files(element: Element, descriptor: Descriptor, container: Container, report: Report) -> list[str]:
    names = [
        text_of(location) for files in children(element, "files") for location in children(files, "location")
    ]
    if not names:
        add(report, "no_location", META, term=local(element))
    present = []
    for name in names:
        descriptor.files.add(name)
        if "://" in name:
            add(report, "remote_file", META, value=name)
        elif is_unsafe(name):
            add(report, "unsafe_path", META, value=name)
        elif name not in container.names:
            add(report, "missing_file", META, value=name, where=META)
        else:
            present.append(name)
    return present


def _read_format(element: Element, table: Table, report: Report) -> bool:
    """Read encoding and separators; return whether the table can be read with them."""
    table.encoding = element.get("encoding", "utf-8") or "utf-8"
    try:
        codecs.lookup(table.encoding)
        is_text = codecs.lookup(table.encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        add(report, "unsupported_encoding", META, value=table.encoding)
        return False
    table.separator = _unescaped(element.get("fieldsTerminatedBy", ","))
    table.quote = _unescaped(element.get("fieldsEnclosedBy", '"'))
    table.line_end = _unescaped(element.get("linesTerminatedBy", r"\n"))
    for value, where, is_good in (
        (table.separator, "columns", table.separator and not (table.quote and len(table.separator) > 1)),
        (table.quote, "quoted values", len(table.quote) <= 1 and table.quote not in ("\n", "\r")),
        (table.line_end, "lines", table.line_end in _LINE_ENDS),
    ):
        if not is_good:
            add(report, "unsupported_separator", META, value=value, where=where)
            return False
    return _read_header_count(element, table, report)


def _read_header_count(element: Element, table: Table, report: Report) -> bool:
    text = element.get("ignoreHeaderLines", "0") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        add(report, "bad_header_count", META, value=text)
        return False
    table.header_lines = int(text)
    return True


def _unescaped(text: str) -> str:
    for escape, char in _ESCAPES.items():
        text = text.replace(escape, char)
    return text


def _columns(element: Element, report: Report, *, is_core: bool, has_extensions: bool) -> list[Column]:
    columns: list[Column] = []
    name = "id" if is_core else "coreid"
    ids = children(element, name)
    index = _index(ids[0].get("index"), report) if ids else None
    if index is not None:
        columns.append(Column("", index, is_required=not is_core or has_extensions, label=ID))
    elif not is_core or has_extensions:
        add(report, "no_id", META, value=name)
    seen: set[str] = set()
    for entry in children(element, "field"):
        iri = entry.get("term", "")
        code = vocabularies.term_finding(iri)
        if code is not None:
            add(report, code, META, term=iri, value=iri)
        if iri in seen:
            add(report, "duplicate_term", META, term=iri)
            continue
        seen.add(iri)
        default = entry.get("default", "")
        index = _index(entry.get("index"), report) if entry.get("index") is not None else None
        if index is None and not default:
            continue
        columns.append(Column(vocabularies.local_name(iri), index, default))
    return columns


def _index(text: str | None, report: Report) -> int | None:
    if text is not None and text.isascii() and text.isdigit() and len(text) < 5:
        return int(text)
    add(report, "bad_index", META, value=text)
    return None


def _link(tables: list[Table]) -> None:
    """Join extensions to the core, and columns that name rows of other tables."""
    by_kind = {table.row_type.rpartition("/")[2]: table for table in reversed(tables)}
    core = tables[0] if tables else None
    for table in tables:
        terms = {column.term for column in table.columns}
        if table is not core and core is not None and ID in _labels(table.columns) & _labels(core.columns):
            table.references.append(Reference(ID, core.name, ID))
        if "parentEventID" in terms and "eventID" in terms:
            table.references.append(Reference("parentEventID", table.name, "eventID"))
        for term, kind in _LINKS.items():
            other = by_kind.get(kind)
            if term not in terms or other is None or other is table or kind == "Event":
                continue
            if term in {column.term for column in other.columns}:
                table.references.append(Reference(term, other.name, term))
