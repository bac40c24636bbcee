"""Names of figures: how each is written, how one is found by it, and the list of all."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_analysis.errors import NoFiguresError, UnknownIndexError, UnknownPlaceError, UnknownResultError
from sera_analysis.figures.garden_figures import GARDEN
from sera_store.local_clock import local_date
from sera_store.release.places import released_gardens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sera_store.results.results import Result, ResultKey
    from sera_store.store import Store

_DISTRICT: Final = "district"
_COMMUNITY: Final = "community"
_EXAMPLES_MOST: Final = 12
_NEAR_MOST: Final = 3
_SEPARATOR: Final = "/"


class ResultRow(NamedTuple):
    """A current figure with the name that finds it, and the time zone of its place."""

    name: str
    timezone: str
    result: Result


def result_name(key: ResultKey, timezone: str) -> str:
    """Name a figure: place, index, kind of window, first date, and the group if it is about one."""
    _, scope_id, index, period, group, _, start_s = key
    words = [scope_id, index, period, local_date(start_s, timezone).isoformat(), *([group] if group else [])]
    return _SEPARATOR.join(words)


def result_rows(
    store: Store,
    places: Collection[str] = (),
    *,
    indices: Collection[str] = (),
    periods: Collection[str] = (),
) -> list[ResultRow]:
    """List the current figures with their names.

    Parameters
    ----------
    store
        Where they are.
    places
        Ids of gardens, districts or communities; empty for all.
    indices
        Names of indices, as `visits_per_hour`; empty for all.
    periods
        Kinds of windows, as `day`; empty for all.

    Returns
    -------
    list of ResultRow
        Gardens first, then districts and communities; within a place by name.

    Raises
    ------
    UnknownPlaceError
        When an id is that of no place; it lists those that are near.
    UnknownIndexError
        When no figure of these places is of an index; it lists those that are near.
    """
    scopes = _scopes(store)
    ids = {scope_id for _, scope_id, _ in scopes}
    for place in places:
        if place not in ids:
            raise UnknownPlaceError(place, near_names(place, ids))
    chosen = [scope for scope in scopes if not places or scope[1] in places]
    listed = [
        ResultRow(result_name(result.key, timezone), timezone, result)
        for scope, scope_id, timezone in chosen
        for result in store.results.current(scope=scope, scope_id=scope_id)
    ]
    present = {row.result.index for row in listed}
    for index in indices:
        if index not in present:
            raise UnknownIndexError(index, near_names(index, present))
    return [
        row
        for row in listed
        if (not indices or row.result.index in indices) and (not periods or row.result.period in periods)
    ]


def find_result(store: Store, name: str) -> int:
    """Find the change number of a current figure by its name, or of any by its number.

    Parameters
    ----------
    store
        Where it is.
    name
        A change number, or as `result_name` writes it; words at the end may be left out as long as one
        figure alone begins so.

    Raises
    ------
    UnknownResultError
        When no figure or several are named so; it lists some that are near.
    NoFiguresError
        When the place is known and has no figure at all.
    """
    if name.isdigit():
        return int(name)
    words = name.strip(_SEPARATOR).split(_SEPARATOR)
    place = words[0]
    numbers = dict(_numbers_by_name(store, place))
    exact = numbers.get(_SEPARATOR.join(words))
    if exact is not None:
        return exact
    ids = {scope_id for _, scope_id, _ in _scopes(store)}
    if not numbers and place in ids:
        raise NoFiguresError(place)
    matches = {
        full_name: number
        for full_name, number in numbers.items()
        if full_name.split(_SEPARATOR)[: len(words)] == words
    }
    if len(matches) == 1:
        return next(iter(matches.values()))
    if matches:
        raise UnknownResultError(name, sorted(matches)[:_EXAMPLES_MOST], len(matches))
    if not numbers:
        near = [_SEPARATOR.join([other, *words[1:]]) for other in near_names(place, ids)]
        raise UnknownResultError(name, near, 0)
    raise UnknownResultError(name, _near_results(words, numbers), 0)


def near_names(name: str, names: Collection[str]) -> list[str]:
    """List the names that one may have been meant for, the nearest first.

    Examples
    --------
    >>> near_names("elm-yrad", ["elm-yard", "kiln-lane"])
    ['elm-yard']
    """
    return get_close_matches(name, sorted(names), n=_NEAR_MOST)


def timezone_of(store: Store, result: Result) -> str:
    """Return the time zone of a figure's place; a community's or district's is its first garden's."""
    own = (result.scope, result.scope_id)
    return next((timezone for *place, timezone in _scopes(store) if tuple(place) == own), "UTC")


def _near_results(words: list[str], numbers: Collection[str]) -> list[str]:
    """List names like one that is not there: its first wrong word gives way to near ones."""
    split = [name.split(_SEPARATOR) for name in numbers]
    near: list[str] = []
    for depth in range(1, len(words)):
        if any(own[: depth + 1] == words[: depth + 1] for own in split):
            continue
        choices = {own[depth] for own in split if own[:depth] == words[:depth] and len(own) > depth}
        for word in near_names(words[depth], choices):
            whole = [*words[:depth], word, *words[depth + 1 :]]
            is_there = any(own[: len(whole)] == whole for own in split)
            near.append(_SEPARATOR.join(whole if is_there else whole[: depth + 1]))
        break
    return near


def _numbers_by_name(store: Store, place: str) -> Iterator[tuple[str, int]]:
    """Name all current figures of a place, of whatever scope."""
    for scope, scope_id, timezone in _scopes(store):
        if scope_id == place:
            for key, number in store.results.heads(scope, scope_id).items():
                yield result_name(key, timezone), number


def _scopes(store: Store) -> list[tuple[str, str, str]]:
    """Return scope, id and time zone of all places; a community's or district's is its first garden's."""
    timezones: dict[tuple[str, str], str] = {}
    gardens = released_gardens(store.registry)
    for garden in gardens:
        timezones[(GARDEN, garden.id)] = garden.timezone
    for scope in (_DISTRICT, _COMMUNITY):
        for garden in gardens:
            scope_id = garden.district if scope == _DISTRICT else garden.community
            if scope_id:
                timezones.setdefault((scope, scope_id), garden.timezone)
    return [(*place, timezone) for place, timezone in timezones.items()]
