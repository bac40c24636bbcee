"""Shares by a rule: never more than there is or the rule says, whatever the order, and to be recomputed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_coalition.surplus.rule import EQUAL, NEED, ROTATION, WAYS, SharingRule
from sera_coalition.surplus.sharing import Ask, drawn_order, first_number, seed_of, share

MEMBERS = 12
BEGINS = date(2026, 6, 1)
TICKETS = st.text("0123456789abcdef", min_size=4, max_size=16)
ASKS = st.lists(
    st.tuples(TICKETS, st.integers(1, 20), st.integers(1, MEMBERS)),
    max_size=MEMBERS,
    unique_by=(lambda ask: ask[0], lambda ask: ask[2]),
).map(lambda rows: [Ask(*row) for row in rows])
RULES = st.builds(
    lambda way, most: SharingRule(
        way=way, members=MEMBERS, portions_most=most, begins=BEGINS if way == ROTATION else None
    ),
    st.sampled_from(WAYS),
    st.integers(1, 30),
)
DAYS = st.integers(0, 400).map(lambda days: BEGINS + timedelta(days=days))


@given(RULES, st.integers(1, 200), ASKS, st.text(), DAYS)
def test_nobody_gets_more_than_the_rule_says_or_than_there_is(
    rule: SharingRule, portions: int, asks: list[Ask], seed: str, day: date
) -> None:
    shares = share(rule, portions, asks, seed, day)
    assert sorted(part.ticket for part in shares) == sorted(ask.ticket for ask in asks)
    assert all(0 <= part.portions <= rule.portions_most for part in shares)
    assert sum(part.portions for part in shares) <= portions
    if rule.way != EQUAL:
        assert all(part.portions <= part.requested for part in shares)


@given(RULES, st.integers(1, 200), ASKS, st.text(), DAYS)
def test_all_is_given_where_enough_is_asked_for(
    rule: SharingRule, portions: int, asks: list[Ask], seed: str, day: date
) -> None:
    total = sum(part.portions for part in share(rule, portions, asks, seed, day))
    if rule.way == EQUAL:
        portion = min(portions // len(asks), rule.portions_most) if asks else 0
        assert total == portion * len(asks)
    else:
        assert total == min(portions, sum(min(ask.portions, rule.portions_most) for ask in asks))


@given(RULES, st.integers(1, 200), ASKS, st.text(), DAYS)
def test_two_who_got_less_than_they_asked_for_differ_by_one_at_most(
    rule: SharingRule, portions: int, asks: list[Ask], seed: str, day: date
) -> None:
    shares = share(rule, portions, asks, seed, day)
    unmet = [part.portions for part in shares if part.portions < min(part.requested, rule.portions_most)]
    if rule.way == EQUAL:
        assert len({part.portions for part in shares}) <= 1
    elif unmet:
        # Nor has anybody more than one portion more than whoever still wants one.
        assert max(part.portions for part in shares) - min(unmet) <= 1


@given(RULES, st.integers(1, 200), ASKS, st.text(), DAYS, st.randoms())
def test_the_order_in_which_people_asked_does_not_matter(
    rule: SharingRule, portions: int, asks: list[Ask], seed: str, day: date, random: object
) -> None:
    shuffled = list(asks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert share(rule, portions, shuffled, seed, day) == share(rule, portions, asks, seed, day)


@given(st.lists(TICKETS, unique=True), st.text())
def test_anybody_can_work_out_the_order_from_seed_and_tickets(tickets: list[str], seed: str) -> None:
    key = sha256("\n".join([seed, *sorted(tickets)]).encode()).hexdigest()
    keyed = {sha256(f"{key}\n{ticket}".encode()).hexdigest(): ticket for ticket in tickets}
    assert drawn_order(tickets, seed) == [keyed[digest] for digest in sorted(keyed)]


def test_who_asks_again_and_again_until_their_ticket_looks_good_comes_first_as_seldom_as_others() -> None:
    drawn, firsts = random.Random(4), 0
    for number in range(600):
        seed = seed_of("head", f"offer {number}", 86_400)
        others = [f"{drawn.getrandbits(64):016x}" for _ in range(4)]
        # What one sees before the draw: the seed, and one's own ticket, which can be left for another one.
        tries = [f"{drawn.getrandbits(64):016x}" for _ in range(30)]
        best = min(tries, key=lambda ticket, seed=seed: sha256(f"{seed}\n{ticket}".encode()).digest())
        alone = min(tries, key=lambda ticket, seed=seed: drawn_order([ticket, "0" * 16], seed).index(ticket))
        firsts += drawn_order([*others, best], seed)[0] == best
        firsts += drawn_order([*others, alone], seed)[0] == alone
    # Five standard deviations of a binomial of 1,200 and 1/5; by seed and ticket alone it was 802.
    assert abs(firsts - 240) < 70, firsts


def test_another_seed_gives_another_order_and_each_ticket_comes_first_about_as_often() -> None:
    tickets = [f"{number:04x}" for number in range(5)]
    firsts = [drawn_order(tickets, seed_of("head", "offer", day * 86_400))[0] for day in range(2_000)]
    counts = [firsts.count(ticket) for ticket in tickets]
    # Five standard deviations of a binomial of 2,000 and 1/5.
    assert all(abs(count - 400) < 90 for count in counts), counts


def test_the_seed_follows_from_the_head_the_offer_and_the_day_alone() -> None:
    seed = seed_of("aa", "bb", 86_400)
    assert seed == sha256(b"aa\nbb\n1970-01-02").hexdigest()
    assert seed == seed_of("aa", "bb", 86_400 + 3_600)
    assert len({seed, seed_of("ab", "bb", 86_400), seed_of("aa", "bc", 86_400), seed_of("aa", "bb", 0)}) == 4


def test_a_rotation_gives_each_number_the_first_turn_once_in_as_many_days_as_there_are_members() -> None:
    rule = SharingRule(way=ROTATION, members=5, begins=BEGINS)
    asks = [Ask(f"{number:04x}", 9, number) for number in range(1, 6)]
    sums = dict.fromkeys([ask.ticket for ask in asks], 0)
    for days in range(5):
        day = BEGINS + timedelta(days=days)
        assert first_number(rule, day) == days + 1
        shares = share(rule, 7, asks, "", day)
        assert shares[0].ticket == asks[days].ticket
        for part in shares:
            sums[part.ticket] += part.portions
    # Seven portions for five is unfair on each day, and even after five.
    assert set(sums.values()) == {7}


@pytest.mark.parametrize(
    ("way", "expected"), [(EQUAL, {"a": 2, "b": 2, "c": 2}), (NEED, {"a": 1, "b": 4, "c": 3})]
)
def test_need_follows_what_is_asked_for_and_equal_does_not(way: str, expected: dict[str, int]) -> None:
    rule = SharingRule(way=way, members=3)
    asks = [Ask("a", 1), Ask("b", 5), Ask("c", 3)]
    assert {part.ticket: part.portions for part in share(rule, 8, asks, "seed", BEGINS)} == expected


def test_nothing_is_shared_among_none() -> None:
    for way in WAYS:
        rule = SharingRule(way=way, members=3, begins=BEGINS if way == ROTATION else None)
        assert share(rule, 8, [], "seed", BEGINS) == []
