"""What is wrong with an installation itself, from what is known of it: pure rules, as `fleet` has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_quality.fleet import Judgement, judged
from sera_vocabulary.alert_rules import LOOK
from sera_words.statements import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class InstallationFacts:
    """What is known of an installation at one moment.

    Parameters
    ----------
    free_mib, days_left
        Room on the disk of the data folder [MiB], and for how many days it lasts at the journal's pace; None
        where there is no pace yet.
    silent_broker
        Address of its broker where that does not answer; empty where it does, or is not to.
    backup_days
        How old the newest backup is; None where none was ever made.
    certificate_days
        By holder in how many days the certificates of authority, broker, gateway and pages end.
    ledger_behind
        Messages of the journal that are not read yet.
    new_dead_letters
        Messages that were rejected within the last day, and still wait.
    waiting_outputs
        Followers that wait for a person.
    """

    free_mib: float
    days_left: float | None = None
    silent_broker: str = ""
    backup_days: float | None = None
    certificate_days: tuple[tuple[str, float], ...] = ()
    ledger_behind: int = 0
    new_dead_letters: int = 0
    waiting_outputs: tuple[str, ...] = ()


def judge_installation(facts: InstallationFacts) -> list[Judgement]:
    """Find what is wrong with an installation, worst first; empty where all is well."""
    return sorted(_judgements(facts), key=lambda judgement: -judgement.severity)


def _judgements(facts: InstallationFacts) -> Iterator[Judgement]:
    if facts.days_left is not None:
        yield from judged("disk_filling", facts.days_left, days=facts.days_left)
    yield from judged("disk_full", facts.free_mib, mib=int(facts.free_mib))
    if facts.silent_broker:
        yield from judged("broker_silent", 1, address=facts.silent_broker)
    if facts.backup_days is None:
        yield Judgement(LOOK, Finding.of("backup_missing"))
    else:
        yield from judged("backup_old", facts.backup_days, days=facts.backup_days)
    for holder, days in facts.certificate_days:
        yield from judged("service_certificate_ends", days, holder=holder, days=days)
    yield from judged("ledger_behind", facts.ledger_behind, messages=facts.ledger_behind)
    yield from judged("dead_letters_growing", facts.new_dead_letters, messages=facts.new_dead_letters)
    for output in facts.waiting_outputs:
        yield from judged("output_waits", 1, output=output)
