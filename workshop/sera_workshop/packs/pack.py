"""The workshop pack: readings, figures, dictionary, handout and mural of some gardens in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.calendar import dates_span_s, local_date
from sera_store.release.persons import Pseudonyms
from sera_workshop.errors import NoGardensError
from sera_workshop.files import open_text, write_text
from sera_workshop.mural import mural
from sera_workshop.packs import dictionary, handout
from sera_workshop.views.days import day_bounds
from sera_workshop.views.facts import are_simulated, garden_facts
from sera_workshop.views.readings import COLUMNS, cells, csv_rows, csv_text, readings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_workshop.views.facts import GardenFacts

MURAL: Final = "mural.svg"
LICENCE: Final = "LICENCE.txt"
# The period of windows of any dates.
_CUSTOM: Final = "custom"
_LICENCE_TEXT: Final = (
    "The texts, tables and figures of this pack:\n"
    "Creative Commons Attribution 4.0 International (CC BY 4.0),\n"
    "https://creativecommons.org/licenses/by/4.0/\nAttribution: {community}\n"
)


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack was made of and where it is; `files` by name."""

    folder: Path
    files: dict[str, Path]
    readings: int
    figures: int

    @property
    def mural(self) -> Path:
        """The mural's file."""
        return self.files[MURAL]


def results_within(store: Store, gardens: Sequence[GardenFacts], first: date, last: date) -> list[Result]:
    """Read the current figures of gardens whose windows lie within local dates, both included, by key.

    Of windows of any dates only that of these: others belong to packs and questions of other people.
    """
    results = []
    for facts in gardens:
        start_s, end_s = dates_span_s(facts.timezone, first, last)
        current = store.results.current(scope="garden", scope_id=facts.id)
        results += [
            result
            for result in current
            if start_s <= result.start_s
            and result.end_s <= end_s
            and (result.period != _CUSTOM or (result.start_s, result.end_s) == (start_s, end_s))
        ]
    return sorted(results, key=lambda result: result.key)


def results_of_dates(
    results: Sequence[Result], gardens: Sequence[GardenFacts], first: date, last: date
) -> list[Result]:
    """Choose the figures of these very dates; where a garden has none, those of parts of them."""
    chosen = []
    for facts in gardens:
        of_garden = [result for result in results if result.scope_id == facts.id]
        bounds = dates_span_s(facts.timezone, first, last)
        exact = [result for result in of_garden if (result.start_s, result.end_s) == bounds]
        chosen += exact or of_garden
    return chosen


def write_pack(
    folder: Path,
    store: Store,
    gardens: Sequence[str],
    start_s: int,
    end_s: int,
    *,
    pseudonyms: Pseudonyms | None = None,
) -> Pack:
    """Write the pack of some gardens and dates.

    Parameters
    ----------
    folder
        Where to write; made where it is not there.
    store
        Where records, figures and registry are.
    gardens
        Ids of the gardens.
    start_s, end_s
        Unix time [s], end exclusive; the pack holds the whole local days that they touch.
    pseudonyms
        Names of the persons who counted, for this pack alone; drawn where none are given.

    Returns
    -------
    Pack
        The same bytes for the same figures and pseudonyms: nothing of the making is in it. The table has all
        figures within the dates; handout and mural those of exactly these dates, where there are any.

    Raises
    ------
    NoGardensError
        No garden was named, or one is not in the registry.
    MixedGardensError
        Some gardens are simulated and some are not.
    FolderUnusableError
        The folder cannot be written.
    """
    facts = garden_facts(store, gardens)
    are_simulated(facts)
    if end_s <= start_s:
        raise NoGardensError(
            f"the pack's dates hold no day: from {start_s} to {end_s}; expected the end later."
        )
    start_s, end_s = whole_days(start_s, end_s, facts[0].timezone)
    dates = (local_date(start_s, facts[0].timezone), local_date(end_s - 1, facts[0].timezone))
    results = results_within(store, facts, *dates)
    shown = results_of_dates(results, facts, *dates)
    community = community_name(store, gardens[0])
    files, count, quantities = _write_readings(
        folder, store, facts, (start_s, end_s), pseudonyms or Pseudonyms()
    )
    files |= _write_tables(folder, facts, results, quantities)
    sheets = handout.sheets(community, facts, shown, (start_s, end_s))
    for sheet in sheets:
        name = "handout.html" if sheet.number == 1 else f"handout-{sheet.number}.html"
        files[name] = write_text(folder / name, handout.handout_html(sheet, handout.meanings_of(sheet)))
    files[MURAL] = mural.write_mural(folder / MURAL, community=community, gardens=facts, results=shown)
    files[LICENCE] = write_text(folder / LICENCE, _LICENCE_TEXT.format(community=community))
    return Pack(folder, files, count, len(results))


def whole_days(start_s: int, end_s: int, timezone: str) -> tuple[int, int]:
    """Widen a span [s] to the whole local days that it touches."""
    _, bounds = day_bounds(start_s, end_s, timezone)
    return int(bounds[0]), int(bounds[-1])


def community_name(store: Store, garden: str) -> str:
    """Return the name of the community of a garden, or its id where it has no name."""
    entered = store.registry.garden(garden)
    community = store.registry.community(entered.community) if entered else None
    return (community.name or community.id) if community else garden


def _write_readings(
    folder: Path,
    store: Store,
    facts: Sequence[GardenFacts],
    span_s: tuple[int, int],
    pseudonyms: Pseudonyms,
) -> tuple[dict[str, Path], int, set[str]]:
    """Write the readings as they come, so that a season never has to be in memory at once."""
    path = folder / dictionary.READINGS
    count, quantities = 0, set()
    with open_text(path) as file:
        file.write(csv_text(COLUMNS, ()))
        for reading in readings(store, facts, *span_s, pseudonyms):
            file.write(csv_rows([cells(reading)]))
            quantities.add(reading.quantity)
            count += 1
    return {path.name: path}, count, quantities


def _write_tables(
    folder: Path, facts: Sequence[GardenFacts], results: Sequence[Result], quantities: set[str]
) -> dict[str, Path]:
    zones = {garden.id: garden.timezone for garden in facts}
    figures = [dictionary.figure_row(result, zones[result.scope_id]) for result in results]
    entries = dictionary.entries(quantities, {result.index for result in results})
    tables = {
        dictionary.FIGURES: csv_text(dictionary.FIGURE_COLUMNS, figures),
        dictionary.DICTIONARY: csv_text(dictionary.COLUMNS, dictionary.rows(entries)),
    }
    return {name: write_text(folder / name, text) for name, text in tables.items()}
