"""`sera publish`: the public pages as files, for a community without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.installation.report_pages import renew_pages
from sera_command.share.languages import Languages, languages_of
from sera_command.terminal import echo, quantity_text
from sera_gateway.process.logs import json_log
from sera_pages.events.released import public_events
from sera_pages.installation import PageSettings, open_installation
from sera_pages.publishing.addresses import stories_in
from sera_pages.publishing.own_folder import NotPublishedError
from sera_pages.publishing.site import NoSender, publish
from sera_store.release.handouts import note_handout

app = typer.Typer()

Out = Annotated[Path, typer.Option("--out", help="Folder for the pages, replaced as a whole.")]
Community = Annotated[str, typer.Option(help="Only this community; all by default.")]


@app.command("publish")
def publish_pages(
    out: Out, community: Community = "", languages: Languages = None, data: Data = DEFAULT_FOLDER
) -> None:
    """Write the public pages as files for any web server, or a stick; the same data, the same bytes.

    What a visitor without a session sees, and no more: no form, no script, no person, no exact place. Of
    stories those for everybody, to be read on pages; which ones is noted, for whoever takes one back.
    """
    codes = languages_of(languages)
    with open_store(data) as store:
        community_ids = [entity.id for entity in store.registry.communities()]
        if community and community not in community_ids:
            raise BadInputError(
                f"community {community!r} is not registered; known: {', '.join(community_ids) or 'none'}"
            )
        gardens = {garden.id: garden.community for garden in store.registry.gardens()}
        renew_pages(data, store)
    settings = PageSettings(is_published=True, languages=codes)
    with open_installation(data, NoSender(), json_log(verb="publish"), settings) as installation:
        try:
            files = publish(installation, out.absolute(), community)
            published = [community] if community else community_ids
            events = [view for name in published for view in public_events(installation, name)]
        except NotPublishedError as error:
            raise BadInputError(str(error)) from error
        except OSError as error:
            raise CannotWriteError(
                f"{out}: {error.strerror}; name another folder with --out, or make room there"
            ) from error
    names = [name for name, at in gardens.items() if community in ("", at)]
    items = [*stories_in(files), *[view.name for view in events]]
    note_handout(data, "pages", out, names, ("", ""), now_s(), items=items)
    echo(f"{out}: {quantity_text(len(files), 'files')}; open {out / 'index.html'}", err=True)
