"""When a device says that it measured: its time read as Unix time, also one of a local clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MICROSECONDS: Final = {"unix_s": 1_000_000, "unix_ms": 1000, "unix_us": 1, "unix_ns": 1e-3}
_FIRST: Final = datetime(1, 1, 3)  # noqa: DTZ001 - as devices write times that name no zone
_LAST: Final = datetime(9999, 12, 29)  # noqa: DTZ001 - as said
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_A_MICROSECOND: Final = timedelta(microseconds=1)
_HALF_AN_HOUR_US: Final = 1_800_000_000


class LocalTime(NamedTuple):
    """A local time as Unix time [us]: whether a clock shows it twice or never, and whether it is in doubt."""

    moment_us: int
    ambiguity: str = ""
    is_doubtful: bool = False


def read_time(value: Any, form: str) -> int | datetime | None:
    """Read a device's time as Unix time [us], or as it stands without a zone; None where it is not one.

    Parameters
    ----------
    value
        A number, or a text: both as devices send them.
    form
        One of the forms of `sera_store.registry.mappings.Mapping`.
    """
    try:
        if form != "iso8601":
            return _read_number(value, form)
        moment = value if type(value) is datetime else datetime.fromisoformat(value.strip())
        return _within_calendar(moment) if moment.tzinfo is None else microseconds(moment)
    except (ValueError, TypeError, OverflowError, AttributeError):
        return None


def _within_calendar(moment: datetime) -> datetime | None:
    """Return a moment of a local clock, but for the first and last days, which no time zone moves."""
    return moment if _FIRST < moment < _LAST else None


def _read_number(value: Any, form: str) -> int | None:
    # A whole number as text keeps its digits: a double has too few for nanoseconds.
    number = int(value) if isinstance(value, str) and value.strip().isdigit() and len(value) <= 20 else value
    if type(number) is int and form == "unix_ns":
        return number // 1000
    scaled = number * _MICROSECONDS[form] if type(number) in (int, float) else nan
    return int(scaled // 1) if isfinite(scaled) else None


def microseconds(moment: datetime) -> int:
    """Return a time with a zone as Unix time [us]."""
    return (moment - _EPOCH) // _A_MICROSECOND


def resolve_local(moment: datetime, zone: ZoneInfo, received_us: int) -> LocalTime:
    """Read a time of a zone; of the two that it may be where clocks change, the one nearer to the arrival.

    Notes
    -----
    Where the arrival is not within half an hour of either, nothing says which one it is: it is in doubt.
    """
    first_us, second_us = (
        microseconds(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC)) for fold in (0, 1)
    )
    if first_us == second_us:
        return LocalTime(first_us)
    nearer = min(first_us, second_us, key=lambda moment_us: abs(received_us - moment_us))
    happens = "comes twice" if second_us > first_us else "never comes"
    ambiguity = f"{moment:%Y-%m-%dT%H:%M:%S} {happens} in {zone.key}; the one nearer to the arrival is taken"
    return LocalTime(nearer, ambiguity, abs(received_us - nearer) > _HALF_AN_HOUR_US)
