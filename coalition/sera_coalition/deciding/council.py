"""The decisions of one community: words in its chronicle, votes beside it until the end.

A decision is one item of the chronicle and each step of it the next version, which can be entered once. So
two persons at the same second come one behind the other, and nothing is entered behind a result, by whichever
process. Whoever votes, changes a text or counts holds the votes meanwhile; that lock comes first.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.deciding.book import DecisionBook
from sera_coalition.deciding.decision import REFUSALS, Decision, refusal_of, require
from sera_coalition.deciding.outcome import Count, outcome_of, released_sums
from sera_coalition.deciding.rule import read_deciding_rule
from sera_coalition.deciding.steps import (
    Choice,
    Comment,
    Lifting,
    Objection,
    Proposal,
    Result,
    State,
    StepKind,
    check_body,
    encode_body,
)
from sera_coalition.errors import InvalidStepError, StepRefusedError
from sera_store.chronicle.drafts import Draft, draw_item
from sera_store.chronicle.entries import WITHDRAWN
from sera_store.chronicle.following import hiding_draft
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_coalition.deciding.ballots import Ballots
    from sera_coalition.deciding.book import OwnStep
    from sera_coalition.deciding.rule import DecidingRule
    from sera_coalition.deciding.steps import Body
    from sera_store.chronicle.chronicle import Chronicle

# A result has no author; its entry needs one.
NO_AUTHOR: Final = "the rule"
# A clock that is wrong for a moment, as a small machine's is before it hears of the time, ends nothing.
GRACE_S: Final = 600
_TRIES: Final = 50


class Council:
    """The decisions of one community.

    Parameters
    ----------
    chronicle, ballots
        Of that community, open.
    eligible
        Who may take part by a rule now: drawn ids of persons of the registry.
    clock
        Unix time [s].
    """

    def __init__(
        self,
        chronicle: Chronicle,
        ballots: Ballots,
        eligible: Callable[[DecidingRule], frozenset[str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.book = DecisionBook(chronicle)
        self.ballots = ballots
        self._eligible = eligible
        self._clock = clock

    def eligible(self, decision: Decision) -> frozenset[str]:
        """Return who takes part in an open decision: by its rule, and by whoever was there when it began."""
        if decision.rule is None:
            return frozenset()
        persons = self._eligible(decision.rule)
        is_for_all = decision.rule.newcomers or not self.ballots.is_begun(decision.id)
        return persons if is_for_all else self.ballots.on_roll(decision.id, persons)

    def has_quorum(self, decision: Decision) -> bool:
        """Return whether enough persons took part by now; nothing else is told of votes while it is open."""
        count = self._count(decision)
        return decision.rule is not None and count.took_part >= decision.rule.quorum_of(count.eligible)

    def has_voted(self, decision: Decision, person: str) -> bool:
        """Return whether a person voted about the text as it is now."""
        return self.ballots.has_voted(decision.id, person, decision.text_version)

    def propose(self, proposal: Proposal, author: str) -> str:
        """Enter a proposal with the rule that it carries, draw up who takes part, and return its id.

        Raises
        ------
        InvalidStepError
            A field is not what it may be, or the rule cannot work with so few persons.
        StepRefusedError
            By the rule this person takes no part.
        RuleFileError
            The rule is not valid.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        check_body(proposal)
        rule = read_deciding_rule(proposal.rule, "rule")
        persons = self._eligible(rule)
        require("" if author in persons else "no_part")
        needed = max(rule.quorum_of(len(persons)), rule.objections_stop)
        if len(persons) < needed:
            raise InvalidStepError(
                "rule",
                "too_few",
                f"it needs {needed} persons, and {len(persons)} may take part; change the rule, or invite",
                needed=needed,
                there=len(persons),
            )
        id_ = draw_item()
        with self.ballots.writing():
            self.ballots.begin(id_, persons)
            draft = Draft(StepKind.PROPOSAL, id_, 1, author, encode_body(proposal))
            self.book.chronicle.append([draft])
        return id_

    def change(self, id_: str, proposal: Proposal, author: str) -> None:
        """Put another text in place of the one before; votes about that one are gone, objections stand.

        Raises
        ------
        InvalidStepError, StepRefusedError, StoreUnusableError
            As in `propose`; or it has ended, or is somebody else's.
        """
        with self.ballots.writing():
            self._append(id_, msgspec.structs.replace(proposal, rule=""), author)
            self.ballots.clear(id_)

    def comment(self, id_: str, comment: Comment, author: str) -> None:
        """Enter a comment; raises as `change` does."""
        self._append(id_, comment, author)

    def raise_objection(self, id_: str, objection: Objection, author: str) -> None:
        """Enter an objection, in place of that person's vote; raises as `change` does."""
        with self.ballots.writing():
            self._require_part(self._open(id_), author)
            self._append(id_, objection, author)
            self.ballots.remove(id_, author)

    def lift(self, id_: str, lifting: Lifting, author: str) -> None:
        """Enter that an objection is lifted; raises as `change` does."""
        self._append(id_, lifting, author)

    def vote(self, id_: str, choice: Choice, author: str) -> None:
        """Keep a vote about the text as it is now, in place of the one before.

        Raises
        ------
        StepRefusedError
            It has ended, its days are over, this person takes no part, or has an objection that stands.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        with self.ballots.writing():
            decision = self._open(id_)
            require(refusal_of(decision, StepKind.COMMENT, author, self._now_s(decision)))
            self._require_part(decision, author)
            require("objects" if author in decision.objectors else "")
            self._begin_again(decision)
            self.ballots.put(id_, author, choice, decision.text_version)

    def take_vote_back(self, id_: str, author: str) -> None:
        """Take a person's vote back, where there is one and the decision is open."""
        with self.ballots.writing():
            self.ballots.remove(id_, author)

    def take_back(self, numbers: list[int], author: str) -> None:
        """Erase for good what a person gave: proposals with all their texts, comments, objections.

        An open proposal that is taken back has ended, and its votes are gone. Of one that was decided the
        decided text is the community's, and stays.

        Raises
        ------
        StepRefusedError
            Something of it is somebody else's.
        """
        own = {own_step.step.number: own_step for own_step in self.book.by_author(author)}
        require("" if set(numbers) <= own.keys() else "not_yours")
        self._erase([own[number] for number in numbers])

    def withdraw_all(self, author: str) -> None:
        """Erase all that a person gave, and their votes: they leave."""
        with self.ballots.writing():
            for id_ in self.ballots.begun():
                self.ballots.remove(id_, author)
        self._erase(self.book.by_author(author, with_liftings=True))

    def votes_of(self, person: str) -> list[Decision]:
        """List the open decisions in which a person has a vote."""
        open_now = [decision for decision in self.book.all() if decision.state is State.OPEN]
        return [decision for decision in open_now if self.has_voted(decision, person)]

    def hide(self, number: int, author: str, *, is_hidden: bool) -> None:
        """Hide a step, or show it again; it counts as before."""
        self.book.chronicle.append([hiding_draft(number, author, is_hidden=is_hidden)])

    def close_due(self) -> list[Decision]:
        """End the decisions whose days have been over for ten minutes; return them as they ended.

        Of what a process that was killed left the rest is done.
        """
        self.ballots.empty_log()
        for id_ in self.ballots.begun():
            decision = self.book.find(id_)
            if decision is not None and decision.state is not State.OPEN:
                self.ballots.forget(id_)
        waiting = [decision for decision in self.book.all() if decision.state is State.OPEN]
        ended = [self._close(decision.id) for decision in waiting if self._is_due(decision)]
        return [decision for decision in ended if decision is not None]

    def _is_due(self, decision: Decision) -> bool:
        now_s = int(self._clock())
        due_s = self.ballots.due_s(decision.id)
        if now_s < decision.ends_s:
            if due_s is not None:
                self.ballots.note_due(decision.id, None)
            return False
        if due_s is None or due_s > now_s:
            self._begin_again(decision)
            self.ballots.note_due(decision.id, now_s)
            return False
        return now_s - due_s >= GRACE_S

    def _close(self, id_: str) -> Decision | None:
        with self.ballots.writing():
            decision, version = self.book.find_with_next(id_)
            if decision is None or decision.state is not State.OPEN or decision.rule is None:
                return None
            result = self._result(decision, decision.rule)
            draft = Draft(StepKind.RESULT, id_, version, NO_AUTHOR, encode_body(result))
            with suppress(InvalidEntryError):
                # Where a comment came first this is done at the next look.
                self.book.chronicle.append([draft])
                self.ballots.forget(id_)
        ended = self.book.find(id_)
        return ended if ended is not None and ended.state is not State.OPEN else None

    def _result(self, decision: Decision, rule: DecidingRule) -> Result:
        count = self._count(decision)
        outcome, sums = outcome_of(rule, count), released_sums(count)
        text = decision.text if outcome is State.DECIDED else None
        return Result(
            outcome=outcome,
            title=text.title if text is not None else "",
            text=text.text if text is not None else "",
            text_version=decision.text_version,
            rule=self._rule_text(decision),
            eligible=count.eligible,
            quorum=rule.quorum_of(count.eligible),
            took_part=sums.took_part,
            agree=sums.agree,
            aside=sums.aside,
            objecting=count.objecting,
        )

    @staticmethod
    def _rule_text(decision: Decision) -> str:
        first = decision.steps[0].body
        return first.rule if isinstance(first, Proposal) else ""

    def _count(self, decision: Decision) -> Count:
        persons = self.eligible(decision)
        objecting = decision.objectors & persons
        votes = self.ballots.count(decision.id, persons - objecting, decision.text_version)
        return Count(len(persons), votes.agree, votes.aside, len(objecting))

    def _begin_again(self, decision: Decision) -> None:
        """Draw up who takes part where that was lost: a backup holds no votes."""
        if decision.rule is not None:
            self.ballots.begin(decision.id, self._eligible(decision.rule))

    def _require_part(self, decision: Decision, author: str) -> None:
        self._begin_again(decision)
        require("" if author in self.eligible(decision) else "no_part")

    def _open(self, id_: str) -> Decision:
        decision = self.book.find(id_)
        require("closed" if decision is None else "")
        assert decision is not None  # noqa: S101 - the line above
        return decision

    def _now_s(self, decision: Decision) -> int:
        return max(int(self._clock()), decision.last_s)

    def _append(self, id_: str, body: Body, author: str) -> None:
        """Enter a step behind the last one, once it may follow there; who came first is not overtaken."""
        check_body(body)
        kind = _kind_of(body)
        for _ in range(_TRIES):
            decision, version = self.book.find_with_next(id_)
            if decision is None:
                break
            objection = body.objection if isinstance(body, Lifting) else 0
            now_s = self._now_s(decision)
            require(refusal_of(decision, kind, author, now_s, objection=objection))
            try:
                self.book.chronicle.append([Draft(kind, id_, version, author, encode_body(body))])
            except InvalidEntryError:
                continue
            return
        raise StepRefusedError("closed", f"{REFUSALS['closed']}, or others are faster; try again")

    def _erase(self, own: list[OwnStep]) -> None:
        numbers: set[int] = set()
        with self.ballots.writing():
            for decision, step in own:
                numbers.add(step.number)
                if step.kind is StepKind.PROPOSAL:
                    numbers |= {other.number for other in decision.steps if other.kind is StepKind.PROPOSAL}
                    self.ballots.forget(decision.id)
                numbers |= {
                    other.number
                    for other in decision.steps
                    if isinstance(other.body, Lifting) and other.body.objection == step.position
                }
            if numbers:
                self.book.chronicle.erase(sorted(numbers), WITHDRAWN)


def _kind_of(body: Body) -> StepKind:
    kinds = {
        Proposal: StepKind.PROPOSAL,
        Comment: StepKind.COMMENT,
        Objection: StepKind.OBJECTION,
        Lifting: StepKind.LIFTING,
        Result: StepKind.RESULT,
    }
    return kinds[type(body)]
