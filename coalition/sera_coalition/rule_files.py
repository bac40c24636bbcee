"""Rule files: TOML that everybody can read, one a community and purpose, held against schema and itself.

A rule is a frozen struct whose fields are the keys of the file. What a type cannot say (two keys that
contradict each other) its method `contradictions` says; a person reads of it by line, with both keys named.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec

from sera_coalition.errors import RuleFileError
from sera_store.toml_text import InvalidTomlError, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER: Final = "rules"
FORM: Final = 1
_BYTES_MOST: Final = 64 * 1024
# With dots where it names a table and a key of it at once.
_KEY: Final = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)[\"']?\s*=")
_SECTION: Final = re.compile(r"\s*\[+\s*([A-Za-z0-9_.-]+)\s*\]+")
_LONG_TEXT: Final = re.compile(r'"""|' + r"'''")
_PLACE: Final = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"unknown field `([^`]*)`")


class Contradiction(NamedTuple):
    """Two keys that cannot both hold, and why."""

    first: str
    second: str
    why: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule file has.

    Parameters
    ----------
    form
        Version of the layout.
    purpose
        What it rules; a subclass narrows it to one word.
    community
        Whose rule it is.
    """

    form: int
    purpose: str
    community: str

    def contradictions(self) -> list[Contradiction]:
        """List the pairs of keys that cannot both hold."""
        return []


RuleT = TypeVar("RuleT", bound=Rule)


def rule_path(data: Path, purpose: str, community: str) -> Path:
    """Return where the rule of a community for a purpose lies in a data folder."""
    return data / FOLDER / f"{purpose}-{community}.toml"


def digest_of(text: str) -> str:
    """Return SHA-256 of a rule's text as 64 hexadecimal digits: what shows that it was this one."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_rule_text(path: Path) -> str:
    """Return the text of a rule file.

    Raises
    ------
    RuleFileError
        It is longer than 64 KiB, or no UTF-8.
    OSError
        It cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(_BYTES_MOST + 1)
    if len(content) > _BYTES_MOST:
        raise RuleFileError(path.name, [f"is longer than {_BYTES_MOST} bytes; a rule is a page of text"])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleFileError(path.name, [f"line {line}: no UTF-8; save it as UTF-8"]) from error


def purpose_of(text: str, name: str) -> str:
    """Return what a rule file rules, as it says itself.

    Raises
    ------
    RuleFileError
        It is no TOML, or does not say so.
    """
    purpose = _values(text, name).get("purpose")
    if not isinstance(purpose, str):
        raise RuleFileError(
            name, ["`purpose` is missing; it names what the file rules, as in its first lines"]
        )
    return purpose


def read_rule(text: str, kind: type[RuleT], name: str, community: str = "") -> RuleT:
    """Read a rule, and hold it against its schema and against itself.

    Parameters
    ----------
    text
        The file's text.
    kind
        Its schema.
    name
        The file's name, for messages.
    community
        Whose rule it must be; empty for anybody's.

    Raises
    ------
    RuleFileError
        With each problem by its line; a contradiction names both keys.
    """
    values, lines = _values(text, name), _lines_of_keys(text)
    try:
        rule = msgspec.convert(values, kind, strict=True)
    except msgspec.ValidationError as error:
        raise RuleFileError(name, [_problem(str(error), lines)]) from error
    problems = []
    if rule.form != FORM:
        problems.append(f"{_at('form', lines)}: {rule.form} is not known; this Sera knows {FORM}")
    if community and rule.community != community:
        problems.append(
            f"{_at('community', lines)}: {rule.community!r} is another community; expected {community!r}"
        )
    problems += [
        f"{_at(pair.first, lines)} and {_at(pair.second, lines)} contradict each other: "
        f"{pair.why}; change one of them"
        for pair in rule.contradictions()
    ]
    if problems:
        raise RuleFileError(name, problems)
    return rule


def _values(text: str, name: str) -> dict[str, object]:
    try:
        return read_toml(text)
    except InvalidTomlError as error:
        raise RuleFileError(name, [f"is no TOML: {error}"]) from error


def _problem(message: str, lines: Mapping[str, int]) -> str:
    """Put what the schema says into a sentence with its line."""
    unknown = _UNKNOWN.search(message)
    match = _PLACE.match(message)
    path = (match["path"] or "") if match is not None else ""
    problem = match["problem"] if match is not None else message
    if "matching regex" in problem:
        problem = "has another form than in the sample"
    if unknown is not None:
        key = f"{path}.{unknown[1]}".strip(".")
        return f"{_at(key, lines)}: no rule has this key; see the sample, or take the line out"
    if not path:
        return f"{problem}; see the sample"
    return f"{_at(path.partition('[')[0], lines)}: {problem[:1].lower()}{problem[1:]}"


def _at(key: str, lines: Mapping[str, int]) -> str:
    """Name a key with its line, or with that of the table that is written on one line around it."""
    around = key
    while around and around not in lines:
        around = around.rpartition(".")[0]
    return f"line {lines[around]} (`{key}`)" if around else f"`{key}`"


def _lines_of_keys(text: str) -> dict[str, int]:
    """Return the line of each key, those of sections behind the section's name."""
    lines: dict[str, int] = {}
    section, is_inside = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if not is_inside:
            if heading := _SECTION.match(line):
                section = f"{heading[1]}."
            elif key := _KEY.match(line):
                lines.setdefault(section + key[1], number)
        if len(_LONG_TEXT.findall(line)) % 2:
            is_inside = not is_inside
    return lines
