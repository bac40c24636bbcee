"""What somebody fills in to give something, and the offer that it makes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.amounts import UNITS, read_amount
from sera_coalition.surplus.offer import GROUNDS, GROWN, PREPARED, Offer
from sera_pages.views.fields import TIME_FORM
from sera_store.allergens import ALLERGENS
from sera_store.local_clock import local_time
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_pages.views.forms import Form

_SINGLE: Final = (
    "kind", "what", "amount", "unit", "portions", "place", "number_meant", "from", "until", "ground",
    "allergens_known", "draw", "slip",
)  # fmt: skip
# Longer than anything that is kept, so that what is too long is said and not cut.
_MOST: Final = 200
_PORTIONS_DIGITS: Final = 4

Typed = dict[str, str | list[str]]
Read = TypeVar("Read")


def read_typed(form: Form) -> Typed:
    """Return all fields as they were typed."""
    typed: Typed = {name: form.text(name, _MOST) for name in _SINGLE}
    typed["allergens"] = form.texts("allergens")
    return typed


def first_typed(now_s: int, zone: str) -> Typed:
    """Return the fields before anything was filled in: from now until the same hour tomorrow."""
    values: Typed = dict.fromkeys(_SINGLE, "")
    values |= {"unit": UNITS[0], "portions": "1", "ground": GROUNDS[0], "allergens_known": "unknown"}
    return values | {
        "from": time_text(now_s, zone),
        "until": time_text(now_s + DAY_S, zone),
        "allergens": list[str](),
    }


def time_text(time_s: int, zone: str) -> str:
    """Write a moment, Unix time [s], as a field for day and hour takes it."""
    return local_time(time_s, zone).strftime(TIME_FORM)


def read_time(field: str, text: str, zone: str) -> int:
    """Read a moment of a field as Unix time [s].

    Raises
    ------
    InvalidSurplusError
        It is not valid, or before the year 2000.
    """
    try:
        time_s = int(datetime.strptime(text, TIME_FORM).replace(tzinfo=ZoneInfo(zone)).timestamp())
    except ValueError:
        time_s = 0
    if time_s < UTC_FIRST_S:
        raise InvalidSurplusError(field, "time", "expected a day and an hour, 2026-06-20T18:00")
    return time_s


def read_offer(typed: Mapping[str, str | list[str]], zone: str) -> tuple[Offer, list[InvalidSurplusError]]:
    """Make an offer of what was filled in, and return what could not be read: there something else stands."""
    texts = {name: value for name, value in typed.items() if isinstance(value, str)}
    problems: list[InvalidSurplusError] = []

    def read(reader: Callable[[], Read], otherwise: Read) -> Read:
        try:
            return reader()
        except InvalidSurplusError as error:
            problems.append(error)
            return otherwise

    amount, unit = read(lambda: read_amount(texts["amount"], texts["unit"]), (1.0, UNITS[0]))
    until_s = read(lambda: read_time("until", texts["until"], zone), 0)
    from_s = read(lambda: read_time("from", texts["from"], zone), until_s - 1)
    draw_s = read(lambda: read_time("draw", texts["draw"], zone) if texts["draw"] else None, None)
    portions = texts["portions"]
    is_number = portions.isdecimal() and len(portions) <= _PORTIONS_DIGITS
    read(lambda: _check_ticks(texts, typed["allergens"]), None)
    offer = Offer(
        kind=texts["kind"],
        what=texts["what"],
        amount=amount,
        unit=unit,
        portions=int(portions) if is_number else 0,
        place=texts["place"],
        from_s=from_s,
        until_s=until_s,
        ground=texts["ground"] if texts["kind"] in GROWN else "",
        allergens=_allergens(texts, typed["allergens"]),
        draw_s=draw_s,
    )
    return offer, problems


def _check_ticks(texts: Mapping[str, str], boxes: str | list[str]) -> None:
    """Refuse allergens that were ticked beside a choice that would leave them out."""
    if not boxes or not texts["kind"] or _allergens(texts, boxes) is not None:
        return
    code = "ticked_allergens" if texts["kind"] in PREPARED else "not_prepared"
    raise InvalidSurplusError("allergens_known", code, "allergens are ticked, and would be left out")


def _allergens(texts: Mapping[str, str], boxes: str | list[str]) -> tuple[str, ...] | None:
    if texts["kind"] not in PREPARED or texts["allergens_known"] != "stated":
        return None
    return tuple(name for name in ALLERGENS if name in boxes)
