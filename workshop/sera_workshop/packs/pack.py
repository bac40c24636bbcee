"""The workshop pack: tables, sheets for paper, figures and mural of some gardens in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.calendar import dates_span_s
from sera_store.licence import Licence, narrowest
from sera_store.local_clock import local_date
from sera_store.release.licences import licence_of_dates
from sera_store.release.persons import Pseudonyms
from sera_store.release.places import released_garden
from sera_store.results.result_set import ResultSet
from sera_words.language import LANGUAGES
from sera_workshop.archives.contents import collect
from sera_workshop.errors import NarrowerLicenceError, NoGardensError
from sera_workshop.files import open_text, write_bytes, write_text
from sera_workshop.mural import mural
from sera_workshop.packs import dictionary, handout, pack_files
from sera_workshop.packs.day_rows import day_rows
from sera_workshop.packs.hour_rows import hour_rows
from sera_workshop.packs.pack_words import pack_words
from sera_workshop.packs.sheets import WORKSHOP, PackInputs
from sera_workshop.views.days import day_bounds
from sera_workshop.views.facts import are_simulated, garden_facts
from sera_workshop.views.readings import COLUMNS, cells, csv_rows, csv_text, readings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_words.sentences import Sentences
    from sera_workshop.packs.hour_rows import HourRow
    from sera_workshop.views.facts import GardenFacts

MURAL: Final = "mural.svg"
# The period of windows of any dates.
_CUSTOM: Final = "custom"
DEFAULT_LANGUAGE: Final = LANGUAGES[0]
_TITLE_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class PackOptions:
    """What may be asked of a pack.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    title
        What stands on every sheet; a title in the language where it is empty.
    kind
        One of `KINDS`: a workshop, or an assembly with evidence, unknowns and a decision sheet.
    with_readings
        Whether every reading is in it: a season of ten gardens has a million.
    licence
        Of all that is in it; None for the widest that hosts and people of these gardens and dates allow.
    """

    language: str = DEFAULT_LANGUAGE
    title: str = ""
    kind: str = WORKSHOP
    with_readings: bool = False
    licence: Licence | None = Licence.CC_BY


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack was made of and where it is; `files` by name.

    `former` are files of an earlier pack in the folder that were changed since, and are left there.
    """

    folder: Path
    files: dict[str, Path]
    readings: int
    figures: int
    days: int = 0
    former: tuple[str, ...] = ()

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
    selected = []
    for facts in gardens:
        of_garden = [result for result in results if result.scope_id == facts.id]
        bounds = dates_span_s(facts.timezone, first, last)
        exact = [result for result in of_garden if (result.start_s, result.end_s) == bounds]
        selected += exact or of_garden
    return selected


def write_pack(
    folder: Path,
    store: Store,
    gardens: Sequence[str],
    start_s: int,
    end_s: int,
    *,
    pseudonyms: Pseudonyms | None = None,
    options: PackOptions | None = None,
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
    options
        Language, title, kind, and whether every reading is in it.

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
    NarrowerLicenceError
        A garden, or a count of these dates, was given under a narrower licence than the pack is to have.
    FolderUnusableError
        The folder cannot be written.
    """
    facts = garden_facts(store, gardens)
    is_simulated = are_simulated(facts)
    if end_s <= start_s:
        raise NoGardensError(
            f"the pack's dates hold no day: from {start_s} to {end_s}; expected the end later."
        )
    start_s, end_s = whole_days(start_s, end_s, facts[0].timezone)
    dates = (local_date(start_s, facts[0].timezone), local_date(end_s - 1, facts[0].timezone))
    options = options or PackOptions()
    licence = _licence(store, gardens, dates, options.licence)
    results = results_within(store, facts, *dates)
    in_dates = results_of_dates(results, facts, *dates)
    community = community_name(store, gardens[0])
    files, count, quantities = (
        _write_readings(folder, store, facts, (start_s, end_s), pseudonyms or Pseudonyms(), licence)
        if options.with_readings
        else ({}, 0, set())
    )
    files |= _write_tables(folder, facts, results, quantities)
    words = pack_words(options.language)
    files |= _write_handouts(folder, community, facts, in_dates, (start_s, end_s), words, licence)
    files[MURAL] = mural.write_mural(folder / MURAL, community=community, gardens=facts, results=in_dates)
    mark = f" ({words.say('word.simulated')})" if is_simulated else ""
    contents = collect(store, gardens, *dates, licence)
    inputs = PackInputs(
        title=(options.title or words.say("handout.title"))[:_TITLE_MOST],
        community=community,
        gardens=facts,
        results=ResultSet(in_dates),
        contents=contents,
        days=tuple(day_rows(contents, mark)),
        words=words,
        is_simulated=is_simulated,
    )
    hours = [row for garden in contents.gardens for row in hour_rows(store, garden, *dates, mark)]
    more_files, former = _write_files(folder, inputs, hours, files, options.kind)
    return Pack(folder, files | more_files, count, len(results), len(inputs.days), former)


def _licence(
    store: Store, gardens: Sequence[str], dates: tuple[date, date], requested: Licence | None
) -> Licence:
    """Return the licence of a pack, which the figures of each of its gardens may be under."""
    licences = {
        garden.id: licence_of_dates(store, garden, *dates)
        for name in gardens
        if (garden := released_garden(store.registry, name)) is not None
    }
    widest = narrowest(*licences.values())
    if requested is not None and not widest.may_be_under(requested):
        narrower = [name for name, licence in licences.items() if not licence.may_be_under(requested)]
        raise NarrowerLicenceError(narrower, requested, widest)
    return requested or narrowest(widest, Licence.CC_BY)


def _write_handouts(
    folder: Path,
    community: str,
    facts: Sequence[GardenFacts],
    in_dates: Sequence[Result],
    span_s: tuple[int, int],
    words: Sentences,
    licence: Licence,
) -> dict[str, Path]:
    files = {}
    for sheet in handout.sheets(community, facts, in_dates, span_s, words):
        name = "handout.html" if sheet.number == 1 else f"handout-{sheet.number}.html"
        page = handout.handout_html(sheet, handout.meanings_of(sheet), words, licence)
        files[name] = write_text(folder / name, page)
    return files


def _write_files(
    folder: Path, inputs: PackInputs, hours: Sequence[HourRow], before: dict[str, Path], kind: str
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Write all that stands beside the figures, the checksums of every file last.

    What an earlier pack left in the folder and this one has not goes before: someone may have taken it back.
    """
    mural_svg = before[MURAL].read_text(encoding="utf-8")
    contents = {
        **pack_files.table_files(inputs, hours, before),
        **pack_files.printed_files(inputs, mural_svg, kind),
        pack_files.OUTLINE: pack_files.outline_svg(mural_svg).encode(),
        **pack_files.legal_files(inputs),
    }
    contents[pack_files.START] = pack_files.start_page(inputs, {*before, *contents})
    written = {name: path.read_bytes() for name, path in before.items()}
    contents[pack_files.SUMS] = pack_files.sums_text({**written, **contents})
    former = pack_files.remove_former_files(folder, {*before, *contents})
    files = {name: write_bytes(folder / name, content) for name, content in contents.items()}
    return files, tuple(former)


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
    licence: Licence,
) -> tuple[dict[str, Path], int, set[str]]:
    """Write the readings as they come, so that a season never has to be in memory at once."""
    path = folder / dictionary.READINGS
    count, quantities = 0, set()
    with open_text(path) as file:
        file.write(csv_text(COLUMNS, ()))
        for reading in readings(store, facts, *span_s, pseudonyms, licence):
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
