"""MQTT topic filters: their rules, which of them share topics, and what one broker takes in no topic.

OASIS MQTT 3.1.1, section 4.7. For hosts only: a node knows its filters.
"""

from collections.abc import Iterable

BYTES_MOST = 65_535
ANY_LEVEL = "+"
ALL_BELOW = "#"
_SEPARATOR = "/"
_SHARED = "$share"
_OF_THE_BROKER = "$"
_CONTROL = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)))
# NATS makes subjects of topics, and no subject holds one of these (tried with 2.15.1).
_NOT_IN_NATS = {" ": "a space", "\t": "a tab", "\n": "a line feed", "\r": "a carriage return"}


def topic_problem(text: str) -> str:
    """Return the rule of MQTT that a topic to publish on breaks, or an empty text.

    Examples
    --------
    >>> topic_problem("yard/+/state")
    "it holds '+', which only filters may"
    """
    if ANY_LEVEL in text or ALL_BELOW in text:
        return f"it holds {ANY_LEVEL if ANY_LEVEL in text else ALL_BELOW!r}, which only filters may"
    return _text_problem(text)


def filter_problem(text: str) -> str:
    """Return the rule of MQTT that a filter breaks, or an empty text where a broker takes it.

    Notes
    -----
    A broker closes the connection over such a filter, at SUBSCRIBE and UNSUBSCRIBE alike.

    Examples
    --------
    >>> filter_problem("yard/#/state")
    "'#' stands for all levels below and must be the last level, alone"
    """
    levels = text.split(_SEPARATOR)
    if any(ALL_BELOW in level for level in levels[:-1]) or (
        ALL_BELOW in levels[-1] and levels[-1] != ALL_BELOW
    ):
        return "'#' stands for all levels below and must be the last level, alone"
    if any(ANY_LEVEL in level and level != ANY_LEVEL for level in levels):
        return "'+' stands for one whole level and must be alone in it"
    if levels[0] == _SHARED:
        return "a shared subscription gives each message to one of several clients only"
    return _text_problem(text)


def _text_problem(text: str) -> str:
    if not text:
        return "it is empty"
    if any(letter in _CONTROL or _is_no_character(ord(letter)) for letter in text):
        odd = next(letter for letter in text if letter in _CONTROL or _is_no_character(ord(letter)))
        return f"it holds the control character {odd!r}, which no broker has to take"
    if len(text.encode()) > BYTES_MOST:
        return f"it is longer than {BYTES_MOST} bytes"
    return ""


def _is_no_character(code: int) -> bool:
    """Return whether a code point is a surrogate or one of Unicode's noncharacters (section 1.5.3)."""
    return 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def nats_problem(text: str) -> str:
    """Name the character of a topic or filter that NATS takes in none, or return an empty text.

    Examples
    --------
    >>> nats_problem("home/Potting Shed/+/state")
    'a space'
    """
    return next((_NOT_IN_NATS[letter] for letter in text if letter in _NOT_IN_NATS), "")


def covers(wide: str, narrow: str) -> bool:
    """Return whether a filter matches every topic that another one, or a topic itself, stands for.

    Examples
    --------
    >>> covers("yard/#", "yard/+/state"), covers("yard/+/state", "yard/#"), covers("#", "$SYS/broker")
    (True, False, False)
    """
    if _differ_in_owner(wide, narrow):
        return False
    for outer, inner in _levels(wide, narrow):
        if outer == ALL_BELOW:
            return True
        if inner == ALL_BELOW or outer not in (ANY_LEVEL, inner) or inner is None:
            return False
    return True


def overlap(first: str, second: str) -> bool:
    """Return whether some topic is matched by both filters.

    Examples
    --------
    >>> overlap("yard/+/state", "yard/bed-1/+"), overlap("yard/+", "yard/bed-1/+")
    (True, False)
    """
    if _differ_in_owner(first, second) or _differ_in_owner(second, first):
        return False
    for first_level, second_level in _levels(first, second):
        if ALL_BELOW in (first_level, second_level):
            return True
        if first_level is None or second_level is None:
            return False
        if first_level != second_level and ANY_LEVEL not in (first_level, second_level):
            return False
    return True


def _levels(first: str, second: str) -> list[tuple[str | None, str | None]]:
    """Return the levels of two filters side by side, with None where one of them has ended."""
    first_level: list[str | None] = [*first.split(_SEPARATOR)]
    second_level: list[str | None] = [*second.split(_SEPARATOR)]
    longest = max(len(first_level), len(second_level))
    return list(zip(_filled(first_level, longest), _filled(second_level, longest), strict=True))


def _filled(levels: list[str | None], count: int) -> list[str | None]:
    return levels + [None] * (count - len(levels))


def _differ_in_owner(wide: str, narrow: str) -> bool:
    """Return whether a wildcard in the first level meets a topic of the broker's own: they never match."""
    return wide[:1] in (ANY_LEVEL, ALL_BELOW) and narrow.startswith(_OF_THE_BROKER)


def covering(first: str, second: str) -> str:
    """Return the narrowest filter that covers two filters which overlap.

    Examples
    --------
    >>> covering("yard/+/state", "yard/bed-1/+")
    'yard/+/+'
    """
    levels: list[str] = []
    for first_level, second_level in _levels(first, second):
        if ALL_BELOW in (first_level, second_level):
            levels.append(ALL_BELOW)
            break
        levels.append(first_level if first_level is not None and first_level == second_level else ANY_LEVEL)
    return _SEPARATOR.join(levels)


def merge(filters: Iterable[str]) -> dict[str, frozenset[str]]:
    """Merge filters until no two of them share a topic, so that any broker delivers a message once.

    Returns
    -------
    dict
        Each resulting filter with those that it stands for.

    Notes
    -----
    MQTT lets a broker deliver a message once for each filter that fits (3.1.1, section 3.3.5), and NATS does.

    Examples
    --------
    >>> sorted(merge(["yard/+/state", "yard/bed-1/+", "shed/1"]))
    ['shed/1', 'yard/+/+']
    """
    merged = {name: frozenset([name]) for name in filters}
    # Two topics without wildcards never overlap; there may be thousands of them.
    wide = [name for name in merged if _has_wildcard(name)]
    while pair := _overlapping(wide):
        result = covering(*pair)
        wide = [name for name in wide if name not in (*pair, result)] + [result]
        merged[result] = merged.pop(pair[0]) | merged.pop(pair[1]) | merged.get(result, frozenset())
    for topic in [name for name in merged if not _has_wildcard(name)]:
        if result := next((name for name in wide if covers(name, topic)), ""):
            merged[result] |= merged.pop(topic)
    return merged


def _overlapping(filters: list[str]) -> tuple[str, str] | None:
    for index, first in enumerate(filters):
        for second in filters[index + 1 :]:
            if overlap(first, second):
                return first, second
    return None


def _has_wildcard(text: str) -> bool:
    return ANY_LEVEL in text or ALL_BELOW in text
