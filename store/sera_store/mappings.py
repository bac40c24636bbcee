"""How messages of another maker's devices are read: a table, dated like all that the registry holds."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary import topic_filters
from sera_vocabulary.messages import POSITION_MARK, is_epoch, parse_column
from sera_vocabulary.series import SERIES_BY_NAME
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST, ROOT, is_name

NODE_LEVEL: Final = "{node}"
_PATH_LEVELS_MOST: Final = 8
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
    time_uncertainty_s, arrival_uncertainty_s
        Uncertainty of the device's time, and of an arrival in its place [s].
    values
        Keys of the message, each of which holds one value.
    observations, name, value, unit
        Key of a list of observations, and the keys of name, value and unit within each.
    observed
        What the names of observations mean.
    """

    id: str
    version: int
    topic: str
    node: str = ""
    time: str = ""
    time_form: Literal["iso8601", "unix_s", "unix_ms"] = "iso8601"
    time_uncertainty_s: int = 1
    arrival_uncertainty_s: int = 60
    values: tuple[MappedValue, ...] = ()
    observations: str = ""
    name: str = ""
    value: str = ""
    unit: str = ""
    observed: tuple[MappedValue, ...] = ()

    def __post_init__(self) -> None:
        # An id like an epoch would make a foreign record look like one of our own nodes.
        if not is_name(self.id) or is_epoch(self.id):
            raise InvalidEntryError(
                f"mapping id {self.id!r} is not possible; expected {NAME_SHORTEST} to {NAME_LONGEST} of the "
                "characters a-z, 0-9 and -, other than eight hexadecimal digits"
            )
        self._check_topic()
        self._check_keys()
        for one in (*self.values, *self.observed):
            self._check_value(one)

    @property
    def filter(self) -> str:
        """The MQTT filter of its topic."""
        return "/".join("+" if level.startswith("{") else level for level in self.topic.split("/"))

    def _check_topic(self) -> None:
        levels = self.topic.split("/")
        words = [level for level in levels if "{" in level or "}" in level]
        sound = all(level and not set(level) & set("+#$") for level in levels)
        whole = all(word[0] == "{" and word[-1] == "}" and word[1:-1].isidentifier() for word in words)
        if not (sound and whole and len(set(words)) == len(words)) or levels[0] in (ROOT, *words):
            raise self._impossible(
                f"topic {self.topic!r}",
                f"levels such as garden/{NODE_LEVEL}/obs, the first a word not {ROOT!r}",
            )
        if problem := topic_filters.filter_problem(self.filter):
            raise self._impossible(f"topic {self.topic[:_SHOWN]!r} ({problem})", "one that brokers take")
        if NODE_LEVEL not in words and not self.node:
            raise self._impossible("no node", f"{NODE_LEVEL} as a level of its topic, or the key in `node`")

    def _check_keys(self) -> None:
        paths = (self.node, self.time, self.observations, *(one.key for one in self.values))
        for path in (*paths, self.name, self.value, self.unit):
            if path and not all(_is_key(part) for part in path.split(".", _PATH_LEVELS_MOST)):
                raise self._impossible(f"key {path!r}", "printable words with dots between nested ones")
        if bool(self.observations) != bool(self.observed) or (
            self.observations and not (self.name and self.value)
        ):
            raise self._impossible("half a list", "`observations`, `name`, `value` and `observed` together")
        if not self.values and not self.observed:
            raise self._impossible("no values", "`values` or `observed`")
        if self.version < 1 or self.time_uncertainty_s < 0 or self.arrival_uncertainty_s < 0:
            raise self._impossible("a negative number", "a version from 1 and uncertainties from 0")
        for table in (self.values, self.observed):
            keys = [one.key for one in table]
            if len(set(keys)) != len(keys):
                raise self._impossible("a key that stands twice", "each once")

    def _check_value(self, one: MappedValue) -> None:
        series, parsed = SERIES_BY_NAME.get(one.series), parse_column(one.column)
        if series is None or parsed is None or parsed[0] not in series.columns:
            raise self._impossible(
                f"{one.key!r} as {one.column!r} of {one.series!r}",
                f"a measurement of that series, with {POSITION_MARK}1 and so on for a probe",
            )
        if not one.units or not all(one.units):
            raise self._impossible(f"{one.key!r} without a unit", "one or more in `units`")

    def _impossible(self, found: str, expected: str) -> InvalidEntryError:
        return InvalidEntryError(f"mapping {self.id}: {found} is not possible; expected {expected}")


def _is_key(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isprintable() and not set(text) & set('"\\')
