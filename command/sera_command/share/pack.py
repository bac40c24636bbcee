"""`sera pack`: the figures and readings of some gardens and dates, in a folder for a workshop."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import CUSTOM, Dates
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import date_of, now_s
from sera_command.terminal import echo, quantity_text
from sera_store.calendar import dates_span_s
from sera_store.licence import Licence, narrowest
from sera_store.release.handouts import note_handout
from sera_store.release.licences import licence_of, licence_of_dates
from sera_store.release.places import released_garden
from sera_words.language import LANGUAGES, speaking
from sera_workshop.errors import WorkshopError
from sera_workshop.packs.pack import DEFAULT_LANGUAGE, PackOptions, write_pack
from sera_workshop.packs.pack_words import pack_words
from sera_workshop.packs.sheets import KINDS, WORKSHOP
from sera_workshop.views.facts import are_simulated, garden_facts, visible_gardens
from sera_workshop.zip_file import write_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_store.store import Store

app = typer.Typer()

Out = Annotated[Path, typer.Option("--out", help="Zip file, or folder, for the pack.")]
Gardens = Annotated[
    list[str] | None, typer.Option("--garden", help="A garden's id; may be repeated. All by default.")
]
First = Annotated[str, typer.Option("--from", help="First day: 2026-05-04.")]
LicenceOption = Annotated[
    Licence,
    typer.Option("--licence", help="What was given under a narrower one is not in it."),
]
Last = Annotated[str, typer.Option("--to", help="Last day, which is included: 2026-05-17.")]


@app.command()
def pack(
    first: Annotated[str, typer.Option("--from", help="First day: 2026-05-04.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, which is included: 2026-05-17.")] = "",
    out: Out = Path("pack.zip"),
    gardens: Gardens = None,
    community: Annotated[str, typer.Option("--community", help="All gardens of this community.")] = "",
    language: Annotated[
        str, typer.Option("--language", help=f"One of {', '.join(LANGUAGES)}.")
    ] = DEFAULT_LANGUAGE,
    title: Annotated[str, typer.Option("--title", help="What stands on every sheet.")] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"One of {', '.join(KINDS)}.")] = WORKSHOP,
    readings: Annotated[
        bool, typer.Option("--readings", help="With every reading, one a row: large.")
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Of a simulated season, to look at: needs no data and no dates.")
    ] = False,
    licence: LicenceOption = Licence.CC_BY,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write a workshop pack of any dates: sheets to print, tables, cards, mural, and a page to start from.

    Where readings lie within these dates, their figures are made first, as a window of kind `custom`. The
    same figures give the same bytes. A name that ends with .zip makes one file, any other a folder. Sheets
    as PDF and the workbook need the extra `print`; the pack says where they are missing.
    """
    options = _options(language, title, kind, licence, readings=readings)
    if sample:
        # Here, since the simulator is loaded for nothing else.
        from sera_command.simulated.sample import sample_season  # noqa: PLC0415

        with sample_season() as season:
            _write(season.data, out, [], "", (first or season.first, last or season.last), options)
        return
    if not (first and last):
        raise BadInputError("--from and --to are needed: the first and the last day; or --sample")
    names = _write(data, out, gardens, community, (first, last), options)
    note_handout(data, "pack", out, names, (first, last), now_s())


def _options(language: str, title: str, kind: str, licence: Licence, *, readings: bool) -> PackOptions:
    for option, value, choices in (("--language", language, LANGUAGES), ("--kind", kind, KINDS)):
        if value not in choices:
            raise BadInputError(f"{option} {value!r} is not known; expected one of {', '.join(choices)}")
    if licence is Licence.CC0:
        raise BadInputError(
            "--licence cc0: texts and drawings of a pack are CC BY 4.0; expected cc-by or cc-by-nc"
        )
    return PackOptions(language, title, kind, readings, licence)


