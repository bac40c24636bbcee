"""What a check says of an archive: problems, which make it bad, and warnings, which do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

# As many of one kind in one file are listed; the rest are counted.
LISTED_MOST: Final = 100
_TEXT_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem or warning.

    Parameters
    ----------
    file
        Name in the archive; empty where it is about the archive itself.
    line
        Line in the file, the first is 1; None where it is about the file as a whole.
    term
        The term or element that it is about; empty where there is none.
    code
        What it is, one of `sentences.SENTENCES`.
    message
        What, what was expected, and what to do.
    """

    file: str
    line: int | None
    term: str
    code: str
    message: str


@dataclass(slots=True)
class Report:
    """What was found so far, with at most `LISTED_MOST` findings of one kind and file listed."""

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    form: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)
    _counts: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)

    def add(self, finding: Finding, *, is_warning: bool) -> None:
        """Add a finding, or count it where enough of its kind are listed."""
        key = (finding.file, finding.term, finding.code, is_warning)
        self._counts[key] += 1
        if self._counts[key] > LISTED_MOST:
            self.unlisted[finding.code] += 1
            return
        (self.warnings if is_warning else self.problems).append(finding)

    @property
    def is_good(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in an order that does not depend on the way of checking."""
        return {
            "form": self.form,
            "problems": [_plain(finding) for finding in sorted(self.problems, key=_order)],
            "warnings": [_plain(finding) for finding in sorted(self.warnings, key=_order)],
            "rows": self.rows,
            "unlisted": dict(sorted(self.unlisted.items())),
        }


def _order(finding: Finding) -> tuple[str, int, str, str]:
    return (finding.file, finding.line or 0, finding.term, finding.code)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "term": finding.term,
        "code": finding.code,
        "message": finding.message,
    }


def shortened(text: object) -> str:
    """Return a text from an archive as it may stand in a message: no control characters, not long."""
    plain = "".join([char if char.isprintable() else "�" for char in str(text)[: _TEXT_MOST + 1]])
    return plain if len(plain) <= _TEXT_MOST else plain[:_TEXT_MOST] + "…"
