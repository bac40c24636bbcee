"""Take what a mapping names out of a message of any form: several readings, units beside their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import Rejection, shorten
from sera_gateway.decode.payloads import read_payload
from sera_gateway.decode.shape import EMPTY, UNREAD_MOST, RawFields
from sera_gateway.decode.texts import is_missing, plain_unit, read_number
from sera_store.registry.mapping_keys import split_key
from sera_store.registry.mappings import MEMBERS, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.registry.mappings import MappedValue, Mapping

_READINGS_MOST: Final = 256
_NO_CONDITION: Final = "what it is of depends on other keys, and none of those is there"
# What a message does not hold at all; null is something.
_ABSENT: Final = object()

Path = tuple[str, ...]


class Readings:
    """The form of the messages of one mapping that says more than fixed keys of a JSON object.

    Parameters
    ----------
    mapping
        Whose keys are looked for.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._has_names = mapping.each.endswith(MEMBERS)
        self._members_path = split_key(mapping.each.removesuffix(MEMBERS).strip(WHOLE))
        self._values: dict[Path, list[MappedValue]] = {}
        for value in mapping.values:
            self._values.setdefault(split_key(value.key), []).append(value)
        self._labels = {value.label for value in mapping.values}
        self._observed = {value.key: value for value in mapping.observed}
        conditions = [value.condition.key for value in mapping.values]
        units = [value.unit_key for value in (*mapping.values, *mapping.observed)]
        head = (mapping.node, mapping.time, mapping.counter, mapping.observations)
        selected = (*head, *mapping.ignored, *mapping.not_measured, *conditions, *units)
        self._selected = frozenset({*map(split_key, selected), *self._values})

    def read(self, payload: bytes, key: str, received_s: float) -> list[RawFields] | Rejection:
        """Read the readings of a message; a rejection says why nothing of it can be read.

        Parameters
        ----------
        payload
            As it came.
        key
            What its topic calls a bare value.
        received_s
            When it arrived, Unix time [s].
        """
        content = read_payload(payload, self._mapping.format, key, received_s)
        if isinstance(content, Rejection):
            return content
        members = self._members(content)
        if isinstance(members, Rejection):
            return members
        return [self._read_member(name, member, content) for name, member in members]

    def unread_keys(self, payload: bytes, key: str) -> list[str]:
        """List the first keys of a message that hold something and that the mapping does not name."""
        content = read_payload(payload, self._mapping.format, key, 0)
        members = self._members(content)
        if isinstance(content, Rejection) or isinstance(members, Rejection):
            return []
        unread: dict[str, None] = {}
        if self._mapping.each and isinstance(content, dict):
            is_inside = self._has_names and not self._members_path
            beside = {
                name: inner
                for name, inner in content.items()
                if not (is_inside and self._is_member(name, inner))
            }
            unread |= dict.fromkeys(self._walk((), beside, without=self._members_path))
        for _, member in members:
            if len(unread) < UNREAD_MOST:
                unread |= dict.fromkeys(self._walk((), member))
        return list(unread)[:UNREAD_MOST]

    def has_content(self, payload: bytes, path: str) -> bool:
        """Return whether a message holds something under a path of keys, in any of its readings."""
        content = read_payload(payload, self._mapping.format, "", 0)
        members = self._members(content)
        if isinstance(content, Rejection) or isinstance(members, Rejection):
            return False
        keys = split_key(path)
        return any(_find(part, keys) not in (_ABSENT, *EMPTY) for part in (content, *(m for _, m in members)))

    def _members(self, content: Any) -> list[tuple[str | None, Any]] | Rejection:
        mapping = self._mapping
        if not mapping.each and mapping.format != "senml":
            if isinstance(content, dict):
                return [(None, content)]
            return Rejection(reasons.WRONG_SHAPE, f"{shorten(content)}; expected one JSON object")
        inner = _find(content, self._members_path) if self._members_path else content
        if inner is _ABSENT or (inner is None and self._members_path):
            return []
        if not isinstance(inner, dict if self._has_names else list):
            expected = "an object of readings" if self._has_names else "a list of readings"
            where = f"{mapping.each} is " if self._members_path else ""
            return Rejection(
                reasons.WRONG_SHAPE,
                f"{where}{shorten(inner)}; expected {expected}",
            )
        if len(inner) > _READINGS_MOST:
            return Rejection(reasons.TOO_LARGE, f"{len(inner)} readings; at most {_READINGS_MOST} are read")
        if isinstance(inner, dict):
            return [(name, member) for name, member in inner.items() if self._is_member(name, member)]
        stray = next((member for member in inner if not isinstance(member, dict)), None)
        if stray is not None:
            return Rejection(reasons.WRONG_SHAPE, f"a reading is {shorten(stray)}; expected an object")
        return [(None, member) for member in inner]

    def _is_member(self, name: str, inner: Any) -> bool:
        """Return whether what stands in an object of readings, under a name, is one."""
        return isinstance(inner, dict) and (bool(self._members_path) or (name,) not in self._selected)

    def _read_member(self, name: str | None, member: dict[str, Any], content: Any) -> RawFields:
        mapping, places = self._mapping, (member, content)
        notes: dict[str, str] = {}
        names: list[tuple[str, str | None]] = []
        numbers: list[Any] = []
        for path, choices in self._values.items():
            raw = _first(places, path)
            value = next((value for value in choices if _holds(value, places)), None)
            if raw is _ABSENT:
                continue
            if value is None:
                notes[f"refused:{shorten('.'.join(path)).strip(chr(39))}"] = _NO_CONDITION
            else:
                self._add(value, raw, _unit_beside(value, places), names, numbers)
        for spelled, raw, unit in self._observations(places, notes):
            value = self._observed.get(spelled)
            if value is None and spelled in mapping.not_measured:
                continue
            if value is None:
                names.append(
                    (f"{mapping.observations}.{spelled}" if spelled in self._labels else spelled, unit)
                )
                numbers.append(raw)
            else:
                self._add(value, raw, unit, names, numbers)
        node, time, counter = (
            _present(_first(places, split_key(path))) if path else None
            for path in (mapping.node, mapping.time, mapping.counter)
        )
        return RawFields(
            name if node is None else node, time, counter, (), tuple(names), numbers, notes or None
        )

    def _add(
        self,
        value: MappedValue,
        raw: Any,
        unit: str | None,
        names: list[tuple[str, str | None]],
        numbers: list[Any],
    ) -> None:
        written = read_number(raw)
        own = written.unit if written else None
        is_contradicted = own is not None and unit is not None and own != unit
        names.append((value.label, own or unit))
        if is_missing(raw, written.number if written else None, (*self._mapping.missing, *value.missing)):
            numbers.append(None)
        elif written is None or is_contradicted:
            numbers.append(raw)
        else:
            numbers.append(written.number)

    def _observations(
        self, places: tuple[Any, ...], notes: dict[str, str]
    ) -> Iterator[tuple[str, Any, str | None]]:
        mapping = self._mapping
        observed = _first(places, split_key(mapping.observations)) if mapping.observations else []
        if observed in (_ABSENT, None):
            return
        if not isinstance(observed, list) or len(observed) > _READINGS_MOST:
            notes[f"refused:{mapping.observations}"] = f"{shorten(observed)} is no list of observations"
            return
        for index, observation in enumerate(observed):
            name = _present(_find(observation, split_key(mapping.name)))
            if isinstance(name, str | int | float) and not isinstance(name, bool):
                unit = _present(_find(observation, split_key(mapping.unit))) if mapping.unit else None
                text = unit if unit is None else plain_unit(unit) if isinstance(unit, str) else shorten(unit)
                yield str(name), _present(_find(observation, split_key(mapping.value))), text
            else:
                notes[f"refused:{mapping.observations}.{index}"] = f"{shorten(observation)} is no observation"

    def _walk(self, above: Path, content: Any, without: Path = ()) -> Iterator[str]:
        for name, inner in content.items() if isinstance(content, dict) else ():
            path = (*above, name)
            if path in self._selected or path == without or inner in EMPTY:
                continue
            if isinstance(inner, dict):
                yield from self._walk(path, inner, without)
            else:
                yield shorten(".".join(path)).strip("'")


def _find(content: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(content, dict) or key not in content:
            return _ABSENT
        content = content[key]
    return content if path else _ABSENT


def _first(places: tuple[Any, ...], path: Path) -> Any:
    """Look for a path in a reading, then in the whole message."""
    return next((raw for place in places if (raw := _find(place, path)) is not _ABSENT), _ABSENT)


def _present(raw: Any) -> Any:
    return None if raw is _ABSENT else raw


def _holds(value: MappedValue, places: tuple[Any, ...]) -> bool:
    key, sign, text = value.condition
    if not key:
        return True
    raw = _present(_first(places, split_key(key)))
    if raw is None or sign in ("", "="):
        return raw is not None and (not sign or str(raw) == text)
    written = read_number(raw)
    number = written.number if written else None
    return number is not None and (number < float(text) if sign == "<" else number > float(text))


def _unit_beside(value: MappedValue, places: tuple[Any, ...]) -> str | None:
    unit = _present(_first(places, split_key(value.unit_key))) if value.unit_key else None
    if unit is None:
        return None
    return plain_unit(unit) if isinstance(unit, str) else shorten(unit)
