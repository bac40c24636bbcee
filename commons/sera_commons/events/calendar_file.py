"""Events as a file for calendars: iCalendar after RFC 5545, with what was released of each and no person.

Moments are written in UTC, which every calendar shows on its own clock: no table of a time zone has to go
along. The library `icalendar` 7.3.2 (BSD) read what is written here without an error; it is not taken, since
it needs 8 MB and a tenth of a second in the process of the pages for nine lines an event.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sera_commons.events.event import end_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_commons.events.release import ReleasedEvent

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
# Of a line, without the two bytes of its end (RFC 5545, 3.1).
_LINE_BYTES: Final = 75


def calendar_file(views: Iterable[ReleasedEvent], place_of: Callable[[ReleasedEvent], str]) -> bytes:
    """Write events as one calendar: the same events, the same bytes.

    Parameters
    ----------
    views
        What was released of each.
    place_of
        Returns in words where one is; empty where that is not to be said.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sera//Sera//EN"]
    for view in views:
        lines += _event(view, place_of(view))
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _event(view: ReleasedEvent, place: str) -> list[str]:
    event = view.event
    lines = [
        "BEGIN:VEVENT",
        f"UID:{UUID(view.item_id)}",
        # The day on which this version was given: another time of day would tell when its giver was awake.
        f"DTSTAMP:{date.fromisoformat(view.day):%Y%m%d}T000000Z",
        f"SEQUENCE:{view.version - 1}",
        *_times(view),
        f"SUMMARY;LANGUAGE={event.language}:{_escaped(event.title)}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
    ]
    text = "\n".join(part for part in (event.cancelled, event.text) if part)
    if text:
        lines.append(f"DESCRIPTION;LANGUAGE={event.language}:{_escaped(text)}")
    if place:
        lines.append(f"LOCATION:{_escaped(place)}")
    return [*lines, "END:VEVENT"]


def _times(view: ReleasedEvent) -> list[str]:
    event = view.event
    if event.is_whole_day:
        # The end of whole days is the day after the last one.
        after = event.last_day + timedelta(1)
        return [f"DTSTART;VALUE=DATE:{event.first_day:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]
    lines = [f"DTSTART:{_utc(start_of(event))}"]
    if event.ends and event.ends > event.begins:
        lines.append(f"DTEND:{_utc(end_of(event))}")
    return lines


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Write a text as RFC 5545, 3.3.11 has it; a character that cannot be seen is left out."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return "".join(sign for sign in text.replace("\n", "\\n") if sign.isprintable())


def _folded(line: str) -> bytes:
    """Break a line after 75 bytes at most, and never inside of a letter."""
    parts: list[bytes] = []
    part = b""
    for letter in line:
        encoded = letter.encode()
        # Those that follow begin with a space, which counts.
        if len(part) + len(encoded) > _LINE_BYTES - bool(parts):
            parts.append(part)
            part = b""
        part += encoded
    return b"\r\n ".join([*parts, part])
