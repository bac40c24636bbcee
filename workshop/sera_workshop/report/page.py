"""One self-contained page, in layers: what to repeat, the mural, a card a garden, the accounts."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sera_words.language import locale_of, own_name, speaking
from sera_words.sentences import workshop_words
from sera_workshop.files import write_text
from sera_workshop.mural import mural
from sera_workshop.report.cards import Card, Scene, card, inline
from sera_workshop.report.headlines import Completeness, completeness, headlines
from sera_workshop.templates import render
from sera_workshop.views import words
from sera_workshop.views.facts import are_simulated, facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from sera_store.release.places import ReleasedGarden
    from sera_store.results.results import Result
    from sera_workshop.views.days import Day
    from sera_workshop.views.diary import Diary
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.noticed import Noticed

PAGE: Final = "index.html"
HANDOUT: Final = "handout.html"

# The lines of the accounts whose words stand in the catalogue; the caller passes their counts.
ACCOUNTS: Final = (
    "made", "stored", "undated", "dead_lettered", "missing", "lost", "duplicated", "invented", "repeated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the accounts."""

    label: str
    count: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file beside the page."""

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
    headlines: tuple[str, ...]
    completeness: Completeness | None
    mural: Markup
    legend: Markup
    narrow_legend: Markup
    cards: tuple[Card, ...]
    sentences: tuple[str, ...]
    accounts: tuple[AccountRow, ...]
    noticed: tuple[str, ...]
    problem: str = ""
    files: tuple[FileLink, ...] = ()
    languages: tuple[LanguageLink, ...] = ()
    simulated_left_out: int = 0


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

    A pack is linked file by file; any other folder is left out, since a browser cannot open it.
    """
    links = []
    for label, path in files.items():
        if not path.is_dir():
            links.append(FileLink(label, _relative(folder, path)))
        elif (path / HANDOUT).is_file():
            inside = sorted(file for file in path.iterdir() if file.is_file())
            links += [FileLink(f"{label}: {file.name}", _relative(folder, file)) for file in inside]
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
    files: Mapping[str, Path],
    noticed: Sequence[Noticed] = (),
    diaries: Mapping[str, Diary] | None = None,
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
    files
        Files to link, by label.
    noticed
        What was noticed about the readings of these gardens.
    diaries
        Weather and hours of the day, by garden id.
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
    scene = Scene.of(facts, own, days or {}, diaries or {}, noticed)
    links = _language_links(languages)

    def html() -> str:
        page = replace(
            _view(community, facts, scene, accounts),
            problem=problem,
            files=file_links(folder, files),
            languages=links,
            simulated_left_out=simulated_left_out,
        )
        return render("page.html.j2", page=page)

    if not languages:
        return write_text(folder / PAGE, html())
    paths = []
    for language, link in zip(languages, links, strict=True):
        with speaking(locale_of(language)):
            paths.append(write_text(folder / link.href, html()))
    return paths[0]


def _view(
    community: str, facts: Sequence[GardenFacts], scene: Scene, accounts: Mapping[str, int]
) -> PageView:
    """Word and draw the page for the present readers."""
    plots = mural.plots(facts, scene.results)
    is_simulated = are_simulated(facts)
    names = {garden.id: garden.name for garden in facts}
    return PageView(
        community=community,
        dates=mural.displayed_dates(facts, scene.results),
        is_simulated=is_simulated,
        headlines=headlines(facts, scene.results, scene.noticed),
        completeness=completeness(accounts),
        mural=inline(mural.lay_out_plants(plots, is_simulated=is_simulated)),
        legend=inline(mural.lay_out_legend(plots, narrow=False)),
        narrow_legend=inline(mural.lay_out_legend(plots, narrow=True)),
        cards=tuple(card(garden, plot, scene) for garden, plot in zip(facts, plots, strict=True)),
        sentences=mural.sentences(plots),
        accounts=account_rows(accounts),
        noticed=tuple(one.sentence(names[one.garden]) for one in scene.noticed if one.garden in names),
    )


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
