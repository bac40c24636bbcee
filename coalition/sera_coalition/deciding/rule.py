"""The rule by which a community decides: who takes part, how long, from how many, and what stops."""

from __future__ import annotations

import math
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from sera_coalition.rule_files import Contradiction, Rule, read_rule, read_rule_text, rule_path
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from pathlib import Path

PURPOSE: Final = "deciding"
SAMPLE: Final = "deciding-rule.toml"
DAYS_MOST: Final = 366

RoleName = Literal["member", "host", "facilitator", "curator", "steward"]
_Persons = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_Share = Annotated[str, msgspec.Meta(pattern=r"^([1-9]|[1-9][0-9]|100) ?%$")]
_Days = Annotated[int, msgspec.Meta(ge=1, le=DAYS_MOST)]
_Roles = Annotated[tuple[RoleName, ...], msgspec.Meta(min_length=1)]


class DecidingRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a community decides by consent.

    Parameters
    ----------
    take_part, propose
        Roles that take part, and those of them that may make a proposal.
    newcomers
        Whether who came after a proposal began takes part in it.
    days
        How long a proposal is open [d].
    quorum
        From how many persons there is a result: a number, or a share as `50 %` of those who may take part.
    objections_stop
        So many persons whose objections stand reject a proposal.
    change_begins_again
        Whether the days begin again when the text is changed.
    days_most
        After so many days [d] it ends, however often they began again.
    """

    purpose: Literal["deciding"]
    take_part: _Roles
    propose: _Roles
    newcomers: bool
    days: _Days
    quorum: _Persons | _Share
    objections_stop: _Persons
    change_begins_again: bool
    days_most: _Days | None = None

    def contradictions(self) -> list[Contradiction]:
        """List the pairs of keys that cannot both hold."""
        contradictions = []
        if outside := sorted(set(self.propose) - set(self.take_part)):
            why = f"a {outside[0]} may propose and takes no part"
            contradictions.append(Contradiction("propose", "take_part", why))
        if self.days_most is not None and self.days_most < self.days:
            why = f"it ends after {self.days_most} days and is open for {self.days}"
            contradictions.append(Contradiction("days_most", "days", why))
        if self.days_most is not None and not self.change_begins_again:
            why = "a limit for days that begin again, which they never do"
            contradictions.append(Contradiction("days_most", "change_begins_again", why))
        if self.days_most is None and self.change_begins_again:
            why = "days that begin again need a limit, or a proposal is open for ever"
            contradictions.append(Contradiction("change_begins_again", "days_most", why))
        if isinstance(self.quorum, int) and self.quorum < self.objections_stop:
            why = (
                f"{self.quorum} are enough for a result, and if all of them object it is not stopped, since "
                f"that needs {self.objections_stop}"
            )
            contradictions.append(Contradiction("quorum", "objections_stop", why))
        return contradictions

    def quorum_of(self, eligible: int) -> int:
        """Return how many persons are needed for a result, of so many who may take part.

        A share is never fewer than stop a proposal: else all of them could object, and it would be decided.

        Examples
        --------
        >>> rule = read_deciding_rule(sample_text("oak"), "rule.toml")
        >>> rule.quorum_of(7), rule.quorum_of(0)
        (4, 1)
        """
        if isinstance(self.quorum, int):
            return self.quorum
        return max(self.objections_stop, math.ceil(self.quorum_percent * eligible / 100))

    @property
    def quorum_percent(self) -> int:
        """The share of those who may take part that is needed for a result; 0 where that is a number."""
        return 0 if isinstance(self.quorum, int) else int(self.quorum.rstrip().rstrip("% "))

    @property
    def reading_s(self) -> int:
        """How long a text stands unchanged before the end [s]: a day, or half of one that is all there is."""
        return min(DAY_S, self.days * DAY_S // 2)

    def may_change(self, begun_s: int, at_s: int) -> bool:
        """Return whether a text that is changed then, Unix time [s], can still be read before the end."""
        return self.ends_s(begun_s, at_s) - at_s >= self.reading_s

    def ends_s(self, begun_s: int, changed_s: int) -> int:
        """Return when a proposal ends, Unix time [s].

        Parameters
        ----------
        begun_s, changed_s
            When it began, and when its text was changed last, Unix time [s].
        """
        if not self.change_begins_again or self.days_most is None:
            return begun_s + self.days * DAY_S
        return min(changed_s + self.days * DAY_S, begun_s + self.days_most * DAY_S)


def sample_text(community: str) -> str:
    """Return the rule that Sera brings, for a community that wrote none."""
    text = resources.files(__package__).joinpath(SAMPLE).read_text(encoding="utf-8")
    return text.replace('community = "oak"', f'community = "{community}"')


def read_deciding_rule(text: str, name: str, community: str = "") -> DecidingRule:
    """Read a rule of deciding.

    Raises
    ------
    RuleFileError
        It is not valid, or contradicts itself; by line.
    """
    return read_rule(text, DecidingRule, name, community)


def rule_text_of(data: Path, community: str) -> str:
    """Return the text of a community's rule; that which Sera brings where it wrote none.

    Raises
    ------
    RuleFileError
        The file is too long, or no UTF-8.
    OSError
        The file is there and cannot be read.
    """
    try:
        return read_rule_text(rule_path(data, PURPOSE, community))
    except FileNotFoundError:
        return sample_text(community)
