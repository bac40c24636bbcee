"""Events by command: listed, cancelled, withdrawn, and in files without a name of anybody."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from commons_parts.events import consent, meal, role
from commons_parts.stories import ANNA, BO, story
from sera_command.main import main
from sera_commons.storage.event_book import EventBook
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Community, Garden
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "Anna of the green door"
YEARS = "2029-01-01"


@contextmanager
def book_of(data: Path) -> Iterator[EventBook]:
    with Chronicle.open(chronicle_folder(data, "oak")) as chronicle:
        yield EventBook(Shelf(chronicle, "oak"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A garden, a meal for everybody with a cook and a dish, and one for the community alone."""
    folder = tmp_path / "data"
    with Store.open(folder / "store") as store:
        store.registry.put(Community("oak", "Oak Street"), since_s=1, by="a test")
        garden = Garden("elm-yard", "oak", None, "Elm Yard", 51.5, -0.1, "Europe/London", ConsentLevel.STREET)
        store.registry.put(garden, since_s=1, by="a test")
    return folder


@pytest.fixture
def item(data: Path) -> str:
    agreed = consent(review=YEARS)
    with book_of(data) as book:
        dish = book.shelf.give(story(), BO, is_new=False)
        entered = book.arrange(meal(consent=agreed, dishes=(f"{dish.item_id}/1",)), ANNA)
        book.take_role(role(event=entered.item_id), BO)
        own = consent(review=YEARS, audience="community")
        book.arrange(meal(title="Among neighbours", consent=own, dishes=()), ANNA)
    return entered.item_id


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["event", *words, "--data", str(data)])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def rows(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> list[dict[str, Any]]:
    code, text = run(capsys, data, "list", "--json", *words)
    assert code == 0
    listed: list[dict[str, Any]] = json.loads(text)
    return listed


def test_what_everybody_may_see_is_listed_and_shown_and_the_rest_for_the_steward(
    data: Path, item: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row["item"] for row in rows(capsys, data)] == [item]
    titles = {row["title"] for row in rows(capsys, data, "--all")}
    assert titles == {"Spring meal", "Among neighbours"}
    code, text = run(capsys, data, "show", item)
    assert (code, json.loads(text)["place"]) == (0, "the courtyard behind the library")
    assert NAME not in text
    assert run(capsys, data, "show", "0" * 32)[0] == 3
    assert "Spring meal" in run(capsys, data, "list")[1]


def test_a_calendar_has_what_everybody_may_see_and_names_nobody(
    data: Path, item: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "events.ics"
    assert run(capsys, data, "export", str(out))[0] == 0
    content = out.read_bytes()
    assert b"SUMMARY;LANGUAGE=en:Spring meal" in content
    for secret in (b"neighbours", NAME.encode(), ANNA.encode(), BO.encode()):
        assert secret not in content
    code, text = run(capsys, data, "withdraw", item)
    assert (code, "Handed out before, and not to be called back: calendar events.ics" in text) == (0, True)
    assert run(capsys, data, "export", str(out))[0] == 0
    assert b"Spring meal" not in out.read_bytes()
    assert run(capsys, data, "export", str(tmp_path / "nowhere" / "x.ics"))[0] == 5


def test_a_cancelled_event_is_cancelled_in_list_and_calendar(
    data: Path, item: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, data, "cancel", item, "--reason", "  ")[0] == 3
    assert run(capsys, data, "cancel", "0" * 32, "--reason", "rain")[0] == 3
    assert run(capsys, data, "cancel", item, "--reason", "the roof leaks")[0] == 0
    assert "(cancelled)" in run(capsys, data, "list")[1]
    run(capsys, data, "export", str(tmp_path / "events.ics"))
    assert b"STATUS:CANCELLED" in (tmp_path / "events.ics").read_bytes()


def test_all_that_a_person_gave_of_events_is_erased(
    data: Path, item: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, data, "withdraw", "--person", BO)[0] == 0
    with book_of(data) as book:
        assert book.roles(item) == []
    assert "Entries erased: 2" in run(capsys, data, "withdraw", "--person", ANNA)[1]
    assert rows(capsys, data, "--all") == []
    assert run(capsys, data, "withdraw")[0] == 3
    assert run(capsys, data, "withdraw", item, "--reason", "whim")[0] == 3
    on_disk = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert b"Spring meal" not in on_disk


@pytest.mark.slow
def test_public_pages_and_an_exhibit_have_the_event_without_a_name_and_without_it_after_a_withdrawal(
    data: Path, item: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def text_of(*words: str) -> str:
        out = tmp_path / words[0]
        assert main([*words, "--out", str(out), "--data", str(data)]) == 0
        pages = [path for path in out.rglob("*") if path.suffix in (".html", ".ics")]
        return "".join(path.read_text(encoding="utf-8") for path in pages)

    public, exhibit = text_of("publish"), text_of("exhibit", "build")
    for text in (public, exhibit):
        assert "Spring meal" in text
        assert "the courtyard behind the library" in text
        assert "Among neighbours" not in text
        assert "Cooking: " not in text
        assert "Bean stew" in text
    receipt = run(capsys, data, "withdraw", item)[1]
    assert "pages publish" in receipt
    assert "exhibit exhibit" in receipt
    assert "Spring meal" not in text_of("publish")
    assert "Spring meal" not in text_of("exhibit", "build")
