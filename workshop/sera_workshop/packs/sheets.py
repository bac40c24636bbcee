"""The data of all printed sheets: what stands on them, in the words of one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary.meanings import FLOWER_MEANINGS
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_workshop.mural import mural
from sera_workshop.mural.legend import step_text
from sera_workshop.mural.shapes import PAPER
from sera_workshop.packs.garden_sentences import (
    NEVER,
    effort_lines,
    figure_cells,
    garden_sentences,
    guest_rows,
    unknown_lines,
)
from sera_workshop.packs.handout import QUESTIONS
from sera_workshop.print.flowers import flower_svg
from sera_workshop.print.insects import insect_svg
from sera_workshop.templates import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.results.result_set import ResultSet
    from sera_words.sentences import Sentences
    from sera_workshop.archives.contents import Contents
    from sera_workshop.packs.day_rows import DayRow
    from sera_workshop.views.facts import GardenFacts

WORKSHOP, ASSEMBLY = "workshop", "assembly"
KINDS: Final = (WORKSHOP, ASSEMBLY)
# Minutes, with whom, and which step.
_SIXTY: Final = (
    (5, "all", "guess"), (10, "tables", "cards"), (15, "tables", "handout"), (10, "pairs", "count"),
    (10, "tables", "game"), (10, "all", "say"),
)  # fmt: skip
_NINETY: Final = (
    (5, "all", "guess"), (10, "tables", "cards"), (15, "tables", "handout"), (20, "pairs", "count"),
    (15, "tables", "game"), (10, "tables", "table"), (5, "tables", "confirm"), (10, "all", "say"),
)  # fmt: skip
_PLANTS_MOST: Final = 8
_NAME_MOST: Final = 60
# Between the fields of a count sheet, in all languages.
_BETWEEN: Final = " · "


@dataclass(frozen=True, slots=True)
class PackInputs:
    """What the sheets and pages of one pack are made of."""

    title: str
    community: str
    gardens: tuple[GardenFacts, ...]
    results: ResultSet
    contents: Contents
    days: tuple[DayRow, ...]
    words: Sentences
    is_simulated: bool

    @property
    def dates(self) -> str:
        """The dates of the pack, both included."""
        return self.words.figures.full_dates(self.contents.first, self.contents.last)

    def days_of(self, facts: GardenFacts) -> list[DayRow]:
        """Rows of one garden; the contents have the gardens by id."""
        ids = [garden.id for garden in self.contents.gardens]
        count = len(self.days) // max(1, len(ids))
        at = ids.index(facts.id) * count
        return list(self.days[at : at + count])


def pictures(inputs: PackInputs, mural_svg: str) -> dict[str, str]:
    """Draw all pictures of the sheets, by file name."""
    plots = mural.plots(inputs.gardens, inputs.results)
    # One scale for all pages, which lie side by side on the tables.
    scale = mural.steps(plots)
    plants = {
        f"garden-{number}.svg": render(
            "mural.svg.j2",
            drawing=mural.lay_out_plant(plot, is_simulated=inputs.is_simulated, scale=scale),
        )
        for number, plot in enumerate(plots)
    }
    insects = {f"{group.name}.svg": insect_svg(group.name) for group in INSECT_GROUPS}
    flowers = {f"flower-{name}.svg": flower_svg(name) for name in _flowers(inputs)}
    return {**plants, **insects, **flowers, "mural.svg": mural_svg}


def sheets(inputs: PackInputs, kind: str, *, is_wide: bool) -> dict[str, dict[str, Any]]:
    """Make the data of the sheets of a kind of pack, by the name of their template.

    Parameters
    ----------
    is_wide
        Whether the mural is wider than high.
    """
    data_of = {
        "handout": _handout(inputs),
        "facilitator": _facilitator(inputs),
        "cards": _cards(inputs),
        "poster": {"wide": is_wide, "paper": PAPER, "alt": inputs.words.say("picture.mural")},
        "tiles": {
            "wide": is_wide,
            "alt": inputs.words.say("picture.mural"),
            "tiles": [inputs.words.say("poster.tile", number=number) for number in range(1, 5)],
        },
    }
    if kind == ASSEMBLY:
        data_of["assembly"] = _assembly(inputs)
    return {name: {**_head(inputs), **data} for name, data in data_of.items()}


def _head(inputs: PackInputs) -> dict[str, Any]:
    words = inputs.words
    return {
        "title": inputs.title,
        "community": inputs.community,
        "language": words.language,
        "direction": words.direction,
        "dates": inputs.dates,
        "simulated": words.say("start.simulated") if inputs.is_simulated else "",
        "foot": f"{inputs.title} · {inputs.community} · {inputs.contents.licence.deed.name}",
    }


def insects(words: Sentences) -> list[dict[str, str]]:
    """Name and describe the ten groups, each with its drawing."""
    return [
        {
            "number": words.figures.whole(group.rank),
            "name": words.figures.name(group.name),
            "clue": words.say(f"clue.{group.name}"),
            "picture": f"{group.name}.svg",
            "alt": words.say("picture.insect", group=words.figures.name(group.name)),
        }
        for group in INSECT_GROUPS
    ]


def _handout(inputs: PackInputs) -> dict[str, Any]:
    words = inputs.words
    plots = mural.plots(inputs.gardens, inputs.results)
    scale = mural.steps(plots)
    gardens = [
        {
            "name": facts.name[:_NAME_MOST],
            "place": facts.place,
            "picture": f"garden-{number}.svg",
            "alt": f"{facts.name[:_NAME_MOST]}: {words.say('handout.portrait')}",
            "sentences": garden_sentences(facts, inputs.results, inputs.days_of(facts), words),
            "guests": _guests(facts, inputs),
            "step": step_text(plot.rate_shape, scale[plot.rate_shape]) if plot.rate is not None else "",
            "figures": figure_cells(facts, inputs.results, words),
            "behind": effort_lines(facts, inputs.results, words),
        }
        for number, (facts, plot) in enumerate(zip(inputs.gardens, plots, strict=True))
    ]
    questions = [words.say(f"child.{name}") for name in ("guess", "count", "why", "wish")]
    return {
        "gardens": gardens,
        "portrait": words.say("handout.portrait"),
        "may_not_title": words.say("handout.nobody_can_say"),
        "may_not": [words.say(f"never.{name}") for name in NEVER],
        "figures_title": words.say("handout.figures"),
        "child": {"title": words.say("child.title"), "draw": words.say("child.draw"), "questions": questions},
        "insects": insects(words),
    }


def _guests(facts: GardenFacts, inputs: PackInputs) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "picture": f"{row['group']}.svg",
            "alt": inputs.words.say("picture.insect", group=row["name"]),
        }
        for row in guest_rows(facts, inputs.results, inputs.words)
    ]


def _steps(plan: Sequence[tuple[int, str, str]], words: Sentences) -> list[dict[str, Any]]:
    return [
        {"minutes": minutes, "who": words.say(f"lead.{who}"), "what": words.say(f"step.{step}")}
        for minutes, who, step in plan
    ]


def _facilitator(inputs: PackInputs) -> dict[str, Any]:
    words = inputs.words
    first = inputs.gardens[0]
    return {
        "heading": words.say("lead.title"),
        "materials": words.say("lead.materials"),
        "heads": [words.say(f"lead.{name}") for name in ("minutes", "who", "what")],
        "sixty_title": words.say("lead.sixty"),
        "sixty": _steps(_SIXTY, words),
        "ninety_title": words.say("lead.ninety"),
        "ninety": _steps(_NINETY, words),
        "game_title": words.say("game.title"),
        "game": words.say("game.text"),
        "question_title": words.say("question.title"),
        "question": words.say("question.text"),
        "may_title": words.say("handout.you_may_say"),
        "may_of": first.name[:_NAME_MOST],
        "may": garden_sentences(first, inputs.results, inputs.days_of(first), words),
        "may_not_title": words.say("handout.nobody_can_say"),
        "may_not": [words.say(f"never.{name}") for name in NEVER],
        "questions_title": words.say("sheet.questions"),
        "questions": [words.say(f"question.{name}") for name in QUESTIONS],
    }


def _flowers(inputs: PackInputs) -> list[str]:
    """List the flowers that were watched in these gardens on these days, by name."""
    flowers = {survey.flower for survey in inputs.contents.surveys if survey.flower} - {"other"}
    return sorted(flowers)[:_PLANTS_MOST]


def _cards(inputs: PackInputs) -> dict[str, Any]:
    words = inputs.words
    plants = [
        {
            "name": words.flower(name),
            "scientific": FLOWER_MEANINGS[name].scientific_name,
            "picture": f"flower-{name}.svg",
            "alt": words.flower(name),
        }
        for name in _flowers(inputs)
    ]
    return {
        "heading": words.say("cards.title"),
        "insects": insects(words),
        "plants_title": words.say("cards.plants"),
        "no_plants": words.say("cards.no_plants"),
        "plants": plants,
        "count_title": words.say("count.title"),
        "count_rule": words.say("count.rule"),
        "count_fields": words.say("count.fields").split(_BETWEEN),
        "count_heads": [words.say(f"count.{name}") for name in ("group", "marks", "sum")],
    }


def _assembly(inputs: PackInputs) -> dict[str, Any]:
    words = inputs.words
    unknown = {words.say("say.unknown"), words.say("say.nothing")}
    evidence: list[dict[str, Any]] = []
    missing: list[str] = []
    # What is not known of several gardens is said once.
    unknown_of: dict[str, list[str]] = {}
    for facts in inputs.gardens:
        name, days = facts.name[:_NAME_MOST], inputs.days_of(facts)
        sentences = garden_sentences(facts, inputs.results, days, words)
        missing += [f"{name}: {sentence}" for sentence in sentences if sentence in unknown]
        known = [sentence for sentence in sentences if sentence not in unknown]
        if known:
            evidence.append({"name": name, "sentences": known})
        for line in unknown_lines(facts, inputs.results, days, words):
            unknown_of.setdefault(line, []).append(name)
    return {
        "heading": words.say("assembly.title"),
        "evidence_title": words.say("assembly.evidence"),
        "evidence": evidence,
        "unknown_title": words.say("assembly.unknown"),
        "unknown": [
            *missing,
            *[f"{', '.join(names)}: {line}" for line, names in unknown_of.items()],
            words.say("question.gap"),
        ],
        "may_not_title": words.say("handout.nobody_can_say"),
        "may_not": [words.say(f"never.{name}") for name in NEVER],
        "decision_title": words.say("assembly.decision"),
        "fields": [
            words.say(f"assembly.{name}") for name in ("proposal", "for", "against", "measure", "who")
        ],
    }
