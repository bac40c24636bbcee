"""Read messages of another maker's devices by their table: compiled once, then fast, and it never raises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import isfinite, nan
from struct import Struct
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import (
    AHEAD_GOOD_S,
    AHEAD_MOST_S,
    AHEAD_OF_ARRIVAL,
    HASH_BYTES,
    NOT_A_NUMBER,
    IgnoredMessage,
    RefusedMessage,
)
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO, HUGE, Refusal, shown
from sera_gateway.decode.recipe import MARK_BITS, Recipes
from sera_gateway.decode.shape import Found, Shape
from sera_store.records.rows import TIME_SUSPECT
from sera_vocabulary.messages import UTC_FIRST_S
from sera_vocabulary.topics import NAME_LONGEST, is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.decode.decoded import Reference
    from sera_gateway.decode.recipe import Recipe
    from sera_gateway.journal.journal import Entry
    from sera_store.registry.mappings import Mapping

# Key of the note about what belongs to no column.
REFUSED: Final = "refused"
_NOTES_MOST: Final = 8
_NOTED_EACH_S: Final = 3600
_NOTED_MOST: Final = 50_000
_NUMBERS: Final = frozenset({int, float})
_MICROSECONDS: Final = {"unix_s": 1_000_000, "unix_ms": 1000}
_A_SECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_A_MICROSECOND: Final = timedelta(microseconds=1)
# Whether it is an arrival, the moment, and the counter.
_HEAD: Final = Struct("<?qd")
_encode = msgspec.json.Encoder(order="deterministic").encode


class ForeignMessage(msgspec.Struct, gc=False):
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
        self._keys = tuple(value.key for value in table.values)
        self._noted: dict[tuple[str, int], int] = {}
        self._zone = ZoneInfo(table.time_zone) if table.time_zone else None

    def read(
        self,
        entry: Entry,
        node: str | None,
        reference: Reference,
        zone_of: Callable[[str, int], ZoneInfo | None],
    ) -> ForeignMessage | RefusedMessage | IgnoredMessage:
        """Read one message.

        Parameters
        ----------
        entry
            The message.
        node
            What its topic names, None where it names none.
        reference
            By what its time is judged.
        zone_of
            Time zone of a node's garden at a time [s]; None where it is in no garden.
        """
        if len(entry.payload) > BYTES_LOOKED_INTO:
            return _refused(node, reasons.TOO_LARGE, f"{len(entry.payload)} bytes; expected a short message")
        content = self._shape.read(entry.payload)
        if isinstance(content, Refusal):
            return RefusedMessage(None, _as_node(node), content)
        if content.node is not None and node is not None and content.node != node:
            return _refused(
                node, reasons.WRONG_SHAPE, f"node {shown(content.node)}; the topic names {node!r}"
            )
        node_id = content.node if node is None else node
        if not isinstance(node_id, str) or not _is_node(node_id):
            return _refused(None, reasons.WRONG_SHAPE, f"node {shown(node_id)}; expected a node's id")
        moment_us = self._moment(entry, node_id, content.time, zone_of)
        if isinstance(moment_us, RefusedMessage):
            return moment_us
        if not UTC_FIRST_S <= moment_us // _A_SECOND <= reference.latest_s + AHEAD_MOST_S:
            expected = f"{UTC_FIRST_S} to {reference.latest_s + AHEAD_MOST_S}"
            return _refused(
                node_id, reasons.TIME_OUT_OF_RANGE, f"time {moment_us // _A_SECOND}; expected {expected}"
            )
        message = self._message(entry, node_id, moment_us, content)
        if isinstance(message, ForeignMessage) and message.time_s > (
            reference.arrived_s + message.uncertainty_s + AHEAD_GOOD_S
        ):
            notes = {**(message.notes or {}), TIME_SUSPECT: AHEAD_OF_ARRIVAL}
            return msgspec.structs.replace(message, notes=notes)
        return message

    def is_note_due(self, message: ForeignMessage, received_s: int) -> bool:
        """Return whether the keys of a message are to be noted: once an hour a node and set of keys."""
        form, hour = (message.node, id(message.recipe)), received_s // _NOTED_EACH_S
        if self._noted.get(form) == hour:
            return False
        if len(self._noted) >= _NOTED_MOST:
            self._noted.clear()
        self._noted[form] = hour
        return True

    def unread_keys(self, payload: bytes) -> list[str]:
        """List the first keys of a message that hold something and that the table does not name."""
        return self._shape.unread_keys(payload)

    def _moment(
        self, entry: Entry, node: str, said: Any, zone_of: Callable[[str, int], ZoneInfo | None]
    ) -> int | RefusedMessage:
        """Find when a message was measured, Unix time [us]."""
        received_us = entry.received_ns // 1000
        if said is None:
            return received_us
        moment = _moment(said, self.table.time_form)
        if moment is None:
            return _refused(node, reasons.WRONG_TYPE, f"time {shown(said)}; expected {self.table.time_form}")
        if isinstance(moment, int):
            return moment
        zone = self._zone or zone_of(node, received_us // _A_SECOND)
        if zone is None:
            detail = f"time {shown(said)} names no zone, and {node} is in no garden that has one"
            return _refused(node, reasons.UNKNOWN_NODE, detail)
        return _local(moment, zone, received_us)

    def _message(
        self, entry: Entry, node: str, moment_us: int, fields: Found
    ) -> ForeignMessage | RefusedMessage | IgnoredMessage:
        if None in fields.values:
            present = [(k, v) for k, v in zip(self._keys, fields.values, strict=True) if v is not None]
            keys, values = tuple(key for key, _ in present), [value for _, value in present]
        else:
            keys, values = self._keys, [*fields.values]
        recipe = self._recipes.find(keys, fields.names)
        values += fields.observed
        if not recipe.parts:
            return self._without_values(entry, node, {**(fields.notes or {}), **recipe.refused})
        has_time = fields.time is not None
        head = _head(entry, moment_us if has_time else None, fields.counter)
        if _are_numbers(values):
            content, notes = recipe.form.pack(*recipe.select(values)), fields.notes
            if recipe.refused:
                notes = {**(notes or {}), **recipe.refused}
        else:
            read = recipe.select(values)
            content = recipe.form.pack(*read) if _are_numbers(read) else _written(read)
            notes = {**(fields.notes or {}), **recipe.refused}
            values = _spoiled(values, recipe, notes)
        digest = blake2b(head + recipe.label + content, digest_size=HASH_BYTES).digest()
        # Growing with time, and the same for the same content, without asking for numbers anywhere.
        time_s = moment_us // _A_SECOND
        name = time_s << MARK_BITS | int.from_bytes(digest[:4]) >> (32 - MARK_BITS)
        return ForeignMessage(node, self, recipe, values, time_s, has_time, name, digest, _few(notes))

    def _without_values(
        self, entry: Entry, node: str, notes: dict[str, str]
    ) -> RefusedMessage | IgnoredMessage:
        """Refuse a message of which the mapping reads nothing, naming its keys; ignore one that has none."""
        unread = self._shape.unread_keys(entry.payload)
        if not notes and not unread:
            return IgnoredMessage(reasons.NO_VALUES)
        names = [f"{name.removeprefix('refused:')}: {why}" for name, why in list(notes.items())[:_NOTES_MOST]]
        content = "; ".join([*names, *([f"keys {', '.join(unread)}"] if unread else [])])
        detail = (
            f"{content}. Mapping {self.id} {self.table.version} reads none of it; enter a new version that "
            "does, or that lists the keys in `ignored`, with --since"
        )
        return _refused(node, reasons.UNKNOWN_MEASUREMENT, detail)


def _head(entry: Entry, moment_us: int | None, counter: Any) -> bytes:
    """Write what tells readings of like content apart: their time, or their arrival, and their counter."""
    # Without a time of its own each arrival is a reading of its own.
    moment = entry.number if moment_us is None else moment_us
    if counter is None or _is_number(counter):
        return _HEAD.pack(moment_us is None, moment, nan if counter is None else counter)
    return _HEAD.pack(moment_us is None, moment, nan) + _written([counter])


def _written(values: Sequence[Any]) -> bytes:
    numbers = [float(value) if _is_number(value) else value for value in values]
    try:
        return _encode(numbers)
    except OverflowError:
        # A whole number beyond 64 bits, which Python alone writes.
        return ascii(numbers).encode()


def _are_numbers(values: Sequence[Any]) -> bool:
    # One look at all, for most messages hold nothing but numbers: no sum with a number that is too large, or
    # with one that is none, is below the limit.
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        return sum(map(abs, values)) < HUGE or all(map(_is_number, values))
    except OverflowError:
        return False


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
    first = dict(list(notes.items())[:_NOTES_MOST])
    return first | {REFUSED: f"{len(notes) - _NOTES_MOST} more values"}


def _moment(said: Any, form: str) -> int | datetime | None:
    """Read a device's time as Unix time [us], or as it stands without a zone; None where it is none."""
    try:
        if form != "iso8601":
            number = said * _MICROSECONDS[form] if type(said) in (int, float) else nan
            return int(number // 1) if isfinite(number) else None
        moment = said if type(said) is datetime else datetime.fromisoformat(said)
        return moment if moment.tzinfo is None else _microseconds(moment)
    except (ValueError, TypeError, OverflowError):
        return None


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _A_MICROSECOND


def _local(moment: datetime, zone: ZoneInfo, received_us: int) -> int:
    """Read a time of a zone; of the two in an hour that comes twice, the one nearer to the arrival."""
    both = [_microseconds(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC)) for fold in (0, 1)]
    return min(both, key=lambda moment_us: abs(received_us - moment_us))


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
