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


_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:92rem}"
    "nav a{margin-right:1rem}section{border-top:1px solid #8886;margin-top:2rem}"
    "div{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(24rem,100%),1fr));gap:1rem}"
    "figure{margin:0}img{width:100%;border:1px solid #8886}figcaption{font-size:.875rem}"
)


def _page(pictures: Sequence[Picture]) -> str:
    sections = []
    for name in dict.fromkeys(picture.name for picture in pictures):
        own = [picture for picture in pictures if picture.name == name]
        figures = "\n".join([_figure(picture) for picture in own])
        sections.append(
            f'<section id="{escape(name)}"><h2>{escape(own[0].title)}</h2>\n<div>{figures}</div></section>'
        )
    titles = {picture.name: picture.title for picture in pictures}
    links = " ".join([f'<a href="#{escape(name)}">{escape(title)}</a>' for name, title in titles.items()])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Dashboards</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n<main><h1>Dashboards</h1>\n"
        "<p>Drawn with Grafana's own packages from the answers of an InfluxDB; panels that say so are "
        "drawn by Sera. No Grafana server was asked. Each picture opens in full size.</p>\n"
        f"<nav>{links}</nav>\n" + "\n".join(sections) + "\n</main></body></html>\n"
    )


def _figure(picture: Picture) -> str:
    text = f"{picture.state}, {picture.look.mode}, {picture.look.width} px wide"
    return (
        f'<figure><a href="{escape(picture.file)}"><img loading="lazy" src="{escape(picture.file)}" '
        f'alt="{escape(picture.title)}: {text}"></a><figcaption>{text}</figcaption></figure>'
    )
