"""What an event has changed in gardens so far, and what may still be entered of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_pages.accounts.roles import Deed
from sera_pages.events.released import address_of, book_of
from sera_pages.figures.action_comparison import citing_actions
from sera_pages.views.places import garden_title
from sera_store.records.garden_actions import FLOWERING, WATERING
from sera_vocabulary.measurements import GARDEN_ACTION, GARDEN_ACTIONS

if TYPE_CHECKING:
    from sera_commons.events.release import ReleasedEvent
    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record

# Water is given every week, and a flower opens by itself: neither is what an event did.
KINDS: Final = tuple(kind for kind in GARDEN_ACTIONS if kind not in (WATERING, FLOWERING))


def kind_choices(visit: Visit) -> list[tuple[str, str]]:
    """List what may have been done, in words."""
    return [(kind, visit.words.say(f"action.{kind}")) for kind in (*KINDS[1:], KINDS[0])]


def garden_choices(visit: Visit, view: ReleasedEvent) -> list[tuple[str, str]]:
    """List the gardens of an event in which nothing was entered for it."""
    book = book_of(visit, visit.request.path_params["community"])
    entries = book.entries_of(view.item_id) if book is not None else []
    return [
        (garden, garden_title(visit, garden))
        for garden in view.event.gardens
        if not citing_actions(visit, garden, entries) and not _waits(visit, view, garden)
    ]


def _waits(visit: Visit, view: ReleasedEvent, garden: str) -> bool:
    person = visit.person
    return person is not None and visit.installation.outbox.has(f"{person.id}/{form_name(view, garden)}")


def form_name(view: ReleasedEvent, garden: str) -> str:
    """Name the form of an event and a garden, so that sending it twice enters it once."""
    return f"event/{view.item_id}/{garden}"


def changes_of(visit: Visit, community: str, view: ReleasedEvent) -> list[tuple[str, str]]:
    """List what an event changed, each with the address of what was measured; for whoever may enter it."""
    book = book_of(visit, community)
    if book is None or not visit.may(Deed.COUNT, community):
        return []
    entries = book.entries_of(view.item_id)
    return [
        (_words(visit, garden, record), f"{address_of(community, view.item_id)}/gardens/{garden}")
        for garden in view.event.gardens
        for record in citing_actions(visit, garden, entries)[:1]
    ]


def _words(visit: Visit, garden: str, record: Record) -> str:
    kind = GARDEN_ACTIONS[int(record.by_column[GARDEN_ACTION] or 0)]
    say = visit.words.say
    return say("form.problem_at", label=garden_title(visit, garden), problem=say(f"action.{kind}"))
