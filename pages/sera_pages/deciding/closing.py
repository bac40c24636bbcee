"""End decisions whose days are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_pages.installation import ServedInstallation


def close_due(installation: ServedInstallation) -> list[tuple[str, str]]:
    """End what is due in all communities; return the id and the state of each that ended.

    Raises
    ------
    StoreError
        Something could not be written; what is missing is done the next time.
    """
    ended = []
    for council in installation.councils.all():
        for decision in council.close_due():
            installation.log.info("decision_ended", decision=decision.id, state=decision.state.value)
            ended.append((decision.id, decision.state.value))
    return ended
