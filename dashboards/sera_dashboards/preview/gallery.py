"""A gallery of drawn dashboards: pictures and one page, for reviewers and the documentation."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_dashboards.errors import DashboardNotWrittenError
from sera_dashboards.preview.drawing import DARK, DESK_WIDTH, LIGHT, PHONE_WIDTH, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LOOKS: Final = (
    Look(LIGHT, DESK_WIDTH),
    Look(DARK, DESK_WIDTH),
    Look(LIGHT, PHONE_WIDTH),
    Look(DARK, PHONE_WIDTH),
)
WITH_DATA: Final = "with data"
EMPTY: Final = "empty"
WITH_ERROR: Final = "with an error"


class Picture(NamedTuple):
    """A picture of a dashboard.

    Parameters
    ----------
    name, title
        Of the dashboard.
    state
        With data, empty, or with an error.
    look
        Colours and width.
    data
        PNG.
    """

    name: str
    title: str
    state: str
    look: Look
    data: bytes

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f"{self.name}-{self.state.replace(' ', '-')}-{self.look.mode}-{self.look.width}.png"


def write_gallery(folder: Path, pictures: Iterable[Picture]) -> list[Path]:
    """Write pictures and the page that shows them, and return the files, the page last.

    Raises
    ------
    DashboardNotWrittenError
        A file cannot be written.
    """
    listed = list(pictures)
    files = {picture.file: picture.data for picture in listed}
    files["index.html"] = _page(listed).encode()
    paths = []
    for name, data in files.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        except OSError as error:
            raise DashboardNotWrittenError(
                f"cannot write {folder / name}: {error.strerror}; name another folder with --out"
            ) from error
        paths.append(folder / name)
    return paths


def _page(pictures: Sequence[Picture]) -> str:
    sections = []
    for name in dict.fromkeys(picture.name for picture in pictures):
        own = [picture for picture in pictures if picture.name == name]
        figures = "\n".join([_figure(picture) for picture in own])
        sections.append(f'<section id="{escape(name)}"><h2>{escape(own[0].title)}</h2>\n{figures}</section>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Dashboards</title>\n'
        "<style>body{font-family:sans-serif;margin:2rem}figure{display:inline-block;vertical-align:top;"
        "margin:0 1rem 2rem 0}img{border:1px solid #ccc;max-width:44rem}</style></head><body>\n"
        "<h1>Dashboards</h1>\n<p>Drawn with Grafana's own packages from the answers of an InfluxDB; panels "
        "that say so are drawn by Sera. No Grafana server was asked.</p>\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def _figure(picture: Picture) -> str:
    text = f"{picture.state}, {picture.look.mode}, {picture.look.width} px wide"
    return (
        f'<figure><img loading="lazy" src="{escape(picture.file)}" alt="{escape(picture.title)}: {text}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
