"""From when on a change of a garden holds: a day of the garden's own clock, today where none is named."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sera_pages.errors import InvalidFieldError
from sera_store.local_clock import local_date

if TYPE_CHECKING:
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden

FIELD: Final = "since"
_EARLIEST: Final = date(2000, 1, 1)


def read_since(visit: Visit, garden: Garden, form: Form) -> int:
    """Return from when on what a form enters holds, Unix time [s].

    Raises
    ------
    InvalidFieldError
        The field is no day, or one that has not begun.
    """
    text, now_s = form.text(FIELD), visit.installation.now_s()
    if not text:
        return now_s
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidFieldError(FIELD, "changes.wrong_day") from error
    if not _EARLIEST <= day <= local_date(now_s, garden.timezone):
        raise InvalidFieldError(FIELD, "changes.wrong_day")
    return min(now_s, int(datetime.combine(day, time.min, ZoneInfo(garden.timezone)).timestamp()))


def day_of(visit: Visit, garden: Garden, time_s: int) -> str:
    """Write the day of a time [s] on the garden's clock."""
    return visit.words.figures.date(local_date(time_s, garden.timezone))
