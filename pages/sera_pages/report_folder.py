"""Drawings and reports that the making process writes: what they are called, and how they are taken away.

By itself, since `sera up` lives as long as the installation and needs no more of the pages than these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

REPORT_FOLDER: Final = "pages"
DRAWINGS: Final = "drawings"
# Of the mural there is a drawing for phones, too: one garden a row.
NARROW: Final = "-narrow"
# Written by the pages, and taken away by the process that makes drawings and reports, which then makes them.
RENEWAL_REQUEST: Final = "renewal-request"


def remove_drawings(folder: Path, community: str, garden: str) -> None:
    """Remove what shows a garden or its community, and ask for it to be made again.

    Pages show no drawing, and no report, until then.

    Parameters
    ----------
    folder
        `REPORT_FOLDER` in the data folder; where there is none, nothing was made yet.
    community, garden
        Ids; an empty garden leaves the drawings of gardens.
    """
    names = [f"community-{community}", f"community-{community}{NARROW}", *([garden] if garden else [])]
    drawings = [path for name in names for path in folder.glob(f"{DRAWINGS}/*/{name}.svg")]
    reports = [path for place in (folder, folder / community) for path in place.glob("index*.html")]
    for path in (*drawings, *reports):
        path.unlink(missing_ok=True)
    if folder.is_dir():
        (folder / RENEWAL_REQUEST).touch()
