"""How messages of another maker's devices are read: a table, dated like all that the registry holds."""

from __future__ import annotations

from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary import topic_filters
from sera_vocabulary.messages import POSITION_MARK, parse_column
from sera_vocabulary.recorded import is_own
from sera_vocabulary.series import SERIES_BY_NAME
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, ROOT, is_name

NODE_LEVEL: Final = "{node}"
# What a table may hold. Real families need a tenth of it; what is beyond it is a mistake or an attack.
_PATH_LEVELS_MOST: Final = 8
_TOPIC_LEVELS_MOST: Final = 16
_TOPIC_LONGEST: Final = 256
_VALUES_MOST: Final = 128
_UNITS_MOST: Final = 16
_IGNORED_MOST: Final = 128
_VERSION_MOST: Final = 2**31
_UNCERTAINTY_MOST_S: Final = 30 * 86_400
_TEXT_SHOWN: Final = 80
# Of a topic that is none, so many characters are shown.
_SHOWN: Final = 200


class MappedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the device calls something, and which column of which series it becomes.

    Parameters
    ----------
    key
        The device's word for it: a key, with dots between nested ones, or the name of an observation.
    series, column
        Series of the vocabulary, and column in it: a measurement, with `@position` for a probe.
    units
        Units the device may use, in the device's spelling; the first holds where a message names none.
    """

    key: str
    series: str
    column: str
    units: tuple[str, ...]


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of one device family.

    Parameters
    ----------
    id
        Names the family for ever: it is part of the key of each of its records.
    version
        Grows with each change of the table; an entry holds for messages that arrive from its date on.
    topic
        Levels with `{word}` for any one level; `{node}` is the node's id.
    node
        Key of the node's id, where the topic has none; where it has, both must agree.
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
    ignored
        Keys, with all below them, that are no readings: a message with nothing else besides what the table
        reads is not asked about.
    """

    id: str
    version: int
    topic: str
    node: str = ""
    time: str = ""
    time_form: Literal["iso8601", "unix_s", "unix_ms"] = "iso8601"
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
    ignored: tuple[str, ...] = ()

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
        return "/".join("+" if level.startswith("{") else level for level in self.topic.split("/"))

    def _check_sizes(self) -> None:
        if not 1 <= self.version <= _VERSION_MOST:
            raise self._impossible(f"version {_excerpt(self.version)}", f"1 to {_VERSION_MOST}")
        for name in ("time_uncertainty_s", "arrival_uncertainty_s"):
            seconds = getattr(self, name)
            if not 0 <= seconds <= _UNCERTAINTY_MOST_S:
                raise self._impossible(f"{name} {_excerpt(seconds)}", f"0 to {_UNCERTAINTY_MOST_S} s")
        for name, most in (("values", _VALUES_MOST), ("observed", _VALUES_MOST), ("ignored", _IGNORED_MOST)):
            if len(getattr(self, name)) > most:
                raise self._impossible(f"{len(getattr(self, name))} entries in `{name}`", f"at most {most}")

    def _check_topic(self) -> None:
        levels = self.topic.split("/")
        if len(self.topic) > _TOPIC_LONGEST or len(levels) > _TOPIC_LEVELS_MOST:
            raise self._impossible(
                f"a topic of {len(levels)} levels and {len(self.topic)} characters",
                f"at most {_TOPIC_LEVELS_MOST} and {_TOPIC_LONGEST}",
            )
        if problem := topic_filters.filter_problem(self.filter):
            raise self._impossible(f"topic {self.topic[:_SHOWN]!r} ({problem})", "one that brokers take")
        words = [level for level in levels if "{" in level or "}" in level]
        sound = all(level and level.isprintable() and not set(level) & set("+#$") for level in levels)
        whole = all(
            word[0] == "{" and word[-1] == "}" and word.isascii() and word[1:-1].isidentifier()
            for word in words
        )
        if not (sound and whole and len(set(words)) == len(words)) or levels[0] in (ROOT, *words):
            raise self._impossible(
                f"topic {_excerpt(self.topic)}",
                f"levels such as garden/{NODE_LEVEL}/obs, the first a word not {ROOT!r}",
            )
        if NODE_LEVEL not in words and not self.node:
            raise self._impossible("no node", f"{NODE_LEVEL} as a level of its topic, or the key in `node`")

    def _check_keys(self) -> None:
        paths = (self.node, self.time, self.counter, self.observations, *(value.key for value in self.values))
        for path in (*paths, *self.ignored, self.name, self.value, self.unit):
            parts = path.split(".")
            if path and not (len(parts) <= _PATH_LEVELS_MOST and all(map(_is_key, parts))):
                raise self._impossible(
                    f"key {_excerpt(path)}",
                    f"printable words with dots between nested ones, at most {_PATH_LEVELS_MOST} of them",
                )
        for value in self.observed:
            if not (0 < len(value.key) <= _TEXT_SHOWN and value.key.isprintable()):
                raise self._impossible(f"observation {_excerpt(value.key)}", "a printable name")
        if not self.values and not self.observed:
            raise self._impossible("no values", "`values` or `observed`")
        for table in (self.values, self.observed):
            keys = [value.key for value in table]
            if len(set(keys)) != len(keys):
                raise self._impossible("a key that stands twice", "each once")

    def _check_branches(self) -> None:
        """Refuse a key that holds another one, or that is read for two things."""
        paths_read = (
            self.node,
            self.time,
            self.counter,
            self.observations,
            *(value.key for value in self.values),
        )
        paths = sorted(path for path in paths_read if path)
        for path in paths:
            if paths.count(path) > 1:
                raise self._impossible(f"key {_excerpt(path)} for two things", "a key for one thing each")
            if any(other.startswith(path + ".") for other in paths):
                raise self._impossible(
                    f"key {_excerpt(path)}, which holds another one",
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

    def _impossible(self, problem: str, expected: str) -> InvalidEntryError:
        return InvalidEntryError(f"mapping {self.id}: {problem} is not possible; expected {expected}")


def _excerpt(value: object) -> str:
    # A number of any size is shown too: Python refuses to write one of more than 4,300 digits in decimal.
    text = hex(value) if isinstance(value, int) and abs(value) > _VERSION_MOST else repr(value)
    return text if len(text) <= _TEXT_SHOWN else text[:_TEXT_SHOWN] + "..."


def _is_key(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isprintable() and not set(text) & set('"\\')
