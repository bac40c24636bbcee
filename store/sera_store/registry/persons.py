"""A person of an installation: a drawn id and roles; no name, since the registry's history never goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.errors import InvalidEntryError
from sera_store.licence import Licence
from sera_vocabulary.topics import is_name

if TYPE_CHECKING:
    from collections.abc import Iterable

MEMBER: Final = "member"
HOST: Final = "host"
FACILITATOR: Final = "facilitator"
CURATOR: Final = "curator"
STEWARD: Final = "steward"
ROLES: Final = (MEMBER, HOST, FACILITATOR, CURATOR, STEWARD)


class Person(msgspec.Struct, frozen=True):
    """Somebody who came in by an invitation.

    Parameters
    ----------
    id
        Drawn; nothing of the person is in it.
    community
        Where the roles hold.
    roles
        Some of `ROLES`; none for somebody who has left.
    gardens
        Ids of the gardens that they host.
    licence
        Under which licence they give what they count.
    """

    id: str
    community: str
    roles: tuple[str, ...] = (MEMBER,)
    gardens: tuple[str, ...] = ()
    licence: Licence = Licence.CC_BY

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise InvalidEntryError(f"person id {self.id!r} is not possible; expected a drawn one")
        if unknown := sorted(set(self.roles) - set(ROLES)):
            raise InvalidEntryError(
                f"person {self.id}: role {unknown[0]!r} is not known; expected some of {', '.join(ROLES)}"
            )


def is_last_steward(person: Person, persons: Iterable[Person]) -> bool:
    """Return whether a community would have no steward without this one of its persons."""
    return [other.id for other in persons if STEWARD in other.roles] == [person.id]
