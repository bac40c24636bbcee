"""One self-contained page: the mural, the figures of each garden, the accounts, and what one sees."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup

from sera_words.language import locale_of, own_name, speaking
from sera_words.sentences import workshop_words
from sera_workshop.files import write_text
from sera_workshop.mural import mural, petals
from sera_workshop.packs.strip import Strip, strip
from sera_workshop.templates import render
from sera_workshop.views import figures, words
from sera_workshop.views.days import days_of
from sera_workshop.views.facts import are_simulated, facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sera_store.release.places import ReleasedGarden
    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result
    from sera_workshop.views.days import Day
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.garden_view import Plot

PAGE: Final = "index.html"
HANDOUT: Final = "handout.html"

# The lines of the accounts whose words stand in the catalogue; the caller passes their counts.
ACCOUNTS: Final = (
    "made", "stored", "undated", "dead_lettered", "missing", "lost", "duplicated", "invented", "repeated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One insect group in a garden's table."""

    rank: int
    name: str
    colour: str
    share: str
    interval: str
    refusal: str | None
    bar: figures.Bar | None


@dataclass(frozen=True, slots=True)
class Card:
    """All that the page shows of one garden."""

    id: str
    name: str
    place: str
    detectors: str
    figures: tuple[figures.FigureView, ...]
    groups: tuple[GroupRow, ...]
    notes: tuple[str, ...]
    strip: Strip | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the accounts."""

    label: str
    count: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file beside the page; without address it is only named."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page in a language: its code, its own name, which way it runs, the file beside this one."""

    language: str
    name: str
    direction: str
    href: str


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page as data, before any markup."""

    community: str
    dates: str
    is_simulated: bool
    problem: str
    cards: tuple[Card, ...]
    sentences: tuple[str, ...]
    accounts: tuple[AccountRow, ...]
    captions: tuple[str, ...]
    files: tuple[FileLink, ...]
    languages: tuple[LanguageLink, ...] = ()
    simulated_left_out: int = 0


def card(facts: GardenFacts, results: ResultSet, days: Sequence[Day]) -> Card:
    """Make the card of one garden.

    Parameters
    ----------
    facts
        The garden.
    results
        Result records; those of other places are ignored.
    days
        Its days, for the strip; empty for none.
    """
    views = figures.figures_of(results, facts.id, facts.detectors)
    groups = figures.groups_of(results, facts.id)
    has_groups = any(result.value is not None for _, _, result in groups)
    notes = tuple(dict.fromkeys(note for view in views for note in view.notes))
    return Card(
        id=facts.id,
        name=facts.name,
        place=facts.place,
        detectors=words.names(facts.detectors),
        figures=views,
        groups=tuple(_group_row(*row) for row in groups) if has_groups else (),
        notes=notes,
        strip=strip(facts, days) if days else None,
    )


def _group_row(rank: int, group: str, result: Result) -> GroupRow:
    view = figures.figure(result)
    colour = petals.COLOUR[group]
    return GroupRow(
        rank, words.plain(group), colour, view.value, figures.ends(result), view.refusal, view.bar
    )


def account_rows(accounts: Mapping[str, int]) -> tuple[AccountRow, ...]:
    """Word the accounts, in the order in which they are passed."""
    rows = []
    for key, count in accounts.items():
        is_known = key in ACCOUNTS
        label = words.say(f"account.{key}") if is_known else words.plain(key)
        meaning = words.say(f"account.{key}_means") if is_known else ""
        rows.append(AccountRow(label, words.whole(count), meaning))
    return tuple(rows)


def file_links(folder: Path, files: Mapping[str, Path]) -> tuple[FileLink, ...]:
    """Link files relative to the page's folder, so that all can be moved together.

    A pack is linked file by file; any other folder is named and not linked, since a browser cannot open it.
    """
    links = []
    for label, path in files.items():
        if not path.is_dir():
            links.append(FileLink(label, _relative(folder, path)))
        elif (path / HANDOUT).is_file():
            inside = sorted(file for file in path.iterdir() if file.is_file())
            links += [FileLink(f"{label}: {file.name}", _relative(folder, file)) for file in inside]
        else:
            links.append(FileLink(f"{label}: {path.name}", ""))
    return tuple(links)


def _relative(folder: Path, path: Path) -> str:
    return quote(os.path.relpath(path, folder).replace(os.sep, "/"))


def write_page(
    folder: Path,
    *,
    community: str,
    gardens: Sequence[ReleasedGarden | GardenFacts],
    results: Iterable[Result],
    accounts: Mapping[str, int],
    captions: Sequence[str],
    files: Mapping[str, Path],
    days: Mapping[str, Sequence[Day]] | None = None,
    problem: str = "",
    languages: Sequence[str] = (),
    simulated_left_out: int = 0,
) -> Path:
    """Write the page as `index.html`, complete in one file: no script, no request to anywhere.

    In more languages than one it is a file each, `index.html` in the first, `index.de.html` and so on.

    Parameters
    ----------
    folder
        Where to write; made where it is not there.
    community
        Name of the community.
    gardens, results
        The gardens in the order to be shown, from `released_gardens` or `garden_facts`, and their figures.
    accounts
        Counts of records by name (`made`, `stored`, ...); empty for none.
    captions
        One sentence for each thing that one is looking at, planned faults for example.
    files
        Files to link, by label.
    days
        Days by garden id, for the strips; a garden that is not named takes
        them from its daily figures.
    problem
        What went wrong, in a sentence that says what to do next; shown at the top.
    languages
        Those that it is written in; none for that of the present readers alone.
    simulated_left_out
        How many simulated gardens of the community are not on it.

    Returns
    -------
    Path
        The page, in the first language.

    Raises
    ------
    FolderUnusableError
        The page cannot be written.
    """
    own = mural.results_of(gardens, results)

    facts = facts_of(gardens, own)
    by_garden = {garden.id: days_of(own, garden) for garden in facts} | dict(days or {})
    links = _language_links(languages)

    def html() -> str:
        plots = mural.plots(facts, own)
        page = PageView(
            community=community,
            dates=mural.displayed_dates(facts, own),
            is_simulated=are_simulated(facts),
            problem=problem,
            cards=tuple(card(garden, own, by_garden[garden.id]) for garden in facts),
            sentences=mural.sentences(plots),
            accounts=account_rows(accounts),
            captions=tuple(captions),
            files=file_links(folder, files),
            languages=links,
            simulated_left_out=simulated_left_out,
        )
        wide, narrow = (_drawing(page, plots, narrow=narrow) for narrow in (False, True))
        return render("page.html.j2", page=page, wide=wide, narrow=narrow)

    if not languages:
        return write_text(folder / PAGE, html())
    paths = []
    for language, link in zip(languages, links, strict=True):
        with speaking(locale_of(language)):
            paths.append(write_text(folder / link.href, html()))
    return paths[0]


def page_file(language: str, languages: Sequence[str]) -> str:
    """Return the file of a page in one of its languages: `index.html` in the first, else `index.de.html`."""
    return PAGE if language == languages[0] else f"index.{language}.html"


def _language_links(languages: Sequence[str]) -> tuple[LanguageLink, ...]:
    return tuple(
        LanguageLink(
            language,
            own_name(language),
            workshop_words(locale_of(language)).direction,
            page_file(language, languages),
        )
        for language in languages
    )


def _drawing(page: PageView, plots: Sequence[Plot], *, narrow: bool) -> Markup:
    """Draw a mural to stand inside the page; the template that made it has escaped its texts."""
    if not plots:
        return Markup()
    drawing = mural.laid_out(page.community, page.dates, plots, is_simulated=page.is_simulated, narrow=narrow)
    return Markup(render("drawing.svg.j2", drawing=drawing))  # noqa: S704 - made by a template that escapes
