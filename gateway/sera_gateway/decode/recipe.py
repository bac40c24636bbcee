"""What the values of another maker's message become: worked out once for each set of names and units."""

from __future__ import annotations

from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

import msgspec
import numpy as np

from sera_gateway.decode.envelope import HUGE, Layout, Rejection, layout, shorten
from sera_gateway.decode.texts import plain_unit
from sera_gateway.decode.units import Scale, scale
from sera_gateway.errors import MappingUnusableError
from sera_quality.limits import LIMITS
from sera_store.database.recent_cache import RecentCache
from sera_store.records.columns import body_type
from sera_vocabulary import quality
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.messages import NO_POSITION, parse_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sera_store.registry.mappings import MappedValue, Mapping

# A value of the table with its units as factors.
_MappedScale = tuple["MappedValue", dict[str, Scale]]

# What tells the records of one device and second apart: hash of the content, mixed with a mark of the series.
MARK_BITS: Final = 29
_RECIPES_MOST: Final = 4096
_UNKNOWN_NAME: Final = "no name that the mapping knows"


class Part:
    """The values of a message that make one record.

    Parameters
    ----------
    layout
        Series and columns of the record.
    mark
        Tells the records of one message apart, by their series.
    places
        Indexes of its values among the message's, in the order of its columns.
    scales
        How each is converted; None for a value whose unit nobody knows.
    """

    __slots__ = ("_factors", "_offsets", "_spans", "layout", "mark", "places")

    def __init__(
        self, layout: Layout, mark: int, places: tuple[int, ...], scales: tuple[Scale | None, ...]
    ) -> None:
        self.layout = layout
        self.mark = mark
        self.places = places
        unknown = Scale(np.nan, np.nan)
        self._factors = np.array([(scale or unknown).factor for scale in scales])
        self._offsets = np.array([(scale or unknown).offset for scale in scales])
        possible = [(measurement.lowest, measurement.highest) for measurement in layout.measurements]
        usual = [
            LIMITS[measurement.name].usual if measurement.name in LIMITS else span
            for measurement, span in zip(layout.measurements, possible, strict=True)
        ]
        self._spans = tuple(
            (np.array([low for low, _ in spans]), np.array([high for _, high in spans]), flag)
            for spans, flag in ((usual, quality.SUSPECT), (possible, quality.FAIL))
        )

    @property
    def series(self) -> str:
        """Series of the record."""
        return self.layout.stream

    @property
    def columns(self) -> tuple[str, ...]:
        """Wire keys of the record's values."""
        return self.layout.columns

    def convert(self, numbers: NDArray[np.float64]) -> NDArray[Any]:
        """Convert the values of many messages into units of the vocabulary, and check their ranges.

        Parameters
        ----------
        numbers : array, shape (messages, values)
            As the devices sent them; NaN for null and for what was no number.

        Returns
        -------
        structured array, shape (messages,)
            `values` and `quality`, as `sera_store.records.columns.body_type` lays them out; a value that is
            none
            is NaN and MISSING.
        """
        rows = np.empty(len(numbers), body_type(len(self.places)))
        with np.errstate(over="ignore", invalid="ignore"):
            values = numbers[:, self.places] * self._factors + self._offsets
        values[~(np.abs(values) < HUGE)] = np.nan
        flags = np.full(values.shape, quality.GOOD, np.uint8)
        for lowest, highest, flag in self._spans:
            flags[(values < lowest) | (values > highest)] = flag
        flags[np.isnan(values)] = quality.MISSING
        rows["values"], rows["quality"] = values, flags
        return rows


class Recipe(NamedTuple):
    """What one set of names and units becomes.

    Parameters
    ----------
    refused
        What of it nobody can read, by name, with the reason.
    columns
        Of each value its column, or its name where it has none.
    is_positioned
        Whether probes have to be looked up for it.
    select
        Takes the values that the mapping reads, in the order of their names and units: not the sender's.
    label, names
        Those names and units, and the names alone.
    form
        How so many numbers are written for the hash of a message's content.
    """

    parts: tuple[Part, ...]
    refused: dict[str, str]
    columns: tuple[str, ...]
    is_positioned: bool
    select: Callable[[Sequence[Any]], tuple[Any, ...]]
    label: bytes
    names: tuple[str, ...]
    form: Struct


