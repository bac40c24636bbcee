"""Check an archive from its container to its last row; start reading here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks import vocabularies, xml_tree
from sera_workshop.archives.checks.container import UNPACKING_ERRORS, open_container, read_small
from sera_workshop.archives.checks.datapackage import DATAPACKAGE, read_datapackage
from sera_workshop.archives.checks.eml import check_eml
from sera_workshop.archives.checks.keys import KeyChecks, column_values
from sera_workshop.archives.checks.meta_xml import META, Descriptor, read_meta
from sera_workshop.archives.checks.report import Report
from sera_workshop.archives.checks.rows import blocks
from sera_workshop.archives.checks.sentences import add
from sera_workshop.archives.checks.table import OCCURRENCE, Column, Table
from sera_workshop.archives.checks.values import ValueChecks

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from sera_workshop.archives.checks.container import Container

DWCA, DWC_DP = "dwca", "dwc-dp"
_EML: Final = "eml.xml"
_DATA_SUFFIXES: Final = (".txt", ".csv", ".tsv", ".tab")
# What may lie in an archive without being named by its descriptor.
_COMPANIONS: Final = frozenset(
    {META, DATAPACKAGE, _EML, "license", "license.txt", "readme.md", "readme.txt", "citation.cff",
     "citations.txt", "rights.txt"}
)  # fmt: skip


def check_archive(path: Path) -> Report:
    """Check a Darwin Core Archive or a Darwin Core Data Package, strictly and without a network.

    Parameters
    ----------
    path
        A zip file or a folder; nothing of it is written anywhere.

    Returns
    -------
    Report
        `form` is `dwca`, `dwc-dp` or empty where it is neither. Nothing in an archive raises.
    """
    report = Report()
    container = open_container(path, report)
    if container is None:
        return report
    try:
        _check(container, report)
    finally:
        container.close()
    return report


def _check(container: Container, report: Report) -> None:
    if DATAPACKAGE in container.names:
        report.form = DWC_DP
        content = _read(container, DATAPACKAGE, report)
        descriptor = Descriptor() if content is None else read_datapackage(content, container, report)
    elif META in container.names:
        report.form = DWCA
        root = _read_xml(container, META, report)
        descriptor = Descriptor() if root is None else read_meta(root, container, report)
        _check_metadata(descriptor.metadata, container, report, where=META)
    else:
        simple = _simple_archive(container, report)
        if simple is None:
            return
        descriptor = simple
    _check_files(descriptor, container, report)
    _check_tables(descriptor.tables, container, report)


def _read(container: Container, name: str, report: Report) -> bytes | None:
    try:
        content = read_small(container, name, xml_tree.BYTES_MOST)
    except UNPACKING_ERRORS as error:
        add(report, "damaged_file", name, detail=error)
        return None
    if content is None:
        add(report, "xml_too_large", name, limit=xml_tree.BYTES_MOST)
    return content


def _read_xml(container: Container, name: str, report: Report) -> Element | None:
    content = _read(container, name, report)
    if content is None:
        return None
    try:
        return xml_tree.parse_xml(content)
    except xml_tree.XmlRejectedError as error:
        add(report, error.code, name, line=error.line, detail=error.detail, limit=xml_tree.BYTES_MOST)
        return None


def _check_metadata(name: str, container: Container, report: Report, *, where: str) -> None:
    if not name:
        add(report, "no_metadata", where)
    elif "://" in name:
        add(report, "remote_file", where, term="metadata", value=name)
    elif name not in container.names:
        add(report, "missing_file", where, term="metadata", value=name, where=where)
    else:
        root = _read_xml(container, name, report)
        if root is not None:
            check_eml(root, name, report)


def _simple_archive(container: Container, report: Report) -> Descriptor | None:
    """Take one data file without a descriptor for an archive, its head line for the terms."""
    data = [name for name in container.names if name.casefold().endswith(_DATA_SUFFIXES)]
    data = [name for name in data if name.casefold() not in _COMPANIONS]
    if len(data) != 1:
        add(
            report,
            "not_an_archive",
            "",
            detail=f"neither meta.xml nor datapackage.json, {len(data)} data files",
        )
        return None
    report.form = DWCA
    add(report, "no_descriptor", "", value=data[0])
    metadata = next((name for name in container.names if name.casefold() == _EML), "")
    _check_metadata(metadata, container, report, where=data[0])
    descriptor = Descriptor(metadata=metadata, files={data[0]})
    table = _simple_table(container, data[0], report)
    if table is not None:
        descriptor.tables.append(table)
    return descriptor


def _simple_table(container: Container, name: str, report: Report) -> Table | None:
    try:
        with container.open(name) as file:
            head = file.readline(1 << 20).decode("utf-8-sig", "replace")
    except UNPACKING_ERRORS as error:
        add(report, "damaged_file", name, detail=error)
        return None
    separator = "\t" if "\t" in head else "," if "," in head else ";"
    names = [cell.strip().strip('"').rpartition(":")[2].rpartition("/")[2] for cell in head.split(separator)]
    terms = {iri.rpartition("/")[2].casefold(): iri.rpartition("/")[2] for iri in vocabularies.listed_terms()}
    columns = [Column(terms.get(cell.casefold(), ""), index) for index, cell in enumerate(names)]
    if not any(column.term for column in columns):
        add(report, "bad_descriptor", name, line=1, detail="no column is named by a term of Darwin Core")
    table = Table(name, [name], columns, separator=separator, header_lines=1, row_type=OCCURRENCE)
    present = {column.term for column in columns}
    identifier = "taxonID" if "taxonID" in present and "occurrenceID" not in present else "occurrenceID"
    table.unique = [identifier] if identifier in present else []
    table.quote = '"' if '"' in head or separator != "\t" else ""
    return table


def _check_files(descriptor: Descriptor, container: Container, report: Report) -> None:
    where = DATAPACKAGE if report.form == DWC_DP else META
    for name in container.names:
        if (
            name not in descriptor.files
            and name != descriptor.metadata
            and name.casefold() not in _COMPANIONS
        ):
            add(report, "unreferenced_file", name, where=where)


def _check_tables(tables: list[Table], container: Container, report: Report) -> None:
    keys = KeyChecks(tables, report)
    for table in tables:
        for term in table.expected:
            add(report, "recommended_term", table.name, term=term)
        checks = ValueChecks(table, report)
        count = 0
        for block in blocks(container, table, report):
            count += len(block.rows)
            _check_ids(table, block.file, block.lines, block.rows, report)
            keys.gather(table, block.rows)
            terms = [column.term for column in table.columns if column.term]
            checks.check(block, {term: column_values(table, term, block.rows) for term in terms})
        report.rows[table.name] = count
        if not count:
            add(report, "no_rows", table.name)
    keys.check(container)


def _check_ids(table: Table, file: str, lines: list[int], rows: list[list[str]], report: Report) -> None:
    """Note empty identifiers of the core and of what joins extensions to it."""
    for column in table.columns:
        if not column.term and column.label and column.index is not None:
            index = column.index
            for line, row in zip(lines, rows, strict=True):
                if not row[index]:
                    add(report, "empty_id", file, line=line, term=column.name,
                        as_warning=not column.is_required)  # fmt: skip
