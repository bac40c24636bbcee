"""Counts that people made: visits per ten-minute count; their hour is often not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_analysis.diversity.samples import divided
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray

NO_HOUR = Reason.of("survey_without_hour")
MINUTES_INFERRED = Note.of("minutes_inferred")


def visits_per_survey(visits: FloatArray, surveys: FloatArray) -> FloatArray:
    """Visits per ten-minute count, shape (...); not a number without a count.

    Parameters
    ----------
    visits : array, shape (...)
        Insects counted, all groups together.
    surveys : array, shape (...)
        Number of ten-minute counts they come from.

    References
    ----------
    UK Pollinator Monitoring Scheme, pan trap and flower-insect timed count data,
    doi 10.5285/13aed7ac-334f-4bb7-b476-4f1c3da45a13.

    Examples
    --------
    >>> import numpy as np
    >>> visits_per_survey(np.array([12.0, 0.0]), np.array([4.0, 2.0])).tolist()
    [3.0, 0.0]
    """
    return divided(visits, surveys)
