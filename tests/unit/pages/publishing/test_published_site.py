"""The public pages as files: every link leads to one, nothing of a session is in them, bytes repeat."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

import pytest

from commons_parts.stories import ANNA, consent, photo, story, wav
from sera_commons.items.consent import Use
from sera_commons.items.item import MediaNote
from sera_commons.storage.changes import change_consent
from sera_pages.installation import PageSettings
from sera_pages.publishing.addresses import (
    UnpublishedLinkError,
    file_of,
    language_of,
    relink,
    stories_in,
)
from sera_pages.publishing.own_folder import MARK, NotPublishedError
from sera_pages.publishing.site import publish
from sera_store.chronicle.drafts import Attachment
from sera_store.registry.entities import Community, Garden
from web.parts import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Pages


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Pages]:
    with pages_of(tmp_path / "data", PageSettings(is_published=True)) as opened:
        drawings = opened.installation.report_folder / "drawings" / "en"
        drawings.mkdir(parents=True)
        for name in ("community-oak", "community-oak-narrow", "elm-yard"):
            (drawings / f"{name}.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        (opened.installation.report_folder / "index.html").write_text('<a href="#mural">Mural</a>')
        yield opened


def write(pages: Pages, folder: Path, community: str = "") -> dict[str, bytes]:
    files = publish(pages.installation, folder, community)
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    assert sorted(contents) == sorted([*files, MARK])
    return contents


@pytest.mark.slow
def test_all_public_pages_are_files_and_every_link_leads_to_one(public: Pages, tmp_path: Path) -> None:
    files = write(public, tmp_path / "site")
    expected = {
        "index.html", "communities/oak/data.html", "communities/oak/figures-week.csv",
        "gardens/elm-yard.html", "gardens/mill-court.html", "drawings/en/elm-yard.svg", "report/index.html",
        "static/sera.css",
    }  # fmt: skip
    assert expected <= set(files)
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        for link in re.findall(rb'\s(?:href|src|srcset)="([^"#]+)', content):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link.decode()))
            assert target in files, (name, link)


def give(pages: Pages, **agreed: Any) -> str:
    """Give a recipe with a picture and a sound; return its id."""
    media = (MediaNote(description="the pot"), MediaNote())
    files = [Attachment(photo(), "image/jpeg"), Attachment(wav(), "audio/wav")]
    shelf = pages.installation.shelves.of("oak")
    return shelf.give(story(media=media, consent=consent(**agreed)), ANNA, files).item_id


@pytest.mark.slow
def test_stories_for_everybody_are_files_with_all_that_is_theirs_and_no_others(
    public: Pages, tmp_path: Path
) -> None:
    story_id = give(public)
    private_names = [
        give(public, audience="community"),
        give(public, uses=(Use.EXHIBIT,)),
        give(public, audience="me"),
    ]
    files = write(public, tmp_path / "site")
    own = f"communities/oak/stories/{story_id}-1"
    assert {
        "communities/oak/stories.html", f"{own}.html", f"{own}/files/1.jpg", f"{own}/files/2.wav",
        "communities/oak/plants/Vicia_faba.html",
    } <= set(files)  # fmt: skip
    assert b"Simmer slowly until dusk" in files[f"{own}.html"]
    assert files[f"{own}/files/1.jpg"] == photo()
    assert f"{story_id}-1".encode() in files["gardens/elm-yard.html"]
    assert not [
        name for name in files for item in private_names if item in name or item.encode() in files[name]
    ]
    assert stories_in(files) == [f"{story_id}/1"]
    test_nothing_of_a_session_is_in_them(public, tmp_path)
    for name, content in files.items():
        for link in re.findall(rb'\s(?:href|src)="([^"#:]+)"', content) if name.endswith(".html") else []:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link.decode()))
            assert target in files, (name, link)


@pytest.mark.slow
def test_a_story_that_is_taken_back_or_narrower_is_in_the_next_no_more(public: Pages, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    first, second = give(public), give(public)
    write(public, folder)
    shelf = public.installation.shelves.of("oak")
    shelf.withdraw([1])
    stored = shelf.find(second, 1)
    assert stored is not None
    change_consent(shelf, stored, consent(audience="community"))
    files = write(public, folder)
    assert not [name for name in files for item in (first, second) if item in name]
    assert not [name for name, content in files.items() if b"third floor" in content]


@pytest.mark.slow
def test_nothing_of_a_session_is_in_them(public: Pages, tmp_path: Path) -> None:
    for name, content in write(public, tmp_path / "site").items():
        if name.endswith(".html"):
            for part in (b"<form", b"<script", b"/join", b"/mine", b"/count", b"form_token"):
                assert part not in content, (name, part)


@pytest.mark.slow
def test_the_same_data_give_the_same_bytes_and_what_is_gone_leaves_no_file(
    public: Pages, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    first = write(public, folder)
    (folder / "gardens" / "gone.html").write_text("a garden that has left")
    assert write(public, folder) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "site"]


@pytest.mark.slow
def test_one_community_alone_is_published_with_its_page_first(public: Pages, tmp_path: Path) -> None:
    registry = public.installation.registry
    registry.put(Community("elm", "Elm Lane"), since_s=1, by="a test")
    registry.put(
        Garden("far-plot", "elm", None, "Far Plot", 51.5, -0.1, "Europe/London"), since_s=1, by="a test"
    )
    both = write(public, tmp_path / "both")
    assert {"communities/elm.html", "communities/oak.html", "gardens/far-plot.html"} <= set(both)
    elm_site = write(public, tmp_path / "one", "elm")
    assert b"Elm Lane" in elm_site["index.html"]
    assert not [name for name in elm_site if "oak" in name or "yard" in name]


def test_a_folder_of_other_files_is_left_alone(public: Pages, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(NotPublishedError, match="empty folder"):
        publish(public.installation, folder)
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_a_page_that_cannot_be_made_leaves_what_was_published(public: Pages, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    first = write(public, folder)
    with pytest.raises(NotPublishedError, match="/communities/nowhere"):
        publish(public.installation, folder, "nowhere")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == set(first)


@pytest.mark.parametrize("address", ["/mine", "/join", "/gardens/elm-yard/count", "/communities/oak/people"])
def test_a_link_to_a_page_with_a_session_is_a_fault(address: str) -> None:
    with pytest.raises(UnpublishedLinkError):
        file_of(address)


def test_links_are_relative_to_the_page_they_stand_on() -> None:
    addresses: list[str] = []

    def follow(address: str) -> str:
        addresses.append(address)
        return file_of(address)

    page = (
        '<a href="/">a</a><a href="#b">b</a><img src="/drawings/de/x.svg"><use href="/static/s.svg?v=1#f"/>'
    )
    text = relink(page, "communities/oak/data.html", follow)
    assert text == (
        '<a href="../../index.html">a</a><a href="#b">b</a><img src="../../drawings/de/x.svg">'
        '<use href="../../static/s.svg#f"/>'
    )
    assert addresses == ["/", "/drawings/de/x.svg", "/static/s.svg?v=1#f"]


def test_each_language_is_a_folder_and_shares_what_is_the_same() -> None:
    assert file_of("/gardens/elm-yard", "de/") == "de/gardens/elm-yard.html"
    assert file_of("/static/sera.css", "de/") == "static/sera.css"
    assert file_of("/report/index.de.html", "de/") == "report/index.de.html"
    assert language_of("/gardens/elm-yard?lang=ar", "de") == "ar"
    assert language_of("/gardens/elm-yard", "de") == "de"


def test_languages_that_are_asked_for_lead_to_one_another(tmp_path: Path) -> None:
    settings = PageSettings(is_published=True, languages=("de", "ar"))
    with pages_of(tmp_path / "data", settings) as opened:
        files = write(opened, tmp_path / "site")
    assert b'lang="de"' in files["index.html"]
    assert b'<html lang="ar" dir="rtl"' in files["ar/gardens/elm-yard.html"]
    assert b'href="../ar/gardens/elm-yard.html" hreflang="ar"' in files["gardens/elm-yard.html"]
    assert b'hreflang="de" href="../index.html"' in files["ar/index.html"]
    assert not [name for name in files if name.startswith(("fr/", "en/"))]
