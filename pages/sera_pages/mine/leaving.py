"""Leave: no role, no session, no name from then on; what was counted stays unless it is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from sera_pages.errors import RefusedRequestError
from sera_store.registry.persons import is_last_steward

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person


def leave_for_good(visit: Visit, person: Person) -> None:
    """End a person's membership.

    Raises
    ------
    RefusedRequestError
        They are the community's only steward (409): they hand over first.
    """
    installation = visit.installation
    if is_last_steward(person, installation.registry.persons(person.community)):
        raise RefusedRequestError(409, "kept.last_steward")
    if person.roles:
        former = structs.replace(person, roles=(), gardens=())
        installation.registry.put(former, since_s=installation.now_s(), by=person.id)
    installation.cases.forget_person(person.id)
    installation.surplus.take_back_all(person)
    installation.sessions.end_all(person.id)
    installation.names.put(person.id, "")
    for part in installation.participants.parts_of(person.id):
        installation.participants.rename(part.workshop, part.number, "")
