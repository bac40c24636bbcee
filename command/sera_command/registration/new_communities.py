"""Register a community, and let the broker answer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation
    from sera_store.registry.entities import Community
    from sera_store.store import Store


def register_community(
    installation: Installation, store: Store, entity: Community, since_s: int, by: str
) -> None:
    """Register a community from a time [s] on.

    Raises
    ------
    BadInputError
        It is registered already.
    """
    if store.registry.community(entity.id):
        raise BadInputError(f"community {entity.id!r} is registered already")
    store.registry.put(entity, since_s=since_s, by=by)
    if installation.has_broker:
        # What people count in it has a way in from now on.
        installation.renew_rights(store)
