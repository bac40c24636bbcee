"""How a table of an archive is written: its files, separators and columns, whichever descriptor says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

EVENT: Final = "http://rs.tdwg.org/dwc/terms/Event"
OCCURRENCE: Final = "http://rs.tdwg.org/dwc/terms/Occurrence"


@dataclass(frozen=True, slots=True)
class Column:
    """One mapped column.

    Parameters
    ----------
    term
        Local name of the term, by which values are checked; empty for what is checked by nothing.
    index
        From 0; None where every row has the default.
    default
        Stands where a value is empty.
    kind
        string, number, integer or boolean, where a schema says so.
    is_required
        Whether a schema asks for a value in every row.
    label
        What findings call it.
    """

    term: str
    index: int | None
    default: str = ""
    kind: str = "string"
    is_required: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """What findings call it."""
        return self.label or self.term


@dataclass(frozen=True, slots=True)
class Reference:
    """Values of a column that must stand in the key column of another table, or of this."""

    column: str
    table: str
    key: str


@dataclass(slots=True)
class Table:
    """One table of an archive.

    Parameters
    ----------
    name
        How references name it: the file in a Darwin Core Archive, the resource in a data package.
    files
        Names in the archive; their rows follow one another.
    unique
        Columns whose values must differ, without regard to case; empty values are left out.
    references
        What must stand elsewhere.
    expected
        Terms that publishers expect, and whose columns are not there.
    row_type
        IRI of the class of its rows.
    """

    name: str
    files: list[str]
    columns: list[Column]
    encoding: str = "utf-8"
    separator: str = ","
    quote: str = '"'
    line_end: str = "\n"
    header_lines: int = 0
    header: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    row_type: str = ""
    width: int | None = None
