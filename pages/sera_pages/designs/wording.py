"""Plants, findings and plans in the words of the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_commons.designs.checks import BLOCKING, findings
from sera_commons.designs.plan import PlanWords
from sera_commons.plants.table import load_plants
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from sera_commons.designs.checks import Finding
    from sera_commons.designs.document import Design
    from sera_pages.views.visit import Visit


# What a finding is about, the weightiest first.
ABOUT: Final = {
    "mend": BLOCKING,
    "poison": {"near_path", "poison"},
    "room": {"crowded", "outside", "over_edge", "too_close"},
    "site": {"light", "water"},
    "unknown": {"unreadable", "width_unknown"},
}


class FindingWords(NamedTuple):
    """A finding for a page: its sentence, the plants that it is about, whether it keeps the design back."""

    sentence: str
    ids: tuple[str, ...]
    code: str
    is_blocking: bool
    source: str


def plant_name(visit: Visit, taxon: str) -> str:
    """Return what people call a plant in the reader's language; its scientific name where no source says."""
    return load_plants()[taxon].names.get(visit.words.language, taxon)


def title_of(visit: Visit, design: Design) -> str:
    """Return what a bed is called."""
    return (design.bed.title if design.bed else "") or visit.words.say("design.untitled")


def finding_words(visit: Visit, finding: Finding) -> FindingWords:
    """Write a finding."""
    say = visit.words.say
    names = [isolated(plant_name(visit, taxon)) for taxon in finding.taxa]
    plant = load_plants()[finding.taxa[0]] if finding.taxa else None
    sentence = say(
        f"design.finding.{finding.code}",
        plant=visit.words.figures.listed(names if finding.code == "width_unknown" else names[:1]),
        other=names[-1] if names else "",
        number=finding.number,
        room=finding.room,
        poison=say(f"design.poison.{plant.poison}") if plant and plant.poison else "",
    )
    source = plant.sources.get("poison", "") if plant and finding.code in ("poison", "near_path") else ""
    return FindingWords(sentence, finding.ids, finding.code, finding.is_blocking, source)


def grouped_words(visit: Visit, design: Design) -> list[tuple[str, str, list[FindingWords]]]:
    """Write the findings of a bed by what they are about: its name, its heading, its sentences."""
    written = [finding_words(visit, finding) for finding in findings(design)]
    groups = [(name, [one for one in written if one.code in codes]) for name, codes in ABOUT.items()]
    return [(name, visit.words.say(f"design.about.{name}"), some) for name, some in groups if some]


def plan_words(visit: Visit, design: Design) -> PlanWords:
    """Write what a plan says."""
    say, plants = visit.words.say, load_plants()
    taxa = {plant.taxon for plant in design.plants}
    poisons = {taxon: plants[taxon].poison for taxon in taxa if plants[taxon].poison}
    return PlanWords(
        visit.words.language,
        visit.words.direction,
        title_of(visit, design),
        visit.words.pattern("design.plan_scale"),
        say("design.plan_note"),
        {taxon: name for taxon in taxa if (name := plant_name(visit, taxon)) != taxon},
        {taxon: say(f"design.poison.{poison}") for taxon, poison in poisons.items()},
    )
