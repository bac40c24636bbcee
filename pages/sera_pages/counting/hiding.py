"""Hide what was reported in every output, and put it back: an entry, a group's name, a garden's title."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sera_pages.accounts.cases import DECISION, ENTRY, EVENT, NAME, STORY
from sera_pages.counting.entries import ENTERED_SERIES
from sera_pages.counting.fields import whole
from sera_pages.counting.submission import take_form
from sera_pages.report_folder import remove_drawings
from sera_pages.sending.messages import FitCount, GardenAction, Key, Withdrawal
from sera_vocabulary import measurements as m
from sera_vocabulary import series
from sera_vocabulary.measurements import GARDEN_ACTIONS, GROUP_NAMES, TARGET_FLOWERS

if TYPE_CHECKING:
    from sera_pages.accounts.cases import Case
    from sera_pages.installation import ServedInstallation
    from sera_pages.sending.messages import Entry
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Garden, Person


async def hide(installation: ServedInstallation, case: Case, author: str) -> bytes:
    """Hide the subject of a case, and return what puts it back.

    Parameters
    ----------
    author
        Drawn id of the moderator.

    Notes
    -----
    An entry is taken back by a message that names its key, so that figures, packs and the mural are made
    without it; a title and a name are taken away. Drawings and the report are removed until they are made
    anew.
    """
    content: object = None
    if case.kind == ENTRY:
        content = await _hide_entry(installation, case)
    elif case.kind == NAME:
        workshop, _, number = case.subject.partition("/")
        parts = installation.participants.of(workshop)
        content = next((part.name for part in parts if part.number == int(number)), "")
        installation.participants.rename(workshop, int(number), "")
    elif case.kind == DECISION:
        _hide_step(installation, case, author, is_hidden=True)
        return msgspec.json.encode(content)
    elif case.kind == STORY:
        _hide_story(installation, case, author, is_hidden=True)
        return msgspec.json.encode(content)
    elif case.kind == EVENT:
        _hide_event(installation, case, author, is_hidden=True)
        return msgspec.json.encode(content)
    else:
        content = _title(installation, case, "", author)
    remove_drawings(installation.report_folder, case.community, case.garden)
    return msgspec.json.encode(content)


async def restore(installation: ServedInstallation, case: Case, author: str) -> None:
    """Put back what was hidden: an entry again, as its giver entered it; a name or a title as it was."""
    content = msgspec.json.decode(case.content) if case.content else None
    if case.kind in (STORY, DECISION):
        show = _hide_story if case.kind == STORY else _hide_step
        show(installation, case, author, is_hidden=False)
        return
    if case.kind == EVENT:
        _hide_event(installation, case, author, is_hidden=False)
        return
    if case.kind == ENTRY and content:
        entry: Entry = (FitCount if content["is_count"] else GardenAction)(**content["entry"])
        garden, person = _place_of(installation, case)
        # Who has left has taken everything along.
        if garden is not None and person is not None and person.roles:
            await take_form(installation, person, garden, f"restored/{case.id}/{case.subject}", entry)
    elif case.kind == NAME and content:
        workshop, _, number = case.subject.partition("/")
        installation.participants.rename(workshop, int(number), content)
    elif content:
        _title(installation, case, content, author)
    remove_drawings(installation.report_folder, case.community, case.garden)


def _hide_story(installation: ServedInstallation, case: Case, author: str, *, is_hidden: bool) -> None:
    """Hide a version of a story in every output, or show it again; one that was taken back stays gone."""
    item_id, _, version = case.subject.partition("/")
    shelf = installation.shelves.find(case.community)
    stored = shelf.current(item_id, int(version)) if shelf is not None else None
    if shelf is not None and stored is not None and stored.item is not None:
        shelf.hide(stored.number, author, is_hidden=is_hidden)


def _hide_event(installation: ServedInstallation, case: Case, author: str, *, is_hidden: bool) -> None:
    """Hide an event in every output, or show it again; one that was taken back stays gone."""
    book = installation.shelves.find_events(case.community)
    stored = book.find(case.subject) if book is not None else None
    if book is not None and stored is not None:
        book.shelf.hide(stored.number, author, is_hidden=is_hidden)


def _hide_step(installation: ServedInstallation, case: Case, author: str, *, is_hidden: bool) -> None:
    """Hide what was said in a decision, or show it again; it counts as before."""
    number = case.subject.partition("/")[2]
    council = installation.councils.find(case.community)
    if council is not None:
        council.hide(int(number), author, is_hidden=is_hidden)


async def _hide_entry(installation: ServedInstallation, case: Case) -> dict[str, object] | None:
    counter, epoch, seq = case.subject.split("/")
    garden, person = _place_of(installation, case)
    records = installation.view.newest([counter], ENTERED_SERIES, limit=5_000)
    record = next((row for row in records if (row.epoch, row.seq) == (epoch, int(seq))), None)
    if garden is None or person is None or record is None:
        return None
    withdrawal = Withdrawal(Key(epoch, int(seq)), installation.now_s())
    await take_form(installation, person, garden, f"kept/{case.subject}", withdrawal)
    return {"is_count": record.series == series.COUNTS, "entry": msgspec.to_builtins(entry_of(record))}


def _place_of(installation: ServedInstallation, case: Case) -> tuple[Garden | None, Person | None]:
    return installation.registry.garden(case.garden), installation.registry.person(case.person)


def _title(installation: ServedInstallation, case: Case, title: str, author: str) -> str:
    """Set a garden's title from now on, and return the one before."""
    garden = installation.registry.garden(case.subject)
    if garden is None:
        return ""
    changed = msgspec.structs.replace(garden, name=title)
    installation.registry.put(changed, since_s=installation.now_s(), by=author)
    return garden.name


def entry_of(record: Record) -> Entry:
    """Return what a record was entered as, so that it can be entered again."""
    values = {name: value for name, value in record.by_column.items() if value is not None}
    if record.series == series.ACTION:
        kind = GARDEN_ACTIONS[int(values[m.GARDEN_ACTION])]
        depth, area = values.get(m.WATER_DEPTH), values.get(m.PATCH_AREA)
        entry = whole(values.get(m.CHRONICLE_ENTRY))
        return GardenAction(kind, record.time_s or 0, depth, area, record.uncertainty_s, entry)
    return FitCount(
        record.time_s or 0,
        int(values[m.AWAKE_S]),
        {name: int(values[name]) if name in values else None for name in GROUP_NAMES},
        TARGET_FLOWERS[int(values[m.TARGET_FLOWER])],
        whole(values.get(m.FLOWER_UNITS)),
        values.get(m.PATCH_AREA),
        values.get(m.AIR_TEMPERATURE),
        values.get(m.CLOUD_COVER),
        whole(values.get(m.WIND_FORCE)),
        record.uncertainty_s,
    )
