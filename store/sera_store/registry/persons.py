"""A person of an installation: a drawn id, roles in a community, and a name only if they wish."""

from __future__ import annotations

from typing import Final

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary.topics import is_name

MEMBER: Final = "member"
HOST: Final = "host"
FACILITATOR: Final = "facilitator"
CURATOR: Final = "curator"
STEWARD: Final = "steward"
ROLES: Final = (MEMBER, HOST, FACILITATOR, CURATOR, STEWARD)
NAME_LONGEST: Final = 40


class Person(msgspec.Struct, frozen=True):
    """Somebody who came in by an invitation.

    Parameters
    ----------
    id
        Drawn; nothing of the person is in it.
    community
        Where the roles hold.
    name
        What others may call them, or the empty text.
    roles
        Some of `ROLES`; none for somebody who has left.
    gardens
        Ids of the gardens that they host.
    """

    id: str
    community: str
    name: str = ""
    roles: tuple[str, ...] = (MEMBER,)
    gardens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise InvalidEntryError(f"person id {self.id!r} is not possible; expected a drawn one")
        if unknown := sorted(set(self.roles) - set(ROLES)):
            raise InvalidEntryError(
                f"person {self.id}: role {unknown[0]!r} is not known; expected some of {', '.join(ROLES)}"
            )
        if len(self.name) > NAME_LONGEST or not (self.name == "" or self.name.isprintable()):
            raise InvalidEntryError(
                f"person {self.id}: name {self.name!r} is not possible; expected at most {NAME_LONGEST} "
                "printable characters, or none"
            )
