"""Figures with their intervals, as the analysis has made them: `sera figures` reads the very same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards.queries.influxql import equal, headed, last, name, select
from sera_vocabulary import indices, series

if TYPE_CHECKING:
    from collections.abc import Sequence

GARDEN: Final = "garden"
DISTRICT: Final = "district"
COMMUNITY: Final = "community"
PERIOD: Final = "${period}"

VALUE, LOW, HIGH, EFFORT_H = "value", "low", "high", "effort_h"
REASON, METHOD, VERSION, UNITS, UNITS_OF = "reason", "method", "version", "n", "n_of"


def scope(kind: str, id: str) -> list[str]:  # noqa: A002 - the tag is called so
    """Return the conditions that a figure is about a place."""
    return [equal(series.TAG_SCOPE, kind), equal(series.TAG_SCOPE_ID, id)]


def figure(index: str, period: str, where: Sequence[str], group_by: Sequence[str] = ()) -> str:
    """Return each value of a figure; a window without one leaves no point."""
    conditions = [*where, equal(series.TAG_PERIOD, period), equal(series.TAG_INDEX, index)]
    return select([name(VALUE)], series.INDEX, conditions, group_by)


def banded(index: str, period: str, where: Sequence[str], *, effort: bool = False) -> str:
    """Return each value of a figure with the ends of its interval, and the hours of watching behind it."""
    fields = [VALUE, LOW, HIGH, *([EFFORT_H] if effort else [])]
    conditions = [*where, equal(series.TAG_PERIOD, period), equal(series.TAG_INDEX, index)]
    return select([name(field) for field in fields], series.INDEX, conditions, (series.TAG_TARGET,))


def newest(
    index: str,
    period: str,
    where: Sequence[str],
    group_by: Sequence[str] = (),
    *,
    heading: str = VALUE,
    reason: str = REASON,
    more: Sequence[str] = (),
) -> str:
    """Return the newest figure of each group with its other fields; one without a value has none here.

    Every figure has a reason, empty where it has a value: the newest reason chooses the newest figure, and
    not the newest that happened to have a value. `heading` and `reason` are the columns' names.
    """
    conditions = [*where, equal(series.TAG_PERIOD, period), equal(series.TAG_INDEX, index)]
    fields = [last(REASON, reason), headed(VALUE, heading), *more]
    return select(fields, series.INDEX, conditions, group_by)


def missing(period: str, where: Sequence[str]) -> str:
    """Return the newest reason of each figure; it is empty where there is a value."""
    conditions = [*where, equal(series.TAG_PERIOD, period)]
    return select([last(REASON, REASON)], series.INDEX, conditions, (series.TAG_INDEX,))


def methods(period: str, where: Sequence[str]) -> str:
    """Return by which method, in which version, each figure was made last."""
    conditions = [*where, equal(series.TAG_PERIOD, period)]
    fields = [last(METHOD, METHOD), name(VERSION)]
    return select(fields, series.INDEX, conditions, (series.TAG_INDEX,))


def hours_watched(where: Sequence[str], period: str = "day", group_by: Sequence[str] = ()) -> str:
    """Return the hours watched, bounded by time: what nodes claim in `awake_s` is not."""
    return figure(indices.EFFORT, period, where, group_by)
