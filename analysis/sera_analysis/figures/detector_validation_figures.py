"""Figures that rest on people's labels: counts set right for confusion, and what may be said of absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.readings import GROUPS
from sera_analysis.figures.figures import Frame, Support, figure, refused
from sera_analysis.statistics.correction import corrected_counts, correction_refusal, true_share
from sera_analysis.statistics.intervals import Interval
from sera_analysis.statistics.verification import mistaken_shares
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THESE_NODES
from sera_words.keys import Input, Part
from sera_words.statements import IntervalMethod, Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.gardens import Comparability, Statements
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.registry.garden_metadata import Verification
    from sera_store.results.results import Result

NO_LABELS: Final = Reason.of("no_labels")
OF_EVENTS: Final = Note.of("set_right_by_labels")
AS_NAMED: Final = Part.of("as_named").key
VERIFICATION: Final = Input.of("verification").key


_DRAWN_LABELS: Final = IntervalMethod.of("label_bootstrap")


def verification_of(stated: Statements, chosen: Comparability | None) -> Verification | None:
    """Find the last verification of this garden's cameras of one class."""
    fitting = [
        each for each in stated.verifications if each.comparability == chosen and each.groups == GROUPS
    ]
    return fitting[-1] if fitting else None


def recalls(found: Verification | None) -> dict[str, float | None]:
    """Lower ends of the recall of each group; empty where nobody labelled."""
    return {} if found is None else dict(zip(found.groups, found.recall_low, strict=True))


def corrected_figures(
    frame: Frame, counts: FloatArray, found: Verification | None, support: Support
) -> list[Result]:
    """Visits by group, set right for confusion by this garden's own labels, or one refusal.

    Parameters
    ----------
    frame, support
        What all figures here share.
    counts : array, shape (groups,)
        Visits by the group that the cameras of one class named.
    found
        What labels said about these cameras, or None.
    """
    index = indices.CORRECTED_VISITS
    if found is None:
        return [refused(frame, index, NO_LABELS, support)]
    weights, labels = np.array(found.weights), np.array(found.labels, dtype=np.float64)
    chances = mistaken_shares(weights)[:-1, :-1]
    reason = correction_refusal(counts, labels[:-1], chances, GROUPS)
    if reason:
        return [refused(frame, index, reason, support)]
    drawn = np.random.default_rng(frame.seed)
    made = corrected_counts(
        counts,
        labels[:-1],
        chances,
        right=true_share(weights),
        rng=drawn,
        replicates=frame.replicates,
    )
    frame = frame._replace(target=THESE_NODES)
    support = support.but(
        notes=(*support.notes, OF_EVENTS), inputs={**(support.inputs or {}), VERIFICATION: found.id}
    )
    return [
        figure(
            frame,
            index,
            float(made.counts[number]),
            Interval(float(made.low[number]), float(made.high[number]), _DRAWN_LABELS),
            support.but(parts={AS_NAMED: float(counts[number])}),
            group=group,
        )
        for number, group in enumerate(GROUPS)
    ]
