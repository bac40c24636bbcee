"""Read messages of another maker's devices by their table: compiled once, then fast, and it never raises."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import floor, isfinite, nan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_gateway import reasons
from sera_gateway.decoded import AHEAD_MOST_S, HASH_BYTES, NOT_A_NUMBER, IgnoredMessage, RefusedMessage
from sera_gateway.envelope import BYTES_LOOKED_INTO, HUGE, Refusal, shown
from sera_gateway.recipe import MARK_BITS, Recipes
from sera_gateway.shape import Found, Shape
from sera_vocabulary.messages import UTC_FIRST_S
from sera_vocabulary.topics import NAME_LONGEST, is_name

if TYPE_CHECKING:
    from sera_gateway.journal import Entry
    from sera_gateway.recipe import Recipe
    from sera_store.mappings import Mapping

# Key of the note about what belongs to no column.
REFUSED: Final = "refused"
_NOTES_MOST: Final = 8
_NUMBERS: Final = frozenset({int, float})
_A_THOUSANDTH: Final = {"unix_s": 1, "unix_ms": 1000}


class ForeignMessage(NamedTuple):
    """A message of another maker's device that could be read.

    Parameters
    ----------
    recipe
        What its values become.
    numbers
        Its values in the order of the recipe, not converted; NaN for null and for what was no number.
    time_s, has_time
        Unix time [s], and whether the device said it; else it is the arrival's.
    name, digest
        Sequence of its records but for the mark of their part, and hash of the content.
    notes
        What was refused of it, by column or name; None for nothing.
    """

    node: str
    mapping: CompiledMapping
    recipe: Recipe
    numbers: list[float]
    time_s: int
    has_time: bool
    name: int
    digest: bytes
    notes: dict[str, str] | None

    @property
    def uncertainty_s(self) -> int:
        """Uncertainty of its time [s]."""
        table = self.mapping.table
        return table.time_uncertainty_s if self.has_time else table.arrival_uncertainty_s

    @property
    def is_regular(self) -> bool:
        """Whether nothing of it was refused, and no probe has to be looked up."""
        return self.notes is None and self.recipe.is_plain

    @property
    def seqs(self) -> tuple[int, ...]:
        """Names of its records, one a part."""
        return tuple([self.name ^ part.mark for part in self.recipe.parts])


class CompiledMapping:
    """A mapping made ready: typed decoder, units as factors, layouts by what a message holds.

    Parameters
    ----------
    table
        The mapping as the registry has it.

    Raises
    ------
    MappingUnusableError
        A unit of the table converts into nothing of ours.
    """

    def __init__(self, table: Mapping) -> None:
        self.table = table
        self.id = table.id
        self.detail = {"mapping": f"{table.id} {table.version}"}
        self._recipes = Recipes(table)
        self._shape = Shape(table)
        self._keys = tuple(one.key for one in table.values)

    def read(self, entry: Entry, node: str | None) -> ForeignMessage | RefusedMessage | IgnoredMessage:
        """Read one message; `node` is what its topic names, None where it names none."""
        if len(entry.payload) > BYTES_LOOKED_INTO:
            return _refused(node, reasons.TOO_LARGE, f"{len(entry.payload)} bytes; expected a short message")
        found = self._shape.read(entry.payload)
        if isinstance(found, Refusal):
            return RefusedMessage(None, _as_node(node), found)
        if found.node is not None and node is not None and found.node != node:
            return _refused(node, reasons.WRONG_SHAPE, f"node {shown(found.node)}; the topic names {node!r}")
        named = found.node if node is None else node
        if not isinstance(named, str) or not _is_node(named):
            return _refused(None, reasons.WRONG_SHAPE, f"node {shown(named)}; expected a node's id")
        received_s = entry.received_ns // 1_000_000_000
        time_s = received_s if found.time is None else _seconds(found.time, self.table.time_form)
        if time_s is None:
            expected = f"{self.table.time_form}"
            return _refused(named, reasons.WRONG_TYPE, f"time {shown(found.time)}; expected {expected}")
        latest_s = received_s + AHEAD_MOST_S
        if not UTC_FIRST_S <= time_s <= latest_s:
            expected = f"{UTC_FIRST_S} to {latest_s}"
            return _refused(named, reasons.TIME_OUT_OF_RANGE, f"time {time_s}; expected {expected}")
        return self._message(entry, named, time_s, found)

    def _message(
        self, entry: Entry, node: str, time_s: int, found: Found
    ) -> ForeignMessage | RefusedMessage | IgnoredMessage:
        if None in found.values:
            said = [(k, v) for k, v in zip(self._keys, found.values, strict=True) if v is not None]
            keys, values = tuple(key for key, _ in said), [value for _, value in said]
        else:
            keys, values = self._keys, list(found.values)
        recipe = self._recipes.find(keys, found.names)
        values += found.observed
        notes = found.notes
        if recipe.refused or not _are_numbers(values):
            notes = {**(found.notes or {}), **recipe.refused}
            values = _spoiled(values, recipe, notes)
        if not recipe.parts:
            return _without_values(node, notes or {})
        # Without a time of its own each arrival is a reading of its own.
        content = entry.payload if found.time is not None else b"%d:%s" % (entry.number, entry.payload)
        digest = blake2b(content, digest_size=HASH_BYTES).digest()
        has_time = found.time is not None
        # Growing with time, and the same for the same content, without asking for numbers anywhere.
        name = time_s << MARK_BITS | int.from_bytes(digest[:4]) >> (32 - MARK_BITS)
        return ForeignMessage(node, self, recipe, values, time_s, has_time, name, digest, _few(notes))


def _are_numbers(values: list[Any]) -> bool:
    # One look at all, for most messages hold nothing but numbers; NaN, which hides from min and max, shows in
    # the sum.
    if not values or not _NUMBERS.issuperset(map(type, values)):
        return not values
    return min(values) > -HUGE and max(values) < HUGE and isfinite(sum(values))


def _is_number(value: object) -> bool:
    return (type(value) is float or type(value) is int) and -HUGE < value < HUGE


def _spoiled(values: list[Any], recipe: Recipe, notes: dict[str, str]) -> list[float]:
    """Put NaN in place of null and of what is no number, and note the latter."""
    numbers = []
    for value, column in zip(values, recipe.columns, strict=True):
        if value is not None and not _is_number(value):
            notes.setdefault(f"refused:{column}", NOT_A_NUMBER)
        numbers.append(value if _is_number(value) else nan)
    return numbers


def _few(notes: dict[str, str] | None) -> dict[str, str] | None:
    if not notes or len(notes) <= _NOTES_MOST:
        return notes or None
    kept = dict(list(notes.items())[:_NOTES_MOST])
    return kept | {REFUSED: f"{len(notes) - _NOTES_MOST} more values"}


def _without_values(node: str, notes: dict[str, str]) -> RefusedMessage | IgnoredMessage:
    if not notes:
        return IgnoredMessage(reasons.NO_VALUES)
    name, why = next(iter(notes.items()))
    return _refused(node, reasons.UNKNOWN_MEASUREMENT, f"{name.removeprefix('refused:')}: {why}")


def _seconds(said: Any, form: str) -> int | None:
    """Read a device's time as whole Unix seconds; None where it is none."""
    try:
        if form != "iso8601":
            number = said / _A_THOUSANDTH[form] if type(said) in (int, float) else nan
            return int(number // 1) if isfinite(number) else None
        moment = said if isinstance(said, datetime) else datetime.fromisoformat(said)
        return floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None


def _is_node(text: str) -> bool:
    # Long texts stay out of the cache, which so has an end in bytes.
    return len(text) <= NAME_LONGEST and _is_short_node(text)


@lru_cache(maxsize=8_192)
def _is_short_node(text: str) -> bool:
    return is_name(text)


def _as_node(text: str | None) -> str | None:
    return text if text is not None and is_name(text) else None


def _refused(node: str | None, reason: str, detail: str) -> RefusedMessage:
    return RefusedMessage(None, _as_node(node), Refusal(reason, detail))
