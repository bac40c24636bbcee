"""`sera export` in the forms of standards: SenML, SensorThings, GeoJSON, and plain tables in SQLite."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.moments import moment_s
from sera_command.terminal import echo
from sera_store.exports.geojson import geojson_text
from sera_store.exports.selection import Selection
from sera_store.exports.senml import senml_pieces
from sera_store.exports.sensorthings import sensorthings_pieces
from sera_store.exports.sqlite_tables import write_sqlite
from sera_store.release.persons import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_store.store import Store

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write; stdout without.")]
OutFile = Annotated[Path, typer.Option("--out", help="File to write, replaced as a whole.")]
Community = Annotated[str, typer.Option("--community", help="Only gardens of this community.")]
Start = Annotated[str | None, typer.Option("--from", help="First date or time (UTC), included.")]
End = Annotated[str | None, typer.Option("--to", help="Last date or time (UTC), excluded.")]
DEFAULT = Path("sera-data")


def senml(
    data: Data = DEFAULT, community: Community = "", start: Start = None, end: End = None, out: Out = None
) -> None:
    """Write readings as SenML (RFC 8428), as others may have them: local hours, or days, and pseudonyms."""
    with open_store(data) as store:
        selection = _selection(store, community, start, end)
        _write(out, senml_pieces(store, selection, Pseudonyms()))


def sensorthings(
    data: Data = DEFAULT, community: Community = "", start: Start = None, end: End = None, out: Out = None
) -> None:
    """Write gardens as Things of OGC SensorThings 1.1, with datastreams and observations, as others may."""
    with open_store(data) as store:
        selection = _selection(store, community, start, end)
        _write(out, sensorthings_pieces(store, selection, Pseudonyms()))


def geojson(data: Data = DEFAULT, community: Community = "", out: Out = None) -> None:
    """Write the grid cells of gardens as GeoJSON, as coarse as hosts ask; hidden ones have none."""
    with open_store(data) as store:
        _write(out, [geojson_text(store, _selection(store, community, None, None))])


def sqlite(
    out: OutFile, data: Data = DEFAULT, community: Community = "", start: Start = None, end: End = None
) -> None:
    """Write gardens, readings, figures and their meanings as plain tables in SQLite, for Datasette."""
    with open_store(data) as store, _draft(out) as draft:
        selection = _selection(store, community, start, end)
        count = write_sqlite(draft, store, selection, Pseudonyms())
    echo(f"{count} readings are in {out}; look at them with: datasette {out}", err=True)


def _selection(store: Store, community: str, start: str | None, end: str | None) -> Selection:
    known = [entity.id for entity in store.registry.communities()]
    if community and community not in known:
        raise BadInputError(f"community {community!r} is not registered; known: {', '.join(known) or 'none'}")
    first_s = None if start is None else moment_s(start, "--from")
    last_s = None if end is None else moment_s(end, "--to")
    if first_s is not None and last_s is not None and last_s <= first_s:
        raise BadInputError(f"--to {end} is not after --from {start}; swap them")
    return Selection(community or None, first_s, last_s)


def _write(out: Path | None, pieces: Iterable[str]) -> None:
    if out is None:
        sys.stdout.writelines(pieces)
        return
    with _draft(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """Give a new file beside the one asked for, which takes its place once it is whole."""
    draft = out.with_name(f".{out.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        yield draft
        draft.replace(out)
    except OSError as error:
        raise CannotWriteError(
            f"{out} cannot be written ({error.strerror or error}); name a file in a folder that is there"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
