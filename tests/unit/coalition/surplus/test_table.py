"""The table gives each portion once, tells of what moved, and leaves no byte of what it forgot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.rule import ReservationRule, SharingRule
from sera_coalition.surplus.table import OFFERS_OF_ONE_MOST
from sera_pages.surplus.forgetting import forget_surplus
from sera_vocabulary.durations import DAY_S, HOUR_S
from sharing.surplus import RULE, all_bytes, offer, open_table
from web.parts import NOW_S, Clock, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_coalition.surplus.table import SurplusTable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path, clock: Clock) -> Iterator[SurplusTable]:
    opened = open_table(tmp_path, clock)
    yield opened
    opened.close()


def refused(act: Any, *arguments: Any) -> str:
    with pytest.raises(InvalidSurplusError) as caught:
        act(*arguments)
    return caught.value.code


def test_what_is_reserved_is_not_left_and_what_is_handed_over_is_gone(table: SurplusTable) -> None:
    name = table.give(offer(), "ada")
    ticket = table.reserve(name, 2, "Blue kettle")
    assert (table.find(name).left, table.find(name).reserved) == (1, 2)
    assert table.reservation_of(name, "  BLUE   kettle ").id == ticket
    assert table.hand_over(name, "blue kettle") == 2
    assert (table.find(name).left, table.find(name).reserved) == (1, 0)
    for act in (lambda: table.reservation(ticket), lambda: table.hand_over(name, "blue kettle")):
        with pytest.raises(SurplusMissingError):
            act()


def test_the_last_portion_takes_its_offer_along(table: SurplusTable, tmp_path: Path) -> None:
    name = table.give(offer(portions=1), "ada")
    table.reserve(name, 1, "blue kettle")
    assert table.offers() == []
    table.hand_over(name, "blue kettle")
    with pytest.raises(SurplusMissingError):
        table.find(name)
    assert b"Courgettes" not in all_bytes(tmp_path)


def test_of_two_who_want_the_last_portion_at_the_same_moment_one_gets_it(
    tmp_path: Path, clock: Clock, table: SurplusTable
) -> None:
    name = table.give(offer(portions=1), "ada")
    outcomes: list[str] = []
    start = threading.Barrier(6)

    def want(word: str) -> None:
        start.wait()
        try:
            table.reserve(name, 1, word)
            outcomes.append("reserved")
        except InvalidSurplusError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=want, args=(f"word {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["none_left"] * 5 + ["reserved"]
    assert (table.find(name).left, table.find(name).reserved) == (0, 1)


def test_two_phones_of_one_giver_hand_a_portion_over_once(table: SurplusTable) -> None:
    name = table.give(offer(), "ada")
    table.reserve(name, 1, "blue kettle")
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def hand_over() -> None:
        start.wait()
        try:
            outcomes.append(table.hand_over(name, "blue kettle"))
        except SurplusMissingError:
            outcomes.append("gone")

    threads = [threading.Thread(target=hand_over) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.find(name).left == 2, outcomes
    assert sorted(map(str, outcomes)) == ["1", "gone"]


def test_a_word_is_free_at_one_offer_and_taken_at_another(table: SurplusTable) -> None:
    first, second = table.give(offer(), "ada"), table.give(offer(what="Beans"), "ada")
    table.reserve(first, 1, "blue kettle")
    assert refused(table.reserve, first, 1, "Blue Kettle") == "word_taken"
    table.reserve(second, 1, "blue kettle")


@pytest.mark.parametrize("word", ["", "ab", "x" * 41, "  a  "])
def test_a_word_too_short_or_too_long_is_refused(table: SurplusTable, word: str) -> None:
    assert refused(table.reserve, table.give(offer(), "ada"), 1, word) == "word"


@pytest.mark.parametrize(("portions", "code"), [(0, "left"), (-1, "left"), (4, "left")])
def test_more_than_is_left_or_less_than_one_is_refused(table: SurplusTable, portions: int, code: str) -> None:
    assert refused(table.reserve, table.give(offer(), "ada"), portions, "blue kettle") == code


def test_one_word_reserves_as_much_as_the_rule_says(tmp_path: Path, clock: Clock) -> None:
    table = open_table(tmp_path, clock, structs.replace(RULE, reservation=ReservationRule(portions_most=2)))
    name = table.give(offer(portions=6), "ada")
    assert refused(table.reserve, name, 3, "blue kettle") == "left"
    table.reserve(name, 2, "blue kettle")
    table.close()


def test_what_moves_is_seen_beside_what_it_was_until_its_holder_has_seen_it(table: SurplusTable) -> None:
    name = table.give(offer(), "ada")
    ticket = table.reserve(name, 1, "blue kettle")
    table.change(name, "at the old bakery", NOW_S + HOUR_S, NOW_S + 2 * DAY_S)
    table.change(name, "at the mill", NOW_S + HOUR_S, NOW_S + 2 * DAY_S)
    reserved, now = table.reservation(ticket), table.find(name).offer
    assert (reserved.place, reserved.from_s, reserved.until_s) == ("behind the library", NOW_S, NOW_S + DAY_S)
    assert (now.place, now.until_s) == ("at the mill", NOW_S + 2 * DAY_S)
    # It waits as much longer as the offer lasts longer.
    assert reserved.reserved_until_s == NOW_S + 2 * DAY_S
    table.note_change_read(ticket)
    assert table.reservation(ticket).place == "at the mill"


def test_what_moves_to_a_later_day_still_waits_as_long_from_when_it_can_be_fetched(
    table: SurplusTable, clock: Clock
) -> None:
    name = table.give(offer(until_s=NOW_S + 9 * DAY_S), "ada")
    ticket = table.reserve(name, 1, "blue kettle")
    table.change(name, "behind the library", NOW_S + 4 * DAY_S, NOW_S + 9 * DAY_S)
    clock.now_s += 4 * DAY_S + HOUR_S
    assert table.reservation(ticket).reserved_until_s == NOW_S + 6 * DAY_S


def test_nothing_waits_longer_than_its_offer_however_often_that_is_moved(table: SurplusTable) -> None:
    name = table.give(offer(until_s=NOW_S + 5 * DAY_S), "ada")
    ticket = table.reserve(name, 1, "blue kettle")
    for days in (1, 5, 1, 5, 1):
        until_s = NOW_S + days * DAY_S
        table.change(name, "behind the library", NOW_S, until_s)
        assert table.reservation(ticket).reserved_until_s <= until_s


def test_a_share_that_is_asked_for_waits_for_the_draw_when_its_offer_moves(
    tmp_path: Path, clock: Clock
) -> None:
    table = open_table(tmp_path, clock, structs.replace(RULE, sharing=SharingRule(way="need", members=3)))
    name = table.give(offer(draw_s=NOW_S + 3 * DAY_S, until_s=NOW_S + 4 * DAY_S), "ada")
    ticket = table.reserve(name, 1, "blue kettle")
    table.change(name, "at the mill", NOW_S, NOW_S + 9 * DAY_S)
    assert table.reservation(ticket).reserved_until_s == NOW_S + 9 * DAY_S
    table.close()


def test_what_is_not_fetched_in_time_can_be_had_by_others(table: SurplusTable, clock: Clock) -> None:
    name = table.give(offer(until_s=NOW_S + 5 * DAY_S), "ada")
    ticket = table.reserve(name, 3, "blue kettle")
    assert table.offers() == []
    clock.now_s += 49 * HOUR_S
    assert [row.left for row in table.offers()] == [3]
    with pytest.raises(SurplusMissingError):
        table.reservation(ticket)


def test_what_is_given_up_can_be_had_by_others(table: SurplusTable) -> None:
    name = table.give(offer(), "ada")
    table.give_up(table.reserve(name, 3, "blue kettle"))
    assert table.find(name).left == 3


def test_an_offer_that_has_ended_is_off_the_list_at_once_and_deleted_after_the_hours_of_the_rule(
    table: SurplusTable, clock: Clock, tmp_path: Path
) -> None:
    name = table.give(offer(), "ada")
    table.reserve(name, 1, "blue kettle")
    clock.now_s = NOW_S + DAY_S
    assert table.offers() == table.by_giver("ada") == []
    with pytest.raises(SurplusMissingError):
        table.reserve(name, 1, "green kettle")
    assert b"Courgettes" in all_bytes(tmp_path)
    clock.now_s += 24 * HOUR_S
    table.forget_due()
    assert b"Courgettes" not in all_bytes(tmp_path)


def test_a_clock_that_was_ahead_leaves_nothing_behind_when_it_is_right_again(
    table: SurplusTable, clock: Clock, tmp_path: Path
) -> None:
    clock.now_s += 3_000 * DAY_S
    table.give(offer(from_s=int(clock.now_s), until_s=int(clock.now_s) + DAY_S), "ada")
    table.wishes.add("seeds", "Sunflowers")
    clock.now_s = NOW_S
    table.forget_due()
    assert b"Courgettes" not in all_bytes(tmp_path)
    assert b"Sunflowers" not in all_bytes(tmp_path)


def test_a_clock_that_was_not_set_yet_forgets_nothing(table: SurplusTable, clock: Clock) -> None:
    name = table.give(offer(), "ada")
    ticket = table.reserve(name, 1, "blue kettle")
    table.wishes.add("seeds", "Sunflowers")
    for clock.now_s in (5.0, 1_000_000_000.0, float(NOW_S)):
        assert table.forget_due() == 0
        assert table.reservation(ticket).offer == name
    assert [wish.what for wish in table.wishes.all()] == ["Sunflowers"]


def test_a_clock_that_goes_back_a_little_changes_nothing(table: SurplusTable, clock: Clock) -> None:
    name = table.give(offer(), "ada")
    clock.now_s -= 2 * HOUR_S
    assert table.find(name).left == 3


def test_no_word_giver_or_person_is_in_any_file_even_while_it_waits(
    table: SurplusTable, tmp_path: Path
) -> None:
    name = table.give(offer(), "member-ada-0001")
    table.reserve(name, 1, "Turquoise heron")
    database = all_bytes(tmp_path)
    for text in (b"member-ada-0001", b"Turquoise", b"turquoise heron"):
        assert text not in database
    assert [row.id for row in table.by_giver("member-ada-0001")] == [name]
    assert table.by_giver("member-bo-0002") == []


def test_a_digest_of_a_forgotten_word_is_in_no_file(table: SurplusTable, tmp_path: Path) -> None:
    name = table.give(offer(), "ada")
    tickets = [table.reserve(name, 1, f"word {number}") for number in range(3)]
    digests = [table.key.word(name, f"word {number}") for number in range(3)]
    assert all(digest in all_bytes(tmp_path) for digest in digests)
    table.hand_over(name, "word 0")
    table.give_up(tickets[1])
    assert [digest in all_bytes(tmp_path) for digest in digests] == [False, False, True]
    assert [ticket.encode() in all_bytes(tmp_path) for ticket in tickets] == [False, False, True]
    table.take_back(name)
    assert digests[2] not in all_bytes(tmp_path)


def test_what_a_process_that_was_killed_left_of_a_reservation_goes_at_the_next_look(tmp_path: Path) -> None:
    # It dies when the reservation is deleted and before the log is emptied.
    dying = """
