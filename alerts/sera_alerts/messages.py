"""One message of many notices: what is urgent first, one paragraph a kind of finding, first checks below."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_alerts.transitions import BEGINNING, RECOVERY, REMINDER, WORSENING
from sera_vocabulary.alert_rules import INSTALLATION, LOOK, URGENT
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_words.statements import Finding
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_store.alert_book import Notice

# Of one kind; what follows is counted, so that a broken broker does not write a book.
_NODES_MOST: Final = 8
_MARKS: Final = {URGENT: "URGENT", LOOK: "to look at"}


class Message(NamedTuple):
    """A title of one line, and plain text."""

    title: str
    body: str


def newest_notices(notices: Sequence[Notice]) -> list[Notice]:
    """Return what is still worth telling of notices that have waited: the last word on each finding.

    What began and is gone before anybody was told of it is left out.
    """
    by_key: dict[str, list[Notice]] = {}
    for notice in notices:
        by_key.setdefault(notice.key, []).append(notice)
    return [
        group[-1]
        for group in by_key.values()
        if not (group[-1].event == RECOVERY and group[0].event == BEGINNING)
    ]


def compose(notices: Iterable[Notice], place: str) -> Message:
    """Write one message of notices, the worst first.

    Parameters
    ----------
    notices
        At least one.
    place
        What the installation is called.
    """
    ordered = sorted(notices, key=lambda notice: (notice.event == RECOVERY, -notice.severity, notice.code))
    counts = Counter(_kind(notice) for notice in ordered)
    title = f"{place}: " + ", ".join([f"{count} {kind}" for kind, count in counts.items()])
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in ordered:
        groups.setdefault((_kind(notice), notice.code), []).append(notice)
    paragraphs = ["\n".join(_paragraph(kind, group)) for (kind, _), group in groups.items()]
    return Message(title, "\n\n".join(paragraphs) + "\n")


def _kind(notice: Notice) -> str:
    return "well again" if notice.event == RECOVERY else _MARKS.get(notice.severity, "with a note")


def _paragraph(kind: str, notices: Sequence[Notice]) -> list[str]:
    lines = [f"{kind}: {ALERTS_BY_CODE[notices[0].code].meaning}"]
    for notice in notices[:_NODES_MOST]:
        since = datetime.fromtimestamp(notice.since_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        finding = words().statement(Finding(notice.code, notice.arguments))
        how = {WORSENING: ", worse than before", REMINDER: ", still"}.get(notice.event, "")
        where = "this installation" if notice.node == INSTALLATION else f"{notice.node} in {notice.garden}"
        lines.append(f"  {where}: {finding} (since {since}{how})")
    if len(notices) > _NODES_MOST:
        lines.append(f"  and {len(notices) - _NODES_MOST} more; `sera fleet` shows all")
    if notices[0].event != RECOVERY:
        lines += [f"    - {check}" for check in notices[0].checks]
    return lines
