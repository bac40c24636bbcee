"""Read messages of another maker's devices by their table: compiled once, then fast, and it never raises."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from math import nan
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import (
    AHEAD_GOOD_S,
    AHEAD_MOST_S,
    AHEAD_OF_ARRIVAL,
    CLOCKS_CHANGE,
    HASH_BYTES,
    NOT_A_NUMBER,
    IgnoredMessage,
    RejectedMessage,
)
from sera_gateway.decode.device_times import LocalTime, read_time, resolve_local
from sera_gateway.decode.envelope import BYTES_LOOKED_INTO, Rejection, shorten
from sera_gateway.decode.readings import Readings
from sera_gateway.decode.recipe import MARK_BITS, Recipes
from sera_gateway.decode.shape import RawFields, Shape
from sera_gateway.decode.texts import are_numbers, is_number, with_numbers, write_values
from sera_store.records.rows import TIME_SUSPECT
from sera_vocabulary.messages import UTC_FIRST_S
from sera_vocabulary.topics import NAME_LONGEST, is_name

if TYPE_CHECKING:
    from sera_gateway.decode.decoded import Reference
    from sera_gateway.decode.device_names import DeviceNames
    from sera_gateway.decode.recipe import Recipe
    from sera_gateway.journal.journal import Entry
    from sera_store.registry.mappings import Mapping

# Key of the note about what belongs to no column.
REFUSED: Final = "refused"
_NOTES_MOST: Final = 8
_NOTE_INTERVAL_S: Final = 3600
_NOTED_MOST: Final = 50_000
_A_SECOND: Final = 1_000_000
# Whether it is an arrival, the moment, and the counter.
_HEAD: Final = Struct("<?qd")


class TopicParts(NamedTuple):
    """What the topic of a message names: its device, and its one value; None and empty where it does not."""

    node: str | None = None
    key: str = ""


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


class ForeignBatch(NamedTuple):
    """A message with several readings: those that could be read, and why the others could not."""

    messages: tuple[ForeignMessage, ...]
    rejections: tuple[Rejection, ...]


# What could not be read of a message, by column or name.
Notes = dict[str, str]
Read = ForeignMessage | ForeignBatch | RejectedMessage | IgnoredMessage


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
        self._shape = Shape(table) if table.is_plain else None
        self._readings = Readings(table)
        self._keys = tuple(value.key for value in table.values) if table.is_plain else ()
        self._has_values = bool(table.values or table.observed)
        self._has_several = bool(table.each) or table.format == "senml"
        self._noted: dict[tuple[str, int], int] = {}
        self._zone = ZoneInfo(table.time_zone) if table.time_zone else None

    def read(self, entry: Entry, parts: TopicParts, reference: Reference, names: DeviceNames) -> Read:
        """Read one message.

        Parameters
        ----------
        entry
            The message.
        parts
            What its topic names.
        reference
            By what its time is judged.
        names
            Which nodes devices are, and in which time zones they stand.
        """
        if not entry.payload:
            return IgnoredMessage(reasons.CLEARED)
        if len(entry.payload) > BYTES_LOOKED_INTO:
            return _refused(
                parts.node, reasons.TOO_LARGE, f"{len(entry.payload)} bytes; expected a short message"
            )
        content = (
            self._shape.read(entry.payload)
            if self._shape
            else self._readings.read(entry.payload, parts.key, entry.received_ns / 1e9)
        )
        if isinstance(content, Rejection):
            return RejectedMessage(None, _as_node(parts.node), content)
        if not self._has_values:
            return self._without_values(entry, parts, {})
        if isinstance(content, RawFields) or not self._has_several:
            fields = content if isinstance(content, RawFields) else content[0]
            message = self._read_fields(entry, parts, fields, reference, names)
            return self._without_values(entry, parts, message) if isinstance(message, dict) else message
        return self._batch(
            entry,
            parts,
            [self._read_fields(entry, parts, fields, reference, names) for fields in content],
        )

    def _batch(
        self, entry: Entry, parts: TopicParts, decoded: list[ForeignMessage | RejectedMessage | Notes]
    ) -> Read:
        """Put together what the readings of one message became; those without any content are left out."""
        messages = tuple([message for message in decoded if isinstance(message, ForeignMessage)])
        rejections = [message.rejection for message in decoded if isinstance(message, RejectedMessage)]
        notes = {
            name: why for message in decoded if isinstance(message, dict) for name, why in message.items()
        }
        if not messages and not rejections:
            return self._without_values(entry, parts, notes)
        if notes:
            rejections.append(Rejection(reasons.UNKNOWN_MEASUREMENT, _in_words(notes)))
        if len(messages) == 1 and not rejections:
            return messages[0]
        return ForeignBatch(messages, tuple(rejections))

    def _read_fields(
        self,
        entry: Entry,
        parts: TopicParts,
        fields: RawFields,
        reference: Reference,
        names: DeviceNames,
    ) -> ForeignMessage | RejectedMessage | Notes:
        node_id = self._node(entry, parts.node, fields.node, names)
        if isinstance(node_id, RejectedMessage):
            return node_id
        moment = self._moment(entry, node_id, fields.time, names)
        if isinstance(moment, RejectedMessage):
            return moment
        moment_us = moment if isinstance(moment, int) else moment.moment_us
        moment_s = moment_us // _A_SECOND
        if not UTC_FIRST_S <= moment_s <= reference.latest_s + AHEAD_MOST_S:
            expected = f"{UTC_FIRST_S} to {reference.latest_s + AHEAD_MOST_S}"
            return _refused(node_id, reasons.TIME_OUT_OF_RANGE, f"time {moment_s}; expected {expected}")
        message = self._message(entry, node_id, moment_us, fields)
        if isinstance(message, ForeignMessage) and (notes := _time_notes(message, moment, reference)):
            return msgspec.structs.replace(message, notes={**(message.notes or {}), **notes})
        return message

    def _node(
        self, entry: Entry, by_topic: str | None, by_message: Any, names: DeviceNames
    ) -> str | RejectedMessage:
        """Find which node a device is that its topic, or its message, calls by some name."""
        if type(by_message) is int:
            by_message = str(by_message)
        if by_message is not None and by_topic is not None and by_message != by_topic:
            detail = f"node {shorten(by_message)}; the topic names {by_topic!r}"
            return _refused(by_topic, reasons.WRONG_SHAPE, detail)
        name = by_message if by_topic is None else by_topic
        if not isinstance(name, str) or not name:
            return _refused(None, reasons.WRONG_SHAPE, f"node {shorten(name)}; expected a device's name")
        node = names.node_of(name, self.id, entry.received_s)
        if node is not None:
            return node
        if _is_node(name):
            return name
        detail = (
            f"no node is known as {shorten(name)}, which is no node's id; enter which it is: sera node new "
            f"NODE --known-as {shorten(name)} --mapping {self.id} --since TIME"
        )
        return _refused(None, reasons.UNKNOWN_NODE, detail)

    def is_note_due(self, message: ForeignMessage, received_s: int) -> bool:
        """Return whether the keys of a message are to be noted: once an hour a node and set of keys."""
        form, hour = (message.node, id(message.recipe)), received_s // _NOTE_INTERVAL_S
        if self._noted.get(form) == hour:
            return False
        if len(self._noted) >= _NOTED_MOST:
            self._noted.clear()
        self._noted[form] = hour
        return True

    def unread_keys(self, payload: bytes, key: str = "") -> list[str]:
        """List the first keys of a message that hold something and that the table does not name.

        `key` is what its topic calls a bare value.
        """
        return self._shape.unread_keys(payload) if self._shape else self._readings.unread_keys(payload, key)

    def _moment(
        self, entry: Entry, node: str, time_value: Any, names: DeviceNames
    ) -> int | LocalTime | RejectedMessage:
        """Find when a message was measured, Unix time [us]."""
        received_us = entry.received_ns // 1000
        if time_value is None:
            return received_us
        moment = read_time(time_value, self.table.time_form)
        if moment is None:
            return _refused(
                node, reasons.WRONG_TYPE, f"time {shorten(time_value)}; expected {self.table.time_form}"
            )
        if isinstance(moment, int):
            return moment
        zone = self._zone or names.zone_of(node, received_us // _A_SECOND)
        if zone is None:
            detail = f"time {shorten(time_value)} names no zone, and {node} is in no garden that has one"
            return _refused(node, reasons.UNKNOWN_NODE, detail)
        return resolve_local(moment, zone, received_us)

    def _message(self, entry: Entry, node: str, moment_us: int, fields: RawFields) -> ForeignMessage | Notes:
        """Make the message of what was read; where that is no value, return what has to be said of it."""
        if None in fields.values:
            present = [(k, v) for k, v in zip(self._keys, fields.values, strict=True) if v is not None]
            keys, values = tuple(key for key, _ in present), [value for _, value in present]
        else:
            keys, values = self._keys, [*fields.values]
        values += fields.observed
        names, is_all_numbers = fields.names, are_numbers(values)
        if not is_all_numbers:
            keys, names, values = with_numbers(keys, names, values)
            is_all_numbers = are_numbers(values)
        recipe = self._recipes.find(keys, names)
        if not recipe.parts:
            return {**(fields.notes or {}), **recipe.refused}
        has_time = fields.time is not None
        head = _head(entry, moment_us if has_time else None, fields.counter)
        if is_all_numbers:
            content, notes = recipe.form.pack(*recipe.select(values)), fields.notes
            if recipe.refused:
                notes = {**(notes or {}), **recipe.refused}
        else:
            read = recipe.select(values)
            content = recipe.form.pack(*read) if are_numbers(read) else write_values(read)
            notes = {**(fields.notes or {}), **recipe.refused}
            values = _spoiled(values, recipe, notes)
        digest = blake2b(head + recipe.label + content, digest_size=HASH_BYTES).digest()
        # Growing with time, and the same for the same content, without asking for numbers anywhere.
        time_s = moment_us // _A_SECOND
        name = time_s << MARK_BITS | int.from_bytes(digest[:4]) >> (32 - MARK_BITS)
        return ForeignMessage(node, self, recipe, values, time_s, has_time, name, digest, _few(notes))

    def _without_values(
        self, entry: Entry, parts: TopicParts, notes: Notes
    ) -> RejectedMessage | IgnoredMessage:
        """Refuse a message of which the mapping reads nothing, naming its keys; ignore one that has none."""
        table, has_content = self.table, self._readings.has_content
        unread = self.unread_keys(entry.payload, parts.key)
        if table.undecoded and not (unread or notes) and has_content(entry.payload, table.undecoded):
            detail = f"{table.undecoded} holds bytes, and nothing that is decoded of them"
            return _refused(parts.node, reasons.NOT_DECODED, detail)
        beyond = [key for key in table.not_measured if has_content(entry.payload, key)]
        if beyond and not (self._has_values and (unread or notes)):
            return _refused(parts.node, reasons.NOT_MEASURED, f"keys {', '.join(beyond)}")
        if not notes and not unread:
            return IgnoredMessage(reasons.NO_VALUES)
        content = "; ".join(filter(None, [_in_words(notes), f"keys {', '.join(unread)}" if unread else ""]))
        detail = (
            f"{content}. Mapping {self.id} {table.version} reads none of it; enter a new version that "
            "does, or that lists the keys in `ignored`, with --since"
        )
        return _refused(parts.node, reasons.UNKNOWN_MEASUREMENT, detail)


def _in_words(notes: Notes) -> str:
    return "; ".join(
        f"{name.removeprefix('refused:')}: {why}" for name, why in list(notes.items())[:_NOTES_MOST]
    )


def _time_notes(message: ForeignMessage, moment: int | LocalTime, reference: Reference) -> Notes:
    """Note what is doubtful about the time of a message."""
    notes: Notes = {}
    if isinstance(moment, LocalTime) and moment.ambiguity:
        notes[f"{REFUSED}:time"] = moment.ambiguity
        if moment.is_doubtful:
            notes[TIME_SUSPECT] = CLOCKS_CHANGE
    if message.time_s > reference.arrived_s + message.uncertainty_s + AHEAD_GOOD_S:
        notes[TIME_SUSPECT] = AHEAD_OF_ARRIVAL
    return notes


def _head(entry: Entry, moment_us: int | None, counter: Any) -> bytes:
    """Write what tells readings of like content apart: their time, or their arrival, and their counter."""
    # Without a time of its own each arrival is a reading of its own.
    moment = entry.number if moment_us is None else moment_us
    if counter is None or is_number(counter):
        return _HEAD.pack(moment_us is None, moment, nan if counter is None else counter)
    return _HEAD.pack(moment_us is None, moment, nan) + write_values([counter])


def _spoiled(values: list[Any], recipe: Recipe, notes: dict[str, str]) -> list[float]:
    """Put NaN in place of null and of what is no number, and note the latter."""
    numbers = []
    for value, column in zip(values, recipe.columns, strict=True):
        if value is not None and not is_number(value):
            notes.setdefault(f"refused:{column}", NOT_A_NUMBER)
        numbers.append(value if is_number(value) else nan)
    return numbers


def _few(notes: dict[str, str] | None) -> dict[str, str] | None:
    if not notes or len(notes) <= _NOTES_MOST:
        return notes or None
    first = dict(list(notes.items())[:_NOTES_MOST])
    return first | {REFUSED: f"{len(notes) - _NOTES_MOST} more values"}


def _is_node(text: str) -> bool:
    # Long texts stay out of the cache, which so has an end in bytes.
    return len(text) <= NAME_LONGEST and _is_short_node(text)


@lru_cache(maxsize=8_192)
def _is_short_node(text: str) -> bool:
    return is_name(text)


def _as_node(text: str | None) -> str | None:
    return text if text is not None and is_name(text) else None


def _refused(node: str | None, reason: str, detail: str) -> RejectedMessage:
    return RejectedMessage(None, _as_node(node), Rejection(reason, detail))
