"""What is looked at after copies were merged: findings that are shown, and never change a design."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_commons.designs.document import PLANTS_MOST, Placed
from sera_commons.designs.outlines import area_m2, edge_distance_m, is_inside, is_simple, side_distance_m
from sera_commons.designs.sizes import size_of
from sera_commons.plants.table import load_plants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_commons.designs.document import Bed, Design

NEAR_PATH_M: Final = 0.5
# Two crowns may grow into one another by a third of the smaller width before it is said.
_OVERLAP: Final = 1 / 3
# A circle of plants covers a bed more than once and a half only where they have no room.
_COVER_MOST: Final = 1.5
CODES: Final = (
    "no_bed",
    "crossing",
    "too_many",
    "unreadable",
    "crowded",
    "outside",
    "over_edge",
    "too_close",
    "light",
    "water",
    "near_path",
    "poison",
    "width_unknown",
)
BLOCKING: Final = frozenset({"no_bed", "crossing", "too_many"})
"""Findings with which a design is drawn on, but not planted, printed or shown in 3-D."""


class Finding(NamedTuple):
    """One thing to look at.

    Parameters
    ----------
    code
        One of `CODES`.
    taxa
        The taxa that it is about, one or two, of `width_unknown` all; empty where it is about the bed.
    ids
        The plants that it is about.
    number, room
        How many there are; how many there would be room for, where that is the question.
    """

    code: str
    taxa: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    number: int = 0
    room: int = 0

    @property
    def is_blocking(self) -> bool:
        """Whether the design cannot leave the page with it."""
        return self.code in BLOCKING


def findings(design: Design) -> list[Finding]:
    """List what is to be looked at in a design, in the order of `CODES`.

    Returns
    -------
    list of Finding
        Empty where nothing was seen: which says no more than that.
    """
    all_findings = list(_of_document(design))
    bed = design.bed
    if bed is not None:
        all_findings += [*_of_bed(bed, design), *_of_places(bed, design), *_of_spacing(design)]
    # What stands at a path is warned of there.
    warned = {finding.taxa[0] for finding in all_findings if finding.code == "near_path"}
    all_findings += _of_taxa(design, warned)
    order = {code: index for index, code in enumerate(CODES)}
    return sorted(all_findings, key=lambda finding: (order[finding.code], finding.taxa))


def _of_document(design: Design) -> Iterator[Finding]:
    if design.bed is None:
        yield Finding("no_bed")
    elif not is_simple(design.bed.outline):
        yield Finding("crossing")
    if design.count > PLANTS_MOST:
        yield Finding("too_many", number=design.count, room=PLANTS_MOST)
    if design.unreadable:
        yield Finding("unreadable", ids=design.unreadable, number=len(design.unreadable))


def _of_taxa(design: Design, warned: set[str]) -> Iterator[Finding]:
    plants, unknown = load_plants(), list[Placed]()
    for taxon, placed in sorted(_by_taxon(design).items()):
        ids = tuple(plant.id for plant in placed)
        # No plant of the poison column without its warning.
        if plants[taxon].poison is not None and taxon not in warned:
            yield Finding("poison", (taxon,), ids, len(ids))
        unknown += [plant for plant in placed if not size_of(plants[taxon], plant).is_width_known]
    if unknown:
        taxa = tuple(sorted({plant.taxon for plant in unknown}))
        yield Finding("width_unknown", taxa, tuple(plant.id for plant in unknown), len(unknown))


def _of_bed(bed: Bed, design: Design) -> Iterator[Finding]:
    plants = load_plants()
    covers = [math.pi * (_width_m(plant) / 2) ** 2 for plant in design.plants]
    area = area_m2(bed.outline)
    if area and sum(covers) > _COVER_MOST * area:
        room = int(_COVER_MOST * area / (sum(covers) / len(covers)))
        yield Finding("crowded", number=len(covers), room=max(room, 1))
    for taxon, placed in sorted(_by_taxon(design).items()):
        ids, plant = tuple(stem.id for stem in placed), plants[taxon]
        if bed.light is not None and plant.sun and bed.light not in plant.sun:
            yield Finding("light", (taxon,), ids, len(ids))
        if bed.water is not None and plant.water and bed.water not in plant.water:
            yield Finding("water", (taxon,), ids, len(ids))


def _of_places(bed: Bed, design: Design) -> Iterator[Finding]:
    plants = load_plants()
    groups: dict[tuple[str, str], list[str]] = {}
    for plant in design.plants:
        radius_m = _width_m(plant) / 2
        if not is_inside(bed.outline, plant.at):
            groups.setdefault(("outside", plant.taxon), []).append(plant.id)
        elif edge_distance_m(bed.outline, plant.at) < radius_m - 1e-9:
            groups.setdefault(("over_edge", plant.taxon), []).append(plant.id)
        is_near = any(
            side_distance_m(bed.outline, side, plant.at) < NEAR_PATH_M + radius_m for side in bed.paths
        )
        if is_near and plants[plant.taxon].poison is not None:
            groups.setdefault(("near_path", plant.taxon), []).append(plant.id)
    for (code, taxon), ids in groups.items():
        yield Finding(code, (taxon,), tuple(ids), len(ids))


def _of_spacing(design: Design) -> Iterator[Finding]:
    pairs: Counter[tuple[str, str]] = Counter()
    ids: dict[tuple[str, str], set[str]] = {}
    for first, second in combinations(design.plants[:PLANTS_MOST], 2):
        widths = _width_m(first), _width_m(second)
        if math.dist(first.at, second.at) < sum(widths) / 2 - _OVERLAP * min(widths):
            taxa = (first.taxon, second.taxon) if first.taxon <= second.taxon else (second.taxon, first.taxon)
            pairs[taxa] += 1
            ids.setdefault(taxa, set()).update((first.id, second.id))
    for taxa, count in pairs.items():
        yield Finding("too_close", taxa, tuple(sorted(ids[taxa])), count)


def _by_taxon(design: Design) -> dict[str, list[Placed]]:
    groups: dict[str, list[Placed]] = {}
    for plant in design.plants:
        groups.setdefault(plant.taxon, []).append(plant)
    return groups


def _width_m(plant: Placed) -> float:
    return size_of(load_plants()[plant.taxon], plant).width_m
