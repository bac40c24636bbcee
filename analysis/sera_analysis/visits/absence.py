"""What may be said of a group that was not noticed: the effort, and how rare it must then be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE
from sera_words.statements import Note


class Absence(NamedTuple):
    """The note, and the most visits an hour that would have gone unnoticed so often, or None."""

    note: Note
    visits_per_hour_most: float | None


def absence(
    group: str,
    effort_h: float,
    recall_low: float | None,
    confidence: float = CONFIDENCE,
    *,
    one_detector: bool = True,
) -> Absence:
    """Interpret a window without a single detection of a group.

    Parameters
    ----------
    group
        Name of the group.
    effort_h
        Hours watched by daylight [h].
    recall_low
        Lower end of the measured recall of this group by this detector, or None where not measured.
    confidence
        How sure the bound is to be.
    one_detector
        False for several gardens or people together, of which no one recall could be told.

    Returns
    -------
    Absence
        Never "there are none". Without a recall, effort only.

    Notes
    -----
    With visits at a steady rate of r an hour of which a share s is noticed, no detection in e hours has the
    chance exp(-r s e); the bound is the r at which this is 1 - confidence: r = -ln(1 - confidence) / (s e).
    Insects that come in company make it too small, which the note says.

    References
    ----------
    J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?" JAMA 249, 1743-1745,
    1983, doi 10.1001/jama.1983.03330370053031.

    Examples
    --------
    >>> absence("wasps", 230, None).note
    Note(code='group_absent_unmeasured', arguments={'group': 'wasps', 'hours': 230})
    >>> str(absence("wasps", 230, 0.5).note)
    'Wasps were not noticed in 230 h of watching; one visit in 38 h would have shown, if visits are steady.'
    """
    if not effort_h > 0 or (recall_low is not None and not 0 <= recall_low <= 1):
        raise InvalidSampleError(
            f"absence of {group}: {effort_h:g} h and a recall of {recall_low}; expected effort above "
            "0 and a share"
        )
    if not one_detector:
        return Absence(Note.of("group_absent", group=group, hours=effort_h), None)
    if recall_low is None or recall_low == 0:
        return Absence(Note.of("group_absent_unmeasured", group=group, hours=effort_h), None)
    most = float(-np.log(1 - confidence) / (recall_low * effort_h))
    note = Note.of("group_absent_bound", group=group, hours=effort_h, hours_a_visit=1 / most)
    return Absence(note, most)
