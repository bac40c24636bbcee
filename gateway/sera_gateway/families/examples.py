"""Examples in a device family's file: a message as the device sends it, and the records that it becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from sera_gateway.decode.reasons import IGNORED, REASONS
from sera_vocabulary.quality import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from sera_vocabulary.series import SERIES_BY_NAME

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_FLAGS: Final = (GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING)


class ExampleRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record that a message becomes.

    Parameters
    ----------
    series
        Series of the vocabulary.
    values
        By wire key, each in the unit that its measurement has here; `nan` where the record has none.
    flags
        QARTOD flags by wire key; 1 (good) where not named.
    """

    series: str
    values: dict[str, float]
    flags: dict[str, int] = {}

    def __post_init__(self) -> None:
        if self.series not in SERIES_BY_NAME:
            raise ValueError(f"series {self.series!r} is none of {', '.join(SERIES_BY_NAME)}")
        if stray := self.flags.keys() - self.values.keys():
            raise ValueError(f"flags of {', '.join(sorted(stray))}, which `values` does not have")
        if other := set(self.flags.values()) - set(_FLAGS):
            raise ValueError(f"flag {min(other)}; expected one of {', '.join(map(str, _FLAGS))}")


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message and what becomes of it: records, a rejection, or nothing.

    Parameters
    ----------
    title
        What the example shows.
    topic, payload
        The message as the device sends it.
    arrived
        When it arrives, with its offset from UTC.
    timezone
        IANA zone of the garden, for a device whose times name no zone.
    device
        The node that the records belong to; empty where there are none.
    time
        The time of the records where the message has one; without it they have the arrival's.
    records
        What it becomes.
    unread
        Keys that hold something and that the table neither reads nor ignores.
    rejected, ignored
        Why it becomes nothing instead: a code of `reasons.REASONS` or of `reasons.IGNORED`.
    """

    title: str
    topic: str
    payload: str
    arrived: _Moment
    timezone: str = "UTC"
    device: str = ""
    time: _Moment | None = None
    records: tuple[ExampleRecord, ...] = ()
    unread: tuple[str, ...] = ()
    rejected: str = ""
    ignored: str = ""

    def __post_init__(self) -> None:
        outcomes = [name for name in ("records", "rejected", "ignored") if getattr(self, name)]
        if len(outcomes) != 1:
            raise ValueError(f"{' and '.join(outcomes) or 'no outcome'}; expected one of the three")
        if self.rejected and self.rejected not in REASONS:
            raise ValueError(f"rejected {self.rejected!r} is no reason; expected one of {', '.join(REASONS)}")
        if self.ignored and self.ignored not in IGNORED:
            raise ValueError(f"ignored {self.ignored!r} is no reason; expected one of {', '.join(IGNORED)}")
        if bool(self.records) != bool(self.device) or (self.time and not self.records):
            raise ValueError(
                "`device`, and `time` if the message has one, stand beside `records` and only there"
            )
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                f"timezone {self.timezone!r}; expected an IANA name such as Europe/London"
            ) from error
