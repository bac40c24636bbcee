"""The decisions in a community's chronicle, held in memory, and who gave what of them."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.deciding.decision import Decision, decision_of
from sera_coalition.deciding.steps import Step, StepKind, decode_body
from sera_coalition.errors import InvalidStepError
from sera_store.chronicle.entries import ERASURE
from sera_store.chronicle.following import HIDING, Follower, read_hiding

if TYPE_CHECKING:
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.entries import Entry

_KINDS: Final = frozenset(kind.value for kind in StepKind)


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
        self._lock = threading.RLock()
        self._follower = Follower(chronicle)
        self._steps: dict[str, dict[int, Step]] = {}
        self._places: dict[int, tuple[str, int]] = {}
        self._hidden: dict[int, bool] = {}

    def all(self) -> list[Decision]:
        """List all decisions, the newest first."""
        with self._lock:
            self._follow()
            decisions = [decision_of(id_, steps.values()) for id_, steps in self._steps.items()]
        readable = [decision for decision in decisions if decision is not None]
        return sorted(readable, key=lambda decision: -decision.steps[0].number)

    def find(self, id_: str) -> Decision | None:
        """Return a decision; None where there is none."""
        return self.find_with_next(id_)[0]

    def find_with_next(self, id_: str) -> tuple[Decision | None, int]:
        """Return a decision and the position of the step behind it, both as of one moment."""
        with self._lock:
            self._follow()
            steps = self._steps.get(id_, {})
            return decision_of(id_, steps.values()), max(steps, default=0) + 1

    def given_by(self, author: str, *, with_liftings: bool = False) -> list[OwnStep]:
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

    def _follow(self) -> None:
        for entry in self._follower.entries():
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        if entry.kind == ERASURE:
            for number in entry.erases:
                self._replace(number, author="", at_s=0, body=None)
        elif entry.kind == HIDING:
            contents = self.chronicle.contents(entry.number)
            if contents is not None and contents.body is not None:
                hiding = read_hiding(contents.body)
                self._hidden[hiding.number] = hiding.is_hidden
                self._replace(hiding.number, is_hidden=hiding.is_hidden)
        elif entry.kind in _KINDS:
            self._places[entry.number] = (entry.item, entry.version)
            self._steps.setdefault(entry.item, {})[entry.version] = self._step(entry)

    def _step(self, entry: Entry) -> Step:
        contents = self.chronicle.contents(entry.number)
        kind, body, author, at_s = StepKind(entry.kind), None, "", 0
        if contents is not None:
            author, at_s = contents.author, contents.time_s
            with suppress(InvalidStepError):
                body = decode_body(kind, contents.body or b"")
        is_hidden = self._hidden.get(entry.number, False)
        return Step(entry.version, entry.number, kind, entry.day, at_s, author, body, is_hidden)

    def _replace(self, number: int, **fields: object) -> None:
        place = self._places.get(number)
        if place is not None:
            item, version = place
            self._steps[item][version] = self._steps[item][version]._replace(**fields)  # type: ignore[arg-type]
