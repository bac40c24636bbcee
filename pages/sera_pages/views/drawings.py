"""Drawings and reports that the making process wrote: taken away at once where they show what is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_pages.report_folder import RENEWAL_REQUEST
from sera_words.language import LANGUAGES

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation

DRAWINGS: Final = "drawings"
# Of the mural there is a drawing for phones, too: one garden a row.
NARROW: Final = "-narrow"


def remove_drawings(installation: ServedInstallation, community: str, garden: str) -> None:
    """Remove what shows a garden or its community, and ask for it to be made anew.

    Pages show no drawing, and no report, until then.
    """
    folder = installation.report_folder
    names = [f"community-{community}", f"community-{community}{NARROW}", *([garden] if garden else [])]
    paths = [folder / DRAWINGS / language / f"{name}.svg" for name in names for language in LANGUAGES]
    reports = [path for place in (folder, folder / community) for path in place.glob("index*.html")]
    for path in (*paths, *reports):
        path.unlink(missing_ok=True)
    if folder.is_dir():
        (folder / RENEWAL_REQUEST).touch()
