"""Figures that rest on people's labels: counts set right for confusion, and what may be said of absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.statistics.correction import corrected_counts, no_correction_reason, true_share
from sera_analysis.statistics.intervals import Interval
from sera_analysis.statistics.verification import mistaken_shares
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THESE_NODES
from sera_vocabulary.measurements import GROUP_NAMES
from sera_words.keys import Input, Part
from sera_words.statements import IntervalMethod, Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.gardens import Comparability, Statements
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.registry.garden_metadata import Verification
    from sera_store.results.results import Result

NO_LABELS: Final = Reason.of("no_labels")
OF_EVENTS: Final = Note.of("set_right_by_labels")
UNCORRECTED: Final = Part.of("as_named").key
VERIFICATION: Final = Input.of("verification").key


_DRAWN_LABELS: Final = IntervalMethod.of("label_bootstrap")


def verification_of(stated: Statements, node_class: Comparability | None) -> Verification | None:
    """Find the last verification of this garden's cameras of one class."""
    fitting = [
        verification
        for verification in stated.verifications
        if verification.comparability == node_class and verification.groups == GROUP_NAMES
    ]
    return fitting[-1] if fitting else None


def recalls(verification: Verification | None) -> dict[str, float | None]:
    """Lower ends of the recall of each group; empty without labels."""
    return (
        {} if verification is None else dict(zip(verification.groups, verification.recall_low, strict=True))
    )


def corrected_figures(
    frame: Frame, counts: FloatArray, verification: Verification | None, support: Support
) -> list[Result]:
    """Visits by group, set right for confusion by this garden's own labels, or one missing figure.

    Parameters
    ----------
    frame, support
        What all figures here share.
    counts : array, shape (groups,)
        Visits by the group that the cameras of one class named.
    verification
        What labels said about these cameras, or None.
    """
    index = indices.CORRECTED_VISITS
    if verification is None:
        return [missing_figure(frame, index, NO_LABELS, support)]
    weights, labels = np.array(verification.weights), np.array(verification.labels, dtype=np.float64)
    chances = mistaken_shares(weights)[:-1, :-1]
    reason = no_correction_reason(counts, labels[:-1], chances, GROUP_NAMES)
    if reason:
        return [missing_figure(frame, index, reason, support)]
    rng = np.random.default_rng(frame.seed)
    corrected = corrected_counts(
        counts,
        labels[:-1],
        chances,
        right=true_share(weights),
        rng=rng,
        replicates=frame.replicates,
    )
    frame = frame._replace(target=THESE_NODES)
    support = support.replace(
        notes=(*support.notes, OF_EVENTS), inputs={**(support.inputs or {}), VERIFICATION: verification.id}
    )
    return [
        figure(
            frame,
            index,
            float(corrected.counts[number]),
            Interval(float(corrected.low[number]), float(corrected.high[number]), _DRAWN_LABELS),
            support.replace(parts={UNCORRECTED: float(counts[number])}),
            group=group,
        )
        for number, group in enumerate(GROUP_NAMES)
    ]
