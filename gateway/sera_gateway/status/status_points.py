"""How a point of a status series is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.outputs.line_protocol import Point, PointKey, clean
from sera_vocabulary.durations import HOUR_S, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Mapping


def hour_s(at_s: int) -> int:
    """Return when the hour of a time [s] began."""
    return at_s // HOUR_S * HOUR_S


def status_point(
    measurement: str, at_s: int, tags: Mapping[str, str], fields: Mapping[str, float | str | None]
) -> Point:
    """Make a point; tags without a text and fields that are not known are left out.

    Parameters
    ----------
    measurement
        Of `sera_vocabulary.status_series`.
    at_s
        Unix time [s].
    tags, fields
        Numbers become floats, so that no field has two kinds.
    """
    written = sorted((name, clean(text)) for name, text in tags.items())
    return Point(
        PointKey(measurement, tuple((name, text) for name, text in written if text), at_s * SECOND_NS),
        {
            name: value if isinstance(value, str) else float(value)
            for name, value in fields.items()
            if value is not None
        },
    )
