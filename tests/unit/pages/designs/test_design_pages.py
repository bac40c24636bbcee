"""Beds by page: begun by a form, seen, printed, planted with an entry that an action cites, erased."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from garden_designs.drawings import BED_OF_TWO, START, Phone
from sera_commons.designs.document import open_document, read_design
from sera_pages.installation import PageSettings
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder
from sera_store.errors import StoreUnusableError
from sera_store.registry.persons import HOST, MEMBER, STEWARD
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import KEY_COLUMNS, KEY_ROWS
from sera_words.language import LANGUAGES
from web.parts import pages_of
from workshop_figures import figure

if TYPE_CHECKING:
    from pathlib import Path

    from sera_commons.designs.update_log import DesignRow
    from web.parts import Client, Pages

LAVENDER, BORAGE = "Lavandula angustifolia", "Borago officinalis"
FORM = {
    "title": "By the gate",
    "width": "2",
    "depth": "1,5",
    "light": "full",
    "water": "unknown",
    "paths": "front",
}


@pytest.fixture
def member(pages: Pages) -> Client:
    return pages.signed_in(pages.person())


@pytest.fixture
def host(pages: Pages) -> Client:
    return pages.signed_in(pages.person(MEMBER, HOST, gardens=("elm-yard",), number=2))


@pytest.fixture
def row(pages: Pages) -> DesignRow:
    """A bed with a lavender and a borage in it."""
    row = pages.installation.designs.begin("elm-yard", "oak", START)
    phone = Phone(START)
    phone.put("aaaaaaaa", LAVENDER, 0.5, 0.5)
    phone.put("bbbbbbbb", BORAGE, 1.5, 0.5)
    for update in phone.sent:
        pages.installation.designs.append(row.id, row.generation, update)
    return row


def send(client: Client, page: str, action: str, **fields: str) -> int:
    return client.post(action, {"form_token": client.get(page).field("form_token"), **fields}).status


def plants_of(pages: Pages, row: DesignRow) -> int:
    return read_design(open_document(pages.installation.designs.updates(row.id))).count


def test_a_bed_that_a_form_began_is_in_the_list_and_reads_as_it_was_entered(
    pages: Pages, member: Client
) -> None:
    assert send(member, "/gardens/elm-yard/designs", "/gardens/elm-yard/designs", **FORM) == 303
    [row] = pages.installation.designs.of_garden("elm-yard")
    bed = read_design(open_document(pages.installation.designs.updates(row.id))).bed
    assert bed is not None
    assert (bed.title, bed.outline[2], bed.light, bed.water, bed.paths) == (
        "By the gate", (2.0, 1.5), "full", None, ("front",),
    )  # fmt: skip
    assert f'href="/designs/{row.id}"' in member.get("/gardens/elm-yard/designs").body
    assert "By the gate" in member.get(f"/designs/{row.id}").body


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"width": ""}, "Enter a length in metres."),
        ({"width": "0"}, "0.2"),
        ({"depth": "1e9"}, "30"),
        ({"depth": "nan"}, "30"),
        ({"light": "moon"}, "error"),
    ],
)
def test_a_bed_of_another_form_comes_back_with_what_is_wrong(
    pages: Pages, member: Client, fields: dict[str, str], problem: str
) -> None:
    token = member.get("/gardens/elm-yard/designs").field("form_token")
    answer = member.post("/gardens/elm-yard/designs", {"form_token": token, **FORM, **fields})
    assert answer.status == 422
    assert problem in answer.body
    assert 'value="By the gate"' in answer.body
    assert pages.installation.designs.of_garden("elm-yard") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_bed_is_there_in_every_language(
    row: DesignRow, member: Client, language: str
) -> None:
    for path in ("", "/findings", "/advice"):
        answer = member.get(f"/designs/{row.id}{path}?lang={language}")
        assert answer.status == 200
        assert f'lang="{language}"' in answer.body or path == "/findings"
    assert member.get(f"/designs/{row.id}/plan.svg?lang={language}").status == 200


def test_markup_in_a_title_stays_text_on_every_page_and_on_the_plan(pages: Pages, member: Client) -> None:
    row = pages.installation.designs.begin("elm-yard", "oak", START)
    phone = Phone(START)
    phone.name('<img src=x onerror=alert(1)>"=1+1')
    pages.installation.designs.append(row.id, row.generation, phone.sent[0])
    for path in (
        f"/designs/{row.id}",
        f"/designs/{row.id}/advice",
        f"/designs/{row.id}/plan.svg",
        "/gardens/elm-yard/designs",
    ):
        assert "<img src=x" not in member.get(path).body


def test_a_plan_opened_by_itself_runs_nothing(row: DesignRow, member: Client) -> None:
    plan = member.get(f"/designs/{row.id}/plan.svg?paper=A3")
    assert plan.header("content-type").startswith("image/svg+xml")
    assert "sandbox" in plan.header("content-security-policy")
    assert 'width="297mm"' in plan.body
    assert member.get(f"/designs/{row.id}/plan.svg?paper=letter").status == 404


def test_a_bed_in_3d_is_what_browsers_ask_for_and_waits_while_the_drawing_is_broken(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    assert member.get(f"/designs/{row.id}/design.glb").content[:4] == b"glTF"
    apple = member.get(f"/designs/{row.id}/design.usdz")
    assert (apple.content[:2], apple.header("content-type")) == (b"PK", "model/vnd.usdz+zip")
    phone = Phone(*pages.installation.designs.updates(row.id))
    phone.document.get("bed", type=type(phone.plants))["outline"] = "<script>"
    pages.installation.designs.append(row.id, row.generation, phone.sent[0])
    for name in ("design.glb", "design.usdz"):
        assert member.get(f"/designs/{row.id}/{name}").status == 409
    assert "cannot be read" in member.get(f"/designs/{row.id}").body


def test_nobody_without_a_session_and_nobody_of_another_community_sees_a_bed(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    other = pages.installation.designs.begin("mill-court", "beech", START)
    for path in (
        "",
        "/findings",
        "/plan.svg",
        "/picture.svg",
        "/design.glb",
        "/design.usdz",
        "/advice",
        "/comparison",
    ):
        assert pages.client().get(f"/designs/{row.id}{path}").status == 401
        assert member.get(f"/designs/{other.id}{path}").status == 403
    assert pages.client().get("/gardens/elm-yard/designs").status == 401
    assert "/designs" not in pages.client().get("/gardens/elm-yard").body


def test_advice_moves_with_weights_and_a_weight_of_another_form_counts_as_one(
    row: DesignRow, member: Client
) -> None:
    def hero(query: str) -> str:
        body = member.get(f"/designs/{row.id}/advice{query}").body
        return body.partition('class="hero">')[2].partition("<")[0]

    assert hero("?beetles=5") != hero("")
    for query in ("?beetles=9", "?beetles=-1", "?beetles=%D9%A3", "?beetles=1e1", "?month_3=<b>"):
        assert hero(query) == hero("")
    assert (
        "Every weight is zero"
        in member.get(
            f"/designs/{row.id}/advice?" + "&".join(f"month_{month}=0" for month in range(2, 12))
        ).body
    )


def plant(client: Client, row: DesignRow, **fields: str) -> int:
    page = client.get(f"/designs/{row.id}")
    form = {"form_token": page.field("form_token"), "form": page.field("form"), "day": "2026-06-19", **fields}
    return client.post(f"/designs/{row.id}/planted", form).status


def test_planting_is_an_entry_of_the_chronicle_and_an_action_that_cites_it(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    assert plant(member, row) == 303
    with Chronicle.open(chronicle_folder(pages.installation.folder, "oak")) as chronicle:
        head = chronicle.head()
        assert head is not None
        contents = chronicle.contents(head.number)
    assert contents is not None
    assert (contents.author, head.number) == ("member-0001", 1)
    body = json.loads(contents.body or b"")
    # What heals leads from the chronicle to no garden.
    assert [entry["taxon"] for entry in body["plants"]] == ["", BORAGE]
    [(topic, payload)] = pages.sent.messages
    message = msgspec.json.decode(payload)
    values = dict(zip(message[KEY_COLUMNS], message[KEY_ROWS][0][5:], strict=True))
    assert values == {m.GARDEN_ACTION: 3, m.PATCH_AREA: 2.0, m.CHRONICLE_ENTRY: 1}
    assert topic.startswith("sera/v1/oak/")
    assert "planted on" in member.get(f"/designs/{row.id}").body
    assert f"/designs/{row.id}/comparison" in member.get("/gardens/elm-yard").body


def test_a_bed_planted_again_is_another_version_and_the_same_form_twice_one_action(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    page = member.get(f"/designs/{row.id}")
    form = {"form_token": page.field("form_token"), "form": page.field("form"), "day": "2026-06-19"}
    for _ in range(2):
        assert member.post(f"/designs/{row.id}/planted", form).status == 303
    assert plant(member, row, day="2026-06-20") == 303
    assert len({payload for _, payload in pages.sent.messages}) == 2
    assert pages.installation.designs.entries_of(row.id) == [1, 2]
    with Chronicle.open(chronicle_folder(pages.installation.folder, "oak")) as chronicle:
        versions = [json.loads(header)["version"] for header, _ in chronicle.lines()]
    assert versions == [1, 2]


@pytest.mark.parametrize("day", ["", "tomorrow", "2040-01-01"])
def test_a_planting_without_a_day_that_was_is_refused_and_enters_nothing(
    pages: Pages, row: DesignRow, member: Client, day: str
) -> None:
    assert plant(member, row, day=day) == 422
    assert pages.sent.messages == []
    assert pages.installation.designs.entries_of(row.id) == []


def test_a_chronicle_whose_disk_is_full_is_a_clear_answer_and_nothing_is_sent(
    pages: Pages, row: DesignRow, member: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise StoreUnusableError(tmp_path, "disk is full", "free some space there")

    monkeypatch.setattr(Chronicle, "append", refuse)
    assert plant(member, row) == 503
    assert pages.sent.messages == []
    assert pages.installation.designs.entries_of(row.id) == []
    monkeypatch.undo()
    assert plant(member, row) == 303


def test_an_empty_bed_is_not_planted(pages: Pages, member: Client) -> None:
    row = pages.installation.designs.begin("elm-yard", "oak", START)
    assert plant(member, row) == 422
    assert pages.sent.messages == []


def test_what_was_measured_before_and_after_is_said_or_why_not(tmp_path: Path) -> None:
    result = figure("elm-yard", "action_effect", 4.5, low=1.0, high=8.0, n=40, n_of="days", effort_h=300)
    script = f"import sys; sys.stdout.write({result.to_json().decode()!r})"
    with pages_of(tmp_path, PageSettings(compare=(sys.executable, "-c", script))) as pages:
        member = pages.signed_in(pages.person())
        row = pages.installation.designs.begin("elm-yard", "oak", START)
        assert member.get(f"/designs/{row.id}/comparison").status == 404
        pages.installation.designs.note_planted(row.id, 1, 1_781_000_000, "counter-1/00000001/1")
        body = member.get(f"/designs/{row.id}/comparison").body
    assert "4.5" in body
    assert "1.0" in body


def test_a_comparison_without_an_answer_is_said_so(pages: Pages, row: DesignRow, member: Client) -> None:
    pages.installation.designs.note_planted(row.id, 1, 1_781_000_000, "counter-1/00000001/1")
    assert "cannot be said yet" in member.get(f"/designs/{row.id}/comparison").body


def test_a_host_begins_again_and_erases_with_what_the_chronicle_holds_and_a_member_neither(
    pages: Pages, row: DesignRow, member: Client, host: Client
) -> None:
    assert plant(member, row) == 303
    page = f"/designs/{row.id}"
    for action in ("again", "erase"):
        assert send(member, page, f"{page}/{action}") == 403
    assert plants_of(pages, row) == 2
    assert send(host, page, f"{page}/again") == 303
    assert plants_of(pages, row) == 0
    again = pages.installation.designs.find(row.id)
    assert again is not None
    assert again.generation != row.generation
    assert read_design(open_document(pages.installation.designs.updates(row.id))).bed == BED_OF_TWO
    assert send(host, page, f"{page}/erase") == 303
    assert pages.installation.designs.find(row.id) is None
    with Chronicle.open(chronicle_folder(pages.installation.folder, "oak")) as chronicle:
        assert chronicle.contents(1) is None


def test_without_the_library_the_page_shows_the_plan_and_says_what_is_missing(
    row: DesignRow, member: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sera_pages.designs.drawing.STATIC", tmp_path)
    body = member.get(f"/designs/{row.id}").body
    assert "deploy/parts/install.py" in body
    assert f'src="/designs/{row.id}/picture.svg"' in body
    assert "design.js" not in body


def test_the_table_that_a_page_draws_with_names_plants_in_its_language(member: Client) -> None:
    rows = {row["taxon"]: row for row in json.loads(member.get("/designs/plants.json?lang=de").body)}
    assert rows[LAVENDER]["name"] == "Echter Lavendel"
    assert rows["Digitalis purpurea"]["poison"] == "sehr giftig"
    assert rows[LAVENDER]["width"] == 0.6
    assert not rows["Digitalis purpurea"]["known"]


def test_a_steward_of_the_community_may_end_a_bed(pages: Pages, row: DesignRow) -> None:
    steward = pages.signed_in(pages.person(STEWARD, number=3))
    assert f"/designs/{row.id}/erase" in steward.get(f"/designs/{row.id}").body