class Recipes:
    """The recipes of one mapping, kept as messages ask for them.

    Raises
    ------
    MappingUnusableError
        A unit of the table converts into nothing of ours.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._values = {value.label: (value, _scales(mapping, value)) for value in mapping.values}
        self._observed = {value.key: (value, _scales(mapping, value)) for value in mapping.observed}
        if not mapping.is_plain:
            # Each of its values may come with a unit, as observations do.
            self._observed = self._values | self._observed
        # Senders choose names and units: what they can make us keep is bounded.
        self._cache: RecentCache[tuple[object, ...], Recipe] = RecentCache(_RECIPES_MOST)

    def find(
        self, values: tuple[str | tuple[str, str], ...], observed: tuple[tuple[str, str | None], ...]
    ) -> Recipe:
        """Find what these keys, or keys and units, and these names and units of observations, become."""
        recipe = self._cache.get((values, observed))
        if recipe is None:
            recipe = self._cache[values, observed] = self._make(values, observed)
        return recipe

    def _make(
        self, values: tuple[str | tuple[str, str], ...], observed: tuple[tuple[str, str | None], ...]
    ) -> Recipe:
        columns_to_read: list[tuple[_MappedScale | None, str, str | None]] = []
        with_units = [(key, None) if isinstance(key, str) else key for key in values]
        columns_to_read += [(self._values.get(key), key, unit) for key, unit in with_units]
        columns_to_read += [(self._observed.get(name), name, unit) for name, unit in observed]
        columns_of: dict[str, dict[str, tuple[int, Scale | None]]] = {}
        refused: dict[str, str] = {}
        columns = []
        for index, (mapped, name, unit) in enumerate(columns_to_read):
            columns.append(mapped[0].column if mapped else name)
            why = _placed(columns_of, mapped, unit, index)
            if why:
                refused[f"refused:{shorten(columns[-1]).strip(chr(39))}"] = why
        parts = tuple(part for series in columns_of for part in _parts(series, columns_of[series]))
        positioned = any(position != NO_POSITION for part in parts for position in part.layout.positions)
        read = sorted(
            (
                (number >= len(values), name, unit or "", number)
                for number, (mapped, name, unit) in enumerate(columns_to_read)
                if mapped
            )
        )
        label = msgspec.json.encode([name for *name, _ in read])
        places = tuple(number for *_, number in read)
        names = tuple(name for _, name, _, _ in read)
        form = Struct(f"<{len(places)}d")
        return Recipe(parts, refused, tuple(columns), positioned, _selector(places), label, names, form)


def _selector(places: tuple[int, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what takes the elements at some places, as a tuple also where that is one."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple([values[place] for place in places])


def _placed(
    columns_of: dict[str, dict[str, tuple[int, Scale | None]]],
    mapped: _MappedScale | None,
    unit: str | None,
    place: int,
) -> str:
    """Add a value to the columns of its series; return why it has no column or unit, or an empty text."""
    if mapped is None:
        return _UNKNOWN_NAME
    value, scales = mapped
    columns = columns_of.setdefault(value.series, {})
    if value.column in columns:
        return "stands twice; the first one stays"
    scale_ = next(iter(scales.values())) if unit is None else scales.get(plain_unit(unit))
    columns[value.column] = (place, scale_)
    return "" if scale_ else f"unit {shorten(unit)}; expected {', '.join(value.units)}"


def _parts(series: str, columns: dict[str, tuple[int, Scale | None]]) -> list[Part]:
    record_layout = layout(series, tuple(columns))
    if isinstance(record_layout, Rejection):
        return []
    places = tuple(place for place, _ in columns.values())
    return [
        Part(
            record_layout,
            crc32(series.encode()) >> (32 - MARK_BITS),
            places,
            tuple(scale_ for _, scale_ in columns.values()),
        )
    ]


def _scales(mapping: Mapping, value: MappedValue) -> dict[str, Scale]:
    name, _ = parse_column(value.column) or (value.column, NO_POSITION)
    try:
        spellings = [spelled.partition("=")[::2] for spelled in value.units]
        return {
            plain_unit(spelled): scale(plain_unit(unit or spelled), COLUMNS[name].unit)
            for spelled, unit in spellings
        }
    except MappingUnusableError as error:
        raise MappingUnusableError(f"mapping {mapping.id}, {value.key!r}: {error}") from error
