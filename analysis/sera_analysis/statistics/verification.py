"""What a detector gets right: which of its events people should look at, and what their labels say about it.

An event is anything the detector decided upon, with the group it named, or nothing, and its score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import betaincinv

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, Interval, no_interval
from sera_analysis.thresholds import LABELS_LEAST
from sera_words.statements import IntervalMethod, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray, IntArray

NO_INSECT: Final = "nothing"
TOP, RANDOM = "top", "random"


class Queue(NamedTuple):
    """Events to be labelled: their rows, how each was selected, and how many events each stands for."""

    row: IntArray
    selection: NDArray[np.str_]
    weight: FloatArray


class Share(NamedTuple):
    """A share estimated from labels: value and standard error, or None; interval; labels it rests on."""

    value: float | None
    error: float | None
    interval: Interval
    labels: int


class Verdict(NamedTuple):
    """Precision and recall of one group."""

    group: str
    precision: Share
    recall: Share


def queue(
    predicted: Sequence[str], score: FloatArray, *, random: int, top: int, rng: np.random.Generator
) -> Queue:
    """Choose events for people to label: the highest scored of each group, and a random sample of the rest.

    Parameters
    ----------
    predicted
        Group that the detector named for each event, or `nothing`.
    score : array, shape (events,)
        The detector's score; ties go to the earlier event.
    random
        How many of the remaining events to draw, each with the same chance.
    top
        How many of the highest scored to take from each group that was named.
    rng
        Random numbers.

    Returns
    -------
    Queue
        In a random order, so that a tired labeller tires evenly. A top event stands for itself; a random one
        for all that it was drawn from, divided by the number drawn.

    Raises
    ------
    InvalidSampleError
        Without events, or where a score is not a number.
    """
    names, scores = np.asarray(predicted, dtype=np.str_), np.asarray(score, dtype=np.float64)
    if not names.size or not np.isfinite(scores).all():
        raise InvalidSampleError("verification: expected at least one event, each with a number as its score")
    order = np.lexsort((np.arange(names.size), -scores))
    certain = [order[names[order] == group][:top] for group in sorted(set(names.tolist()) - {NO_INSECT})]
    first = np.concatenate([np.empty(0, dtype=np.int64), *certain])
    rest = np.setdiff1d(np.arange(names.size), first)
    drawn = rng.permutation(rest)[:random]
    events = np.concatenate([first, drawn])
    selection = np.repeat(np.array([TOP, RANDOM]), [first.size, drawn.size])
    weight = np.repeat([1.0, rest.size / max(drawn.size, 1)], [first.size, drawn.size])
    mixed = rng.permutation(events.size)
    return Queue(events[mixed], selection[mixed], weight[mixed])


class Labels(NamedTuple):
    """Labelled events: group named, group that people saw, how each was chosen, and its weight."""

    predicted: NDArray[np.str_]
    truth: NDArray[np.str_]
    selection: NDArray[np.str_]
    weight: FloatArray


def verdicts(labels: Labels, groups: Sequence[str]) -> list[Verdict]:
    """Estimate precision and recall of each group from labelled events, weighted by how they were chosen.

    Parameters
    ----------
    labels
        Labels as `select_labelled` gives them.
    groups
        The groups to judge.

    Returns
    -------
    list of Verdict
        A share is None, with the reason in its interval, under 20 labels.

    Notes
    -----
    Precision is the weight of events rightly named g over that of all named g; recall the same over that of
    all that are g. Recall is that among the events in the list: what never became an event is not in it,
    unless stretches of watching were listed with `nothing`. Weights are 1 over the chance of being chosen;
    the error is the ratio's, linearised, of the random events alone, since the top ones were all looked at.

    References
    ----------
    D. G. Horvitz and D. J. Thompson, "A generalization of sampling without replacement from a finite
    universe," JASA 47, 663-685, 1952, doi 10.1080/01621459.1952.10483446.
    """
    results = []
    for group in groups:
        is_predicted, is_truly = labels.predicted == group, labels.truth == group
        right = is_predicted & is_truly
        results.append(
            Verdict(
                group,
                _share(right, is_predicted, labels, _too_few("labels_named_too_few", group, is_predicted)),
                _share(right, is_truly, labels, _too_few("labels_being_too_few", group, is_truly)),
            )
        )
    return results


def _too_few(code: str, group: str, events: NDArray[np.bool_]) -> Reason:
    """Return the reason for a share of too few labels."""
    return Reason.of(code, labels=int(np.count_nonzero(events)), group=group, needed=LABELS_LEAST.value)


def confusion_table(labels: Labels, groups: Sequence[str]) -> FloatArray:
    """Add up the weights of labelled events by what they are (rows) and were named (columns).

    Returns
    -------
    array, shape (groups + 1, groups + 1)
        The last row and column are `nothing`.
    """
    names = [*groups, NO_INSECT]
    index = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    rows = [index[name] for name in labels.truth.tolist()]
    columns = [index[name] for name in labels.predicted.tolist()]
    np.add.at(table, (rows, columns), labels.weight)
    return table


def select_labelled(labels: Labels) -> Labels:
    """Select the events with a label, weighted for all that were selected in the same way."""
    is_labelled = labels.truth != ""
    weight = labels.weight.copy()
    for selection in (TOP, RANDOM):
        is_selected = labels.selection == selection
        labelled_weight = float(weight[is_selected & is_labelled].sum())
        if labelled_weight > 0:
            weight[is_selected] *= float(weight[is_selected].sum()) / labelled_weight
    return Labels(
        labels.predicted[is_labelled],
        labels.truth[is_labelled],
        labels.selection[is_labelled],
        weight[is_labelled],
    )


def _share(
    right: NDArray[np.bool_],
    of: NDArray[np.bool_],
    labels: Labels,
    few: Reason,
    confidence: float = CONFIDENCE,
) -> Share:
    """Estimate a weighted ratio with its error and interval."""
    number = int(np.count_nonzero(of))
    if number < LABELS_LEAST.value:
        return Share(None, None, no_interval(few), number)
    total = float(labels.weight[of].sum())
    value = float(labels.weight[right].sum()) / total
    drawn = labels.selection == RANDOM
    error = _ratio_error((right - value * of.astype(np.float64))[drawn] / total, labels.weight[drawn])
    worth = number if error == 0 else min(value * (1 - value) / error**2, float(number))
    low, high = _korn_graubard(value, worth, confidence)
    return Share(value, error, Interval(low, high, IntervalMethod.of("korn_graubard")), number)


def _ratio_error(parts: FloatArray, weight: FloatArray) -> float:
    """Estimate the error of a sum of parts drawn without replacement, of equal weight."""
    number = parts.size
    if number < 2:
        return 0.0
    events = float(weight.sum())
    left = max(1 - number / events, 0.0)
    return float(events * np.sqrt(left * parts.var(ddof=1) / number))


def _korn_graubard(value: float, worth: float, confidence: float) -> tuple[float, float]:
    """Exact binomial interval at the number of independent labels that the sample is worth.

    References
    ----------
    E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data," Survey Methodology 24, 193-201, 1998.
    """
    tail, hits = (1 - confidence) / 2, value * worth
    low = float(betaincinv(hits, worth - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, worth - hits, 1 - tail)) if hits < worth else 1.0
    return low, high


def mistaken_shares(table: FloatArray) -> FloatArray:
    """Turn a table of confusion into chances to be named each way (columns) by what an event is (rows)."""
    return divided(table, table.sum(axis=1, keepdims=True), 0.0)
