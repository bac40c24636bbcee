"""How messages of another maker's devices are read: a table, dated like all that the registry holds."""

from __future__ import annotations

from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from sera_store.errors import InvalidEntryError
from sera_store.registry.mapping_keys import Condition, level_parts, read_condition, split_key, words_of
from sera_vocabulary import topic_filters
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import POSITION_MARK, parse_column
from sera_vocabulary.recorded import is_own
from sera_vocabulary.series import SERIES_BY_NAME
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, ROOT, is_name

NODE_LEVEL: Final = "{node}"
NODE_WORD: Final = NODE_LEVEL[1:-1]
# The level that names the one value of a message.
KEY_LEVEL: Final = "{key}"
# In `each`: all members of an object, each called by its device's own name; a message that is one list.
MEMBERS: Final = "*"
WHOLE: Final = "."
# What a table may hold. Real families need a tenth of it; what is beyond it is a mistake or an attack.
_PATH_LEVELS_MOST: Final = 8
_TOPIC_LEVELS_MOST: Final = 16
_TOPIC_LONGEST: Final = 256
_VALUES_MOST: Final = 128
_UNITS_MOST: Final = 16
_MISSING_MOST: Final = 16
_IGNORED_MOST: Final = 128
_VERSION_MOST: Final = 2**31
_UNCERTAINTY_MOST_S: Final = 30 * DAY_S
_KEY_LONGEST: Final = 80
_SIZES: Final = {
    "values": _VALUES_MOST,
    "observed": _VALUES_MOST,
    "ignored": _IGNORED_MOST,
    "not_measured": _IGNORED_MOST,
    "missing": _MISSING_MOST,
    "silent": _UNITS_MOST,
}
# How many characters of an invalid topic are shown.
_TEXT_MOST: Final = 200


class MappedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the device calls something, and which column of which series it becomes.

    Parameters
    ----------
    key
        The device's word for it: a key, with dots between nested ones, or the name of an observation.
    series, column
        Series of the vocabulary, and column in it: a measurement, with `@position` for a probe.
    units
        Units the device may use, in the device's spelling, or `spelling = unit` where that is another one;
        the first holds where a message names none.
    unit_key
        Key of the unit, where it stands beside the value.
    missing
        Numbers and texts by which the device says that it has no value.
    when
        Key that a message must have for this to hold, or `key = text`, `key < number` or `key > number` for
        what must stand there; of several values with one key the first that holds is read.
    """

    key: str
    series: str
    column: str
    units: tuple[str, ...]
    unit_key: str = ""
    missing: tuple[float | str, ...] = ()
    when: str = ""

    @property
    def label(self) -> str:
        """What tells it from other values of its mapping."""
        return f"{self.key} when {self.when}" if self.when else self.key

    @property
    def condition(self) -> Condition:
        """What `when` asks for."""
        return read_condition(self.when)


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of one device family.

    Parameters
    ----------
    id
        Names the family for ever: it is part of the key of each of its records.
    version
        Grows with each change of the table; an entry holds for messages that arrive from its date on.
    topic
        Levels, each with at most one `{word}` for anything; `{node}` is the node's id or the device's own
        name, `{key}` the key of a message that is one bare value.
    node
        Key of the node's id, where the topic has none; where it has, both must agree.
    format
        How messages are written: JSON; a bare value; a form (`a=1&b=2`); pairs (`{a:1,b:2}`); SenML (RFC
        8428), whose records of one base name and time are read as `{"bn", "t", "e": [{"n", "v", "u"}]}`.
    each
        Key of a list of readings in one message, or of an object of them with `.*`, whose keys are the names
        of devices; `.` and `*` for the message itself. What a reading lacks is looked for in the message.
    time, time_form
        Key of the device's time, and how it is written; without a key the arrival is the time.
    time_zone
        IANA zone of times that name none; without it they are local to the garden of the device.
    counter
        Key of a number that tells readings of one second apart which are alike in all else.
    time_uncertainty_s, arrival_uncertainty_s
        Uncertainty of the device's time, and of an arrival in its place [s].
    values
        Keys of the message, each of which holds one value.
    observations, name, value, unit
        Key of a list of observations, and the keys of name, value and unit within each.
    observed
        What the names of observations mean.
    missing
        Numbers and texts by which the device says, of any of its values, that it has none.
    ignored
        Keys, with all below them, that are no readings: a message with nothing else besides what the table
        reads is not asked about.
    undecoded
        Key of bytes that a network server passes on where nobody has decoded them.
    not_measured
        Keys of what Sera does not measure: a message with nothing else is a dead letter that says so.
    silent
        Further topics of the devices, that never bring a reading: their state, their settings.
    """

    id: str
    version: int
    topic: str
    node: str = ""
    format: Literal["json", "value", "form", "pairs", "senml"] = "json"
    each: str = ""
    time: str = ""
    time_form: Literal["iso8601", "unix_s", "unix_ms", "unix_us", "unix_ns"] = "iso8601"
    time_zone: str = ""
    counter: str = ""
    time_uncertainty_s: int = 1
    arrival_uncertainty_s: int = 60
    values: tuple[MappedValue, ...] = ()
    observations: str = ""
    name: str = ""
    value: str = ""
    unit: str = ""
    observed: tuple[MappedValue, ...] = ()
    missing: tuple[float | str, ...] = ()
    ignored: tuple[str, ...] = ()
    undecoded: str = ""
    not_measured: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # An id like an epoch, drawn or of a recorded file, or like the way of our own nodes, would make a
        # foreign record look like theirs.
        if not is_name(self.id) or is_own(self.id) or self.id == ROOT:
            raise InvalidEntryError(
                f"mapping id {_excerpt(self.id)} is not possible; expected {NAME_SHORTEST} to {NAME_LONGEST} "
                f"of the characters a-z, 0-9 and -, other than eight hexadecimal digits, recorded-... and "
                f"{ROOT!r}"
            )
        self._check_sizes()
        self._check_topic()
        self._check_keys()
        self._check_branches()
        self._check_list()
        self._check_zone()
        for value in (*self.values, *self.observed):
            self._check_value(value)

    @property
    def filter(self) -> str:
        """The MQTT filter of its topic."""
        return topic_filter(self.topic)

    @property
    def is_plain(self) -> bool:
        """Whether all that it says can be read from a JSON object by fixed keys."""
        values = (*self.values, *self.observed)
        has_more = any(value.unit_key or value.missing or value.when for value in values)
        paths = (*self._paths, *self.ignored, self.name, self.value, self.unit)
        is_special = self.format != "json" or self.each or self.missing or self.undecoded or self.not_measured
        return not (has_more or is_special or any('"' in path for path in paths))

    @property
    def _paths(self) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(value.key for value in self.values))
        return (self.node, self.time, self.counter, self.observations, *values)

    def _check_sizes(self) -> None:
        if not 1 <= self.version <= _VERSION_MOST:
            raise self._impossible(f"version {_excerpt(self.version)}", f"1 to {_VERSION_MOST}")
        for name in ("time_uncertainty_s", "arrival_uncertainty_s"):
            seconds = getattr(self, name)
            if not 0 <= seconds <= _UNCERTAINTY_MOST_S:
                raise self._impossible(f"{name} {_excerpt(seconds)}", f"0 to {_UNCERTAINTY_MOST_S} s")
        for name, most in _SIZES.items():
            if len(getattr(self, name)) > most:
                raise self._impossible(f"{len(getattr(self, name))} entries in `{name}`", f"at most {most}")

    def _check_topic(self) -> None:
        words = self._check_pattern(self.topic)
        for topic in self.silent:
            self._check_pattern(topic)
        is_named = NODE_WORD in words or self.node or self.each.endswith(MEMBERS)
        if not is_named and (self.values or self.observed):
            raise self._impossible("no node", f"{NODE_LEVEL} in its topic, or the key in `node`")
        if (KEY_LEVEL[1:-1] in words) != (self.format == "value"):
            raise self._impossible(
                f"topic {_excerpt(self.topic)} with format {self.format!r}",
                f'{KEY_LEVEL} as a level with format = "value", and only there',
            )

    def _check_pattern(self, topic: str) -> list[str]:
        """Refuse a topic that is not valid, and return the words of its levels."""
        levels = topic.split("/")
        if len(topic) > _TOPIC_LONGEST or len(levels) > _TOPIC_LEVELS_MOST:
            raise self._impossible(
                f"a topic of {len(levels)} levels and {len(topic)} characters",
                f"at most {_TOPIC_LEVELS_MOST} and {_TOPIC_LONGEST}",
            )
        if problem := topic_filters.filter_problem(topic_filter(topic)):
            raise self._impossible(f"topic {topic[:_TEXT_MOST]!r} ({problem})", "one that brokers take")
        words = [word for level in levels for word in words_of(level)]
        is_sound = all(
            (level.isprintable() or not level) and not set(level) & set("+#$") and _is_level(level)
            for level in levels
        )
        has_text = any(level and not words_of(level) for level in levels)
        if not (is_sound and has_text and len(set(words)) == len(words)) or levels[0] == ROOT:
            raise self._impossible(
                f"topic {_excerpt(topic)}",
                f"levels such as garden/{NODE_LEVEL}/obs, one word in braces a level at most and one level "
                f"without any, the first not {ROOT!r}",
            )
        return words

    def _check_keys(self) -> None:
        conditions = [key for value in self.values if (key := value.condition.key)]
        units = [value.unit_key for value in (*self.values, *self.observed)]
        paths = (*self._paths, *self.ignored, *self.not_measured, self.undecoded, *conditions, *units)
        each = self.each.removesuffix(MEMBERS).strip(".")
        for path in (*paths, each, self.name, self.value, self.unit):
            if path and not 0 < len(split_key(path)) <= _PATH_LEVELS_MOST:
                raise self._impossible(
                    f"key {_excerpt(path)}",
                    f"printable words with dots between nested ones, at most {_PATH_LEVELS_MOST} of them, in "
                    'double quotes where a key has a dot of its own: a."b.c"',
                )
        for value in self.observed:
            if not (0 < len(value.key) <= _KEY_LONGEST and value.key.isprintable()):
                raise self._impossible(f"observation {_excerpt(value.key)}", "a printable name")
        if not self.values and not self.observed and not self.not_measured:
            raise self._impossible("no values", "`values`, `observed` or `not_measured`")
        for table in (self.values, self.observed):
            labels = [value.label for value in table]
            if len(set(labels)) != len(labels):
                raise self._impossible("a key that stands twice", "each once, or each with another `when`")

    def _check_branches(self) -> None:
        """Refuse a key that holds another one, or that is read for two things."""
        paths = sorted(split_key(path) for path in self._paths if path)
        for path in paths:
            key_text = ".".join(path)
            if paths.count(path) > 1:
                raise self._impossible(f"key {_excerpt(key_text)} for two things", "a key for one thing each")
            if any(other[: len(path)] == path and other != path for other in paths):
                raise self._impossible(
                    f"key {_excerpt(key_text)}, which holds another one",
                    "keys of single values, not of their parent",
                )

    def _check_list(self) -> None:
        if bool(self.observations) != bool(self.observed) or (
            self.observations and not (self.name and self.value)
        ):
            raise self._impossible("half a list", "`observations`, `name`, `value` and `observed` together")
        words = [word for word in (self.name, self.value, self.unit) if word]
        if len(set(words)) != len(words):
            raise self._impossible("one key in an observation for two things", "three different ones")

    def _check_zone(self) -> None:
        if not self.time_zone:
            return
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise self._impossible(
                f"time zone {_excerpt(self.time_zone)}", "an IANA name such as Europe/London or UTC"
            ) from error

    def _check_value(self, value: MappedValue) -> None:
        series, parsed = SERIES_BY_NAME.get(value.series), parse_column(value.column)
        if series is None or parsed is None or parsed[0] not in series.columns:
            raise self._impossible(
                f"{_excerpt(value.key)} as {_excerpt(value.column)} of {_excerpt(value.series)}",
                f"a measurement of that series, with {POSITION_MARK}1 and so on for a probe",
            )
        if not value.units or not all(value.units) or len(value.units) > _UNITS_MOST:
            raise self._impossible(
                f"{_excerpt(value.key)} with {len(value.units)} units",
                f"1 to {_UNITS_MOST} spellings in `units`",
            )
        if not value.condition.is_sound:
            raise self._impossible(
                f"{_excerpt(value.key)} when {_excerpt(value.when)}", "key, key = text, key < 40 or key > 40"
            )
        if len(value.missing) > _MISSING_MOST:
            raise self._impossible(
                f"{_excerpt(value.key)} with {len(value.missing)} in `missing`", f"at most {_MISSING_MOST}"
            )

    def _impossible(self, problem: str, expected: str) -> InvalidEntryError:
        return InvalidEntryError(f"mapping {self.id}: {problem} is not possible; expected {expected}")


def _excerpt(value: object) -> str:
    # A number of any size is shown too: Python refuses to write one of more than 4,300 digits in decimal.
    text = hex(value) if isinstance(value, int) and abs(value) > _VERSION_MOST else repr(value)
    return text if len(text) <= _KEY_LONGEST else text[:_KEY_LONGEST] + "..."


def topic_filter(topic: str) -> str:
    """Return the MQTT filter of a topic with words: a level with one is any level.

    Examples
    --------
    >>> topic_filter("tele/tasmota_{node}/SENSOR")
    'tele/+/SENSOR'
    """
    return "/".join("+" if "{" in level else level for level in topic.split("/"))


def _is_level(level: str) -> bool:
    """Return whether a level has no brace, or one word in braces."""
    before, word, after = level_parts(level)
    is_word = not word or (word.isascii() and word.isidentifier())
    has_word = bool(words_of(level))
    return is_word and bool(word) == has_word and not set(before + after) & set("{}")
