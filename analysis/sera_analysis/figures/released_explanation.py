"""An explanation as others may have it: coarse times, pseudonyms, and no number that would tell a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sera_analysis.aggregates.figure_inputs import FIRST_CHANGE, LAST_CHANGE
from sera_store.registry.entities import PERSON
from sera_store.release.places import released_garden
from sera_store.release.times import released_time_s, resolution_of

if TYPE_CHECKING:
    from sera_analysis.figures.explanation import Explanation, LeftOut, NodeSource
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store

_NUMBERS: Final = (FIRST_CHANGE, LAST_CHANGE)


def released(store: Store, explanation: Explanation, pseudonyms: Pseudonyms) -> Explanation:
    """Coarsen an explanation as everything that leaves is.

    Parameters
    ----------
    store
        Where the registry is.
    explanation
        What `explain` found.
    pseudonyms
        Those of this output.

    Returns
    -------
    Explanation
        Times are those of local hours, of days where people counted, whose records have no numbers either:
        the numbers of records around them would tell when they came.
    """
    garden = released_garden(store.registry, explanation.result.scope_id)
    timezone = "UTC" if garden is None else garden.timezone
    persons = {node.id for node in store.registry.nodes() if node.detector == PERSON}

    def time_s(moment_s: int, node: str) -> int:
        # What goes into a figure is never the level of sound, so that the node alone decides.
        return released_time_s(moment_s, timezone, resolution_of("", by_person=node in persons))

    def source(row: NodeSource) -> NodeSource:
        first_s, last_s = (time_s(moment_s, row.node) for moment_s in (row.first_s, row.last_s))
        coarse = msgspec.structs.replace(row, first_s=first_s, last_s=last_s)
        return _without_numbers(coarse, pseudonyms) if row.node in persons else coarse

    def left_out(row: LeftOut) -> LeftOut:
        coarse_s = time_s(row.time_s, row.node)
        if row.node not in persons:
            return msgspec.structs.replace(row, time_s=coarse_s)
        name = pseudonyms.of(row.node)
        return msgspec.structs.replace(row, time_s=coarse_s, node=name, change=None, journal=None)

    inputs = explanation.result.inputs
    # A figure of several watchers has a part of each, by name.
    parts = {
        pseudonyms.of(name) if name in persons else name: part
        for name, part in explanation.result.parts.items()
    }
    nodes = {row.node for row in explanation.sources} | {row.node for row in explanation.left_out}
    if nodes & persons:
        inputs = {name: value for name, value in inputs.items() if name not in _NUMBERS}
    return msgspec.structs.replace(
        explanation,
        result=msgspec.structs.replace(explanation.result, inputs=inputs, parts=dict(sorted(parts.items()))),
        sources=sorted(map(source, explanation.sources), key=_source_order),
        left_out=sorted(map(left_out, explanation.left_out), key=_left_out_order),
    )


def _without_numbers(source: NodeSource, pseudonyms: Pseudonyms) -> NodeSource:
    return msgspec.structs.replace(
        source,
        node=pseudonyms.of(source.node),
        first_change=None,
        last_change=None,
        first_journal=None,
        last_journal=None,
    )


def _source_order(source: NodeSource) -> tuple[str, str]:
    return source.node, source.series


def _left_out_order(row: LeftOut) -> tuple[int, str, str, str]:
    return row.time_s, row.node, row.series, row.reason
