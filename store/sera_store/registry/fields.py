"""The fields of the registry's entities: what each is, read from text, for verbs, tables and pages.

All of it is taken from the entities' own types and docstrings, so that a field added there is known here.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import EnumMeta
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import KIND_OF, KINDS, ProbePlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_store.registry.entities import Entity

# Fields by which an exact place, or the name of one, could be learned: shown to whoever asks for them alone.
PRIVATE: Final[dict[str, frozenset[str]]] = {
    "garden": frozenset(("latitude", "longitude")),
    "source": frozenset(("source",)),
}
# What is an id without a word in a docstring.
_ID_MEANING: Final = "its id"
_TIME_WORD: Final = "Unix time"
_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_TYPE_WORDS: Final[dict[type, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "yes or no",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind of entity.

    Parameters
    ----------
    type
        Python type of its value, without None.
    meaning
        What it is, for people.
    is_required
        Whether a new entry must name it.
    is_optional
        Whether it may be None, which an empty text is read as.
    default
        Its value where nobody names it.
    is_private
        Whether it could tell an exact place.
    """

    name: str
    type: Any
    meaning: str
    is_required: bool
    is_optional: bool
    default: Any
    is_private: bool

    @property
    def is_plain(self) -> bool:
        """Whether one word or number holds it; others are written as JSON."""
        return self.type in _TYPE_WORDS or bool(self.choices)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; empty for anything else."""
        if isinstance(self.type, EnumMeta):
            members: Any = self.type
            return tuple([str(member.value) for member in members])
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def is_time(self) -> bool:
        """Whether it is a moment, which may be written as a date or time."""
        return self.type is int and self.name.endswith("_s") and _TIME_WORD in self.meaning

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return self.type in (int, float)

    @property
    def expected(self) -> str:
        """What its text must be, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.is_time:
            return "a date or time such as 2026-06-01T12:00 (UTC), or Unix time [s]"
        return _TYPE_WORDS.get(self.type, "JSON")

    def read(self, text: str) -> Any:
        """Read its value from a text.

        Raises
        ------
        InvalidEntryError
            The text is not valid; the error says what was expected.
        """
        if not text and self.is_optional:
            return None
        if not text and not self.is_required:
            return self.default
        try:
            return self._convert(text)
        except (msgspec.MsgspecError, KeyError, ValueError, OverflowError) as error:
            raise InvalidEntryError(
                f"{self.name} {text!r} is not possible; expected {self.expected}"
            ) from error

    def _convert(self, text: str) -> Any:
        if self.type is str:
            return text
        if self.type is bool:
            return _YES_NO[text.lower()]
        if not self.is_plain:
            return msgspec.json.decode(text.encode(), type=self.type)
        if self.is_time and not text.lstrip("-").isdigit():
            moment = datetime.fromisoformat(text)
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        value = msgspec.convert(text, self.type, strict=False)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(text)
        return value


@lru_cache(maxsize=len(KINDS))
def fields_of(kind: str) -> tuple[Field, ...]:
    """List the fields of a kind of `sera_store.registry.entities.KINDS`, in their order."""
    entity = KINDS[kind]
    meanings = _meanings(inspect.getdoc(entity) or "")
    return tuple([_field(kind, info, meanings) for info in msgspec.structs.fields(entity)])


def id_field(kind: str) -> str:
    """Return the name of the field by which the history of a kind is kept."""
    return "serial" if KINDS[kind] is ProbePlace else "id"


def build_entity(kind: str, values: Mapping[str, Any], before: Entity | None = None) -> Entity:
    """Make an entity from values by field, and from what it was before.

    Parameters
    ----------
    values
        Values by field name; fields that are not named stay as before, or have their default.
    before
        As it was, or None for a new one.

    Raises
    ------
    InvalidEntryError
        A field is missing, or a value is not possible.
    """
    missing = [
        field.name
        for field in fields_of(kind)
        if field.is_required and before is None and field.name not in values
    ]
    if missing:
        raise InvalidEntryError(f"a new {kind} needs {', '.join(missing)} as well")
    old: dict[str, Any] = {field.name: None for field in fields_of(kind) if field.is_optional}
    if before is not None:
        old = {name: getattr(before, name) for name in before.__struct_fields__}
    try:
        # Through plain values, so that each is checked.
        return msgspec.convert(msgspec.to_builtins({**old, **values}), KINDS[kind])
    except msgspec.ValidationError as error:
        raise InvalidEntryError(f"{kind}: {error}") from error


def entity_fields(entity: Entity) -> dict[str, Any]:
    """Return the fields of an entity as plain values, private ones as well."""
    values: dict[str, Any] = msgspec.to_builtins(entity)
    return {field.name: values[field.name] for field in fields_of(KIND_OF[type(entity)])}


def summary_of(kind: str) -> str:
    """Return what a kind is, in one sentence."""
    return (inspect.getdoc(KINDS[kind]) or "").partition("\n")[0]


def _field(kind: str, info: msgspec.structs.FieldInfo, meanings: Mapping[str, str]) -> Field:
    types = [part for part in _parts(info.type) if part is not NoneType]
    default = info.default
    if info.default_factory is not msgspec.NODEFAULT:
        default = info.default_factory()
    is_optional = NoneType in _parts(info.type)
    return Field(
        info.name,
        types[0] if len(types) == 1 else info.type,
        meanings.get(info.name, _ID_MEANING if info.name == id_field(kind) else info.name.replace("_", " ")),
        info.required and not is_optional,
        is_optional,
        None if info.required else default,
        info.name in PRIVATE.get(kind, ()),
    )


def _parts(type_: Any) -> tuple[Any, ...]:
    return get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,)


def _meanings(docstring: str) -> dict[str, str]:
    """Read the section `Parameters` of a docstring: names, and below them indented what they are."""
    _, _, section = docstring.partition("Parameters\n----------\n")
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line.startswith("    "):
            for name in names:
                meanings[name] = f"{meanings.get(name, '')} {line.strip()}".strip()
        elif line:
            names = line.split(", ")
    return meanings
