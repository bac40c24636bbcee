"""One message of many notices: what is urgent first, one paragraph a kind of finding, first checks below."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_alerts.transitions import BEGINNING, RECOVERY, REMINDER, WORSENING
from sera_quality.fleet import named_checks
from sera_vocabulary.alert_rules import CHECKS_MOST, INSTALLATION, LOOK, URGENT
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_words.statements import Finding
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_store.alert_book import Notice

# Of one kind; what follows is counted, so that a broken broker does not write a book.
_NODES_MOST: Final = 8
_KINDS: Final = {URGENT: "urgent", LOOK: "look"}
_EVENTS: Final = {WORSENING: "worse", REMINDER: "still"}


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
    """Write one message of notices in the present language, the worst first.

    Parameters
    ----------
    notices
        At least one.
    place
        What the installation is called.
    """
    ordered = sorted(notices, key=lambda notice: (notice.event == RECOVERY, -notice.severity, notice.code))
    counts = Counter(_kind(notice) for notice in ordered)
    # A title of one line in the order of what is said, in every language.
    title = f"{place}: " + ", ".join([f"{count} {kind}" for kind, count in counts.items()])
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in ordered:
        groups.setdefault((_kind(notice), notice.code), []).append(notice)
    paragraphs = ["\n".join(_paragraph(kind, group)) for (kind, _), group in groups.items()]
    return Message(title, "\n\n".join(paragraphs) + "\n")


def _kind(notice: Notice) -> str:
    kind = "recovery" if notice.event == RECOVERY else _KINDS.get(notice.severity, "note")
    return words().alert_text(f"alert_kind.{kind}")


def _paragraph(kind: str, notices: Sequence[Notice]) -> list[str]:
    say = words().alert_text
    lines = [f"{kind}: {words().alert(notices[0].code)}"]
    for notice in notices[:_NODES_MOST]:
        since = datetime.fromtimestamp(notice.since_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        finding = words().statement(Finding(notice.code, notice.arguments))
        how = _EVENTS.get(notice.event, "since")
        where = say("alert_line.node", node=notice.node, garden=notice.garden)
        if notice.node == INSTALLATION:
            where = say("alert_line.installation")
        lines.append("  " + say(f"alert_line.{how}", where=where, finding=finding, since=since))
    if len(notices) > _NODES_MOST:
        lines.append("  " + say("alert_line.more", count=words().whole(len(notices) - _NODES_MOST)))
    if notices[0].event != RECOVERY:
        lines += [f"    - {check}" for check in _checks(notices[0])]
    return lines


def _checks(notice: Notice) -> list[str]:
    """Return the first checks of a notice, and the command that shows more."""
    command = ALERTS_BY_CODE[notice.code].command.replace("NODE", notice.node)
    return [*named_checks(notice.node, notice.code, notice.arguments)[:CHECKS_MOST], command]
