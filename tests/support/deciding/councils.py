"""Councils for tests: a community of persons, a clock, a proposal; and drawn steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sera_coalition.deciding.ballots import Ballots
from sera_coalition.deciding.council import GRACE_S, Council
from sera_coalition.deciding.rule import sample_text
from sera_coalition.deciding.steps import (
    Comment,
    Lifting,
    Objection,
    Proposal,
    Result,
    State,
    Step,
    StepKind,
)
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from pathlib import Path

    from sera_coalition.deciding.rule import DecidingRule

BEGUN_S = 1_780_000_000
PEOPLE = tuple(f"person-{number:010}" for number in range(1, 13))
ANNA, BO, CEM, DILAN = PEOPLE[:4]
RULE = sample_text("oak")


def ruled(**changes: str) -> str:
    """The rule that Sera brings, with other values behind some of its keys, as TOML."""
    lines = RULE.splitlines()
    for key, value in changes.items():
        lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in lines]
    return "\n".join(lines) + "\n"


def proposal(**fields: Any) -> Proposal:
    """A proposal, but for these fields."""
    whole = {
        "title": "Leave the north bed unmown",
        "text": "The north bed is mown in March alone.",
        "reasons": "Bumblebees nest there.",
        "rule": RULE,
    }
    return Proposal(**{**whole, **fields})


def objection(**fields: Any) -> Objection:
    """An objection, but for these fields."""
    return Objection(
        **{"reason": "The path grows over.", "change": "Mow a hand's width beside it.", **fields}
    )


class Community:
    """Twelve persons, their council, and a clock that tests put forward."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.now_s = float(BEGUN_S)
        self.persons = set(PEOPLE)
        self.chronicle = Chronicle.open(chronicle_folder(data, "oak"), clock=self.clock)
        self.ballots = Ballots.open(data, "oak")
        self.council = self.reopened()

    def clock(self) -> float:
        return self.now_s

    def reopened(self) -> Council:
        """A council of another process over the same files."""
        return Council(self.chronicle, self.ballots, self.eligible, self.clock)

    def eligible(self, rule: DecidingRule) -> frozenset[str]:
        assert rule.purpose == "deciding"
        return frozenset(self.persons)

    def end(self, days: float = 7) -> None:
        """Move the clock over the days, and the ten minutes after them."""
        self.now_s += days * DAY_S
        self.council.close_due()
        self.now_s += GRACE_S
        self.council.close_due()

    def close(self) -> None:
        self.ballots.close()
        self.chronicle.close()


def steps(most: int = 14) -> st.SearchStrategy[list[Step]]:
    """Steps of one decision behind its proposal: by anybody, of any kind, with clocks that jump."""
    return st.lists(_bodies(), max_size=most).map(_numbered)


def first_step(rule: str = RULE) -> Step:
    """The proposal with which a decision begins."""
    return Step(1, 1, StepKind.PROPOSAL, "2026-05-28", BEGUN_S, ANNA, proposal(rule=rule))


def _bodies() -> st.SearchStrategy[tuple[StepKind, Any, str, int]]:
    kinds = st.sampled_from(list(StepKind))
    authors = st.sampled_from(PEOPLE[:4])
    after = st.integers(-2 * DAY_S, 9 * DAY_S)
    return st.tuples(kinds, authors, after, st.integers(1, 14), st.booleans()).map(_body)


def _body(drawn: tuple[StepKind, str, int, int, bool]) -> tuple[StepKind, Any, str, int]:
    kind, author, after_s, position, is_erased = drawn
    body: Any = {
        StepKind.PROPOSAL: proposal(rule=""),
        StepKind.COMMENT: Comment(text="Good."),
        StepKind.OBJECTION: objection(),
        StepKind.LIFTING: Lifting(objection=position),
        StepKind.RESULT: Result(
            outcome=State.DECIDED, text_version=1, rule=RULE, eligible=12, quorum=6, took_part=None,
            agree=None, aside=None, objecting=0,
        ),
    }[kind]  # fmt: skip
    # A result is nobody's, and is never taken back.
    is_gone = is_erased and position % 3 == 0 and kind is not StepKind.RESULT
    return kind, None if is_gone else body, "" if is_gone else author, 0 if is_gone else BEGUN_S + after_s


def _numbered(drawn: list[tuple[StepKind, Any, str, int]]) -> list[Step]:
    return [
        Step(position, position, kind, "2026-05-28", at_s, author, body)
        for position, (kind, body, author, at_s) in enumerate(drawn, 2)
    ]
