"""The decisions in a community's chronicle, held in memory, and who gave what of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sera_coalition.deciding.decision import Decision, decision_of
from sera_coalition.deciding.steps import Step, StepKind, decode_body
from sera_coalition.errors import InvalidStepError
from sera_store.chronicle.following import Follower

if TYPE_CHECKING:
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.drafts import Contents
    from sera_store.chronicle.entries import Entry
    from sera_store.chronicle.following import Hiding


class OwnStep(NamedTuple):
    """Something that a person gave: its decision, and the step."""

    decision: Decision
    step: Step


class DecisionBook:
    """The decisions of one community, as its chronicle has them now; threads may share it.

    Before each answer it looks at the chronicle's head, so that what another process entered holds at once.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle
        take = {kind.value: self._take for kind in StepKind}
        self._follower = Follower(chronicle, take, forget=self._forget, hide=self._hide)
        self._steps: dict[str, dict[int, Step]] = {}
        self._places: dict[int, tuple[str, int]] = {}

    def all(self) -> list[Decision]:
        """List all decisions, the newest first."""
        with self._follower.follow():
            decisions = [decision_of(id_, steps.values()) for id_, steps in self._steps.items()]
        readable = [decision for decision in decisions if decision is not None]
        return sorted(readable, key=lambda decision: -decision.steps[0].number)

    def find(self, id_: str) -> Decision | None:
        """Return a decision; None where there is none."""
        return self.find_with_next(id_)[0]

    def find_with_next(self, id_: str) -> tuple[Decision | None, int]:
        """Return a decision and the position of the step behind it, both as of one moment."""
        with self._follower.follow():
            steps = self._steps.get(id_, {})
            return decision_of(id_, steps.values()), max(steps, default=0) + 1

    def by_author(self, author: str, *, with_liftings: bool = False) -> list[OwnStep]:
        """List what a person gave and did not take back, the newest first; of a proposal its first step."""
        own_steps = [
            OwnStep(decision, step)
            for decision in self.all()
            for step in decision.steps
            if step.author == author
            and step.body is not None
            and (with_liftings or step.kind is not StepKind.LIFTING)
            and (step.kind is not StepKind.PROPOSAL or step.position == 1)
        ]
        return sorted(own_steps, key=lambda own: -own.step.number)

    def _take(self, entry: Entry, contents: Contents) -> None:
        kind, body = StepKind(entry.kind), None
        with suppress(InvalidStepError):
            body = decode_body(kind, contents.body or b"")
        step = Step(entry.version, entry.number, kind, entry.day, contents.time_s, contents.author, body)
        self._places[entry.number] = (entry.item, entry.version)
        self._steps.setdefault(entry.item, {})[entry.version] = step

    def _forget(self, number: int) -> None:
        self._replace(number, author="", at_s=0, body=None)

    def _hide(self, hiding: Hiding) -> None:
        self._replace(hiding.number, is_hidden=hiding.is_hidden)

    def _replace(self, number: int, **fields: object) -> None:
        place = self._places.get(number)
        if place is not None:
            item, version = place
            self._steps[item][version] = self._steps[item][version]._replace(**fields)  # type: ignore[arg-type]
