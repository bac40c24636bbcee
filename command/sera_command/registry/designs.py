"""`sera design`: list the beds that were drawn together, show one, and write it as a file."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.terminal import echo, echo_json
from sera_commons.designs.checks import findings
from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.glb import glb
from sera_commons.designs.plan import picture_svg
from sera_commons.designs.update_log import UpdateLog
from sera_commons.designs.usdz import usdz
from sera_commons.errors import DesignError

if TYPE_CHECKING:
    from sera_commons.designs.document import Design
    from sera_commons.designs.update_log import DesignRow

app = typer.Typer(no_args_is_help=True, help="List, show and export beds drawn together.")

Identity = Annotated[str, typer.Argument(help="Id of a drawing, as `sera design list` prints it.")]
FORMS: Final = (".svg", ".glb", ".usdz", ".json")


@app.command("list")
def list_designs(
    data: Data = DEFAULT_FOLDER,
    garden: Annotated[str, typer.Option("--garden", help="Only the beds of this garden.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List the beds, for the steward on this machine: on pages members of the community alone see them."""
    with open_store(data) as store:
        gardens = [entity.id for entity in store.registry.gardens() if garden in ("", entity.id)]
    if garden and not gardens:
        raise BadInputError(f"garden {garden!r} is not registered; `sera garden list` lists those that are")
    with closing(UpdateLog.open(data)) as log:
        rows = [row for name in gardens for row in log.of_garden(name)]
        listed = [_content(row, _read(log, row)) for row in rows]
    if as_json:
        echo_json(json.dumps(listed, ensure_ascii=False))
        return
    for row in listed:
        echo(f"{row['id']}  {row['garden']}  {row['plants']} plants  {row['title'] or '(no title)'}")
    if not listed:
        echo("Nothing was drawn.")


def _read(log: UpdateLog, row: DesignRow) -> Design:
    return read_design(open_document(log.updates(row.id)))


def _content(row: DesignRow, design: Design) -> dict[str, Any]:
    return {
        "id": row.id,
        "garden": row.garden,
        "title": design.bed.title if design.bed is not None else "",
        "plants": design.count,
        "planted_count": row.planted_count,
    }


def _design_of(data: Path, design: str) -> tuple[DesignRow, Design]:
    with closing(UpdateLog.open(data)) as log:
        row = log.find(design)
        if row is None:
            raise BadInputError(
                f"there is no drawing {design}; `sera design list` lists those that there are"
            )
        return row, _read(log, row)


@app.command("show")
def show(design: Identity, data: Data = DEFAULT_FOLDER) -> None:
    """Show one bed as JSON: outline, plants, and what is to be looked at."""
    row, drawn = _design_of(data, design)
    echo_json(json.dumps(_whole(row, drawn), ensure_ascii=False))


def _whole(row: DesignRow, design: Design) -> dict[str, Any]:
    bed = design.bed
    return {
        **_content(row, design),
        "outline": [list(corner) for corner in bed.outline] if bed is not None else [],
        "light": bed.light if bed is not None else None,
        "water": bed.water if bed is not None else None,
        "paths": list(bed.paths) if bed is not None else [],
        "placed": [
            {"taxon": plant.taxon, "at": list(plant.at), "width_m": plant.width_m} for plant in design.plants
        ],
        "unreadable": len(design.unreadable) + design.left_out,
        "findings": [{"code": finding.code, "taxa": list(finding.taxa)} for finding in findings(design)],
    }


@app.command("export")
def export(
    design: Identity,
    out: Annotated[Path, typer.Argument(help=f"File to write, ending in one of {', '.join(FORMS)}.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write one bed as a picture (SVG), in 3-D (GLB, USDZ) or as JSON: in metres, with no place."""
    if out.suffix not in FORMS:
        raise BadInputError(f"{out}: expected a name that ends in one of {', '.join(FORMS)}")
    row, drawn = _design_of(data, design)
    try:
        out.write_bytes(_file_of(row, drawn, out.suffix))
    except DesignError as error:
        raise BadInputError(f"{design} cannot be written as {out.suffix}: {error}") from error
    except OSError as error:
        raise CannotWriteError(
            f"{out} cannot be written ({error.strerror}); name another file, or make room"
        ) from error
    echo(f"{out}: {drawn.count} plants", err=True)


def _file_of(row: DesignRow, design: Design, form: str) -> bytes:
    if form == ".json":
        return json.dumps(_whole(row, design), ensure_ascii=False, indent=1).encode()
    if design.bed is None:
        raise DesignError("its outline cannot be read; mend it on its page")
    if form == ".svg":
        return picture_svg(design).encode()
    return glb(design) if form == ".glb" else usdz(design)
