"""Fields and values of the registry as people read them: labels with units, words for choices and dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from babel.dates import get_datetime_format

from sera_store.plain_text import plain
from sera_store.registry.entities import NO_DETECTOR, Garden
from sera_store.registry.fields import fields_of
from sera_store.release.entries import PLACE_FIELDS, released_fields
from sera_store.release.places import released_garden
from sera_workshop.views.facts import place_words

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit
    from sera_store.registry.entities import Entity
    from sera_store.registry.fields import Field

_TEXT_MOST: Final = 400
# Where the words for choices are, by the field.
_CHOICE_WORDS: Final = {
    "consent": "settings.",
    "delay": "settings.delay_",
    "licence": "settings.licence_",
    "check": "registry.check.",
    "period": "registry.period.",
}


def label(visit: Visit, kind: str, name: str) -> str:
    """Return what a field is called, with its unit; a field of a technical table is called by its name."""
    for id_ in (f"registry.field.{kind}.{name}", f"registry.field.{name}"):
        text = visit.words.pattern(id_)
        if text != id_:
            return text
    return name


def value_text(visit: Visit, field: Field, value: Any) -> str:
    """Write a value of a field; the empty text for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return visit.words.say("registry.yes" if value else "registry.no")
    if field.is_time:
        return time_text(visit, value)
    if field.name == "detector":
        return detector_words(visit, str(value))
    if field.choices:
        return choice_text(visit, field, str(value))
    if isinstance(value, float):
        return f"{value:.10g}"
    if field.name == "roles":
        return visit.words.figures.listed([visit.words.pattern(f"role.{role}") for role in value])
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return plain(", ".join(value), _TEXT_MOST)
    if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
        return plain(", ".join([f"{key} {part}" for key, part in value.items()]), _TEXT_MOST)
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _TEXT_MOST)


def choice_text(visit: Visit, field: Field, value: str) -> str:
    """Return the words for a choice, such as a level of consent; of a technical one its code."""
    prefix = _CHOICE_WORDS.get(field.name)
    return value if prefix is None else visit.words.pattern(f"{prefix}{value}")


def detector_words(visit: Visit, name: str) -> str:
    """Return what people call a detector."""
    return visit.words.say("registry.no_detector") if name == NO_DETECTOR else visit.words.figures.name(name)


def time_text(visit: Visit, time_s: int) -> str:
    """Write a moment: its day in words, and the time in UTC."""
    try:
        moment = datetime.fromtimestamp(time_s, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{time_s} s"
    day, locale = visit.words.figures.date(moment.date()), visit.words.figures.locale
    return str(get_datetime_format("medium", locale)).format(f"{moment:%H:%M} UTC", day)


def released_values(visit: Visit, kind: str, entity: Entity) -> dict[str, str]:
    """Return the fields of an entry that may be shown, by name, in words; its place as coarse as today."""
    registry = visit.installation.registry
    row = released_fields(registry, entity)
    texts = {
        field.name: value_text(visit, field, row[field.name])
        for field in fields_of(kind)
        if field.name in row
    }
    if isinstance(entity, Garden) and PLACE_FIELDS[0] in row:
        released = released_garden(registry, entity.id)
        texts["place"] = place_words(released.place if released is not None else None)
    return texts


def input_text(field: Field, value: Any) -> str:
    """Write a value as a form and a table have it."""
    if value is None or field.is_private:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.is_time:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if field.is_plain:
        return repr(value) if isinstance(value, float) else str(value)
    return json.dumps(value, ensure_ascii=False)
