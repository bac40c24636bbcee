"""`sera exhibit`: pages of stories and recipes for a room without a network."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.installation.report_pages import renew_pages
from sera_command.share.events import garden_levels
from sera_command.share.languages import Language, readers_locale
from sera_command.share.stories import Community, day_in, open_shelf, reader_for
from sera_command.terminal import echo, quantity_text
from sera_commons.items.consent import Use
from sera_commons.storage.event_book import EventBook
from sera_gateway.process.logs import json_log
from sera_pages.installation import open_installation
from sera_pages.publishing.exhibit import write_exhibit
from sera_pages.publishing.own_folder import NotPublishedError
from sera_pages.publishing.site import NoSender
from sera_store.release.handouts import note_handout

app = typer.Typer(no_args_is_help=True, help="Build an exhibit of stories and recipes.")


@app.command("build")
def build(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pages, replaced as a whole.")],
    community: Community = "",
    title: Annotated[str, typer.Option("--title", help="What stands above the exhibit.")] = "",
    audience: Annotated[
        str, typer.Option("--for", help="everybody, community, or the name of an audience.")
    ] = "everybody",
    items: Annotated[
        list[str] | None, typer.Option("--item", help="Only this item and version; repeatable.")
    ] = None,
    language: Language = "en",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write an exhibit: stories and events whose givers agreed to it, with the gardens of both.

    It needs no network and no server. What is in it is noted: who takes a story back learns of the exhibit,
    and the next one is made without it.
    """
    readers_locale(language)
    with open_shelf(data, community) as shelf:
        own, reader = shelf.community, reader_for(shelf, audience)
        day = day_in(data, own)
        views = shelf.released(Use.EXHIBIT, reader, day)
        if items:
            views = [view for view in views if view.name in items]
        levels = garden_levels(data, own)
        events = [] if items else EventBook(shelf).released(Use.EXHIBIT, reader, day, levels)
        if not views and not events:
            raise BadInputError(
                "no story and no event may be in this exhibit: its givers have to agree to an exhibit for "
                "this audience. "
                "`sera story list --all` says for whom each is"
            )
        digests = [file.digest for view in views for file in view.files]
        files = {digest: shelf.chronicle.attachment(digest) or b"" for digest in digests}
    with open_store(data) as store:
        renew_pages(data, store)
    with open_installation(data, NoSender(), json_log(verb="exhibit")) as installation:
        try:
            count = write_exhibit(installation, out.absolute(), own, views, files, title, language, events)
        except NotPublishedError as error:
            raise BadInputError(str(error)) from error
        except OSError as error:
            raise CannotWriteError(
                f"{out}: {error.strerror}; name another folder with --out, or make room there"
            ) from error
    tied = [*[view.gardens for view in views], *[view.event.gardens for view in events]]
    gardens = sorted({garden for names in tied for garden in names})
    names = [*[view.name for view in views], *[view.name for view in events]]
    note_handout(data, "exhibit", out, gardens, ("", ""), now_s(), items=names)
    echo(f"{out}: {quantity_text(count, 'files')}; open {out / 'index.html'}", err=True)
