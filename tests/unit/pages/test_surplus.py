"""On pages: given, reserved with a word, moved, handed over, forgotten; who guesses gets nowhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from sera_coalition.rule_files import rule_path
from sera_pages.surplus.forgetting import forget_surplus
from sera_pages.views.budgets import RATES, Budgets
from sera_store.registry.persons import CURATOR, MEMBER, STEWARD
from sera_vocabulary.durations import DAY_S, HOUR_S
from sharing.surplus import HEAD, TABLE, all_bytes, give, local, place_offer, reserve
from small_disks import IN_MEMORY, mounted
from web.parts import NOW_S, Clock, pages_of, press

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Answer, Client, Pages


def own_link(answer: Answer) -> str:
    assert answer.status == 303, answer.body
    return answer.header("location").partition("?")[0]


def test_what_a_member_gives_everybody_sees_without_a_name(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver)
    stranger = pages.client()
    listed, offer_page = stranger.get(TABLE).body, stranger.get(address).body
    for words in ("Courgettes", "Vegetables", "6\u00a0kg", "behind the library"):
        assert words in listed, words
    for words in (
        "Courgettes",
        "3 portions of 2\u00a0kg each",
        "Raised bed",
        "Who fetched it is kept nowhere",
    ):
        assert words in offer_page, words
    assert "member-0001" not in listed + offer_page
    assert "/given/" not in listed + offer_page
    assert "/given/" in giver.get(TABLE).body


def test_a_kitchen_says_of_allergens_what_it_knows(pages: Pages, giver: Client) -> None:
    stated = {"kind": "cooked", "allergens_known": "stated"}
    _, none_stated = place_offer(giver, kind="cooked")
    _, none = place_offer(giver, **stated)
    _, some = place_offer(giver, **stated, allergens=["celery", "milk"])
    assert "Not stated" in pages.client().get(none_stated).body
    assert "milk, celery" in pages.client().get(some).body
    assert "Not stated" not in pages.client().get(none).body
    assert "Raised bed" not in pages.client().get(some).body


def test_the_list_is_of_one_kind_where_it_is_chosen(pages: Pages, giver: Client) -> None:
    place_offer(giver)
    place_offer(giver, kind="seeds", what="Sunflowers")
    both, seeds = pages.client().get(TABLE).body, pages.client().get(f"{TABLE}?kind=seeds").body
    assert "Courgettes" in both
    assert "Sunflowers" in both
    assert "Courgettes" not in seeds
    assert "Sunflowers" in seeds
    assert pages.client().get(f"{TABLE}?kind=<script>").status == 200


def test_reserved_without_an_account_moved_handed_over_and_forgotten(
    pages: Pages, giver: Client, tmp_path: Path
) -> None:
    link, address = place_offer(giver)
    neighbour = pages.client()
    own = own_link(reserve(neighbour, address, "Turquoise heron", 2))
    assert "4\u00a0kg. Your word is asked for" in neighbour.get(own).body
    assert "Something has changed" not in neighbour.get(own).body
    assert "Waiting to be fetched: 4\u00a0kg" in giver.get(link).body
    later = {"from": local(NOW_S + HOUR_S), "until": local(NOW_S + DAY_S)}
    moved = giver.post(f"{link}/change", {"place": "at the old bakery", **later})
    assert moved.status == 303, moved.body
    body = neighbour.get(own).body
    for words in ("Something has changed", "at the old bakery", "behind the library", "Before:"):
        assert words in body, words
    press(neighbour, own, f"{own}/seen")
    assert "Something has changed" not in neighbour.get(own).body
    done = giver.post(f"{link}/hand-over", {"word": "turquoise HERON"})
    assert (done.status, "4\u00a0kg" in done.body) == (200, True)
    assert neighbour.get(own).status == 404
    assert "handed over, taken back, or its time is over" in neighbour.get(own).body
    ticket = own.rpartition("/")[2].partition("-")[0]
    assert ticket.encode() not in all_bytes(tmp_path)
    written = pages.log.getvalue()
    for text in (ticket, "heron", "Heron", "127.0.0.1", link, own):
        assert text not in written, text


def test_all_that_is_wrong_with_an_offer_is_said_at_once_beside_its_field(
    pages: Pages, giver: Client
) -> None:
    wrong = {
        "kind": "",
        "what": "",
        "amount": "many",
        "portions": "0",
        "place": "Elm Street 12",
        "until": "x",
    }
    answer = give(giver, **wrong)
    assert answer.status == 422
    named = set(re.findall(r'id="([a-z_]+)-error"', answer.body))
    assert named == {"kind", "what", "amount", "portions", "place", "until"}
    # Without a slip nothing is given, and all the rest is said all the same.
    answer = give(pages.client(), **wrong, slip="0000")
    assert set(re.findall(r'id="([a-z_]+)-error"', answer.body)) == named | {"slip"}
    late = give(giver, **{"from": "x", "until": local(NOW_S - DAY_S)})
    assert set(re.findall(r'id="([a-z_]+)-error"', late.body)) == {"from", "until"}
    assert "Nothing is on the table" in giver.get(TABLE).body


@pytest.mark.parametrize(
    ("kind", "words"), [("cooked", "You ticked allergens"), ("fruit", "what a kitchen made")]
)
def test_allergens_are_never_left_out_in_silence(giver: Client, kind: str, words: str) -> None:
    answer = give(giver, kind=kind, allergens=["milk"])
    assert (answer.status, words in answer.body) == (422, True)


def test_amounts_stay_in_one_piece_and_what_is_all_reserved_is_said_so(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver)
    stranger = pages.client()
    assert "6\u00a0kg" in stranger.get(address).body
    assert reserve(stranger, address, "Blue kettle", portions=2).status == 303
    # Of one portion there is nothing to choose.
    assert 'type="hidden" name="portions" value="1"' in stranger.get(address).body
    assert reserve(stranger, address, "Red kettle").status == 303
    assert "all reserved" in giver.get(TABLE).body
    assert "0\u00a0kg" not in giver.get(TABLE).body + stranger.get(address).body
    stranger.cookies["sera_language"] = "ar"
    assert "كغ" in stranger.get(f"{TABLE}/give").body


def test_the_word_opens_the_page_of_what_waits_on_another_phone(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver)
    own = own_link(reserve(pages.client(), address))
    other = pages.client(address="192.0.2.9")
    assert own_link(other.post(f"{address}/word", {"known_word": "blue kettle"})) == own
    wrong = other.post(f"{address}/word", {"known_word": "green kettle"})
    assert (wrong.status, "Nothing waits here for this word" in wrong.body) == (422, True)


def test_what_nobody_fetches_and_what_is_given_up_is_on_the_table_again(
    pages: Pages, giver: Client, clock: Clock
) -> None:
    _, address = place_offer(giver, until=local(NOW_S + 5 * DAY_S))
    own = own_link(reserve(pages.client(), address, portions=3))
    assert "All of it is reserved" in pages.client().get(address).body
    press(pages.client(), own, f"{own}/give-up")
    own = own_link(reserve(pages.client(), address, portions=3))
    clock.now_s += 49 * HOUR_S
    assert "Courgettes" in pages.client().get(TABLE).body
    assert pages.client().get(own).status == 404


def test_an_offer_that_ended_is_gone_for_all_and_later_from_the_disk(
    pages: Pages, giver: Client, clock: Clock, tmp_path: Path
) -> None:
    link, address = place_offer(giver)
    clock.now_s += DAY_S + 60
    assert [giver.get(path).status for path in (link, address)] == [404, 404]
    assert "Courgettes" not in giver.get(TABLE).body
    clock.now_s += DAY_S
    assert forget_surplus(pages.installation) == 1
    assert b"Courgettes" not in all_bytes(tmp_path)


def test_who_has_a_slip_and_no_session_gives_by_its_code(pages: Pages) -> None:
    person = pages.person(MEMBER)
    code = pages.installation.slips.draw(person.id)
    stranger = pages.client()
    assert "Code of your slip" in stranger.get(f"{TABLE}/give").body
    assert give(stranger, slip="wrong").status == 422
    link, _ = place_offer(stranger, slip=code.upper())
    assert stranger.get(link).status == 200
    assert [open_offer.offer.what for open_offer in pages.installation.surplus.by_giver(person)] == [
        "Courgettes"
    ]


def test_a_form_of_another_session_of_none_or_of_another_site_gives_nothing(
    pages: Pages, giver: Client
) -> None:
    assert give(giver, form_token="0" * 32).status == 403
    elsewhere = giver.post(f"{TABLE}/give", {"what": "x"}, origin="http://evil.example")
    assert elsewhere.status == 403
    pages.installation.sessions.end_all("member-0001")
    assert "Code of your slip" in give(giver).body
    assert pages.installation.surplus.find("oak") is None


def test_a_member_of_another_community_gives_nothing_here(pages: Pages) -> None:
    from msgspec import structs

    registry = pages.installation.registry
    registry.put(structs.replace(registry.community("oak"), id="elm"), since_s=1, by="a test")
    foreign = pages.signed_in(pages.person(MEMBER))
    answer = foreign.post("/communities/elm/surplus/give", {"form_token": "x"})
    assert answer.status == 403
    assert foreign.get("/communities/elm/surplus/give").status == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": ""}, "Choose one of these"),
        ({"what": ""}, "Write a few words"),
        ({"what": "x" * 61}, "too long"),
        ({"what": "call 0151 234567"}, "Leave out telephone numbers"),
        ({"amount": "many"}, "Write a number above 0"),
        ({"amount": "3 miles"}, "This unit is not known here"),
        ({"portions": "half"}, "Write a whole number from 1 to 200"),
        ({"place": "Elm Street 12"}, "This may be a house number"),
        ({"until": "tomorrow"}, "Write day and hour"),
        ({"until": local(NOW_S - DAY_S)}, "It ends before it begins"),
        ({"until": local(NOW_S + 40 * DAY_S)}, "at most 14 days"),
        ({"from": "9999-12-31T23:59"}, "It ends before it begins"),
        ({"draw": local(NOW_S + 60)}, "says nothing of sharing"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_kept_or_lost(
    pages: Pages, giver: Client, changes: dict[str, str], words: str
) -> None:
    answer = give(giver, **changes)
    assert (answer.status, words in answer.body) == (422, True), answer.body
    assert pages.installation.surplus.find("oak") is None
    if "what" not in changes:
        assert 'value="Courgettes"' in answer.body
    if "place" in changes:
        assert place_offer(giver, **changes, number_meant="1")


def test_markup_and_formulas_are_shown_as_text(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver, what="<script>alert(1)</script>", place='=cmd|"/c calc"')
    for path in (TABLE, address):
        body = pages.client().get(path).body
        assert "<script>alert" not in body
        assert "&lt;script&gt;alert(1)" in body


def test_a_number_of_portions_that_is_not_there_is_said_with_what_is(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver)
    answer = reserve(pages.client(), address, portions=9)
    assert (answer.status, "Write a number from 1 to 3" in answer.body) == (422, True)
    reserve(pages.client(), address, "first word", 3)
    answer = reserve(pages.client(), address, "second word", 1)
    assert "The last of it was just reserved" in answer.body


def test_two_hundred_offers_a_minute_of_one_device_end_at_its_budget(pages: Pages, giver: Client) -> None:
    answers = [give(giver).status for _ in range(25)]
    most = int(RATES["offering"].at_once)
    assert answers == [303] * most + [429] * (25 - most)
    other = pages.signed_in(pages.person(MEMBER, number=2), address="192.0.2.9")
    assert give(other).status == 303


@pytest.mark.slow
def test_guessing_words_ends_at_a_budget_and_the_right_word_costs_nothing(
    pages: Pages, giver: Client
) -> None:
    time_s = [0.0]
    pages.app.state.surplus_budgets = Budgets(lambda: time_s[0])
    link, address = place_offer(giver, portions="60")
    for number in range(12):
        reserve(pages.client(address=f"198.51.100.{number}"), address, f"kettle {number}")
    for number in range(12):
        assert giver.post(f"{link}/hand-over", {"word": f"kettle {number}"}).status == 200
    guesser = pages.client(address="192.0.2.9")
    tries = [guesser.post(f"{address}/word", {"known_word": f"guess {n}"}).status for n in range(20)]
    most = int(RATES["guessing"].at_once)
    assert tries == [422] * most + [429] * (20 - most)
    # Many devices together have a budget at one offer, too.
    tries = [
        pages.client(address=f"203.0.113.{n}").post(f"{address}/word", {"known_word": "guess"}).status
        for n in range(40)
    ]
    assert tries.count(422) == int(RATES["guessing at an offer"].at_once) - most
    time_s[0] += 3_600
    assert guesser.post(f"{address}/word", {"known_word": "guess"}).status == 422


@pytest.mark.slow
def test_a_taken_word_counts_as_a_guess(pages: Pages, giver: Client) -> None:
    _, address = place_offer(giver, portions="60")
    reserve(pages.client(), address)
    other = pages.client(address="192.0.2.9")
    answers = [reserve(other, address) for _ in range(9)]
    assert "This word is not free here" in answers[0].body
    assert answers[-1].status == 429


@pytest.mark.parametrize("part", ["held", "given"])
def test_a_link_that_is_guessed_or_cut_opens_nothing(pages: Pages, giver: Client, part: str) -> None:
    link, address = place_offer(giver)
    own = own_link(reserve(pages.client(), address))
    good = {"held": own, "given": link}[part]
    other = {"held": link, "given": own}[part].rpartition("/")[2]
    for name in (good.rpartition("/")[2][:-1], good.rpartition("/")[2].partition("-")[0], other, "x", "%00"):
        assert pages.client().get(f"{TABLE}/{part}/{name}").status == 404
        for action in ("change", "hand-over", "take-back", "seen", "give-up"):
            assert pages.client().post(f"{TABLE}/{part}/{name}/{action}", {}).status in (404, 405)


def test_what_people_look_for_is_a_list_without_names(pages: Pages, tmp_path: Path) -> None:
    stranger = pages.client()
    looking = f"{TABLE}/looking"
    assert stranger.post(looking, {"kind": "eggs", "what": ""}).status == 303
    assert stranger.post(looking, {"kind": "seeds", "what": "Sunflowers"}).status == 303
    body = stranger.get(looking).body
    assert re.search(r"Eggs.*Seeds · <bdi>Sunflowers</bdi>", body, re.DOTALL)
    for what in ("x" * 31, "0151 234567", "me@oak.example"):
        assert stranger.post(looking, {"kind": "seeds", "what": what}).status == 422
    assert stranger.post(looking, {"kind": "gold", "what": "bars"}).status == 422
    answers = [stranger.post(looking, {"kind": "seeds", "what": f"kind {n}"}).status for n in range(9)]
    assert answers[-1] == 429
    assert b"192.0.2" not in all_bytes(tmp_path)


def test_a_moderator_takes_away_what_should_not_be_there_and_a_member_does_not(
    pages: Pages, giver: Client
) -> None:
    _, address = place_offer(giver, what="An unkind word")
    pages.client().post(f"{TABLE}/looking", {"kind": "other", "what": "An unkind wish"})
    curator = pages.signed_in(pages.person(MEMBER, CURATOR, number=2))
    assert "Take it off" not in giver.get(address).body
    assert giver.post(f"{address}/remove", {"form_token": "x"}).status == 403
    assert press(curator, f"{TABLE}/looking", f"{TABLE}/looking/remove").status == 303
    assert press(curator, address, f"{address}/remove").status == 303
    for path in (TABLE, f"{TABLE}/looking"):
        assert "unkind" not in pages.client().get(path).body


def test_the_rule_stands_in_plain_words_and_a_file_that_contradicts_itself_is_said(
    pages: Pages, giver: Client, tmp_path: Path
) -> None:
    path = rule_path(tmp_path, "surplus", "oak")
    path.parent.mkdir()
    path.write_text(
        HEAD + '[offer]\ndays_most = 5\n[sharing]\nway = "need"\nmembers = 12\n', encoding="utf-8"
    )
    body = pages.client().get(f"{TABLE}/rule").body
    for words in ("5 days at most", "among 12 at most", "is not asked why", "rules/surplus-oak.toml"):
        assert words in body, words
    path.write_text(HEAD + "[offer]\ndays_most = 1\n[reservation]\nhold_hours = 99\n", encoding="utf-8")
    body = pages.client().get(f"{TABLE}/rule").body
    assert "line 7 (`reservation.hold_hours`) and line 5 (`offer.days_most`) contradict each other" in body
    # What held before holds on.
    assert "5 days at most" in body
    assert give(giver, until=local(NOW_S + 4 * DAY_S)).status == 303


def test_the_page_that_is_hung_up_has_the_address_of_the_table_for_phones(pages: Pages) -> None:
    here, room = pages.client().get(f"{TABLE}/rule").body, pages.client(address="192.0.2.9")
    assert f'<a href="http://127.0.0.1:8080{TABLE}">' in here
    assert 'src="data:image/svg+xml' in here
    assert "leads to this computer alone" in here
    assert "leads to this computer alone" not in room.get(f"{TABLE}/rule").body


def test_a_share_is_asked_for_drawn_by_the_rule_and_explained_to_its_receiver_alone(
    pages: Pages, giver: Client, clock: Clock, tmp_path: Path
) -> None:
    path = rule_path(tmp_path, "surplus", "oak")
    path.parent.mkdir()
    path.write_text(HEAD + '[sharing]\nway = "need"\nmembers = 4\n', encoding="utf-8")
    link, address = place_offer(giver, portions="4", draw=local(NOW_S + HOUR_S))
    offer_page = pages.client().get(address).body
    seed = re.search(r'class="command">([0-9a-f]{64})<', offer_page)
    assert seed is not None
    owns = [own_link(reserve(pages.client(), address, f"word {n}", n)) for n in (1, 2, 4)]
    assert "It is shared on" in pages.client().get(owns[0]).body
    assert "3 have asked for a share" in giver.get(link).body
    clock.now_s += HOUR_S
    bodies = [pages.client().get(own).body for own in owns]
    amounts = [int(re.search(r"and get (\d+)", body)[1]) for body in bodies]
    assert sum(amounts) == 4
    assert amounts[0] == 1
    for body, own in zip(bodies, owns, strict=True):
        ticket = own.rpartition("/")[2].partition("-")[0]
        assert f"<strong>{ticket}:" in body
        assert seed[1] in body
    for own in owns:
        ticket = own.rpartition("/")[2].partition("-")[0]
        assert ticket not in giver.get(link).body + pages.client().get(address).body


def test_a_full_disk_is_said_and_nothing_is_half_kept(tmp_path: Path, clock: Clock) -> None:
    with (
        mounted(IN_MEMORY, tmp_path, 8) as disk,
        pages_of(disk.folder / "data", clock=clock) as pages,
    ):
        _, address = place_offer(pages.signed_in(pages.person(MEMBER)))
        disk.fill()
        answer = reserve(pages.client(), address, "Turquoise heron")
        assert (answer.status, "The disk of this computer is full" in answer.body) == (503, True)
        disk.empty()
        assert reserve(pages.client(), address, "Turquoise heron").status == 303


def test_who_leaves_takes_their_offers_along_and_sees_before_that_they_are_kept(
    pages: Pages, giver: Client, tmp_path: Path
) -> None:
    pages.signed_in(pages.person(MEMBER, STEWARD, number=2))
    place_offer(giver)
    assert "One offer on the surplus table" in giver.get("/kept").body
    press(giver, "/kept", "/kept/leave")
    assert b"Courgettes" not in all_bytes(tmp_path)


def test_no_page_of_the_table_is_kept_by_a_browser_or_names_another_server(
    pages: Pages, giver: Client
) -> None:
    link, address = place_offer(giver)
    own = own_link(reserve(pages.client(), address))
    for path in (TABLE, address, link, own, f"{TABLE}/looking", f"{TABLE}/rule", f"{TABLE}/give"):
        answer = giver.get(path)
        assert answer.status == 200, path
        assert "no-store" in answer.header("cache-control"), path
        assert answer.header("referrer-policy") in ("no-referrer", "same-origin"), path
        assert not re.findall(r'(?:src|href|action)="https?://(?!127\.0\.0\.1)', answer.body), path
    assert json.loads(pages.log.getvalue().splitlines()[0])
