"""What people entered, in words: of a garden for its page, of a person for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sera_pages.accounts.cases import ENTRY
from sera_pages.counting.counters import counters_of
from sera_pages.sending.messages import Key
from sera_pages.views.fields import HALF_A_DAY_S
from sera_pages.views.moments import moment_words
from sera_pages.views.readers import garden_until_s, sees_live
from sera_store.registry.entities import PERSON
from sera_vocabulary import measurements as m
from sera_vocabulary import series
from sera_vocabulary.measurements import GARDEN_ACTIONS, GROUP_NAMES, TARGET_FLOWERS

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation
    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Garden, Person

# Of what was less certain only the day was stated.
NO_KEY: Final = Key("", 0)
_ENTRIES_MOST: Final = 12
_OWN_ENTRIES_MOST: Final = 200
ENTERED_SERIES: Final = (series.COUNTS, series.ACTION)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry.

    Parameters
    ----------
    when, words
        Local time and what was entered.
    counter, key, garden, garden_title
        By which its counter finds it; empty of others' entries.
    is_count
        Whether it is a count, else an action.
    token
        By which anybody can point at it, without learning whose it is.
    """

    when: str
    words: str
    counter: str = ""
    key: Key = NO_KEY
    garden: str = ""
    garden_title: str = ""
    is_count: bool = True
    token: str = ""


def entries_of_garden(visit: Visit, garden: Garden) -> list[EntryRow]:
    """Return what people entered in a garden, the newest first, without who did.

    Parameters
    ----------
    visit
        Who asks.
    garden
        Where.

    Notes
    -----
    Host and steward see the last day, too, and the hour; everybody else the day alone, and the last one only
    where the host says so.
    """
    registry, view = visit.installation.registry, visit.installation.view
    counters = [node.id for node in registry.nodes(garden.id) if node.detector == PERSON]
    records = view.newest(counters, ENTERED_SERIES, limit=_ENTRIES_MOST * 4)
    is_live, until_s = sees_live(visit, garden), garden_until_s(visit, garden)
    public = [record for record in records if until_s is None or (record.time_s or 0) < until_s]
    return [
        EntryRow(
            when_words(visit, record, garden.timezone, with_hour=is_live),
            entry_words(visit, record),
            token=entry_token(record),
        )
        for record in without_hidden(visit.installation, public)[:_ENTRIES_MOST]
    ]


def entry_token(record: Record) -> str:
    """Return by what anybody can point at an entry; nobody can go back from it to the drawn counter."""
    return sha256(record.name.encode()).hexdigest()[:20]


def without_hidden(installation: ServedInstallation, records: list[Record]) -> list[Record]:
    """Leave out the entries that are hidden: at once, whether or not the journal has that by now."""
    hidden = installation.cases.hidden_subjects(ENTRY)
    return [record for record in records if record.name not in hidden] if hidden else records


def find_entry(installation: ServedInstallation, garden: Garden, token: str) -> Record | None:
    """Find an entry of a garden by its token among those that its page may show; None where there is none."""
    counters = [node.id for node in installation.registry.nodes(garden.id) if node.detector == PERSON]
    records = installation.view.newest(counters, ENTERED_SERIES, limit=_ENTRIES_MOST * 4)
    return next((record for record in records if entry_token(record) == token), None)


def entries_of_person(visit: Visit, person: Person, most: int = _OWN_ENTRIES_MOST) -> list[EntryRow]:
    """Return what a person entered, the newest first, with what it takes to correct and withdraw it."""
    counters = counters_of(visit.installation.registry, person)
    entries = []
    for record in visit.installation.view.newest(counters, ENTERED_SERIES, limit=most):
        garden = visit.installation.registry.garden(counters[record.node])
        entries.append(
            EntryRow(
                when_words(visit, record, garden.timezone if garden is not None else "UTC", with_hour=True),
                entry_words(visit, record),
                record.node,
                Key(record.epoch, record.seq),
                counters[record.node],
                (garden.name if garden is not None else "") or counters[record.node],
                record.series == series.COUNTS,
            )
        )
    return entries


def when_words(visit: Visit, record: Record, timezone: str, *, with_hour: bool) -> str:
    """Write when an entry was, on the garden's clock; without its hour where that is not known."""
    is_known = with_hour and record.uncertainty_s < HALF_A_DAY_S
    return moment_words(visit, record.time_s or 0, timezone, with_hour=is_known)


def entry_words(visit: Visit, record: Record) -> str:
    """Write what was counted or done."""
    values = record.by_column
    say = visit.words.say
    if record.series == series.ACTION:
        return _action_words(visit, values)
    insects = sum(int(values.get(name) or 0) for name in GROUP_NAMES)
    flower = TARGET_FLOWERS[int(values.get(m.TARGET_FLOWER) or 0)]
    minutes, seconds = divmod(int(values.get(m.AWAKE_S) or 0), 60)
    lasted = f"{minutes}:{seconds:02}" if seconds else str(minutes)
    return say("entry.count", count=insects, minutes=lasted, flower=flower_name(visit, flower))


def _action_words(visit: Visit, values: dict[str, float | None]) -> str:
    say, number = visit.words.say, visit.words.figures.number
    text = say(f"action.{GARDEN_ACTIONS[int(values.get(m.GARDEN_ACTION) or 0)]}")
    depth, area = values.get(m.WATER_DEPTH), values.get(m.PATCH_AREA)
    if depth is not None:
        text += say("entry.water", depth=number(depth))
    if area is not None:
        text += say("entry.area", area=number(area))
    return text


def flower_name(visit: Visit, flower: str) -> str:
    """Write what people call a target flower."""
    return visit.words.flower(flower)
