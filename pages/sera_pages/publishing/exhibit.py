"""An exhibit: what may be shown of stories, and of gardens of their plants, as pages without a network."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from sera_commons.items.item import Role
from sera_pages.events.wording import event_lines
from sera_pages.publishing.own_folder import replacing_folder
from sera_pages.report_folder import DRAWINGS
from sera_pages.stories.wording import allergens_of, direction_of_story, giver_words, licence_of, warnings_of
from sera_pages.views.pages import STATIC, render_bare
from sera_store.release.delay import readable_until_s
from sera_store.release.places import released_garden
from sera_words.language import locale_of, speaking
from sera_words.sentences import page_words
from sera_workshop.views.facts import place_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sera_commons.events.release import ReleasedEvent
    from sera_commons.items.release import ReleasedItem
    from sera_pages.installation import ServedInstallation
    from sera_words.sentences import Sentences

_STYLE: Final = "sera.css"


def write_exhibit(
    installation: ServedInstallation,
    folder: Path,
    community: str,
    views: Sequence[ReleasedItem],
    files: Mapping[str, bytes],
    title: str,
    language: str,
    events: Sequence[ReleasedEvent] = (),
) -> int:
    """Write the pages into a folder, in place of the exhibit that was there; return the number of files.

    Parameters
    ----------
    installation
        Where gardens and their figures come from.
    folder
        Made where there is none.
    community
        Whose exhibit.
    views
        What was released for it; nothing else of a story is in it.
    files
        Pictures and sounds by digest.
    title, language
        What stands above it, and in which language.
    events
        What was released for it of events; no person is named by them.

    Raises
    ------
    NotPublishedError
        The folder holds something else.
    OSError
        It cannot be written; the exhibit before is still there.
    """
    with replacing_folder(folder) as draft:
        with speaking(locale_of(language)):
            _write(installation, draft, community, views, files, title, events)
        # With the file by which the folder is known.
        return sum(path.is_file() for path in draft.rglob("*")) + 1


def _write(
    installation: ServedInstallation,
    draft: Path,
    community: str,
    views: Sequence[ReleasedItem],
    files: Mapping[str, bytes],
    title: str,
    events: Sequence[ReleasedEvent],
) -> None:
    words = page_words()
    entity = installation.registry.community(community)
    shutil.copy(STATIC / _STYLE, draft / _STYLE)
    heading = title or (entity.name if entity is not None else "") or community
    gardens = {name: _garden(installation, words, draft, name) for view in views for name in view.gardens}
    lines = []
    for number, view in enumerate(views, 1):
        page = f"{number}.html"
        media = _write_media(draft, number, view, files)
        parts = {
            "view": view,
            "media": media,
            "direction": direction_of_story(view.language),
            "by_role": {role.value: [part for part in view.statements if part.role == role] for role in Role},
            "plants": [(plant, warnings_of(words, plant.taxon)) for plant in view.plants],
            "gardens": [gardens[name] for name in view.gardens],
            "allergens": allergens_of(words, view),
            "licence": licence_of(words, view),
            "by": giver_words(words, view),
            "heading": heading,
        }
        (draft / page).write_text(render_bare(words, "exhibit_story.html.j2", **parts), encoding="utf-8")
        lines.append({"address": page, "view": view, "by": parts["by"], "picture": _first_picture(media)})
    index = render_bare(
        words,
        "exhibit.html.j2",
        heading=heading,
        lines=lines,
        events=event_lines(words, installation, community, list(events)),
    )
    (draft / "index.html").write_text(index, encoding="utf-8")


def _write_media(
    draft: Path, number: int, view: ReleasedItem, files: Mapping[str, bytes]
) -> list[dict[str, str]]:
    media = []
    for file in view.files:
        name = f"{number}-{file.name}"
        (draft / name).write_bytes(files[file.digest])
        media.append({"address": name, "type": file.media_type, "words": file.description})
    return media


def _first_picture(media: list[dict[str, str]]) -> dict[str, str] | None:
    return next((file for file in media if file["type"].startswith("image/")), None)


def _garden(installation: ServedInstallation, words: Sentences, draft: Path, name: str) -> dict[str, Any]:
    """Gather what a stranger may see of a garden: name, coarse place, drawing, figures a day later."""
    registry = installation.registry
    garden, released = registry.garden(name), released_garden(registry, name)
    drawing = installation.report_folder / DRAWINGS / words.language / f"{name}.svg"
    file = f"garden-{name}.svg" if drawing.is_file() else ""
    if file:
        shutil.copy(drawing, draft / file)
    until_s = readable_until_s(registry, [name], installation.now_s(), is_live=False)
    return {
        "name": (garden.name if garden is not None else "") or name,
        "place": place_words(released.place if released is not None else None),
        "drawing": file,
        "figures": [view for view, _ in installation.figures.garden(name, until_s) if not view.refusal],
    }
