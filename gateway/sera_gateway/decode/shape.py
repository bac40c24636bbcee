"""Take what a mapping names out of a JSON message: typed and fast, or key by key where that fails."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import Rejection, read_json, shorten
from sera_gateway.decode.payloads import find_duplicate

if TYPE_CHECKING:
    from sera_store.registry.mappings import Mapping

_OBSERVATIONS_MOST: Final = 256
UNREAD_MOST: Final = 8
EMPTY: Final[tuple[Any, ...]] = (None, "", {}, [])
_ABSENT: Final = "absent"
# Node, time and counter stand before the values.
_HEAD: Final = 3
# One call reads both; this is done for each observation of each message.
_NAME_AND_UNIT: Final = attrgetter("name", "unit")
_VALUE: Final = attrgetter("value")
_TIME_TYPES: Final = {"iso8601": datetime | None, "unix_s": int | float | None, "unix_ms": int | float | None}


class _Message(msgspec.Struct, gc=False):
    """What all messages have: a place for what a mapping does not name."""

    absent: ClassVar[None] = None


class Observation(NamedTuple):
    """One of a list of observations: what it is called, its value, and its unit."""

    name: str
    value: Any
    unit: str | None


class RawFields(msgspec.Struct, gc=False):
    """What a message says under the keys of its mapping; None where it says nothing."""

    node: Any
    time: Any
    counter: Any
    values: tuple[Any, ...]
    names: tuple[tuple[str, str | None], ...]
    observed: list[Any]
    notes: dict[str, str] | None = None


class Shape:
    """The form of the messages of one mapping.

    Parameters
    ----------
    mapping
        Whose keys are looked for.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._paths = [mapping.node, mapping.time, mapping.counter, *(value.key for value in mapping.values)]
        self._selected = frozenset(
            path for path in (*self._paths, mapping.observations, *mapping.ignored) if path
        )
        tree: dict[str, Any] = {}
        fields = {path: _plant(tree, path) for path in (*self._paths, mapping.observations) if path}
        kinds = {mapping.time: _TIME_TYPES[mapping.time_form], mapping.observations: _observation(mapping)}
        typed = _struct(tree, "", {path: kind for path, kind in kinds.items() if path})
        self._decode = msgspec.json.Decoder(typed).decode
        # One call reads all; what the mapping does not name is read from a place without anything.
        selected = (*self._paths[:_HEAD], mapping.observations, *self._paths[_HEAD:])
        self._read = attrgetter(*(fields[path] if path else _ABSENT for path in selected))
        # Keys as they stand in a payload: that one stands there twice is seen without reading it.
        keys = {key for path in (*self._paths, mapping.observations) for key in path.split(".") if key}
        self._written = [f'"{key}"'.encode() for key in sorted(keys)]

    def read(self, payload: bytes) -> RawFields | Rejection:
        """Read a message; a rejection says why nothing of it can be read."""
        for key in self._written:
            if payload.count(key) > 1 and (duplicate := find_duplicate(payload)):
                return duplicate
        try:
            message = self._decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._read_slowly(payload)
        fields = self._read(message)
        node, time, counter, observed = fields[: _HEAD + 1]
        if not observed:
            return RawFields(node, time, counter, fields[_HEAD + 1 :], (), [])
        if len(observed) > _OBSERVATIONS_MOST:
            return _too_many(len(observed))
        names = tuple(map(_NAME_AND_UNIT, observed))
        return RawFields(node, time, counter, fields[_HEAD + 1 :], names, list(map(_VALUE, observed)))

    def unread_keys(self, payload: bytes) -> list[str]:
        """List the first keys of a message that hold something and that the mapping does not name."""
        content = read_json(payload)
        unread: list[str] = []
        left = list(reversed(content.items())) if isinstance(content, dict) else []
        while left and len(unread) < UNREAD_MOST:
            path, inner = left.pop()
            if path in self._selected or inner in EMPTY:
                continue
            if isinstance(inner, dict):
                left += [(f"{path}.{key}", deeper) for key, deeper in reversed(inner.items())]
            else:
                unread.append(shorten(path).strip("'"))
        return unread

    def _read_slowly(self, payload: bytes) -> RawFields | Rejection:
        content = read_json(payload)
        if isinstance(content, Rejection):
            return content
        if not isinstance(content, dict):
            return Rejection(reasons.WRONG_SHAPE, f"{shorten(content)}; expected one JSON object")
        mapping = self._mapping
        observed = dig(content, mapping.observations)
        if observed is not None and not isinstance(observed, list):
            return Rejection(
                reasons.WRONG_SHAPE, f"{mapping.observations} is {shorten(observed)}; expected a list"
            )
        if observed and len(observed) > _OBSERVATIONS_MOST:
            return _too_many(len(observed))
        node, time, counter, *values = [dig(content, path) for path in self._paths]
        notes: dict[str, str] = {}
        sound = self._sound(observed or [], notes)
        names = tuple([(observation.name, observation.unit) for observation in sound])
        return RawFields(
            node,
            time,
            counter,
            tuple(values),
            names,
            [observation.value for observation in sound],
            notes or None,
        )

    def _sound(self, observed: list[Any], notes: dict[str, str]) -> list[Observation]:
        mapping = self._mapping
        sound = []
        for index, observation in enumerate(observed):
            if isinstance(observation, dict) and isinstance(observation.get(mapping.name), str):
                unit = observation.get(mapping.unit)
                text = unit if unit is None or isinstance(unit, str) else shorten(unit)
                sound.append(Observation(observation[mapping.name], observation.get(mapping.value), text))
            else:
                notes[f"refused:{mapping.observations}.{index}"] = f"{shorten(observation)} is no observation"
        return sound


def dig(content: Any, path: str) -> Any:
    """Follow a path of keys with dots between them; None where it leads to nothing."""
    for key in path.split(".") if path else ():
        if not isinstance(content, dict):
            return None
        content = content.get(key)
    return content if path else None


def _too_many(count: int) -> Rejection:
    return Rejection(reasons.TOO_LARGE, f"{count} observations; at most {_OBSERVATIONS_MOST} are allowed")


def _plant(tree: dict[str, Any], path: str) -> str:
    """Add a path to the tree of fields and tell how its leaf is read: `f_temperature.f_value`."""
    names = path.split(".")
    inner = tree
    for name in names:
        inner = inner.setdefault(name, {})
    return ".".join(_field(name) for name in names)


def _field(name: str) -> str:
    # Any key may be a device's word; only the encoded name has to be an identifier.
    return "f_" + name.encode().hex()


def _struct(tree: dict[str, Any], prefix: str, kinds: dict[str, Any]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    for name, inner in tree.items():
        path = f"{prefix}{name}"
        if inner:
            kind: Any = _struct(inner, path + ".", kinds)
            default = msgspec.field(default_factory=kind, name=name)
        else:
            kind = kinds.get(path, Any)
            default = msgspec.field(default=None, name=name)
        fields.append((_field(name), kind, default))
    return msgspec.defstruct("Message", fields, bases=(_Message,), gc=False)


def _observation(mapping: Mapping) -> Any:
    fields: list[Any] = [
        ("name", str, msgspec.field(name=mapping.name or None)),
        ("value", Any, msgspec.field(default=None, name=mapping.value or None)),
        ("unit", str | None, msgspec.field(default=None, name=mapping.unit or None)),
    ]
    return list[msgspec.defstruct("Observed", fields, gc=False)] | None  # type: ignore[misc]