def _write(
    data: Path,
    out: Path,
    gardens: Sequence[str] | None,
    community: str,
    dates: tuple[str, str],
    options: PackOptions,
) -> list[str]:
    """Write a pack, say what is in it, and return its gardens."""
    first, last = dates
    locale = pack_words(options.language).locale
    with speaking(locale), open_store(data) as store, _folder(out) as folder:
        names = gardens_of(store, gardens, community)
        days = (date_of(first, "--from"), date_of(last, "--to"))
        names = gardens_under(store, names, options.licence or Licence.CC_BY_NC, days)
        start_s, end_s = span_s(store, names[0], first, last)
        _make_figures(store, names, first, last)
        contents = write_pack(folder, store, names, start_s, end_s, options=options)
        if folder != out:
            write_archive(out, contents.files)
    if contents.former:
        echo(
            f"{', '.join(contents.former)}: of an earlier pack and changed since, so left in {out}; look "
            "whether it may still be given out",
            err=True,
        )
    if not contents.figures:
        echo("No reading lies within these dates, so the pack has no figure, and says so.", err=True)
    if "handout.pdf" not in contents.files:
        echo("Sheets as PDF are missing; get them with: pip install 'sera-gardens[print]'", err=True)
    echo(
        f"{out}: {quantity_text(len(contents.files), 'files')} with {quantity_text(contents.days, 'days')} "
        f"and {quantity_text(contents.figures, 'figures')} of {quantity_text(len(names), 'gardens')}"
    )
    return names


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """Return the folder to write into: the one asked for, or one that goes again beside a zip file."""
    if out.suffix.casefold() != ".zip":
        yield out
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".pack-", dir=out.parent))
    except OSError as error:
        raise CannotWriteError(
            f"cannot write {out}: {error.strerror}; name another file with --out"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_figures(store: Store, garden_ids: Sequence[str], first: str, last: str) -> None:
    """Make the figures of these very dates: no week or month need begin and end with them."""
    after = date_of(last, "--to") + timedelta(days=1)
    analyse(store, gardens=garden_ids, periods=(CUSTOM,), dates=Dates(date_of(first, "--from"), after))


def gardens_of(store: Store, names: Sequence[str] | None, community: str = "") -> list[str]:
    """Return the gardens that were named; or of a community or all the real ones, else the simulated ones."""
    registered = [garden.id for garden in store.registry.gardens(community or None)]
    if community and not registered:
        raise BadInputError(f"community {community!r} has no garden; see: sera garden list")
    if not names and not registered:
        raise BadInputError("no garden is registered; first: sera garden new GARDEN")
    try:
        facts = garden_facts(store, names or registered)
        if names:
            are_simulated(facts)
            return list(names)
    except WorkshopError as error:
        raise BadInputError(str(error)) from error
    visible, left_out = visible_gardens(facts)
    if left_out:
        echo(f"{left_out} simulated gardens are left out; name them with --garden to see them.", err=True)
    return [garden.id for garden in visible]


def gardens_under(
    store: Store, names: Sequence[str], licence: Licence, dates: tuple[date, date] | None = None
) -> list[str]:
    """Choose the gardens of which something may be in an output under a licence, and say which are left out.

    Parameters
    ----------
    dates
        Of figures, which rest on all counts of these local dates together; None where each stands alone.
    """
    narrower: dict[str, Licence] = {}
    for name in names:
        garden = released_garden(store.registry, name)
        if garden is None:
            continue
        own_licence = licence_of(store.registry, name)
        own_licence = licence_of_dates(store, garden, *dates) if dates is not None else own_licence
        if not own_licence.may_be_under(licence):
            narrower[name] = own_licence
    if narrower:
        needed = narrowest(*narrower.values())
        narrower_text = (
            f"{', '.join(narrower)}: given under {needed.deed.title}, narrower than --licence {licence}"
        )
        if len(narrower) == len(names):
            raise BadInputError(
                f"{narrower_text}; nothing is left; write an output of its own with --licence {needed}"
            )
        echo(f"{narrower_text}; left out: write an output of its own with --licence {needed}", err=True)
    return [name for name in names if name not in narrower]


def span_s(store: Store, garden: str, first: str, last: str) -> tuple[int, int]:
    """Turn two local days, the last included, into Unix times [s], end exclusive."""
    entered = store.registry.garden(garden)
    if entered is None:
        raise BadInputError(f"garden {garden!r} is not registered")
    begin, end = date_of(first, "--from"), date_of(last, "--to")
    if end < begin:
        raise BadInputError(f"--to {last} is before --from {first}; expected the same day or a later one")
    return dates_span_s(entered.timezone, begin, end)
