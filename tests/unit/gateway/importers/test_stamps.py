"""Times as loggers write them: forms, halves of the day, and the order that a whole file settles."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_gateway.importers.stamps import (
    AmbiguousDatesError,
    DateOrder,
    HalfDays,
    Stamp,
    parse_offset_s,
    parse_stamp,
    read_stamps,
)


@pytest.mark.parametrize(
    ("text", "numbers", "second_of_day_s", "offset_s"),
    [
        ("2020.10.06 09:00", ("2020", "10", "06"), 32_400, None),
        ("22.11.2018 0:00", ("22", "11", "2018"), 0, None),
        ("02.10.2022", ("02", "10", "2022"), None, None),
        ("2021. 4. 8. 9:15", ("2021", "4", "8"), 33_300, None),
        ("2020-10-06 09:00:00+01:00", ("2020", "10", "06"), 32_400, 3_600),
        ("2020-10-06T09:00:00.250-0130", ("2020", "10", "06"), 32_400, -5_400),
        ("2020-09-02T15:35:19Z", ("2020", "09", "02"), 56_119, 0),
        ("04/08/21 12:05:00 AM", ("04", "08", "21"), 300, None),
        ("04/08/21 12:05 PM", ("04", "08", "21"), 43_500, None),
        ("04.08.21 02:15:00 odp.", ("04", "08", "21"), 51_300, None),
        ("04/08/21 9:00 p. m.", ("04", "08", "21"), 75_600, None),
        ("2021-04-08 午後 09:15:00", ("2021", "04", "08"), 76_500, None),
        ("31/12/2020 24:00", ("31", "12", "2020"), 86_400, None),
    ],
)
def test_a_stamp_is_taken_apart(
    text: str, numbers: tuple[str, str, str], second_of_day_s: int | None, offset_s: int | None
) -> None:
    assert parse_stamp(text) == Stamp(text, numbers, second_of_day_s, offset_s)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yesterday", "expected a date of three numbers"),
        ("06.10-2020 09:00", "expected a date of three numbers"),
        ("06.10.2020 25:00", "no clock shows"),
        ("06.10.2020 09:60", "no clock shows"),
        ("06.10.2020 13:00 PM", "a clock of twelve hours"),
        ("06.10.2020 00:10 AM", "a clock of twelve hours"),
        ("06.10.2020 09:00 xyz", "--half-days"),
    ],
)
def test_what_is_no_time_says_what_was_expected(text: str, problem: str) -> None:
    parsed = parse_stamp(text)
    assert isinstance(parsed, str)
    assert problem in parsed


def test_words_of_a_person_stand_for_the_halves_of_the_day() -> None:
    words = HalfDays.of("morgen", " Abend.")
    stamp = parse_stamp("06.10.2020 09:00 abend", words)
    assert isinstance(stamp, Stamp)
    assert stamp.second_of_day_s == 21 * 3_600


@pytest.mark.parametrize("text", ["", "+25:00", "+01:75", "Prague", "0100"])
def test_what_is_no_offset_is_none(text: str) -> None:
    assert parse_offset_s(text) in (None, 0)
    assert (parse_offset_s(text) == 0) is (text == "")


def rows(*texts: str) -> dict[int, str]:
    return dict(enumerate(texts, 1))


def test_a_date_that_one_order_alone_has_settles_all() -> None:
    read = read_stamps(rows("03/04/2021 10:00", "25/04/2021 10:00"))
    assert (read.order, read.is_told_by_days) == (DateOrder.DMY, False)


def test_four_digits_first_are_the_year_and_ask_for_nothing() -> None:
    read = read_stamps(rows("2021-04-03 10:00", "2021-05-04 10:00"))
    assert [datetime.fromtimestamp(read.times_s[row], UTC).month for row in (1, 2)] == [4, 5]


def test_days_that_follow_one_another_settle_the_order_and_say_so() -> None:
    read = read_stamps(rows("04.08.21 23:45", "04.09.21 00:00"))
    assert (read.order, read.is_told_by_days) == (DateOrder.MDY, True)


def test_one_day_in_several_readings_is_refused() -> None:
    with pytest.raises(AmbiguousDatesError, match=r"2021-04-08 .*2021-08-04"):
        read_stamps(rows("08/04/2021 10:00", "08/04/2021 10:15"))


def test_a_day_that_all_orders_read_alike_is_read() -> None:
    assert read_stamps(rows("04/04/2021 10:00")).times_s == {1: 1_617_530_400}


def test_one_impossible_date_costs_only_its_row() -> None:
    read = read_stamps(rows("30.01.2021 10:00", "31.02.2021 10:00", "31.01.2021 10:00"))
    assert sorted(read.times_s) == [1, 3]
    assert "no calendar has this date" in read.problems[2]


@given(
    st.dates(date(2001, 1, 1), date(2060, 1, 1)),
    st.integers(3, 40),
    st.sampled_from(["%d.%m.%y", "%m/%d/%y", "%y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y.%m.%d"]),
)
def test_days_in_a_row_are_read_by_their_own_order(first: date, count: int, form: str) -> None:
    days = [first + timedelta(days=index) for index in range(count)]
    read = read_stamps({index: f"{day:{form}} 12:00" for index, day in enumerate(days)})
    assert [datetime.fromtimestamp(read.times_s[index], UTC).date() for index in range(count)] == days
