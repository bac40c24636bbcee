"""Stories by command: an exhibit and a folder with what givers agreed to, and without what was taken back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from analysis_world import COMMUNITY, World, visits_of
from commons_parts.stories import ANNA, AUDIENCES, BO, ELDERS, consent, photo, story, wav
from sera_command.main import main
from sera_commons.items.item import MediaNote, PlantName
from sera_commons.media.pictures import remake_picture
from sera_commons.media.sound import strip_sound
from sera_commons.storage.changes import change_consent
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment
from sera_store.chronicle.schema import chronicle_folder
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_commons.storage.shelf import NewVersion

TITLE = "Bean stew of the third floor"
YEARS = "2031-01-01"


@contextmanager
def shelf_of(data: Path) -> Iterator[Shelf]:
    with Chronicle.open(chronicle_folder(data, COMMUNITY)) as chronicle:
        yield Shelf(chronicle, COMMUNITY)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A garden with visits, and a recipe with a picture and a sound that everybody may see everywhere."""
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=1)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.camera("elm-yard", "elm-1", visits_of)
    return tmp_path / "data"


def give(data: Path, **fields: Any) -> NewVersion:
    agreed = consent(**{"review": YEARS, **fields.pop("consent", {})})
    files = [
        Attachment(remake_picture(photo()), "image/jpeg"),
        Attachment(strip_sound(wav()).content, "audio/wav"),
    ]
    media = (MediaNote(description="the pot"), MediaNote())
    with shelf_of(data) as shelf:
        return shelf.give(story(media=media, consent=agreed, **fields), ANNA, files, is_new=False)


def build(data: Path, out: Path, *words: str) -> int:
    return main(["exhibit", "build", "--data", str(data), "--out", str(out), *words])


def text_of(out: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(out.glob("*.html")))


@pytest.mark.slow
def test_an_exhibit_needs_no_network_and_is_without_what_was_taken_back_and_the_receipt_names_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entered, out = give(data), tmp_path / "exhibit"
    give(data, title="Stays")
    assert build(data, out) == 0
    text = text_of(out)
    for words in (
        TITLE,
        "Simmer slowly",
        "As told by \u2068Grandmother Zeynep\u2069",
        "elm-yard",
        "celery",
        "the pot",
    ):
        assert words in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text
    assert sorted(path.suffix for path in out.glob("1-*")) == [".jpg", ".wav"]
    capsys.readouterr()

    name = f"{entered.item_id}/{entered.version}"
    assert main(["story", "withdraw", name, "--data", str(data)]) == 0
    assert "Handed out before, and not to be called back: exhibit exhibit" in capsys.readouterr().out
    assert build(data, out) == 0
    assert TITLE not in text_of(out)
    assert "Stays" in text_of(out)
    assert main(["story", "withdraw", name, "--data", str(data)]) == 3


