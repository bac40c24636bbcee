"""What somebody is about to give, in words, a line each: looked at once more before anything is kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from sera_commons.items.consent import BUILT_IN
from sera_commons.items.item import ItemKind
from sera_pages.stories.choices import (
    NOTHING,
    apart,
    audience_choices,
    language_name,
    licence_names,
    naming_words,
    one_a_line,
    use_lines,
)
from sera_pages.stories.tell_form import PLANTS, first
from sera_store.allergens import ALLERGENS

if TYPE_CHECKING:
    from sera_pages.stories.choices import Choices
    from sera_pages.stories.tell_form import Values
    from sera_pages.views.visit import Visit

_SHOWN: Final = 80
_LINES_SHOWN: Final = 12


class Line(NamedTuple):
    """A line of the last look: the step that asks for it, its label, what was filled in."""

    step: str
    label: str
    value: str


def last_look(visit: Visit, community: str, values: Values, gardens: Choices) -> list[Line]:
    """List what was filled in, in the order in which it was asked for.

    Parameters
    ----------
    visit, community
        In whose words, and whose audiences there are.
    values
        The fields of all steps.
    gardens
        The gardens of the community, id and name each.
    """
    return [
        *_told(visit, values),
        *_plants(visit, values, gardens),
        *_allergens(visit, values),
        *_seen_by(visit, community, values),
        *_terms(visit, values),
    ]


def _told(visit: Visit, values: Values) -> list[Line]:
    say, language, kind = visit.words.say, first(values, "language"), first(values, "kind")
    is_recipe = kind == ItemKind.RECIPE
    lines = [
        Line("what", say("tell.kind"), say(f"story.kind_{kind}")),
        Line("what", say("tell.name"), apart(first(values, "title"), language)),
        Line("what", say("tell.language"), language_name(language)),
    ]
    fields = ("ingredients", "steps") if is_recipe else ()
    lines += [Line("words", say(f"story.{name}"), _lines(first(values, name), language)) for name in fields]
    text = apart(_shortened(first(values, "text")), language)
    if text or not is_recipe:
        lines.append(Line("words", say("tell.about_recipe" if is_recipe else "tell.words"), text))
    if first(values, "told_by"):
        named = apart(first(values, "told_by")) if first(values, "told_by_yes") else say("tell.not_named")
        lines.append(Line("words", say("tell.told_by"), named))
    if first(values, "version_note"):
        lines.append(Line("words", say("tell.note_short"), apart(first(values, "version_note"), language)))
    return lines


def _plants(visit: Visit, values: Values, gardens: Choices) -> list[Line]:
    say, numbers = visit.words.say, range(1, PLANTS + 1)
    plants = [plant for number in numbers if (plant := _plant(visit, values, number))]
    lines = [Line("plants", say("tell.plants"), one_a_line(plants))]
    if gardens:
        grown = [apart(name) for garden, name in gardens if garden in values["gardens"]]
        lines.append(Line("plants", say("tell.gardens"), one_a_line(grown)))
    return lines


def _plant(visit: Visit, values: Values, number: int) -> str:
    """Put a plant into words: its name, which one of the table it is, and whether it is guarded."""
    name, taxon = first(values, f"plant-{number}"), first(values, f"taxon-{number}")
    words = [apart(name), Markup('<i lang="la" dir="ltr">{}</i>').format(taxon) if taxon else ""]
    if first(values, f"guarded-{number}"):
        words.append(Markup('<span class="behind">{}</span>').format(visit.words.say("tell.guarded")))
    return Markup(" ").join(word for word in words if word) if name or taxon else ""


def _allergens(visit: Visit, values: Values) -> list[Line]:
    say = visit.words.say
    if first(values, "kind") != ItemKind.RECIPE:
        return []
    if first(values, "allergens_known") != "stated":
        stated = say("story.allergens_not_stated")
    else:
        chosen = [say(f"allergen.{name}") for name in ALLERGENS if name in values["allergens"]]
        stated = visit.words.figures.listed(chosen) or say("story.allergens_none")
    return [Line("allergens", say("story.allergens"), stated)]


def _seen_by(visit: Visit, community: str, values: Values) -> list[Line]:
    say, audience = visit.words.say, first(values, "audience")
    lines = [
        Line(
            "audience", say("tell.audience"), dict(audience_choices(visit, community)).get(audience, NOTHING)
        )
    ]
    ticked = [
        say(f"tell.{name}")
        for name in ("held", "child", "grown_up")
        if first(values, name) and (name != "held" or audience not in BUILT_IN)
    ]
    if ticked:
        lines.append(Line("audience", say("tell.said_besides"), one_a_line(ticked)))
    lines.append(Line("uses", say("tell.uses"), use_lines(visit, values["uses"])))
    name = naming_words(visit, first(values, "naming"), first(values, "name"))
    return [*lines, Line("uses", say("tell.naming"), name)]


def _terms(visit: Visit, values: Values) -> list[Line]:
    say = visit.words.say
    day = visit.words.figures.date(date.fromisoformat(first(values, "review")))
    lines = [
        Line("terms", say("tell.licence"), licence_names(visit)[first(values, "licence")]),
        Line("terms", say("tell.review"), day),
    ]
    if first(values, "local_contexts"):
        lines.append(Line("terms", say("tell.local_contexts"), apart(first(values, "local_contexts"))))
    return lines


def _lines(text: str, language: str) -> str:
    """Set what was told in lines one below the other, as many as a look needs."""
    lines = [line for line in text.splitlines() if line.strip()]
    shown = [apart(_shortened(line), language) for line in lines[:_LINES_SHOWN]]
    return one_a_line([*shown, "…"] if len(lines) > _LINES_SHOWN else shown)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()}…"
