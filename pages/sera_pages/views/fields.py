"""Read fields of a form one by one, and gather what is wrong with them."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sera_pages.errors import InvalidFieldError
from sera_store.plain_text import DECIMAL_POINTS
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# How far a clock of a phone may be ahead of ours [s].
AHEAD_MOST_S: Final = 120
# A day that is known without its hour stands at noon, and may be off by half a day.
_NOON: Final = 12
# A comma and the Arabic decimal separator; digits of any script are digits already.
HALF_A_DAY_S: Final = 43_200
DAY_FORM: Final = "%Y-%m-%d"
TIME_FORM: Final = "%Y-%m-%dT%H:%M"


ValueT = TypeVar("ValueT")


class FieldProblems:
    """Gathers what is wrong with fields that are read one by one, so that a form says all of it at once."""

    def __init__(self) -> None:
        self.errors: dict[str, InvalidFieldError] = {}

    def read(self, read: Callable[..., ValueT], *arguments: Any) -> ValueT | None:
        """Return what a function reads; None where it cannot, and what is wrong is gathered."""
        try:
            return read(*arguments)
        except InvalidFieldError as error:
            self.errors.setdefault(error.field, error)
            return None

    def words(self, say: Callable[..., str]) -> dict[str, str]:
        """Write what is wrong with fields, by field."""
        return {name: say(error.sentence, **error.arguments) for name, error in self.errors.items()}


class FieldReader:
    """Reads fields one by one, and gathers what is wrong, so that a form says all of it at once.

    Parameters
    ----------
    fields
        Texts by name; one that is missing is empty.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.errors: dict[str, InvalidFieldError] = {}

    def text(self, name: str) -> str:
        """Return a field's text."""
        return self._fields.get(name, "").strip()

    def number(self, name: str, measurement: str, *, is_whole: bool = False) -> float | None:
        """Return a number within what its measurement can be; None where the field is empty."""
        row = COLUMNS[measurement]
        return self.within(name, row.lowest, row.highest, is_whole=is_whole)

    def within(self, name: str, low: float, high: float, *, is_whole: bool = False) -> float | None:
        """Return a number within bounds; None where the field is empty or wrong."""
        text = self.text(name).translate(DECIMAL_POINTS)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (is_whole and value != int(value)):
            kind = "field.whole_within" if is_whole else "field.number_within"
            self._wrong(name, kind, low=_bound(low), high=_bound(high))
            return None
        return value

    def choice(self, name: str, options: tuple[str, ...], sentence: str) -> str:
        """Return one of some options."""
        text = self.text(name)
        if text not in options:
            self._wrong(name, sentence)
            return options[0]
        return text

    def local_time(self, name: str, timezone: str, now_s: int) -> tuple[int, int]:
        """Return a local time of the garden as Unix time, and how far it may be off [s]."""
        text = self.text(name)
        for form, uncertainty_s in ((TIME_FORM, 60), (DAY_FORM, HALF_A_DAY_S)):
            try:
                moment = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(timezone))
            except ValueError:
                continue
            if form == DAY_FORM:
                moment = moment.replace(hour=_NOON)
            time_s = int(moment.timestamp())
            if time_s < UTC_FIRST_S:
                # Of a year that was typed with two figures, for example.
                self._wrong(name, "field.too_early")
            is_today = form == DAY_FORM and time_s - HALF_A_DAY_S <= now_s
            if time_s > now_s + AHEAD_MOST_S and not is_today:
                self._wrong(name, "field.in_future")
            return min(time_s, now_s), uncertainty_s
        self._wrong(name, "field.no_time")
        return now_s, 0

    def refuse(self, name: str, sentence: str) -> None:
        """Note a problem of a field that only its page can see."""
        self._wrong(name, sentence)

    def problems(self, say: Callable[..., str]) -> dict[str, str]:
        """Write what is wrong with fields, by field."""
        return {name: say(error.sentence, **error.arguments) for name, error in self.errors.items()}

    def _wrong(self, name: str, sentence: str, **arguments: int | str) -> None:
        self.errors.setdefault(name, InvalidFieldError(name, sentence, **arguments))


def as_choice(words: str) -> str:
    """Write words that also stand within a sentence as a choice, which begins as a sentence does."""
    return words[:1].upper() + words[1:]


def _bound(value: float) -> int | str:
    """Return a whole bound as a number, so that a sentence writes it as its language does."""
    return int(value) if value == int(value) else f"{value:g}"
