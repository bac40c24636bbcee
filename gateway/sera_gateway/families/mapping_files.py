"""Read device families from TOML files: those that Sera ships, and people's own.

A file has the table of the family, which the registry keeps, and examples, which show that it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec

from sera_gateway.decode.mapping import CompiledMapping
from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.examples import Example  # noqa: TC001 - msgspec reads the annotations
from sera_gateway.families.shipped import SUFFIX, shipped_folder, shipped_names
from sera_store.errors import InvalidEntryError
from sera_store.registry.mappings import Mapping
from sera_store.toml_text import InvalidTomlError, read_toml

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

# The longest table of a real family has some 5 kB.
_BYTES_MOST: Final = 65_536
# Python's reader takes the square of the levels of a dotted key: 49 s for one of 30,000.
_DOTS_A_LINE_MOST: Final = 256
_EXAMPLES_MOST: Final = 64


class DeviceFamily(NamedTuple):
    """The table of one device family, and messages of its devices with what becomes of them."""

    mapping: Mapping
    examples: tuple[Example, ...]


class _Examples(msgspec.Struct, frozen=True):
    """The part of a file that the registry does not keep."""

    examples: Annotated[tuple[Example, ...], msgspec.Meta(max_length=_EXAMPLES_MOST)] = ()


def shipped_family(name: str) -> DeviceFamily:
    """Read a family that Sera ships.

    Raises
    ------
    MappingUnusableError
        There is none of this name.
    """
    if name not in shipped_names():
        raise MappingUnusableError(
            f"{name!r} is no mapping that Sera ships; expected {', '.join(shipped_names())}, or a TOML file"
        )
    return _read(shipped_folder() / (name + SUFFIX), name)


def read_family(path: Path) -> DeviceFamily:
    """Read a family of somebody's own, and check that its table can be used.

    Raises
    ------
    MappingUnusableError
        The file cannot be read, or what it says is no usable table or example; the message names the place.
    """
    return _read(path, str(path))


def parse_family(content: bytes, where: str) -> DeviceFamily:
    """Read a family from the content of a file, as `read_family` does; `where` names it in messages.

    Raises
    ------
    MappingUnusableError
        What it says is no usable table or example.
    """
    return _of_toml(_parsed(content, where), where)


def shipped(name: str) -> Mapping:
    """Read the table of a family that Sera ships, as `shipped_family` does."""
    return shipped_family(name).mapping


def read(path: Path) -> Mapping:
    """Read the table of a family of somebody's own, as `read_family` does."""
    return read_family(path).mapping


def _read(source: Path | Traversable, where: str) -> DeviceFamily:
    try:
        with source.open("rb") as file:
            content = file.read(_BYTES_MOST + 1)
    except OSError as error:
        raise MappingUnusableError(f"{where} cannot be read ({error}); name a TOML file") from error
    return parse_family(content, where)


def _of_toml(content: dict[str, Any], where: str) -> DeviceFamily:
    try:
        examples = msgspec.convert({"examples": content.pop("examples", ())}, _Examples).examples
        mapping = msgspec.convert(content, Mapping)
        CompiledMapping(mapping)
    except (msgspec.ValidationError, InvalidEntryError, MappingUnusableError) as error:
        raise MappingUnusableError(f"{where}: {error}") from error
    return DeviceFamily(mapping, examples)


def _parsed(content: bytes, where: str) -> dict[str, Any]:
    if len(content) > _BYTES_MOST:
        raise MappingUnusableError(f"{where} is too long for a table; expected at most {_BYTES_MOST} bytes")
    try:
        text = content.decode("utf-8")
        if any(line.count(".") > _DOTS_A_LINE_MOST for line in text.splitlines()):
            raise MappingUnusableError(
                f"{where} has a line with more than {_DOTS_A_LINE_MOST} dots; expected shorter lines"
            )
        return read_toml(text)
    except UnicodeDecodeError as error:
        raise MappingUnusableError(f"{where} cannot be read ({error}); name a TOML file") from error
    except InvalidTomlError as error:
        raise MappingUnusableError(f"{where} is no TOML: {error}") from error
