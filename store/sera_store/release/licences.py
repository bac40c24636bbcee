"""The one function that says under which licence something leaves: what host and person allow, the narrower.

What is given under a narrower licence than an output has is not in it; it leaves in an output of its own,
under that licence. A change holds for every later output, also of days before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.licence import Licence, narrowest
from sera_store.registry.entities import PERSON
from sera_vocabulary.series import COUNTS

if TYPE_CHECKING:
    from datetime import date

    from sera_store.registry.entities import Node
    from sera_store.registry.registry import Registry
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store


def licence_of(registry: Registry, garden: str, node: Node | None = None) -> Licence:
    """Return the licence of what a node, or a person under their counter, says of a garden.

    Parameters
    ----------
    node
        None for what is of the garden alone.

    Returns
    -------
    Licence
        The narrower of the host's and the person's; of a garden that is not registered the narrowest of all.
    """
    entered = registry.garden(garden)
    given = Licence.CC_BY_NC if entered is None else entered.licence
    person = registry.person(node.person) if node is not None and node.person else None
    return given if person is None else narrowest(given, person.licence)


def may_leave(registry: Registry, garden: str, licence: Licence) -> bool:
    """Return whether anything of a garden may be in an output under a licence."""
    return licence_of(registry, garden).may_be_under(licence)


def licence_of_figures(registry: Registry, garden: str) -> Licence:
    """Return the licence of figures of a garden, of any days: the narrowest of host and all who count."""
    counters = [node for node in registry.nodes(garden) if node.detector == PERSON]
    return narrowest(licence_of(registry, garden), *[licence_of(registry, garden, node) for node in counters])


def counters_left_out(registry: Registry, garden: str, licence: Licence) -> frozenset[str]:
    """Return the counters of persons who give what they count under a narrower licence than an output has."""
    return frozenset(
        node.id
        for node in registry.nodes()
        if node.person and not licence_of(registry, garden, node).may_be_under(licence)
    )


def licence_of_dates(
    store: Store, garden: ReleasedGarden, first: date | None = None, last: date | None = None
) -> Licence:
    """Return the licence of figures of a garden and local dates: the narrowest of all that they rest on.

    Parameters
    ----------
    first, last
        Both included; all there are where either is None.
    """
    # It loads numpy, which the process that serves pages does without.
    from sera_store.calendar import TIME_FIRST_S, TIME_LAST_S, dates_span_s  # noqa: PLC0415

    start_s, end_s = TIME_FIRST_S, TIME_LAST_S
    if first is not None and last is not None:
        start_s, end_s = dates_span_s(garden.timezone, first, last, amounts=True)
    persons = [node for node in store.registry.nodes() if node.detector == PERSON]
    return narrowest(
        licence_of(store.registry, garden.id),
        *[
            licence_of(store.registry, garden.id, node)
            for node in persons
            if any(
                store.records.current(
                    series=COUNTS, garden=garden.id, node=node.id, start_s=start_s, end_s=end_s
                )
            )
        ],
    )
