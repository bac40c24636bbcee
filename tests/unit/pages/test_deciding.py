"""A community decides on pages: objections with what lifts them, votes that no page shows, minutes."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from deciding.pages import LIST, TEXT, do, end, neighbours, press, propose, proposed, write_rule
from sera_pages.accounts.cases import DECISION, HIDE
from sera_pages.accounts.workshops import RUNNING
from sera_pages.views.budgets import RATES, SAYING
from sera_store.chronicle.head_words import words_of
from sera_store.errors import StoreUnusableError
from sera_store.registry.persons import CURATOR, MEMBER, STEWARD
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from web.parts import Client, Clock, Pages

OBJECTION = {"reason": "The path grows over.", "change": "Mow a hand's width beside it."}
MARKED = (
    "# 1. *one* _two_ [three](https://x.example) ![p](q) `code` | a | <https://x.example> &amp; ~~s~~ - + \\"
)
HOSTILE = "<script>alert(1)</script>\"'=cmd()&"


@pytest.fixture
def people(pages: Pages) -> list[Client]:
    return neighbours(pages, 6)


def test_a_proposal_is_decided_on_pages_once_its_objection_is_lifted(
    pages: Pages, people: list[Client], clock: Clock
) -> None:
    ada, bo, *other_clients = people
    address = proposed(ada)
    assert "More people are needed" in bo.get(address).body
    assert do(bo, address, "objection", **OBJECTION, objection_name="Bo").status == 303
    page = ada.get(address).body
    assert "The path grows over." in page
    assert "This objection stands." in page
    assert f"By {isolated('Bo')}, " in unescape(page)
    changed = {**TEXT, "text": "Mown in March, and beside the path."}
    token = ada.get(f"{address}/change").field("form_token")
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    assert ada.post(f"{path}/change", {"form_token": token, **changed}).status == 303
    assert do(bo, address, "lifting", objection="2", lifting="Thank you.").status == 303
    for client in (ada, bo, *other_clients):
        assert do(client, address, "vote", choice="agree").status == 303
    assert "Enough people have taken part" in bo.get(address).body
    assert end(pages, clock) == [(address.rpartition("/")[2], "decided")]
    page = unescape(bo.get(address).body)
    for words in (
        "Decided on", "What was decided", "Mown in March, and beside the path.", "6 of 6 took part.",
        "3 were needed.", "Lifted on", "Thank you.", "Earlier texts",
    ):  # fmt: skip
        assert words in page, words
    assert "Decided on" in bo.get(LIST).body


@pytest.mark.parametrize("field", ["reason", "change"])
def test_an_objection_without_reason_or_change_is_refused_and_its_words_come_back(
    people: list[Client], field: str
) -> None:
    ada, bo, *_ = people
    address = proposed(ada)
    answer = do(bo, address, "objection", **{**OBJECTION, field: " "})
    assert answer.status == 422
    assert f'id="{field}-error">Write a few words.' in answer.body
    other = "change" if field == "reason" else "reason"
    assert OBJECTION[other] in unescape(answer.body)
    assert "No objection was raised." in bo.get(address).body


@pytest.mark.slow
def test_all_that_is_wrong_with_a_form_is_said_at_once(people: list[Client]) -> None:
    answer = propose(people[0], title="", reasons="", name="b" * 61)
    assert answer.status == 422
    for field in ("title", "reasons", "name"):
        assert f'id="{field}-error"' in answer.body, field
    assert 'id="text-error"' not in answer.body
    answer = do(people[1], proposed(people[0]), "objection", reason="", change=" ", objection_name="b" * 61)
    for field in ("reason", "change", "objection_name"):
        assert f'id="{field}-error"' in answer.body, field


def test_where_nobody_agreed_the_page_and_the_minutes_say_so(
    people: list[Client], pages: Pages, clock: Clock
) -> None:
    address = proposed(people[0])
    for client in people:
        do(client, address, "vote", choice="aside")
    assert end(pages, clock)[0][1] == "not_agreed"
    for path in (address, f"{address}/minutes.md", LIST):
        page = people[0].get(path).body.replace("\\", "")
        assert "enough took part, and none of them agreed" in page, path
    assert "too few took part" not in people[0].get(address).body
    people[0].cookies["sera_language"] = "ar"
    assert "شارك عدد كافٍ ولم يوافق أحد منهم" in people[0].get(address).body


def test_what_is_reported_is_set_apart_part_by_part_and_cut(people: list[Client]) -> None:
    ada, bo, *_ = people
    address = proposed(ada)
    do(bo, address, "objection", reason="لماذا؟", change="Mow. " * 60)
    page = unescape(ada.get(f"{address}/report").body)
    assert f"Objection: {isolated('لماذا؟')} · \u2068Mow. Mow." in page
    assert "Mow.…\u2069" in page
    ada.cookies["sera_language"] = "ar"
    assert f"اعتراض: {isolated('لماذا؟')} · " in unescape(ada.get(f"{address}/report").body)


def test_no_page_shows_a_vote_not_even_to_its_voter(pages: Pages, people: list[Client]) -> None:
    ada, bo, cem, *_ = people
    address = proposed(ada)

    def bodies() -> list[str]:
        # But for what is drawn for each form that is shown.
        return [re.sub(r'name="form" value="\w+"', "", client.get(address).body) for client in (ada, cem)]

    before = bodies()
    assert do(bo, address, "vote", choice="aside").status == 303
    assert "Your vote about this text is kept." in bo.get(address).body
    assert "checked" not in bo.get(address).body
    assert bodies() == before
    assert "aside" not in pages.log.getvalue()


def test_who_has_no_session_reads_the_rule_alone(pages: Pages, people: list[Client]) -> None:
    address = proposed(people[0])
    stranger = pages.client()
    assert TEXT["title"] not in stranger.get(LIST).body
    assert "Come in with your invitation" in stranger.get(LIST).body
    for path in (address, f"{address}/minutes.md", f"{address}/change", f"{address}/report", f"{LIST}/new"):
        assert stranger.get(path).status == 401, path
    rule = stranger.get(f"{LIST}/rule")
    assert rule.status == 200
    assert "A proposal is open for 7 days." in rule.body
    assert "when 50\u00a0% of those" in rule.body


@pytest.mark.slow
def test_thirty_sessions_of_one_person_are_one_voice(
    pages: Pages, people: list[Client], clock: Clock
) -> None:
    write_rule(pages, quorum="3")
    address = proposed(people[0])
    person = pages.installation.registry.person("member-0002")
    assert person is not None
    for _ in range(30):
        assert do(pages.signed_in(person), address, "vote", choice="agree").status == 303
    assert end(pages, clock)[0][1] == "no_quorum"


def test_guests_of_a_workshop_read_and_never_vote(pages: Pages, people: list[Client]) -> None:
    workshop = pages.installation.workshops.make("oak")
    pages.installation.workshops.turn(workshop.id, RUNNING)
    guest = pages.client()
    guest.post(f"/w/{workshop.code}", {"name": "Ants"})
    address = proposed(people[0])
    page = guest.get(address)
    assert page.status == 200
    assert "you take no part in it" in page.body
    answer = do(guest, address, "vote", choice="agree")
    assert answer.status == 409
    assert "you take no part in it. Nothing was kept." in answer.body
    assert guest.get(f"{LIST}/new").status == 403


def test_a_newcomer_and_who_lost_the_role_take_no_part(pages: Pages, people: list[Client]) -> None:
    write_rule(pages, take_part='["member", "steward"]', propose='["member"]')
    address = proposed(people[0])
    newcomer = pages.signed_in(pages.person(MEMBER, number=77))
    assert do(newcomer, address, "vote", choice="agree").status == 409
    assert do(newcomer, address, "comment", comment="Welcome to myself").status == 303
    pages.person(CURATOR, number=2)
    assert do(people[1], address, "vote", choice="agree").status == 409
    pages.person("curator", number=3)
    assert "you take no part" in people[2].get(address).body


def test_a_session_that_has_ended_votes_no_more(pages: Pages, people: list[Client]) -> None:
    address = proposed(people[0])
    token = people[1].get(address).field("form_token")
    pages.installation.sessions.end_all("member-0002")
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    answer = people[1].post(f"{path}/vote", {"form_token": token, "choice": "agree"})
    assert answer.status == 401


def test_a_form_that_another_page_made_changes_nothing(people: list[Client]) -> None:
    address = proposed(people[0])
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    assert people[1].post(f"{path}/vote", {"choice": "agree"}).status == 403
    token = people[1].get(address).field("form_token")
    assert people[1].post(f"{path}/dance", {"form_token": token}).status == 404
    assert people[1].post("/decide/oak", TEXT).status == 403


def test_markup_and_formulas_are_shown_as_they_were_typed(people: list[Client], clock: Clock) -> None:
    ada, bo, *_ = people
    address = proposed(ada, title=HOSTILE, text=HOSTILE, reasons=HOSTILE, name=HOSTILE)
    do(bo, address, "objection", reason=HOSTILE, change=HOSTILE, objection_name=HOSTILE)
    do(bo, address, "comment", comment=HOSTILE, comment_name=HOSTILE)
    for path in (LIST, address, f"{address}/report", f"{address}/change", "/kept"):
        page = ada.get(path).body
        assert "<script>alert" not in page
        if path != "/kept":
            assert HOSTILE in unescape(page), path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Write a few words."),
        ({"text": "م" * 100_000}, "too long. At most 20,000"),
        ({"reasons": ""}, "Write a few words."),
        ({"name": "b" * 61}, "too long. At most 60"),
        ({"text": "a\u202eb"}, "cannot be seen"),
    ],
)
def test_a_proposal_that_cannot_be_is_said_beside_its_field_and_nothing_is_lost(
    people: list[Client], changes: dict[str, str], words: str
) -> None:
    answer = propose(people[0], **changes)
    assert answer.status == 422
    assert words in answer.body
    typed_text = next(value for name, value in TEXT.items() if name not in changes)
    assert typed_text in answer.body
    assert "Nothing has been proposed yet." in people[0].get(LIST).body


def test_a_rule_that_contradicts_itself_stops_new_proposals_and_not_what_is_open(
    pages: Pages, people: list[Client]
) -> None:
    address = proposed(people[0])
    write_rule(pages, days="40")
    page = people[0].get(f"{LIST}/rule")
    assert "line 29 (`days_most`) and line 19 (`days`) contradict each other" in page.body
    assert "A proposal is open for" not in page.body
    assert f"{LIST}/new" not in people[0].get(LIST).body
    assert people[0].get(f"{LIST}/new").status == 409
    assert do(people[1], address, "vote", choice="agree").status == 303
    assert "A proposal is open for 7 days." in people[1].get(address).body


def test_a_rule_that_needs_more_people_than_there_are_says_how_many(
    pages: Pages, people: list[Client]
) -> None:
    write_rule(pages, quorum="9")
    answer = propose(people[0])
    assert answer.status == 422
    assert "The rule needs 9 people, and 6 may take part now." in answer.body
    assert TEXT["title"] in answer.body


def test_a_late_step_is_refused_and_said_so(pages: Pages, people: list[Client], clock: Clock) -> None:
    address = proposed(people[0])
    token = people[1].get(address).field("form_token")
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    clock.now_s += 7 * 86_400
    late = people[1].post(f"{path}/comment", {"form_token": token, "comment": "One moment!"})
    assert late.status == 409
    assert "The days of this proposal are over." in late.body
    assert "The result is here within the hour." in people[1].get(address).body
    end(pages, clock, 0)
    ended = people[1].post(f"{path}/vote", {"form_token": token, "choice": "agree"})
    assert ended.status == 409
    assert "This decision has ended." in ended.body


@pytest.mark.slow
def test_who_floods_a_decision_is_heard_thirty_times_and_loses_no_words_and_no_vote(
    pages: Pages, people: list[Client]
) -> None:
    address = proposed(people[0])
    person = pages.installation.registry.person("member-0002")
    sessions = [people[1], pages.signed_in(person, address="192.0.2.9")]
    answers = [do(sessions[n % 2], address, "comment", comment=f"Comment {n}") for n in range(40)]
    most = int(RATES[SAYING].at_once)
    assert [answer.status for answer in answers] == [303] * most + [409] * (40 - most)
    assert "That was too often in a short time." in answers[-1].body
    assert "Comment 39" in answers[-1].body
    assert do(people[1], address, "vote", choice="agree").status == 303
    assert do(people[2], address, "comment", comment="Somebody else").status == 303


def test_in_its_last_day_the_text_stays_and_pages_say_so(
    pages: Pages, people: list[Client], clock: Clock
) -> None:
    write_rule(pages, days_most="7")
    address = proposed(people[0])
    ada, path = people[0], address.replace("/communities/oak/decisions/", "/decide/oak/")
    assert "In its last 24 hours its text stays as it is" in ada.get(address).body
    token = ada.get(f"{address}/change").field("form_token")
    clock.now_s += 6 * 86_400 + 1
    assert "Change the text" not in ada.get(address).body
    asked = ada.get(f"{address}/change")
    sent = ada.post(f"{path}/change", {"form_token": token, **TEXT, "text": "A car park."})
    assert (asked.status, sent.status) == (409, 422)
    for answer in (asked, sent):
        assert "Too little time is left for others to read another text." in answer.body
    assert "A car park." in sent.body


def test_a_full_disk_is_said_and_the_words_come_back(
    pages: Pages, people: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = proposed(people[0])
    chronicle = pages.installation.shelves.of("oak").chronicle

    def full(_: object) -> None:
        raise StoreUnusableError(pages.installation.folder, "disk is full", "free some space")

    monkeypatch.setattr(chronicle, "append", full)
    answer = do(people[1], address, "comment", comment="A long thought of mine")
    assert answer.status == 422
    assert "There is no room left" in answer.body
    assert "A long thought of mine" in answer.body
    answer = propose(people[1])
    assert "There is no room left" in answer.body
    assert TEXT["text"] in answer.body
    monkeypatch.undo()
    assert "There are no comments yet." in people[1].get(address).body
    assert len(pages.installation.councils.of("oak").book.all()) == 1


def test_what_somebody_gave_stands_on_their_page_and_goes_from_there(
    pages: Pages, people: list[Client]
) -> None:
    ada, bo, *_ = people
    address = proposed(ada)
    do(bo, address, "vote", choice="agree")
    do(bo, address, "comment", comment="Mine alone")
    page = bo.get("/kept").body
    assert "Proposals, comments and objections of yours: 1" in page
    assert "Votes of yours in open decisions: 1" in page
    assert press(bo, "/kept", "/kept/decisions").status == 303
    assert "Mine alone" not in ada.get(address).body
    assert "Taken back by whoever gave it." in ada.get(address).body
    assert press(bo, "/kept", "/kept/decisions").status == 303
    assert "Your vote about this text is kept." not in bo.get(address).body
    assert "Votes of yours" not in bo.get("/kept").body
    token = bo.get("/kept").field("form_token")
    for fields in ({"step": "1"}, {"step": "x"}, {}):
        assert bo.post("/kept/decisions", {"form_token": token, **fields}).status == 404


def test_who_leaves_takes_all_of_it_along(pages: Pages, people: list[Client]) -> None:
    ada, bo, *_ = people
    address = proposed(ada)
    do(bo, address, "objection", **OBJECTION)
    press(bo, "/kept", "/kept/leave")
    assert "The path grows over." not in ada.get(address).body
    assert pages.installation.shelves.of("oak").chronicle.by_author("member-0002") == []


def test_a_proposal_taken_back_has_ended_and_its_words_are_gone(people: list[Client]) -> None:
    ada, bo, *_ = people
    address = proposed(ada)
    number = re.search(r'name="step" value="(\d+)"', ada.get(address).body)
    assert number is not None
    assert do(bo, address, "withdrawal", step=number[1]).status == 404
    assert do(ada, address, "withdrawal", step=number[1]).status == 303
    page = bo.get(address).body
    assert "Taken back by whoever proposed it." in page
    assert "north bed" not in page
    assert "do-comment" not in page
    token = bo.get("/kept").field("form_token")
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    assert bo.post(f"{path}/comment", {"form_token": token, "comment": "Oh"}).status == 409


def test_what_is_reported_and_hidden_is_shown_to_no_one_and_counts_as_before(
    pages: Pages, people: list[Client]
) -> None:
    ada, bo, *_ = people
    moderator = pages.signed_in(pages.person(MEMBER, CURATOR, STEWARD, number=50))
    address = proposed(ada)
    do(bo, address, "objection", **OBJECTION)
    number = str(pages.installation.councils.of("oak").book.all()[0].steps[1].number)
    answer = ada.post(f"{address}/report", {"about": number, "text": "It is unkind."})
    assert answer.status == 200
    [case] = pages.installation.cases.of("oak")
    assert (case.kind, case.person) == (DECISION, "member-0002")
    cases = moderator.get("/communities/oak/reports").body
    assert "The path grows over." in cases
    press(moderator, "/communities/oak/reports", f"/cases/{case.id}", decision=HIDE, reason="Unkind.")
    for client in (ada, bo):
        page = client.get(address).body
        assert "The path grows over." not in page
        assert "Hidden by a moderator." in page
        assert "The path grows over" not in client.get(f"{address}/minutes.md").body
    assert pages.installation.councils.of("oak").book.all()[0].objectors == {"member-0002"}


def test_minutes_say_all_of_it_and_do_nothing_that_people_wrote(
    pages: Pages, people: list[Client], clock: Clock
) -> None:
    ada, bo, *other_clients = people
    address = proposed(ada, title=HOSTILE, text=f"{MARKED}\n\n{HOSTILE}", reasons=MARKED)
    do(bo, address, "objection", reason=MARKED, change=HOSTILE, objection_name=MARKED[:40])
    do(other_clients[0], address, "comment", comment=MARKED)
    assert "Words of those who objected" not in bo.get(address).body
    for client in other_clients:
        do(client, address, "vote", choice="agree")
    end(pages, clock)
    assert "Words of those who objected" in bo.get(address).body
    answer = bo.get(f"{address}/minutes.md")
    assert answer.header("content-type") == "text/markdown; charset=utf-8"
    assert "attachment" in answer.header("content-disposition")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(answer.body)
    inside = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in tokens} | {child.type for child in inside}
    assert kinds <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "strong_open",
        "strong_close", "softbreak", "text_special",
    }  # fmt: skip
    page_text = "\n".join(
        "".join(child.content for child in token.children or ()) for token in tokens if token.children
    )
    for words in (HOSTILE, MARKED, "Words of those who objected", "Not decided on", "Head: 4 "):
        assert words in page_text, words
    head = words_of(pages.installation.shelves.of("oak").chronicle.head())
    assert head in page_text


def test_over_plain_http_in_a_room_the_page_says_who_could_read_a_vote(
    pages: Pages, people: list[Client]
) -> None:
    address = proposed(people[0])
    person = pages.installation.registry.person("member-0002")
    assert person is not None
    warning = "could read your vote on its way"
    assert warning not in people[1].get(address).body
    phone = pages.signed_in(person, address="192.168.1.9")
    assert warning in phone.get(address).body
    assert do(phone, address, "vote", choice="agree").status == 303


def test_people_of_another_community_are_refused(pages: Pages, people: list[Client]) -> None:
    address = proposed(people[0])
    assert people[0].get(address.replace("/oak/", "/ash/")).status == 404
    assert people[0].get(f"{LIST}/{'0' * 32}").status == 404
