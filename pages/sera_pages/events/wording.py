"""Parts of an event in words: when, where, what it is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_date

from sera_pages.views.moments import hour_words
from sera_store.release.places import released_garden
from sera_words.isolates import isolated
from sera_words.language import first_of_month
from sera_workshop.views.facts import place_words

if TYPE_CHECKING:
    from datetime import date

    from sera_commons.events.event import Event
    from sera_commons.events.release import ReleasedEvent
    from sera_pages.installation import ServedInstallation
    from sera_words.sentences import Sentences


def when_words(words: Sentences, event: Event) -> str:
    """Write when it is, on its own clock: `Monday 12 April 2027, 12:00 to 16:30`."""
    first, last = _day(words, event.first_day), _day(words, event.last_day)
    if event.is_whole_day:
        return first if event.first_day == event.last_day else words.say("event.days", first=first, last=last)
    begins = _hour(words, event.begins)
    if not event.ends:
        return words.say("event.at", day=first, begins=begins)
    ends = _hour(words, event.ends)
    if event.first_day == event.last_day:
        return words.say("event.on_day", day=first, begins=begins, ends=ends)
    return words.say("event.over_days", first=first, begins=begins, last=last, ends=ends)


def _day(words: Sentences, day: date) -> str:
    locale = words.figures.locale
    return first_of_month(str(format_date(day, format="full", locale=locale)), locale)


def _hour(words: Sentences, moment: str) -> str:
    return hour_words(datetime.fromisoformat(moment).time(), words.figures.locale)


def district_name(installation: ServedInstallation, district: str) -> str:
    """Return what a district is called; empty where there is none by now."""
    districts = {entity.id: entity for entity in installation.registry.districts()}
    return (districts[district].name or district) if district in districts else ""


def garden_lines(installation: ServedInstallation, event: Event) -> list[dict[str, str]]:
    """List the gardens of an event: id, title, and the coarse place that each host agreed to."""
    lines = []
    for name in event.gardens:
        released = released_garden(installation.registry, name)
        if released is not None:
            place = place_words(released.place)
            lines.append({"id": name, "title": released.name or name, "place": place})
    return lines


def place_line(words: Sentences, installation: ServedInstallation, view: ReleasedEvent) -> str:
    """Write where it is in one line: words, district and gardens, as far as they were released."""
    return words.figures.listed(_place_parts(installation, view))


def _place_parts(installation: ServedInstallation, view: ReleasedEvent) -> list[str]:
    event = view.event
    gardens = [line["title"] for line in garden_lines(installation, event)]
    return [part for part in (event.place, district_name(installation, event.district), *gardens) if part]


def event_lines(
    words: Sentences, installation: ServedInstallation, community: str, views: list[ReleasedEvent]
) -> list[dict[str, Any]]:
    """Put events into lines of a list: address, title in its language, when, where."""
    return [
        {
            "address": f"/communities/{community}/events/{view.item_id}",
            "title": view.event.title,
            "language": view.event.language,
            "kind": words.say(f"event.kind_{view.event.kind}"),
            "when": when_words(words, view.event),
            "place": words.figures.listed(map(isolated, _place_parts(installation, view))),
            "is_cancelled": bool(view.event.cancelled),
            "text": view.event.text,
            "dishes": [(dish.title, dish.language) for dish in view.dishes],
        }
        for view in views
    ]
