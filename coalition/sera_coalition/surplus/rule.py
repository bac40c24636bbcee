"""The rule of a community's table, one of the files that everybody can read; without one, what holds."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from sera_coalition.errors import RuleFileError
from sera_coalition.rule_files import FORM, Contradiction, Rule, read_rule, read_rule_text, rule_path

if TYPE_CHECKING:
    from pathlib import Path

PURPOSE: Final = "surplus"
SAMPLE: Final = "surplus-rule.toml"
EQUAL: Final = "equal"
ROTATION: Final = "rotation"
NEED: Final = "need"
WAYS: Final = (EQUAL, ROTATION, NEED)
WISH_DAYS_MOST: Final = 60
_DAY_HOURS: Final = 24

_OfferDays = Annotated[int, msgspec.Meta(ge=1, le=31)]
_ForgetHours = Annotated[int, msgspec.Meta(ge=0, le=168)]
_HoldHours = Annotated[int, msgspec.Meta(ge=1, le=168)]
_Portions = Annotated[int, msgspec.Meta(ge=1, le=200)]
_WishDays = Annotated[int, msgspec.Meta(ge=1, le=WISH_DAYS_MOST)]
_Members = Annotated[int, msgspec.Meta(ge=2, le=200)]


class OfferRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days an offer may stand, and after how many hours it is forgotten once it has ended."""

    days_most: _OfferDays = 14
    forget_hours: _ForgetHours = 24


class ReservationRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something waits to be fetched [h], and how many portions one word reserves at most."""

    hold_hours: _HoldHours = 48
    portions_most: _Portions = 4


class LookingRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days a line of the list of what is looked for stands."""

    days: _WishDays = 7


class SharingRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a harvest is shared among members.

    Parameters
    ----------
    way
        `equal`, `rotation` or `need`.
    members
        How many take part at most; with `rotation`, how many shares there are, numbered from 1.
    portions_most
        How many portions one of them gets at most.
    begins
        With `rotation`, the day on which number 1 begins; each day after it the next number does.
    """

    way: Literal["equal", "rotation", "need"]
    members: _Members
    portions_most: _Portions = 200
    begins: date | None = None


class SurplusRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule of a table; all of it has a value where the file leaves it out, but for sharing."""

    purpose: Literal["surplus"]
    offer: OfferRule = OfferRule()
    reservation: ReservationRule = ReservationRule()
    looking: LookingRule = LookingRule()
    sharing: SharingRule | None = None

    def contradictions(self) -> list[Contradiction]:
        """List the pairs of keys that cannot both hold."""
        contradictions = []
        hold_hours, days = self.reservation.hold_hours, self.offer.days_most
        if hold_hours > days * _DAY_HOURS:
            why = f"something would wait {hold_hours} hours of an offer that stands for {days} days at most"
            contradictions.append(Contradiction("reservation.hold_hours", "offer.days_most", why))
        if self.sharing is None:
            return contradictions
        is_by_turns = self.sharing.way == ROTATION
        if is_by_turns and self.sharing.begins is None:
            why = "turns need the day of the first one, and it is missing"
            contradictions.append(Contradiction("sharing.way", "sharing.begins", why))
        if not is_by_turns and self.sharing.begins is not None:
            why = f"only rotation has turns, and the way is {self.sharing.way}"
            contradictions.append(Contradiction("sharing.way", "sharing.begins", why))
        return contradictions


def rule_without_file(community: str) -> SurplusRule:
    """Return the rule that holds where a community has written none."""
    return SurplusRule(form=FORM, purpose=PURPOSE, community=community)


def read_surplus_rule(text: str, name: str, community: str = "") -> SurplusRule:
    """Read a rule from the text of its file.

    Raises
    ------
    RuleFileError
        With each problem by its line; a contradiction names both keys.
    """
    return read_rule(text, SurplusRule, name, community)


def sample_text(community: str) -> str:
    """Return a rule file in which nothing is other than without one, for a community to change.

    Sharing stands in it behind `#`, since it holds for whoever wants it alone.
    """
    text = resources.files(__package__).joinpath(SAMPLE).read_text(encoding="utf-8")
    rule, heading, sharing = text.replace('community = "oak"', f'community = "{community}"').partition(
        "\n[sharing]"
    )
    lines = (heading + sharing).strip().splitlines()
    return rule + "".join(f"\n# {line}" for line in lines) + "\n"


def load_rule(data: Path, community: str) -> SurplusRule:
    """Read the rule of a community; the values that hold without one where there is no file.

    Raises
    ------
    RuleFileError
        The file cannot be read, or contradicts the schema or itself.
    """
    path = rule_path(data, PURPOSE, community)
    try:
        return read_surplus_rule(read_rule_text(path), path.name, community)
    except FileNotFoundError:
        return rule_without_file(community)
    except OSError as error:
        raise RuleFileError(path.name, [f"cannot be read ({error.strerror})"]) from error
