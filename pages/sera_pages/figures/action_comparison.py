"""What was measured before and after an action that cites an entry of the chronicle, for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_pages.views.readers import garden_until_s
from sera_store.registry.entities import PERSON
from sera_store.results.result import Result
from sera_vocabulary import series
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.measurements import CHRONICLE_ENTRY

if TYPE_CHECKING:
    from collections.abc import Collection

    from sera_pages.figures.explanations import Explanations
    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Garden

# As the command looks at by itself.
_DAYS_MOST: Final = 40
_ACTIONS_MOST: Final = 1_000


def citing_actions(visit: Visit, garden: str, entries: Collection[int]) -> list[Record]:
    """List the actions of a garden that cite one of some entries, as they stand by now, the newest first."""
    counters = [node.id for node in visit.installation.registry.nodes(garden) if node.detector == PERSON]
    records = visit.installation.view.newest(counters, (series.ACTION,), limit=_ACTIONS_MOST)
    return [record for record in records if record.by_column.get(CHRONICLE_ENTRY) in entries]


async def compared_since(visit: Visit, garden: Garden, action: str, time_s: int) -> Result | None:
    """Compare a garden before and after an action; None where no day of it may be seen, or nothing is known.

    Parameters
    ----------
    action
        As `name_of` names it.
    time_s
        When it was done, Unix time [s].
    """
    until_s = garden_until_s(visit, garden)
    elapsed_s = (visit.installation.now_s() if until_s is None else until_s) - time_s
    days = max(0, min(_DAYS_MOST, elapsed_s // DAY_S))
    if not days:
        return None
    comparisons: Explanations = visit.request.app.state.comparisons
    content = await comparisons.of(action, "--after", days)
    try:
        return Result.from_json(msgspec.json.encode(content)) if content else None
    except msgspec.MsgspecError:
        return None
