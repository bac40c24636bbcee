"""Audiences that a community defines itself: a family, the women, the elders, a season."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import msgspec

from sera_commons.errors import InvalidItemError

NAME_LONGEST: Final = 60
MEMBERS_MOST: Final = 500
_DAY_OF_YEAR: Final = re.compile(r"\d\d-\d\d")
_LEAP_YEAR: Final = 2024


class Audience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may see what is given to it, and when in the year.

    Parameters
    ----------
    id
        Drawn, 32 hexadecimal digits.
    name
        What the community calls it; shown to its members and to whoever chooses an audience.
    members
        Drawn ids of persons.
    is_whole_community
        Whether everybody in the community is in it: an audience that is a season alone.
    first_day, last_day
        Days of the year between which it is open, as `11-01`; both empty for the whole year.
    """

    id: str
    name: str
    members: tuple[str, ...] = ()
    is_whole_community: bool = False
    first_day: str = ""
    last_day: str = ""

    def is_open_on(self, day: date) -> bool:
        """Return whether it is open on a day; a season may go over the end of a year."""
        if not self.first_day:
            return True
        today = f"{day:%m-%d}"
        if self.first_day <= self.last_day:
            return self.first_day <= today <= self.last_day
        return today >= self.first_day or today <= self.last_day


def check_audience(audience: Audience) -> None:
    """Check the fields of an audience.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    for problem in audience_problems(audience):
        raise problem


def audience_problems(audience: Audience) -> list[InvalidItemError]:
    """List all that an audience may not be, each with its field, what was expected and what to do."""
    problems = []
    if not audience.name.strip():
        problems.append(InvalidItemError("name", "empty", "expected a name; write a few words"))
    elif not audience.name.isprintable():
        problems.append(InvalidItemError("name", "characters", "has characters that cannot be seen"))
    elif len(audience.name) > NAME_LONGEST:
        words = f"expected a name of 1 to {NAME_LONGEST} visible characters"
        problems.append(InvalidItemError("name", "too_long", words, most=NAME_LONGEST))
    if len(audience.members) > MEMBERS_MOST:
        words = f"at most {MEMBERS_MOST} members"
        problems.append(InvalidItemError("members", "too_many", words, most=MEMBERS_MOST))
    days = (audience.first_day, audience.last_day)
    if days != ("", "") and not all(map(_is_day_of_year, days)):
        words = "expected the first and the last day of the season as month-day, or neither"
        problems.append(InvalidItemError("season", "season", words))
    return problems


def _is_day_of_year(text: str) -> bool:
    if not _DAY_OF_YEAR.fullmatch(text):
        return False
    month, day = map(int, text.split("-"))
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True