import os, pathlib, signal, sys
from sera_store.database.database import Database
from sharing.surplus import open_table, offer
from web.parts import NOW_S
table = open_table(pathlib.Path(sys.argv[1]), lambda: NOW_S)
name = table.give(offer(), "ada")
ticket = table.reserve(name, 1, "blue kettle")
print(ticket, table.key.word(name, "blue kettle").hex(), flush=True)
Database.empty_log = lambda self: os.kill(os.getpid(), signal.SIGKILL)
table.hand_over(name, "blue kettle")
"""
    done = subprocess.run(
        [sys.executable, "-c", dying, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    ticket, digest = done.stdout.split()
    traces = (ticket.encode(), bytes.fromhex(digest))
    assert all(trace in all_bytes(tmp_path) for trace in traces)
    with pages_of(tmp_path) as pages:
        assert forget_surplus(pages.installation) == 0
        assert not any(trace in all_bytes(tmp_path) for trace in traces)
        assert [one.left for one in pages.installation.surplus.of("oak").offers()] == [2]


def test_a_giver_has_so_many_open_offers_and_no_more(table: SurplusTable) -> None:
    for _ in range(OFFERS_OF_ONE_MOST):
        table.give(offer(), "ada")
    assert refused(table.give, offer(), "ada") == "full"
    table.give(offer(), "bo")
    assert table.take_back_all("ada") == OFFERS_OF_ONE_MOST
    assert len(table.offers()) == 1


def test_a_wish_has_a_day_of_end_alone_and_the_same_wish_is_one_line(
    table: SurplusTable, clock: Clock, tmp_path: Path
) -> None:
    table.wishes.add("seeds", "Sunflowers")
    clock.now_s += HOUR_S
    table.wishes.add("seeds", "Sunflowers")
    table.wishes.add("eggs", "")
    lines = table.wishes.all()
    assert [(line.kind, line.what) for line in lines] == [("eggs", ""), ("seeds", "Sunflowers")]
    assert {line.ends_s % DAY_S for line in lines} == {0}
    clock.now_s += 9 * DAY_S
    table.forget_due()
    assert b"Sunflowers" not in all_bytes(tmp_path)


def test_a_draw_gives_by_the_rule_and_what_it_gives_is_handed_over_by_the_word(
    tmp_path: Path, clock: Clock
) -> None:
    table = open_table(tmp_path, clock, structs.replace(RULE, sharing=SharingRule(way="need", members=3)))
    name = table.give(offer(portions=4, draw_s=NOW_S + HOUR_S), "ada", head="ab" * 32)
    seed = table.find(name).seed
    tickets = [table.reserve(name, portions, f"word {portions}") for portions in (1, 2, 4)]
    assert refused(table.reserve, name, 1, "word 9") == "all_ask"
    assert refused(table.hand_over, name, "word 1") == "no_share"
    assert (table.find(name).ask_count, table.find(name).left) == (3, 4)
    clock.now_s += HOUR_S
    drawn = table.find(name)
    assert drawn.seed == seed
    assert drawn.shares is not None
    granted = {share.ticket: share.portions for share in drawn.shares}
    assert [table.reservation(ticket).granted for ticket in tickets] == [
        granted[ticket] for ticket in tickets
    ]
    assert sum(granted.values()) == 4
    assert granted[tickets[0]] == 1
    assert table.hand_over(name, "word 1") == 1
    table.close()


def test_a_rotation_asks_for_the_number_of_a_share_and_forgets_it_with_the_draw(
    tmp_path: Path, clock: Clock
) -> None:
    from datetime import date

    sharing = SharingRule(way="rotation", members=3, begins=date(2026, 6, 1))
    table = open_table(tmp_path, clock, structs.replace(RULE, sharing=sharing))
    name = table.give(offer(draw_s=NOW_S + HOUR_S), "ada")
    assert refused(table.reserve, name, 1, "word 0") == "number"
    assert refused(table.reserve, name, 1, "word 0", 4) == "number"
    ticket = table.reserve(name, 1, "word 1", 2)
    assert refused(table.reserve, name, 1, "word 2", 2) == "number_taken"
    assert table.reservation(ticket).number == 2
    clock.now_s += HOUR_S
    assert (table.reservation(ticket).granted, table.reservation(ticket).number) == (1, None)
    table.close()


def test_a_table_of_another_key_opens_nothing(tmp_path: Path, clock: Clock, table: SurplusTable) -> None:
    name = table.give(offer(), "ada")
    link = table.key.link("offer", name)
    assert table.key.opened("offer", link) == name
    for wrong in (name, f"{name}-", link[:-1], link + "0", table.key.link("reservation", name), "é", ""):
        assert table.key.opened("offer", wrong) is None
