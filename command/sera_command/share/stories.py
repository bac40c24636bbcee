"""`sera story`: list stories and recipes, carry them as a folder with their rights, and withdraw them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.share.story_lines import version_fields
from sera_command.terminal import echo, echo_json, quantity_text
from sera_command.whose import whose
from sera_commons.errors import InvalidFolderError
from sera_commons.exchange.reading import read_folder, take_in
from sera_commons.exchange.writing import write_folder
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER, Reader, ReleasedItem, release
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.entries import REASONS, WITHDRAWN
from sera_store.chronicle.schema import chronicle_folder, communities_with_chronicle
from sera_store.local_clock import community_day
from sera_store.release.handouts import handouts_of, note_handout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sera_commons.items.release import StoredVersion

app = typer.Typer()

Community = Annotated[
    str, typer.Option("--community", help="Whose stories; may be left out where there is only one.")
]
WithAll = Annotated[
    bool,
    typer.Option("--all", help="Everything that was given, for the steward on this machine alone."),
]


@contextmanager
def open_shelf(data: Path, community: str, *, is_new: bool = False) -> Iterator[Shelf]:
    """Open the stories of a community while the body runs.

    Raises
    ------
    BadInputError
        Nothing was given there, or it has to be named.
    """
    if is_new and not community:
        with open_store(data) as store:
            there = [entity.id for entity in store.registry.communities()]
        own = whose(data, community, there)
    else:
        own = community if is_new else whose(data, community, communities_with_chronicle(data), "chronicle")
    with Chronicle.open(chronicle_folder(data, own), clock=now_s) as chronicle:
        yield Shelf(chronicle, own)


@app.command("list")
def list_stories(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    with_all: WithAll = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List what everybody may read on pages; with --all everything, and for whom it is."""
    with open_shelf(data, community) as shelf:
        stored = _selected(shelf, data, Use.PAGE, with_all=with_all)
    rows = [
        {
            "item": version.item_id,
            "version": version.version,
            "kind": version.item.kind.value,
            "title": version.item.title,
            "day": version.day,
            "audience": version.item.consent.audience,
            "uses": [use.value for use in version.item.consent.uses],
            "review": version.item.consent.review,
        }
        for version in stored
        if version.item is not None
    ]
    if as_json:
        echo_json(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        name = f"{row['item']}/{row['version']}"
        echo(f"{name}  {row['day']}  {row['kind']:6}  {row['title']}  (for {row['audience']})")
    if not rows:
        echo("There is nothing to list.")


@app.command("show")
def show(
    item: Annotated[str, typer.Argument(help="Item, or item and version, as `sera story list` prints them.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    with_all: WithAll = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """Show what everybody may read of an item, and which outputs had it; with --all everything given.

    Gardens are named only where no plant of it heals, is rare or unknown.
    """
    with open_shelf(data, community) as shelf:
        stored = [
            version
            for version in _selected(shelf, data, Use.PAGE, with_all=with_all)
            if item in _names(version)
        ]
        views = [
            (version, version_fields(shelf, version))
            for version in sorted(stored, key=lambda version: version.version)
        ]
    if not views:
        raise BadInputError(
            f"{item} has nothing here that everybody may read; `sera story list --all` lists all"
        )
    rows = [{**view, "handed_out": _handed_out(data, [version])} for version, view in views]
    if as_json:
        echo_json(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        for name, value in row.items():
            for line in value if isinstance(value, list) else [value]:
                echo(f"{name.replace('_', ' '):10}  {line}")
        echo()


def _names(version: StoredVersion) -> tuple[str, str]:
    return version.item_id, version.name


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="New or empty folder to write.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    with_all: WithAll = False,
) -> None:
    """Write stories as a folder of files with their rights, which comes back in with `sera story import`.

    Without --all it holds what its givers let other communities use and everybody see. Its contents are
    noted, so that who takes something back learns of it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError(f"{out} is there and not empty; name a new or empty folder")
    with open_shelf(data, community) as shelf:
        stored = _selected(shelf, data, Use.FEDERATION, with_all=with_all)
        try:
            names = write_folder(out, stored, shelf.audiences(), shelf.chronicle)
        except OSError as error:
            raise CannotWriteError(
                f"{out} cannot be written ({error.strerror}); name another folder, or make room"
            ) from error
    note_handout(data, "stories", out, (), ("", ""), now_s(), items=[version.name for version in stored])
    echo(f"{out}: {quantity_text(len(names), 'items')}", err=True)


@app.command("import")
def import_stories(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder of an export.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Take stories in from a folder, with the rights that they have in it, or none of them.

    Refused are links, files that no export has, rights wider than they were given here, items of other
    givers, and what was taken back here. Audiences come in without members: define them again.
    """
    try:
        incoming = read_folder(folder)
        with open_shelf(data, community, is_new=True) as shelf:
            new, existing = take_in(shelf, incoming)
    except InvalidFolderError as error:
        raise BadInputError(str(error)) from error
    echo(f"{new} came in, {existing} were here already")


@app.command("withdraw")
def withdraw(
    item: Annotated[str, typer.Argument(help="Item and version, as `sera story list` prints them.")] = "",
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    giver: Annotated[str, typer.Option("--giver", help="All that this person gave, by drawn id.")] = "",
    reason: Annotated[str, typer.Option("--reason", help=f"One of {', '.join(REASONS)}.")] = WITHDRAWN,
) -> None:
    """Erase one version, or all of a person, for good; print what had been handed out of it before.

    Its giver needs no command: a slip or the page of what they gave does it.
    """
    if reason not in REASONS:
        raise BadInputError(f"--reason {reason!r} is not known; expected one of {', '.join(REASONS)}")
    if (item == "") == (giver == ""):
        raise BadInputError("name either an item with its version, or a person with --giver")
    with open_shelf(data, community) as shelf:
        stored = [version for version in shelf.all() if giver in ("", version.author)]
        stored = [version for version in stored if item in ("", version.name)]
        if not stored:
            raise BadInputError(
                f"{item or giver} has nothing here, or it was taken back; `sera story list --all` lists all"
            )
        outputs = _handed_out(data, stored)
        shelf.withdraw([version.number for version in stored], reason)
        if giver:
            shelf.withdraw_person(giver)
    echo(f"Entries erased: {', '.join(str(version.number) for version in stored)}")
    for output in outputs:
        echo(f"Handed out before, and not to be called back: {output}")


def _handed_out(data: Path, stored: list[StoredVersion]) -> list[str]:
    """List the outputs that had some versions, or those whose place they took, the newest first."""
    names = {name for version in stored for name in version.names}
    return [
        f"{handout.kind} {handout.name}, {datetime.fromtimestamp(handout.made_s, UTC):%Y-%m-%d}"
        for handout in handouts_of(data)
        if names.intersection(handout.items)
    ]


def _selected(shelf: Shelf, data: Path, use: Use, *, with_all: bool) -> list[StoredVersion]:
    """Return the versions that may leave for a use to anybody; all of them for the steward."""
    if with_all:
        return shelf.all()
    day = day_in(data, shelf.community)
    audiences = shelf.audiences()
    return [
        version
        for version in shelf.all()
        if isinstance(release(version, use, STRANGER, day, audiences), ReleasedItem)
    ]


def day_in(data: Path, community: str) -> date:
    """Return which day it is in a community: by it a season begins, and a consent ends."""
    with open_store(data) as store:
        return community_day(store.registry, community, now_s())


def reader_for(shelf: Shelf, audience: str) -> Reader:
    """Return the reader of an output that is made for everybody, the community, or one of its audiences.

    Raises
    ------
    BadInputError
        There is no such audience.
    """
    if audience == "everybody":
        return STRANGER
    if audience == "community":
        return Reader(community=shelf.community)
    ids = [name for name, defined in shelf.audiences().items() if audience in (name, defined.name)]
    if len(ids) != 1:
        names = ", ".join(defined.name for defined in shelf.audiences().values()) or "none"
        raise BadInputError(
            f"--for {audience!r} is no audience; expected everybody, community, or one of: {names}"
        )
    return Reader(community=shelf.community, audiences=frozenset(ids))
