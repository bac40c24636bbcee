"""Flags that a record has by its series, and their notes: how they are put on, and taken off again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_quality.limits import COMPUTED_FROM
from sera_store.records.rows import DATED_BY, TIME_SUSPECT
from sera_vocabulary import quality
from sera_vocabulary.messages import column as wire_key
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_store.ledger.neighbour_rows import NeighbourRows, Stretches
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.rows import Record

# Why a value has a flag of its series, as the note of its column begins.
SPIKE: Final = "spike"
RATE: Final = "rate of change"
FLAT_LINE: Final = "flat line"
NEIGHBOURS: Final = "other probes"
AIR: Final = "air beside"
RISE: Final = "rise without water"
CLIMATE: Final = "climate"
USUAL: Final = "usual in this garden"

_PREFIX: Final = "check:"
# By the flag that a value's own check gave it, which it has again when its series gives it none any more.
_NOTES: Final = {quality.GOOD: "", quality.SUSPECT: " of a suspect value"}

# By wire key: the flag that its series gives a value, and why.
Findings = dict[str, tuple[int, str]]


def without_series_flags(record: Record) -> Record:
    """Return a record without the flags of its series: only those of its own values are left."""
    detail = record.detail or {}
    own = _own_flags(detail)
    if not own:
        return record
    flags = [own.get(column, flag) for column, flag in zip(record.columns, record.quality, strict=True)]
    rest = {key: text for key, text in detail.items() if not key.startswith(_PREFIX)}
    return replace(record, quality=tuple(flags), detail=rest or None)


def take_back(neighbours: NeighbourRows, stretches: Stretches) -> dict[int, bool]:
    """Remove the flags of series from the columns; return the rows that had any, and whether a flat line."""
    details = {number: neighbours.detail_of(number) for number in set(stretches.details)}
    own = {number: _own_flags(detail) for number, detail in details.items()}
    noted = {}
    for row, number in enumerate(stretches.details):
        if own[number]:
            noted[row] = any(details[number][_PREFIX + key].startswith(FLAT_LINE) for key in own[number])
            for key in own[number].keys() & stretches.columns.keys():
                stretches.columns[key].quality[row] = own[number][key]
    return noted


def add_finding(findings: Findings, key: str, flag: int, reason: str) -> None:
    """Note the worse of two flags of a value; a flat line holds for what is computed from it, too."""
    findings[key] = max(findings.get(key, (flag, reason)), (flag, reason))
    parsed = parse_column(key)
    if reason == FLAT_LINE and parsed is not None and parsed[0] in COMPUTED_FROM:
        for target in COMPUTED_FROM[parsed[0]]:
            add_finding(findings, wire_key(target, parsed[1]), flag, reason)


def apply_findings(record: Record, findings: Findings) -> Record:
    """Return a record, which has no flags of its series, with those that these give it."""
    own = dict(zip(record.columns, record.quality, strict=True))
    changed = {
        key: finding
        for key, finding in findings.items()
        if own.get(key) in _NOTES
        and (finding[0] > own[key] or _is_usual_after_all(record, own[key], finding))
    }
    if not changed:
        return record
    notes = {f"{_PREFIX}{key}": f"{reason}{_NOTES[own[key]]}" for key, (_, reason) in changed.items()}
    flags = own | {key: flag for key, (flag, _) in changed.items()}
    return replace(record, quality=tuple(flags.values()), detail={**(record.detail or {}), **notes})


def supersede(transaction: LedgerTransaction, number: int, record: Record, findings: Findings) -> set[int]:
    """Set the flags of its series on a current record, and no others of that kind; return what was set."""
    target = apply_findings(without_series_flags(record), findings)
    return set() if target == record else {transaction.records.supersede(number, target)}


def _is_usual_after_all(record: Record, own: int, finding: tuple[int, str]) -> bool:
    """Return whether a value is suspect for the table alone; a doubtful time makes it so as well."""
    is_time_sure = not {TIME_SUSPECT, DATED_BY} & (record.detail or {}).keys()
    return finding == (quality.GOOD, USUAL) and own == quality.SUSPECT and is_time_sure


def _own_flags(detail: Mapping[str, str]) -> dict[str, int]:
    """Return by column with a flag of its series the flag that its own value gave it."""
    return {
        key.removeprefix(_PREFIX): quality.SUSPECT if note.endswith(_NOTES[quality.SUSPECT]) else quality.GOOD
        for key, note in detail.items()
        if key.startswith(_PREFIX)
    }