@pytest.mark.slow
def test_published_pages_have_what_everybody_may_read_and_the_receipt_names_them_after_a_change(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entered, out = give(data), tmp_path / "site"
    give(data, title="Only ours", consent={"audience": "community"})
    assert main(["publish", "--out", str(out), "--data", str(data), "--language", "en"]) == 0
    text = "".join(path.read_text(encoding="utf-8") for path in out.rglob("*.html"))
    assert TITLE in text
    assert "Only ours" not in text
    assert sorted(path.name for path in out.rglob("files/*")) == ["1.jpg", "2.wav"]
    with shelf_of(data) as shelf:
        stored = shelf.find(entered.item_id, 1)
        assert stored is not None
        change_consent(shelf, stored, consent(audience="community", review=YEARS))
    capsys.readouterr()
    assert main(["story", "withdraw", f"{entered.item_id}/2", "--data", str(data)]) == 0
    assert "Handed out before, and not to be called back: pages site" in capsys.readouterr().out
    assert main(["publish", "--out", str(out), "--data", str(data), "--language", "en"]) == 0
    assert not [path for path in out.rglob("*") if path.is_file() and entered.item_id in path.as_posix()]


def test_a_story_is_shown_as_everybody_may_read_it_or_whole_for_the_steward(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entered = give(data)
    marigold = PlantName(name="marigold", language="en", taxon="Calendula officinalis")
    guarded = give(data, title="Balm", plants=(marigold,), consent={"audience": "community"})
    name = f"{entered.item_id}/1"
    assert main(["story", "show", entered.item_id, "--data", str(data)]) == 0
    text = capsys.readouterr().out
    for words in (
        name,
        TITLE,
        "as told by Grandmother Zeynep",
        "yer fasulyesi (tr), Vicia faba",
        "elm-yard",
        "celery",
    ):
        assert words in text
    assert main(["story", "show", guarded.item_id, "--data", str(data)]) == 3
    assert "sera story list --all" in capsys.readouterr().err
    assert main(["story", "show", f"{guarded.item_id}/1", "--all", "--json", "--data", str(data)]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["title"], row["gardens"], row["handed_out"]) == ("Balm", [], [])


@pytest.mark.parametrize(
    "agreed",
    [
        {"audience": "me"},
        {"audience": "community"},
        {"audience": ELDERS},
        {"uses": ("page", "federation")},
        {"review": "2026-01-01"},
    ],
)
def test_what_its_giver_did_not_agree_to_is_in_no_exhibit_for_everybody(
    data: Path, tmp_path: Path, agreed: dict[str, Any]
) -> None:
    give(data, consent=agreed)
    give(data, title="Stays")
    assert build(data, tmp_path / "exhibit") == 0
    assert TITLE not in text_of(tmp_path / "exhibit")


def test_an_exhibit_for_an_audience_holds_what_was_given_to_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shelf_of(data) as shelf:
        shelf.put_audience(AUDIENCES[ELDERS], BO)
    give(data, consent={"audience": ELDERS})
    assert build(data, tmp_path / "all") == 3
    assert "givers have to agree" in capsys.readouterr().err
    assert build(data, tmp_path / "elders", "--for", "The elders") == 0
    assert TITLE in text_of(tmp_path / "elders")
    assert build(data, tmp_path / "tall", "--for", "The tall ones") == 3
    assert "The elders" in capsys.readouterr().err


def test_an_exhibit_is_in_the_one_language_that_its_option_promises(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(data)
    assert build(data, tmp_path / "out", "--language", "ar") == 0
    assert '<html lang="ar" dir="rtl">' in text_of(tmp_path / "out")
    assert build(data, tmp_path / "none", "--language", "xx") == 3
    capsys.readouterr()
    assert main(["exhibit", "build", "--help"]) == 0
    assert "may be repeated, the first at the root" not in " ".join(capsys.readouterr().out.split())


def test_a_folder_that_is_no_exhibit_is_left_alone(data: Path, tmp_path: Path) -> None:
    give(data)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert build(data, tmp_path / "mine") == 3
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_an_export_goes_into_another_installation_with_its_rights(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(data)
    give(data, title="Only mine", consent={"audience": "me"})
    other = tmp_path / "other"
    with Store.open(other / "store") as store:
        World(store, days=1)
    for out, words, titles in (
        ("some", [], [TITLE]),
        ("everything", ["--all"], [TITLE, "Only mine"]),
    ):
        assert main(["story", "export", str(tmp_path / out), "--data", str(data), *words]) == 0
        names = [json.loads(path.read_text())["name"] for path in (tmp_path / out).rglob("item.jsonld")]
        assert sorted(names) == titles
    capsys.readouterr()
    imported = ["story", "import", str(tmp_path / "everything"), "--data", str(other)]
    assert main([*imported, "--community", COMMUNITY]) == 0
    assert main([*imported, "--community", COMMUNITY]) == 0
    assert "0 came in, 2 were here already" in capsys.readouterr().out
    assert main(["story", "list", "--data", str(other), "--json"]) == 0
    assert [row["title"] for row in json.loads(capsys.readouterr().out)] == [TITLE]


def test_all_that_a_person_gave_is_erased_at_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    give(data)
    give(data, title="Only mine", consent={"audience": "me"})
    assert main(["story", "withdraw", "--giver", ANNA, "--reason", "law", "--data", str(data)]) == 0
    assert main(["story", "withdraw", "--giver", ANNA, "--data", str(data)]) == 3
    assert main(["story", "withdraw", "--data", str(data)]) == 3
    assert "name either an item" in capsys.readouterr().err
    with shelf_of(data) as shelf:
        assert shelf.all() == []


def test_a_folder_of_others_and_a_missing_community_say_what_to_do(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    assert main(["story", "import", str(tmp_path / "none"), "--data", str(data)]) == 3
    assert "sera story export" in capsys.readouterr().err
    assert main(["story", "list", "--data", str(data)]) == 3
    assert "has no chronicle yet" in capsys.readouterr().err
