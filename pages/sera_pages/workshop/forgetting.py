"""Let the names and sessions of a workshop go once its days are over; what was counted stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sera_pages.installation import BY

if TYPE_CHECKING:
    from sera_pages.accounts.workshops import Workshop
    from sera_pages.installation import ServedInstallation


def forget_due(installation: ServedInstallation) -> list[str]:
    """Forget the names and sessions of all workshops whose days are over; return their ids.

    Who came in by the code has no role from then on. Their counts stay under drawn ids, and their slips go on
    finding them.

    Raises
    ------
    StoreError
        Something could not be written; what is missing is done the next time.
    """
    now_s = installation.now_s()
    due = [
        workshop
        for workshop in installation.workshops.all()
        if not (workshop.is_open or workshop.is_forgotten) and workshop.forget_s <= now_s
    ]
    for workshop in due:
        _forget(installation, workshop, now_s)
        installation.log.info("workshop_forgotten", workshop=workshop.id)
    return [workshop.id for workshop in due]


def _forget(installation: ServedInstallation, workshop: Workshop, now_s: int) -> None:
    installation.cases.forget_names(workshop.id)
    for guest in installation.participants.forget_names(workshop):
        installation.sessions.end_all(guest.person)
        person = installation.registry.person(guest.person)
        if person is not None and person.roles:
            former = msgspec.structs.replace(person, roles=(), gardens=())
            installation.registry.put(former, since_s=now_s, by=BY)
    installation.participants.note_forgotten(workshop.id)
