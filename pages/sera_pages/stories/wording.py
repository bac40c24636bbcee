"""Parts of a story in words: by whom, under which licence, allergens, and what warns of its plants."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sera_commons.items.guarded_plants import look_alikes
from sera_commons.plants.table import load_plants, load_sources
from sera_store.allergens import ALLERGENS
from sera_store.licence import Licence
from sera_words.isolates import isolated
from sera_words.language import direction_of

if TYPE_CHECKING:
    from sera_commons.items.item import Item
    from sera_commons.items.release import ReleasedItem
    from sera_words.sentences import Sentences


def giver_words(words: Sentences, view: ReleasedItem) -> str:
    """Write on which day it was given, and by whom where they want to be named."""
    day = words.figures.date(date.fromisoformat(view.day))
    if view.giver:
        return words.say("story.given_by", name=isolated(view.giver), day=day)
    return words.say("story.given_on", day=day)


def title_words(words: Sentences, item: Item | ReleasedItem) -> str:
    """Write what an item is and what it is called."""
    return words.say(f"story.title_of_{item.kind}", title=isolated(item.title))


def direction_of_story(language: str) -> str:
    """Return which way the script of a story runs; `auto` where that is not known."""
    try:
        return direction_of(language.partition("-")[0])
    except ValueError:
        return "auto"


def allergens_of(words: Sentences, view: ReleasedItem) -> str:
    """Write which allergens its giver stated; that nothing was stated is not that there are none."""
    if view.kind != "recipe":
        return ""
    if view.allergens is None:
        return words.say("story.allergens_not_stated")
    if not view.allergens:
        return words.say("story.allergens_none")
    return words.figures.listed(words.say(f"allergen.{name}") for name in ALLERGENS if name in view.allergens)


def licence_of(words: Sentences, view: ReleasedItem) -> str:
    """Write under which licence it is."""
    if view.licence == "none":
        return words.say("story.licence_none")
    return words.say("story.licence", name=Licence(view.licence).deed.name)


def warnings_of(words: Sentences, taxon: str) -> list[dict[str, str]]:
    """List what warns of a plant, each with its source; an empty list is no promise that it is harmless."""
    warnings = []
    plant = load_plants().get(taxon)
    if plant is not None and plant.poison is not None:
        source = load_sources()[plant.sources["poison"]]
        text = words.say("story.warning", poison=words.say(f"design.poison.{plant.poison}"))
        note = words.say(f"plant.poison_note.{taxon.replace(' ', '_')}")
        warnings.append({"text": text[:1].upper() + text[1:], "note": note, "address": source.address})
    for row in look_alikes(taxon):
        text = words.say(
            "story.look_alike",
            name=isolated(row.taxon),
            other=isolated(row.mistaken_for),
        )
        warnings.append({"text": text, "note": "", "address": row.source})
    return warnings
