"""Hostile guests at the table: they guess, try for a place in a draw, and act on what has moved meanwhile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_coalition.rule_files import rule_path
from sera_vocabulary.durations import DAY_S, HOUR_S
from sharing.surplus import HEAD, local, place_offer, reserve
from web.parts import NOW_S, Clock, press

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Client, Pages


def move(giver: Client, link: str, place: str, from_s: float, until_s: float) -> None:
    fields = {"place": place, "from": local(from_s), "until": local(until_s)}
    answer = giver.post(f"{link}/change", fields)
    assert answer.status == 303, answer.body


def test_who_reserves_what_moved_while_they_were_reading_hears_of_it_before_anything_is_reserved(
    pages: Pages, giver: Client
) -> None:
    link, address = place_offer(giver)
    guest = pages.client()
    seen = guest.get(address).field("seen")
    move(giver, link, "at the old bakery", NOW_S, NOW_S + DAY_S)
    answer = reserve(guest, address, seen=seen)
    assert answer.status == 422
    assert "It changed while you were reading" in answer.body
    assert "at the old bakery" in answer.body
    assert [one.reserved for one in pages.installation.surplus.of("oak").offers()] == [0]
    # The page that says so has the form for it as it is now.
    assert reserve(guest, address, seen=answer.field("seen")).status == 303


def test_a_form_that_is_sent_twice_reserves_once_and_its_page_comes_again(
    pages: Pages, giver: Client
) -> None:
    _, address = place_offer(giver, portions="6")
    guest = pages.client()
    form = guest.get(address).field("form")
    # The answer was lost on its way, or the button pressed twice.
    owns = [reserve(guest, address, form=form).header("location") for _ in range(4)]
    assert len(set(owns)) == 1
    assert [one.reserved for one in pages.installation.surplus.of("oak").offers()] == [1]
    # Another word is another reservation.
    assert reserve(guest, address, "green kettle", form=form).status == 303
    assert [one.reserved for one in pages.installation.surplus.of("oak").offers()] == [2]
    # Who has another form and guesses the word gets nothing by it.
    assert reserve(pages.client(), address, form=guest.get(address).field("form")).status == 422


def test_a_second_move_is_not_seen_by_who_looked_at_the_first(pages: Pages, giver: Client) -> None:
    link, address = place_offer(giver)
    guest = pages.client()
    own = reserve(guest, address).header("location").partition("?")[0]
    move(giver, link, "at the old bakery", NOW_S, NOW_S + DAY_S)
    seen = guest.get(own).field("seen")
    move(giver, link, "at the mill", NOW_S, NOW_S + DAY_S)
    assert guest.post(f"{own}/seen", {"seen": seen}).status == 303
    body = guest.get(own).body
    assert "Something has changed" in body
    assert "at the mill" in body
    press(guest, own, f"{own}/seen")
    assert "Something has changed" not in guest.get(own).body


@pytest.mark.slow
def test_guests_who_guess_do_not_keep_the_giver_from_handing_over(pages: Pages, giver: Client) -> None:
    link, address = place_offer(giver)
    reserve(pages.client(), address)
    # Behind one router, and from many phones.
    for address_of_phone in ["127.0.0.1", *(f"192.0.2.{number}" for number in range(9))]:
        guest = pages.client(address=address_of_phone)
        tries = [guest.post(f"{address}/word", {"known_word": f"guess {n}"}).status for n in range(9)]
        assert 429 in tries
    answer = giver.post(f"{link}/hand-over", {"word": "blue kettle"})
    assert (answer.status, "2\u00a0kg" in answer.body) == (200, True)


def test_the_rule_of_a_draw_is_the_one_that_held_when_people_were_asked(
    pages: Pages, giver: Client, clock: Clock, tmp_path: Path
) -> None:
    path = rule_path(tmp_path, "surplus", "oak")
    path.parent.mkdir()
    path.write_text(HEAD + '[sharing]\nway = "equal"\nmembers = 4\n', encoding="utf-8")
    link, address = place_offer(giver, portions="4", draw=local(NOW_S + HOUR_S))
    owns = [
        reserve(pages.client(), address, f"word {wanted}", wanted).header("location").partition("?")[0]
        for wanted in (1, 3)
    ]
    # Whoever has the file changes it behind those who asked, or takes the sharing out.
    for sharing in ('[sharing]\nway = "need"\nmembers = 2\n', ""):
        path.write_text(HEAD + sharing, encoding="utf-8")
        move(giver, link, "at the mill", NOW_S, NOW_S + DAY_S)
    clock.now_s += HOUR_S
    for own in owns:
        body = pages.client().get(own).body
        assert re.search(r"and get 2\b", body), body
        assert "not asked why" not in body
