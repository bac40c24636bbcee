"""What people count and do, as messages of the node protocol: one row a message, under a counter's key.

The same entry under the same key is the same bytes, so that it may be sent again as often as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sera_vocabulary import measurements as m
from sera_vocabulary import messages as keys
from sera_vocabulary import series, topics

if TYPE_CHECKING:
    from collections.abc import Mapping

FIT_COUNT_S: Final = 600
# A shorter one says too little: three insects in two seconds would be nine hundred in ten minutes.
COUNT_LEAST_S: Final = 300


class Key(NamedTuple):
    """Which record of a counter: the epoch of a device's store, and the sequence in it."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class FitCount:
    """A timed count of insects at a flower patch.

    Parameters
    ----------
    ended_s
        When it ended, Unix time [s].
    seconds
        How long was counted [s].
    counts
        Insects by group; a group that was not looked at is None, and not zero.
    target_flower
        One of `sera_vocabulary.measurements.TARGET_FLOWERS`.
    flower_units, patch_area, air_temperature, cloud_cover, wind_force
        Flowers in the patch, its area [m2], temperature [Cel], cloud [%], wind [Beaufort]; None where not
        stated.
    uncertainty_s
        How far the time may be off [s].
    """

    ended_s: int
    seconds: int
    counts: Mapping[str, int | None]
    target_flower: str
    flower_units: int | None = None
    patch_area: float | None = None
    air_temperature: float | None = None
    cloud_cover: float | None = None
    wind_force: int | None = None
    uncertainty_s: int = 2


@dataclass(frozen=True, slots=True)
class GardenAction:
    """Something that was done in a garden, or seen there.

    Parameters
    ----------
    kind
        One of `sera_vocabulary.measurements.GARDEN_ACTIONS`.
    time_s
        When, Unix time [s].
    water_depth, area
        Water given [mm], area that it was done on [m2]; None where not stated.
    chronicle_entry
        Number of the entry of the community's chronicle that says more of it; None where there is none.
    uncertainty_s
        How far the time may be off [s]: half a day where only the day is known.
    """

    kind: str
    time_s: int
    water_depth: float | None = None
    area: float | None = None
    uncertainty_s: int = 1800
    chronicle_entry: int | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A record that its counter takes back.

    Parameters
    ----------
    key
        Of the record.
    time_s
        When it is taken back, Unix time [s].
    """

    key: Key
    time_s: int


Entry = FitCount | GardenAction | Withdrawal


@dataclass(frozen=True, slots=True)
class _Row:
    stream: str
    time_s: int
    uncertainty_s: int
    values: dict[str, float | None] = field(default_factory=dict)


def people_topic(community: str, counter: str) -> str:
    """Return the topic on which a counter's entries are published."""
    return topics.topic(community, counter, topics.PEOPLE)


def payload(entry: Entry, key: Key) -> bytes:
    """Write an entry as the message of its key: the same bytes each time.

    Parameters
    ----------
    entry
        What was counted, done or taken back.
    key
        The record's key; its device has made no higher sequence, as far as this message says.

    Returns
    -------
    bytes
        One batch of one row.
    """
    row = _row(entry)
    message = {
        keys.KEY_VERSION: keys.PROTOCOL_VERSION,
        keys.KEY_EPOCH: key.epoch,
        keys.KEY_LOWEST: keys.SEQ_FIRST,
        keys.KEY_NEXT: key.seq + 1,
        keys.KEY_STREAM: row.stream,
        keys.KEY_COLUMNS: list(row.values),
        keys.KEY_ROWS: [[key.seq, None, row.time_s, row.uncertainty_s, 0, *row.values.values()]],
    }
    return msgspec.json.encode(message)


def _row(entry: Entry) -> _Row:
    if isinstance(entry, FitCount):
        return _count_row(entry)
    if isinstance(entry, GardenAction):
        return _action_row(entry)
    epoch, seq = int(entry.key.epoch, 16), entry.key.seq
    return _Row(series.WITHDRAWAL, entry.time_s, 0, {m.WITHDRAWN_EPOCH: epoch, m.WITHDRAWN_SEQ: seq})


def _count_row(count: FitCount) -> _Row:
    values: dict[str, float | None] = {name: count.counts.get(name) for name in m.GROUP_NAMES}
    values[m.AWAKE_S] = count.seconds
    values[m.TARGET_FLOWER] = m.TARGET_FLOWERS.index(count.target_flower)
    stated = {
        m.FLOWER_UNITS: count.flower_units,
        m.PATCH_AREA: count.patch_area,
        m.AIR_TEMPERATURE: count.air_temperature,
        m.CLOUD_COVER: count.cloud_cover,
        m.WIND_FORCE: count.wind_force,
    }
    return _Row(series.COUNTS, count.ended_s, count.uncertainty_s, values | _stated(stated))


def _action_row(action: GardenAction) -> _Row:
    values: dict[str, float | None] = {m.GARDEN_ACTION: m.GARDEN_ACTIONS.index(action.kind)}
    stated = {
        m.WATER_DEPTH: action.water_depth,
        m.PATCH_AREA: action.area,
        m.CHRONICLE_ENTRY: action.chronicle_entry,
    }
    return _Row(series.ACTION, action.time_s, action.uncertainty_s, values | _stated(stated))


def _stated(values: Mapping[str, float | None]) -> dict[str, float | None]:
    # What nobody stated is no column: a null would say that a sensor failed.
    return {name: value for name, value in values.items() if value is not None}
