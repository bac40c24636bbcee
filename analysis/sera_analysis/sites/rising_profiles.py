"""Estimated diversity profiles that rise with their order, which no profile of an assemblage does."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sera_analysis.sites.site_figures import label
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Differences in the last digits are no rise.
_LEAST: Final = 1e-9


def rising_profile_notes(record: Mapping[str, Any], orders: Sequence[float]) -> list[TableNote]:
    """Return a note on each profile of a site that rises with its order.

    Parameters
    ----------
    record
        The record of the site: `asymptotic`, `size_based` and `coverage_based` Hill numbers by order.
    orders
        Orders of the profiles.

    Returns
    -------
    list of TableNote
        One a profile, with the two orders between which it rises most. Empty where all fall, as they must.

    Notes
    -----
    The Hill number of an assemblage cannot rise with its order, since a higher order gives common kinds more
    weight (Hill 1973). Each estimate is made on its own, those of higher orders without bias and those of
    low orders from below, so that estimates from a small sample may rise. They are kept as the published
    formulas give them; the sample is too small for a profile.

    References
    ----------
    M. O. Hill, "Diversity and evenness: a unifying notation and its consequences," Ecology 54, 427-432,
    1973, doi 10.2307/1934352.

    Examples
    --------
    >>> site = {"asymptotic": {"0": {"value": 2.0}, "1": {"value": 2.3}}, "size_based": []}
    >>> [note.arguments["profile"] for note in rising_profile_notes(site | {"coverage_based": []}, (0, 1))]
    ['asymptotic']
    """
    ascending = sorted(set(orders))
    notes = []
    for path, numbers in _profiles(record):
        profile = [(q, numbers[label(q)]) for q in ascending if numbers.get(label(q)) is not None]
        rises = [
            (high / low, before, low, after, high)
            for (before, low), (after, high) in pairwise(profile)
            if high > low * (1 + _LEAST)
        ]
        if rises:
            _, before, low, after, high = max(rises)
            notes.append(
                TableNote.of("profile_rises", profile=path, before=before, low=low, after=after, high=high)
            )
    return notes


def _profiles(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Iterate over the estimated profiles of a site by path: numbers by order."""
    yield "asymptotic", {order: estimate["value"] for order, estimate in record["asymptotic"].items()}
    for key in ("size_based", "coverage_based"):
        for place, entry in enumerate(record[key]):
            yield f"{key}.{place}", entry
