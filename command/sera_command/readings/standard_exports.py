"""`sera export` in the forms of standards: SenML, SensorThings, GeoJSON, and plain tables in SQLite."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import moment_s, now_s
from sera_command.terminal import echo
from sera_store.atomic_file import replacing_by_draft
from sera_store.exports.geojson import geojson_text
from sera_store.exports.selection import Selection
from sera_store.exports.senml import senml_pieces
from sera_store.exports.sensorthings import sensorthings_pieces
from sera_store.exports.sqlite_tables import write_sqlite
from sera_store.licence import Licence
from sera_store.release.handouts import note_handout
from sera_store.release.persons import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sera_store.store import Store

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write; stdout without.")]
OutFile = Annotated[Path, typer.Option("--out", help="File to write, replaced as a whole.")]
Community = Annotated[str, typer.Option("--community", help="Only gardens of this community.")]
Start = Annotated[str | None, typer.Option("--from", help="First date or time (UTC), included.")]
End = Annotated[str | None, typer.Option("--to", help="Last date or time (UTC), excluded.")]
LicenceOption = Annotated[
    Licence, typer.Option("--licence", help="What was given under a narrower one is not in it.")
]


def senml(
    data: Data = DEFAULT_FOLDER,
    community: Community = "",
    start: Start = None,
    end: End = None,
    licence: LicenceOption = Licence.CC_BY,
    out: Out = None,
) -> None:
    """Write readings as SenML (RFC 8428), as others may have them: local hours, or days, and pseudonyms."""
    with open_store(data) as store:
        selection = _selection(store, community, start, end, licence)
        digest = _write(out, senml_pieces(store, selection, Pseudonyms()))
        _note(data, "senml", out, digest, store, selection, (start, end))


def sensorthings(
    data: Data = DEFAULT_FOLDER,
    community: Community = "",
    start: Start = None,
    end: End = None,
    licence: LicenceOption = Licence.CC_BY,
    out: Out = None,
) -> None:
    """Write gardens as Things of OGC SensorThings 1.1, with datastreams and observations, as others may."""
    with open_store(data) as store:
        selection = _selection(store, community, start, end, licence)
        digest = _write(out, sensorthings_pieces(store, selection, Pseudonyms()))
        _note(data, "sensorthings", out, digest, store, selection, (start, end))


def geojson(
    data: Data = DEFAULT_FOLDER,
    community: Community = "",
    licence: LicenceOption = Licence.CC_BY,
    out: Out = None,
) -> None:
    """Write the grid cells of gardens as GeoJSON, as coarse as hosts ask; hidden ones have none."""
    with open_store(data) as store:
        selection = _selection(store, community, None, None, licence)
        digest = _write(out, [geojson_text(store, selection)])
        _note(data, "geojson", out, digest, store, selection, (None, None))


def sqlite(
    out: OutFile,
    data: Data = DEFAULT_FOLDER,
    community: Community = "",
    start: Start = None,
    end: End = None,
    licence: LicenceOption = Licence.CC_BY,
) -> None:
    """Write gardens, readings, figures and their meanings as plain tables in SQLite, for Datasette."""
    with open_store(data) as store:
        selection = _selection(store, community, start, end, licence)
        with _draft(out) as draft:
            count = write_sqlite(draft, store, selection, Pseudonyms())
        _note(data, "sqlite", out, "", store, selection, (start, end))
    echo(f"{count} readings are in {out}; look at them with: datasette {out}", err=True)


def _selection(
    store: Store, community: str, start: str | None, end: str | None, licence: Licence
) -> Selection:
    communities = [entity.id for entity in store.registry.communities()]
    if community and community not in communities:
        raise BadInputError(
            f"community {community!r} is not registered; known: {', '.join(communities) or 'none'}"
        )
    first_s = None if start is None else moment_s(start, "--from")
    last_s = None if end is None else moment_s(end, "--to")
    if first_s is not None and last_s is not None and last_s <= first_s:
        raise BadInputError(f"--to {end} is not after --from {start}; swap them")
    selection = Selection(community or None, first_s, last_s, licence)
    names = {garden.id for garden in selection.gardens(store)}
    left_out = [garden.id for garden in store.registry.gardens(community or None) if garden.id not in names]
    say_left_out(left_out, licence)
    return selection


def say_left_out(gardens: Sequence[str], licence: Licence) -> None:
    """List the gardens that are given under a narrower licence than an export has."""
    if gardens:
        echo(
            f"{', '.join(gardens)}: given under a narrower licence than --licence {licence}, and left out; "
            "write a file of its own with --licence cc-by-nc",
            err=True,
        )


def _note(
    data: Path,
    form: str,
    out: Path | None,
    digest: str,
    store: Store,
    selection: Selection,
    dates: tuple[str | None, str | None],
) -> None:
    gardens = [garden.id for garden in selection.gardens(store)]
    span = (dates[0] or "", dates[1] or "")
    note_handout(data, f"export {form}", out, gardens, span, now_s(), sha256=digest)


def _digested(pieces: Iterable[str], update: Callable[[bytes], None]) -> Iterator[str]:
    """Pass pieces on, each after it was added to a digest."""
    for piece in pieces:
        update(piece.encode())
        yield piece


def _write(out: Path | None, pieces: Iterable[str]) -> str:
    """Write text into a file, or print it; return the SHA-256 of what was printed."""
    digest = sha256()
    if out is None:
        sys.stdout.writelines(_digested(pieces, digest.update))
        return digest.hexdigest()
    with _draft(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)
    return ""


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """Open a new file beside the one asked for, which replaces it once it is whole."""
    try:
        with replacing_by_draft(out) as draft:
            yield draft
    except OSError as error:
        raise cannot_write(out, error) from error


def cannot_write(out: Path, error: OSError) -> CannotWriteError:
    """Return the error that says why a file cannot be written, and what to do."""
    return CannotWriteError(
        f"{out} cannot be written ({error.strerror or error}); name a file in a folder that is there"
    )
