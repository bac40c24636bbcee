"""The files of a pack beside its figures: tables, sheets for paper, the first page, licence, checksums."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from sera_store.plain_text import spreadsheet_text
from sera_workshop.files import remove_file
from sera_workshop.mural import mural
from sera_workshop.packs import codap, data_package, day_rows, notebook, workbook
from sera_workshop.packs.garden_sentences import NEVER, garden_sentences
from sera_workshop.packs.localized_csv import csv_text, dialect_of, number_cell
from sera_workshop.packs.sheets import PackInputs, pictures, sheets
from sera_workshop.print.typesetting import load_typst, set_sheets
from sera_workshop.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from sera_words.sentences import Sentences
    from sera_workshop.packs.hour_rows import HourRow

START: Final = "START-HERE.html"
SUMS: Final = "SHA256SUMS.txt"
LICENCE: Final = "LICENSE.txt"
ATTRIBUTION: Final = "ATTRIBUTION.txt"
OUTLINE: Final = "mural-outline.svg"
CODAP: Final = "days.codap"
WORKBOOK: Final = "data.xlsx"
NOTEBOOK: Final = "notebook.ipynb"
# Files of the sheets, by their template.
_PRINTED: Final = {
    "handout": "handout.pdf",
    "facilitator": "facilitator.pdf",
    "cards": "cards.pdf",
    "assembly": "assembly.pdf",
    "poster": "mural-a3.pdf",
    "tiles": "mural-a4.pdf",
}
# What the first page says of a file, by its name; in the order in which they are listed.
_MEANINGS: Final = {
    "handout.pdf": "handout",
    "facilitator.pdf": "facilitator",
    "cards.pdf": "cards",
    "assembly.pdf": "assembly",
    "handout.html": "handout_page",
    "mural.svg": "mural",
    "mural-a3.pdf": "poster",
    "mural-a4.pdf": "poster",
    OUTLINE: "outline",
    data_package.DAYS: "days",
    WORKBOOK: "workbook",
    CODAP: "codap",
    NOTEBOOK: "notebook",
    "figures.csv": "figures",
    "dictionary.csv": "dictionary",
    "readings.csv": "readings",
    data_package.DATA_PACKAGE: "package",
    LICENCE: "licence",
    ATTRIBUTION: "licence",
    SUMS: "sums",
}
# What the first page names first, since it is printed before anything else is done.
_TO_PRINT: Final = frozenset({"handout.pdf", "facilitator.pdf", "cards.pdf", "assembly.pdf"})
_FILL: Final = re.compile(r' fill="[^"]*"| fill-opacity="[^"]*"')
_PATH: Final = re.compile(r"<path [^>]*>")
# A line of checksums; a pack has no name with a folder in it.
_SUM: Final = re.compile(r"^([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9.-]*)$", re.MULTILINE)
_HEAD: Final = re.compile(r"^<\?xml[^>]*>\s*")


def table_files(inputs: PackInputs, hours: Sequence[HourRow], others: Iterable[str]) -> dict[str, bytes]:
    """Write the tables of days and hours, and what describes and reads them.

    Parameters
    ----------
    others
        Names of the tables that are written elsewhere, for the description.
    """
    words, days = inputs.words, inputs.days
    dialect = dialect_of(words.locale)
    heads = [words.say(f"column.{column.key}") for column in day_rows.COLUMNS]
    rows = [
        [row.day.isoformat(), spreadsheet_text(row.garden)]
        + [number_cell(row.values[column.key], column.decimals, dialect) for column in day_rows.NUMBERS]
        for row in days
    ]
    name = re.sub(r"[^a-z0-9._-]+", "-", f"{inputs.contents.community}-{inputs.contents.first}").strip("-")
    texts = {
        data_package.DAYS: csv_text(heads, rows, dialect),
        CODAP: codap.codap_text(inputs.title, days, words),
        NOTEBOOK: notebook.notebook_text(inputs.title, words.say("question.text"), dialect),
        data_package.DATA_PACKAGE: data_package.data_package_text(
            name, inputs.title, inputs.community, set(others), words, dialect, inputs.contents.licence
        ),
    }
    files = {file: text.encode() for file, text in texts.items()}
    book = workbook.workbook_bytes(days, hours, _dictionary(inputs), _about(inputs), words)
    return files if book is None else {**files, WORKBOOK: book}


def _dictionary(inputs: PackInputs) -> list[tuple[str, str, str]]:
    say = inputs.words.say
    time = (say("column.time"), say("meaning.time"), "")
    columns = [
        (say(f"column.{column.key}"), say(f"meaning.{column.key}"), column.unit)
        for column in day_rows.COLUMNS
    ]
    return [*columns, time]


def _about(inputs: PackInputs) -> list[str]:
    say = inputs.words.say
    head = [inputs.title, inputs.community, inputs.dates]
    simulated = [say("start.simulated")] if inputs.is_simulated else []
    never = [f"{say('handout.nobody_can_say')}: {say(f'never.{name}')}" for name in NEVER]
    return [*head, *simulated, *never, *licence_lines(inputs)]


def printed_files(inputs: PackInputs, mural_svg: str, kind: str) -> dict[str, bytes]:
    """Set the sheets for paper; none where the extra `print` is not installed."""
    typst = load_typst()
    if typst is None:
        return {}
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', mural_svg)
    is_wide = size is not None and float(size[1]) > float(size[2])
    data = sheets(inputs, kind, is_wide=is_wide)
    pages = set_sheets(data, pictures(inputs, mural_svg), typst)
    return {_PRINTED[name]: pdf for name, pdf in pages.items()}


def outline_svg(mural_svg: str) -> str:
    """Turn the mural into lines on white, to colour in."""

    def lined(path: re.Match[str]) -> str:
        plain = _FILL.sub("", path[0])
        line = "" if " stroke=" in plain else ' stroke="#333333" stroke-width="1.2"'
        return plain.replace("<path ", f'<path fill="#ffffff" fill-opacity="0.01"{line} ', 1)

    return _PATH.sub(lined, mural_svg)


def licence_lines(inputs: PackInputs) -> list[str]:
    """Write under which licence the pack is, and where its text stands."""
    deed = inputs.contents.licence.deed
    name = f"{inputs.words.say(f'licence.{inputs.contents.licence}')} ({deed.title})"
    return [inputs.words.say("licence.text", licence=name), deed.page]


def legal_files(inputs: PackInputs) -> dict[str, bytes]:
    """Write licence and attribution."""
    say = inputs.words.say
    attribution = say("licence.attribution", community=inputs.community, dates=inputs.dates)
    return {
        LICENCE: "".join(f"{line}\n" for line in licence_lines(inputs)).encode(),
        ATTRIBUTION: f"{attribution}\n".encode(),
    }


def start_page(inputs: PackInputs, names: Iterable[str]) -> bytes:
    """Write the first page, which names every file of the pack, itself and the checksums included."""
    say = inputs.words.say
    present = {*names, SUMS}
    plots = mural.plots(inputs.gardens, inputs.results)
    scale = mural.steps(plots)
    gardens = [
        {
            "name": facts.name,
            "picture": Markup(_plant(plot, scale, is_simulated=inputs.is_simulated)),  # noqa: S704 - drawn by our own template, which escapes
            "sentences": garden_sentences(facts, inputs.results, inputs.days_of(facts), inputs.words),
        }
        for facts, plot in zip(inputs.gardens, plots, strict=True)
    ]
    page = render(
        "start.html.j2",
        language=inputs.words.language,
        direction=inputs.words.direction,
        title=inputs.title,
        community=inputs.community,
        dates=inputs.dates,
        simulated=say("start.simulated") if inputs.is_simulated else "",
        heading=say("start.title"),
        intro=say("start.intro"),
        first=say("start.first"),
        no_print="" if "handout.pdf" in present else say("start.no_print"),
        gardens=gardens,
        never_title=say("handout.nobody_can_say"),
        never=[say(f"never.{name}") for name in NEVER],
        files_title=say("start.files"),
        to_print=_listed(present & _TO_PRINT, inputs.words),
        files=_listed(present - _TO_PRINT, inputs.words),
    )
    return page.encode()


def _listed(present: AbstractSet[str], words: Sentences) -> list[dict[str, Any]]:
    """List files with what they are; those of one meaning together."""
    names: dict[str, list[str]] = {}
    for name, meaning in _MEANINGS.items():
        if name in present:
            names.setdefault(meaning, []).append(name)
    return [{"names": listed, "meaning": words.say(f"file.{meaning}")} for meaning, listed in names.items()]


def _plant(plot: Any, scale: dict[str, float], *, is_simulated: bool) -> str:
    drawing = mural.lay_out_plant(plot, is_simulated=is_simulated, scale=scale)
    svg = _HEAD.sub("", render("mural.svg.j2", drawing=drawing))
    return svg.replace("plant-", f"plant-{id_of(plot.name)}-")


def id_of(name: str) -> str:
    """Make an id of a name, so that several drawings stand on one page."""
    return sha256(name.encode()).hexdigest()[:8]


def remove_former_files(folder: Path, present: AbstractSet[str]) -> list[str]:
    """Take away what an earlier pack left in a folder and this one has not; return what was changed since.

    No file is touched but those that the checksums of the earlier pack name.

    Parameters
    ----------
    folder
        Where this pack is written.
    present
        Names of its files.

    Raises
    ------
    FolderUnusableError
        A file cannot be taken away.
    """
    sums = folder / SUMS
    former = sums.read_text(encoding="utf-8", errors="replace") if sums.is_file() else ""
    changed = []
    for digest, name in _SUM.findall(former):
        path = folder / name
        if name in present or not path.is_file() or path.is_symlink():
            continue
        if sha256(path.read_bytes()).hexdigest() == digest:
            remove_file(path)
        else:
            changed.append(name)
    return changed


def sums_text(contents: Mapping[str, bytes]) -> bytes:
    """Write the SHA-256 of each file, as `sha256sum --check` reads it."""
    lines = [f"{sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)]
    return "".join(lines).encode()
