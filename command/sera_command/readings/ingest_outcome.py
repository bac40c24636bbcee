"""What became of each row of a recorded file in this run: new, here already, in conflict, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.importers.findings import DEAD_LETTER, Finding
from sera_vocabulary import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.importers import Recording, Row
    from sera_store.records.dead_letters import DeadLetter
    from sera_store.store import Store

LETTERS_MOST: Final = 1_000_000

# A row by its key and values: of two rows of one time, each has its own fate.
_RowKey = tuple[str, int, tuple[float | None, ...]]


@dataclass(slots=True)
class Outcome:
    """What became of a recording's rows.

    Parameters
    ----------
    recording
        The recording, of a node.
    new, already_stored
        Rows that were stored now, and rows that had been stored, or erased, before.
    findings
        Rows in conflict with what is stored, and rows that the gateway refused.
    """

    recording: Recording
    new: int = 0
    already_stored: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def conflicts(self) -> int:
        """Count the rows whose values contradict another row of their time, in file or store."""
        return sum(finding.kind == "conflict" for finding in self.findings) + sum(
            finding.kind == "two_at_one_time" for finding in self.recording.findings
        )

    @property
    def refused(self) -> int:
        """Count the rows that the gateway refused for another reason."""
        return sum(finding.kind == "refused" for finding in self.findings)


def letters_of(store: Store, recordings: Iterable[Recording]) -> dict[str, list[DeadLetter]]:
    """Read the dead letters of the recordings' nodes, of any state."""
    nodes = {recording.node for recording in recordings}
    return {node: store.dead_letters.list(node=node, state=None, limit=LETTERS_MOST) for node in nodes}


def stored_sequences(store: Store, recordings: Iterable[Recording]) -> dict[tuple[str, str], set[int]]:
    """Read which keys of the recordings' nodes are taken, before they are ingested."""
    sources = {(recording.node, recording.epoch) for recording in recordings}
    return {source: store.records.sequences(*source) for source in sources}


def outcomes(
    store: Store, recordings: Sequence[Recording], stored: dict[tuple[str, str], set[int]]
) -> list[Outcome]:
    """Return what became of each row, in the order in which the files were given.

    Parameters
    ----------
    store
        After the run.
    recordings
        All that was ingested.
    stored
        Which keys were taken before it, by node and epoch; those of each recording are added.
    """
    letters = letters_of(store, recordings)
    rejected = {node: _rejected(of_node) for node, of_node in letters.items()}
    return [
        _outcome(recording, rejected[recording.node], stored[recording.node, recording.epoch])
        for recording in recordings
    ]


def _outcome(recording: Recording, rejected: dict[_RowKey, DeadLetter], stored: set[int]) -> Outcome:
    outcome = Outcome(recording)
    reported = {finding.row for finding in recording.findings if finding.kind == "two_at_one_time"}
    for row in recording.rows:
        letter = rejected.get((recording.epoch, row.seq, _as_sent(row.values)))
        if letter is not None:
            if row.number not in reported:
                outcome.findings.append(_finding(row, letter))
        elif row.seq in stored:
            outcome.already_stored += 1
        else:
            outcome.new += 1
        stored.add(row.seq)
    return outcome


def _finding(row: Row, letter: DeadLetter) -> Finding:
    values = ", ".join("none" if value is None else f"{value:g}" for value in row.values)
    if letter.reason == reasons.CONFLICT:
        problem = (
            "a reading of this time was stored with other values, and stays; see which file is right. "
            "Where the "
            "times of one are shifted, ingest the raw download. `sera deadletters list` shows it"
        )
        return Finding("conflict", row.number or None, "", values, problem, DEAD_LETTER)
    problem = f"{letter.reason}: {letter.detail}"
    return Finding("refused", row.number or None, "", values, problem, DEAD_LETTER)


def _rejected(letters: Iterable[DeadLetter]) -> dict[_RowKey, DeadLetter]:
    """Return the dead letters of recorded rows by the row that each holds."""
    by_row: dict[_RowKey, DeadLetter] = {}
    for letter in letters:
        for seq, values in _rows_of(letter):
            by_row[letter.epoch or "", seq, values] = letter
    return by_row


def _rows_of(letter: DeadLetter) -> list[tuple[int, tuple[float | None, ...]]]:
    try:
        content = msgspec.json.decode(letter.payload)
        rows = content[messages.KEY_ROWS]
        return [
            (row[messages.ROW_SEQ], _as_sent(row[messages.ROW_VALUES :]))
            for row in rows
            if row[messages.ROW_SEQ] in letter.seqs
        ]
    except (msgspec.MsgspecError, KeyError, TypeError, IndexError):
        return []


def _as_sent(values: Iterable[float | None]) -> tuple[float | None, ...]:
    return tuple(None if value is None else float(value) for value in values)
