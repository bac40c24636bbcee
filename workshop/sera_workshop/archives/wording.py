"""The sentences and names that archives carry: terms of the field, in English, as their readers expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_vocabulary import meanings, measurements, series
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.taxa import GROUP_TAXA
from sera_workshop.archives.contents import number_text

if TYPE_CHECKING:
    from sera_store.release.places import ReleasedGarden
    from sera_workshop.archives.contents import Measured, Survey

PROTOCOLS: Final = {
    "camera": (
        "camera node",
        (
            "A camera looks at flowers and software names the insect group of each visit; detections are not "
            "individuals. Effort is the time for which it really watched."
        ),
    ),
    "person": (
        "Flower-Insect Timed Count (FIT count)",
        (
            "A person watches a patch of flowers for ten minutes and counts the insects that land on them in "
            "ten groups, after the UK Pollinator Monitoring Scheme."
        ),
    ),
    "beam": ("beam node", "Light beams count passages; they name no insect group."),
    "microphone": ("microphone node", "A microphone counts buzzes; it names no insect group."),
    "none": ("sensor node", "Sensors of soil and air, averaged over the local day."),
}
TARGET: Final = "insects at flowers, in the ten groups of the FIT count"
DETECTIONS: Final = measurements.DETECTIONS
VISITS: Final = series.VISITS
WITHHELD: Final = "place withheld at the wish of the garden's host"


def generalization(garden: ReleasedGarden) -> str:
    """Write how a place was made coarse; empty where none is given."""
    if garden.place is None:
        return ""
    return (
        f"coordinates are the centre of a cell of {garden.place.grid_deg:g} degree of a fixed grid, at the "
        "wish of the garden's host"
    )


def effort_text(survey: Survey) -> str:
    """Write the effort of a survey; empty without one."""
    if survey.effort_h is None:
        return ""
    if survey.is_human:
        counts = number_text(survey.timed_counts)
        return f"{counts} timed count{'' if counts == '1' else 's'} of ten minutes"
    return f"{number_text(survey.effort_h, 2)} sensor-hours"


def identification_remark(survey: Survey, group: str) -> str:
    """Write what a name rests on."""
    taxon, parts = GROUP_TAXA[group], []
    if taxon.remark:
        parts.append(f"meant are {taxon.remark}")
    if survey.is_human:
        parts.append("named in the field as one of ten groups")
    else:
        low = survey.recall_low.get(group)
        recall = "recall not measured" if low is None else f"recall at least {low:.2f} by labelled events"
        parts.append(f"named by software; {recall}")
    return "; ".join(parts)


def target_groups(survey: Survey) -> str:
    """Write the taxa that a survey looked for."""
    return taxa_text([group for group in GROUP_NAMES if group in survey.counts])


def taxa_text(groups: list[str]) -> str:
    """Write groups as Darwin Core lists them, with the scientific name where it says the same."""
    return " | ".join([GROUP_TAXA[group].scientific_name if not GROUP_TAXA[group].remark
                       else f"{meanings.MEANINGS[group].label} ({GROUP_TAXA[group].scientific_name})"
                       for group in groups])  # fmt: skip


def measurement_type(measured: Measured) -> str:
    """Write what was measured, and by which probe where a node has several."""
    label = meanings.MEANINGS[measured.name].label
    return f"{label}, probe {measured.position}" if measured.position else label


def measurement_method(measured: Measured) -> str:
    """Write how a day's value was made."""
    if measured.readings == 1 and not measured.is_sum:
        return "a single reading"
    way = "sum" if measured.is_sum else "mean"
    return f"{way} of {measured.readings} usable readings of the local day"
