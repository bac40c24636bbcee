"""Cases in words: for moderators, and for whoever gave what was reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_coalition.deciding.steps import texts_of
from sera_pages.accounts.cases import (
    ANSWER,
    APPEAL,
    DECISION,
    DECISIONS,
    ENTRY,
    EVENT,
    MAY_FOLLOW,
    NAME,
    STORY,
)
from sera_pages.counting.entries import entry_words
from sera_pages.people.people import day_words
from sera_vocabulary import series
from sera_words.isolates import isolated, side_by_side

if TYPE_CHECKING:
    from sera_pages.accounts.cases import Case
    from sera_pages.views.visit import Visit


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in words: what it is about, its steps, and what may be decided now."""

    id: str
    state: str
    what: str
    steps: tuple[tuple[str, str, str], ...]
    may_follow: tuple[str, ...]


def case_row(visit: Visit, case: Case, *, is_own: bool) -> CaseRow:
    """Put a case into words, with what its giver or a moderator may do; who reported is named nowhere."""
    say = visit.words.say
    steps = tuple(
        (day_words(visit, step.at_s), say(f"case.{step.kind}"), step.text)
        for step in visit.installation.cases.steps(case.id)
    )
    own_steps = (ANSWER, APPEAL) if is_own else DECISIONS
    may_follow = tuple(kind for kind in own_steps if kind in MAY_FOLLOW[case.state])
    return CaseRow(case.id, case.state, _subject_words(visit, case), steps, may_follow)


def _subject_words(visit: Visit, case: Case) -> str:
    say = visit.words.say
    if case.kind == NAME:
        workshop, _, number = case.subject.partition("/")
        parts = visit.installation.participants.of(workshop)
        name = next((part.name for part in parts if str(part.number) == number), "")
        return say("report.name_of", number=number, name=isolated(name) or "–")
    if case.kind == DECISION:
        return _step_words(visit, case)
    if case.kind == STORY:
        item_id, _, version = case.subject.partition("/")
        shelf = visit.installation.shelves.find(case.community)
        stored = shelf.current(item_id, int(version)) if shelf is not None else None
        item = stored.item if stored is not None else None
        if item is None:
            return say("case.taken_back")
        return say(f"story.title_of_{item.kind}", title=isolated(item.title))
    if case.kind == EVENT:
        book = visit.installation.shelves.find_events(case.community)
        found = book.find(case.subject) if book is not None else None
        event = found.event if found is not None else None
        return (
            say("event.title_of", title=isolated(event.title))
            if event is not None
            else say("case.taken_back")
        )
    garden = visit.installation.registry.garden(case.garden)
    title = (garden.name if garden is not None else "") or case.garden
    if case.kind != ENTRY:
        return say("report.title_of", title=isolated(title))
    counter = case.subject.partition("/")[0]
    records = visit.installation.view.newest([counter], (series.COUNTS, series.ACTION), limit=5_000)
    record = next((row for row in records if row.name == case.subject), None)
    words = entry_words(visit, record) if record is not None else say("case.taken_back")
    return say("case.entry", garden=title, words=words)


def _step_words(visit: Visit, case: Case) -> str:
    """Write of which decision a step is, and what is said in it."""
    decision_id, _, number = case.subject.partition("/")
    council = visit.installation.councils.find(case.community)
    decision = council.book.find(decision_id) if council is not None else None
    step = (
        next((candidate for candidate in decision.steps if str(candidate.number) == number), None)
        if decision
        else None
    )
    if decision is None or step is None or step.body is None:
        return visit.words.say("case.taken_back")
    step_text = side_by_side(texts_of(step).values())
    return visit.words.say(
        "form.problem_at", label=visit.words.say(f"decide.step_{step.kind.value}"), problem=step_text
    )
