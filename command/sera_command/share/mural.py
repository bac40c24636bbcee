"""`sera mural`: the living mural of some gardens as one SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.share.languages import Language, readers_locale
from sera_command.share.pack import Gardens, gardens_of
from sera_command.terminal import echo
from sera_store.release.delay import released_until_s
from sera_store.release.handouts import note_handout
from sera_words.language import LANGUAGES, speaking
from sera_workshop.mural.mural import plots, sentences, write_mural
from sera_workshop.packs.pack import community_name
from sera_workshop.views.display_results import display_results
from sera_workshop.views.facts import garden_facts

app = typer.Typer()

Out = Annotated[Path, typer.Option("--out", help="File for the SVG.")]


@app.command()
def mural(
    out: Out,
    gardens: Gardens = None,
    data: Data = DEFAULT_FOLDER,
    language: Language = LANGUAGES[0],
    live: Annotated[
        bool, typer.Option("--live", help="Also the last day, which others see a day later.")
    ] = False,
    in_words: Annotated[
        bool, typer.Option("--words", help="Also print what it shows, in sentences.")
    ] = False,
) -> None:
    """Draw the living mural from the latest figures; the same bytes for the same figures."""
    locale = readers_locale(language)
    with open_store(data) as store:
        garden_ids = gardens_of(store, gardens)
        facts = garden_facts(store, garden_ids)
        until_s = {} if live else released_until_s(store.registry, garden_ids, now_s())
        results = display_results(store, garden_ids, until_s)
        community = community_name(store, garden_ids[0])
    with speaking(locale):
        write_mural(out, community=community, gardens=facts, results=results)
        if in_words:
            for sentence in sentences(plots(facts, results)):
                echo(sentence)
    note_handout(data, "mural", out, garden_ids, ("", ""), now_s())
    echo(f"The mural of {len(facts)} gardens is {out}", err=True)
