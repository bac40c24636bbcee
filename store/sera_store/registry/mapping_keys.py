"""Paths of keys in the messages of other makers' devices, and topics with words in their levels."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

KEY_LONGEST: Final = 64
_PART: Final = re.compile(r'(?:"(?P<quoted>[^"\\]+)"|(?P<plain>[^."\\]+))(?P<end>\.|\Z)')
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
_TEXT: Final = re.compile(r".{1,64}")
_WORD: Final = re.compile(r"\{(?P<word>[^{}]*)\}")


@lru_cache(maxsize=4_096)
def split_key(path: str) -> tuple[str, ...]:
    """Split a path of keys at its dots; a key in double quotes keeps its own.

    Returns
    -------
    tuple
        Nothing where the path is not valid.

    Examples
    --------
    >>> split_key('sensors."0.5m".value')
    ('sensors', '0.5m', 'value')
    """
    parts: list[str] = []
    at, end = 0, "."
    while end and (match := _PART.match(path, at)):
        parts.append(match["quoted"] or match["plain"])
        at, end = match.end(), match["end"]
    is_whole = at == len(path) and not end
    return tuple(parts) if is_whole and all(map(is_key, parts)) else ()


class Condition(NamedTuple):
    """What must stand under a key: anything, one text, or a number below or above another."""

    key: str
    sign: str = ""
    text: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether it can be decided."""
        return not self.sign or (_NUMBER if self.sign in "<>" else _TEXT).fullmatch(self.text) is not None


@lru_cache(maxsize=4_096)
def read_condition(text: str) -> Condition:
    """Read a condition of a table.

    Examples
    --------
    >>> read_condition("device.model = TS0601_soil")
    Condition(key='device.model', sign='=', text='TS0601_soil')
    """
    sign = next((letter for letter in text if letter in "=<>"), "")
    key, _, rest = text.partition(sign) if sign else (text, "", "")
    return Condition(key.strip(), sign, rest.strip())


def is_key(text: str) -> bool:
    """Return whether a text can be one key of a table."""
    return 0 < len(text) <= KEY_LONGEST and text.isprintable()


def words_of(level: str) -> list[str]:
    """List the words in braces of one level of a topic.

    Examples
    --------
    >>> words_of("tasmota_{node}")
    ['node']
    """
    return _WORD.findall(level)


def level_parts(level: str) -> tuple[str, str, str]:
    """Split a level into what stands before its word, the word, and what stands after it.

    Examples
    --------
    >>> level_parts("tasmota_{node}"), level_parts("SENSOR")
    (('tasmota_', 'node', ''), ('SENSOR', '', ''))
    """
    match = _WORD.search(level)
    return (level[: match.start()], match["word"], level[match.end() :]) if match else (level, "", "")


@lru_cache(maxsize=1_024)
def topic_pattern(topic: str) -> re.Pattern[str]:
    """Return what the topics of a mapping look like, with a group for each of the words in their levels."""
    levels = []
    for level in topic.split("/"):
        before, word, after = level_parts(level)
        group = f"(?P<{word}>[^/]+)" if word else ""
        levels.append(re.escape(before) + group + re.escape(after))
    return re.compile("/".join(levels))
