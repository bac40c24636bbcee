"""Build an archive as one file, and check it before it is handed out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks.check import DWC_DP, DWCA, check_archive
from sera_workshop.archives.cube import cube_text
from sera_workshop.archives.dwc_dp import dwc_dp_files
from sera_workshop.archives.dwca import dwca_files
from sera_workshop.errors import SeveralPublishersError, SimulatedArchiveError
from sera_workshop.files import write_text
from sera_workshop.zip_file import write_archive

if TYPE_CHECKING:
    from sera_workshop.archives.checks.report import Report
    from sera_workshop.archives.contents import Contents

CUBE_FORM: Final = "cube"
FORMS: Final = (DWCA, DWC_DP, CUBE_FORM)


def build_archive(contents: Contents, form: str, path: Path) -> Report | None:
    """Write an archive of one of `FORMS`, the same bytes for the same contents.

    Returns
    -------
    Report or None
        What the check says of it; None for the cube, which is one table.

    Raises
    ------
    SeveralPublishersError
        The gardens are of several communities.
    SimulatedArchiveError
        A garden is simulated.
    FolderUnusableError
        The file cannot be written.
    """
    communities = sorted({garden.community for garden in contents.gardens})
    if len(communities) > 1:
        raise SeveralPublishersError(communities)
    if simulated := [garden.id for garden in contents.gardens if garden.is_simulated]:
        raise SimulatedArchiveError(simulated)
    if form == CUBE_FORM:
        write_text(path, cube_text(contents))
        return None
    files = dwca_files(contents) if form == DWCA else dwc_dp_files(contents)
    with tempfile.TemporaryDirectory() as folder:
        written = {name: write_text(Path(folder) / name, text) for name, text in files.items()}
        write_archive(path, written)
    return check_archive(path)
