"""Propose a mapping from messages: what they surely say as lines, what somebody has to decide as comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_gateway.decode.device_times import read_time
from sera_gateway.decode.envelope import read_json
from sera_gateway.decode.texts import plain_unit, read_number
from sera_gateway.families.discovery import is_announcement, read_announcement
from sera_gateway.families.quantities import (
    AIR_HUMIDITY,
    AIR_TEMPERATURE,
    SOIL_MOISTURE_RAW,
    SOIL_TEMPERATURE,
    is_temperature,
    quantity_of,
)
from sera_gateway.families.topic_forms import COMMON, topic_form
from sera_vocabulary.messages import POSITION_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_gateway.families.discovery import Announcement
    from sera_gateway.families.quantities import Quantity
    from sera_gateway.families.saved_messages import SavedMessage

_VALUES_MOST: Final = 64
_UNIT_LONGEST: Final = 8
_ID_LONGEST: Final = 24
_TIME_KEY: Final = re.compile(r"(^|[._])(time|ts|time_?stamp|last_seen|received_at|recorded_at|dateutc)$")
# Units in the names of keys.
_ENDINGS: Final = (
    (re.compile(r"temp_?c$|_celsius$"), "°C"),
    (re.compile(r"temp_?f$|_fahrenheit$"), "°F"),
    (re.compile(r"_hpa$"), "hPa"),
    (re.compile(r"_mv$"), "mV"),
    (re.compile(r"_v$"), "V"),
)
_SPELLED: Final = {"celsius": "degC", "C": "degC", "fahrenheit": "degF", "F": "degF"}
# A temperature that comes with one of these is of the same place.
_OF_COMPANY: Final = {SOIL_MOISTURE_RAW.column: SOIL_TEMPERATURE, AIR_HUMIDITY.column: AIR_TEMPERATURE}
_SINCE: Final = {"unix_s": 1e9, "unix_ms": 1e12, "unix_us": 1e15, "unix_ns": 1e18}
_UNDECIDED: Final = "nothing says what it is"
_OPEN: Final = "of what? series soil, column soil_temperature@1, or series air, column air_temperature"
_NO_UNIT: Final = "no unit was seen: name it"


class Proposal(NamedTuple):
    """A table as TOML, how many of its values are certain, and how many somebody has to decide about.

    Without a certain one it is not ready to be entered.
    """

    text: str
    certain: int
    open_: int


class _Value(NamedTuple):
    """Something that messages hold: under which key, what it is called, and what is said of it."""

    key: str
    name: str
    unit: str = ""
    device_class: str = ""
    sample_text: str = ""
    unit_key: str = ""
    problem: str = ""


def propose(messages: Sequence[SavedMessage]) -> list[Proposal]:
    """Propose a table for each form of messages, first from what devices say of themselves.

    Parameters
    ----------
    messages
        Announcements for Home Assistant, readings, or both.

    Returns
    -------
    list of Proposal
        No number is guessed: a value whose meaning or unit nothing says is a comment.
    """
    announced = [
        announcement
        for message in messages
        if is_announcement(message.topic) and (announcement := read_announcement(message)) is not None
    ]
    state_topics = {announcement.state_topic for announcement in announced}
    # A device that has said what its messages mean need not be asked by its messages.
    readings = [
        message
        for message in messages
        if message.topic
        and not is_announcement(message.topic)
        and message.payload
        and message.topic not in state_topics
    ]
    samples = {message.topic: message.payload.decode(errors="replace") for message in messages}
    proposals = [*_from_announcements(announced, samples), *_from_readings(readings)]
    return _with_own_ids([proposal for proposal in proposals if proposal.certain or proposal.open_])


def _with_own_ids(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Make the ids of tables unique, by a number where two would have the same one."""
    ids = [re.search(r'^id = "(.*)"$', proposal.text, re.MULTILINE) for proposal in proposals]
    names = [match[1] if match else "" for match in ids]
    return [
        proposal._replace(text=proposal.text.replace(f'id = "{name}"', f'id = "{name}-{index}"', 1))
        if name in names[:index]
        else proposal
        for index, (name, proposal) in enumerate(zip(names, proposals, strict=True))
    ]


def _from_announcements(announced: Sequence[Announcement], samples: dict[str, str]) -> Iterator[Proposal]:
    groups: dict[tuple[bool, int, str], list[Announcement]] = {}
    for announcement in announced:
        is_bare = not (announcement.key or announcement.problem)
        levels = announcement.state_topic.split("/")
        groups.setdefault((is_bare, len(levels), levels[-1] if is_bare else ""), []).append(announcement)
    for (is_bare, *_), group in groups.items():
        names = {name for announcement in group for name in announcement.names}
        topics = list(dict.fromkeys(announcement.state_topic for announcement in group))
        form = topic_form(topics, names, has_key=is_bare)
        place = form.split("/").index("{key}") if is_bare and "{key}" in form.split("/") else None
        values = {
            value.key: value
            for announcement in group
            for value in [_announced(announcement, place, samples.get(announcement.state_topic, ""))]
        }
        yield _write(form, "value" if is_bare else "json", list(values.values()), [])


def _announced(announcement: Announcement, place: int | None, sample_text: str) -> _Value:
    key = _path(announcement.key) if place is None else announcement.state_topic.split("/")[place]
    return _Value(
        key or announcement.name,
        key or announcement.name,
        announcement.unit,
        announcement.device_class,
        sample_text if place is not None else "",
        problem=announcement.problem,
    )


def _from_readings(readings: Iterable[SavedMessage]) -> Iterator[Proposal]:
    groups: dict[tuple[object, ...], list[tuple[SavedMessage, dict[str, Any]]]] = {}
    for message in readings:
        content = read_json(message.payload)
        fields: dict[str, Any] | None = content if isinstance(content, dict) else None
        levels = [level if level.lower() in COMMON else "" for level in message.topic.split("/")]
        groups.setdefault((fields is not None, *levels), []).append((message, fields or {}))
    for (is_object, *_), group in groups.items():
        topics = list(dict.fromkeys(message.topic for message, _ in group))
        form = topic_form(topics, has_key=not bool(is_object))
        if is_object:
            flat = {path: raw for _, content in group for path, raw in _flat((), content)}
            times = [path for path in flat if _TIME_KEY.search(path.lower()) and _time_form(flat[path])]
            values = [_sample(path, raw, flat) for path, raw in flat.items() if path not in times]
            yield _write(form, "json", values, [(times[0], _time_form(flat[times[0]]))] if times else [])
        elif "{key}" in form.split("/"):
            place = form.split("/").index("{key}")
            texts = {
                message.topic.split("/")[place]: message.payload.decode(errors="replace")
                for message, _ in group
            }
            yield _write(form, "value", [_sample(key, text, {}) for key, text in texts.items()], [])


def _flat(above: tuple[str, ...], content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, inner in content.items():
        if isinstance(inner, dict):
            yield from _flat((*above, key), inner)
        else:
            yield _path((*above, key)), inner


def _path(keys: Sequence[str]) -> str:
    return ".".join(f'"{key}"' if "." in key else key for key in keys)


def _sample(path: str, raw: Any, beside: dict[str, Any]) -> _Value:
    written = read_number(raw)
    name = path.rsplit(".", 1)[-1]
    unit = (written.unit if written else None) or next(
        (unit for pattern, unit in _ENDINGS if pattern.search(name.lower())), ""
    )
    unit_key = next((key for key in (f"{path}_unit", "TempUnit") if key in beside), "")
    is_number = written is not None and written.number is not None and len(unit) <= _UNIT_LONGEST
    problem = "" if is_number else "it is no number"
    has_unit_key = unit_key and is_temperature(name)
    return _Value(path, name, unit, "", str(raw)[:40], unit_key if has_unit_key else "", problem)


def _time_form(raw: Any) -> str:
    if isinstance(raw, str) and read_time(raw, "iso8601") is not None:
        return "iso8601"
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return next((form for form, since in reversed(_SINCE.items()) if raw >= since), "")
    return ""


def _write(
    form: str, payload_form: str, values: Sequence[_Value], times: Sequence[tuple[str, str]]
) -> Proposal:
    """Write a table; its certain values stand before those that are comments."""
    certain: list[str] = []
    open_: list[str] = []
    columns_used: set[str] = set()
    numbers = [value for value in values if not value.problem][:_VALUES_MOST]
    contexts: dict[str, set[str]] = {}
    for value in numbers:
        if (own := quantity_of(value.name, value.device_class)) is not None:
            contexts.setdefault(_parent(value), set()).add(own.column)
    for value in numbers:
        quantity = _quantity(value, contexts.get(_parent(value), set()))
        line, why = _line(value, quantity, columns_used)
        sample = f" seen {value.sample_text!r}" if value.sample_text else ""
        if why:
            open_.append(f"  # {line},  # {why};{sample}".rstrip(";"))
        else:
            certain.append(f"  {line}," + (f"  #{sample}" if sample else ""))
    head = [
        "# Proposed from messages: read each line, decide what is a comment, and write [[examples]].",
        f"id = {_text(_id(form))}",
        "version = 1",
        f"topic = {_text(form)}",
        *([f"format = {_text(payload_form)}"] if payload_form != "json" else []),
        *(f"time = {_text(key)}\ntime_form = {_text(time_form)}" for key, time_form in times),
    ]
    text = "\n".join([*head, "values = [", *certain, *open_, "]", ""])
    return Proposal(text, len(certain), len(open_))


def _parent(value: _Value) -> str:
    """Return what holds a value: what stands in one object belongs together."""
    return value.key.rpartition(".")[0]


def _quantity(value: _Value, context: set[str]) -> Quantity | None:
    quantity = quantity_of(value.name, value.device_class)
    if quantity is not None or not is_temperature(value.name, value.device_class):
        return quantity
    if quantity_of(f"{value.name}_humidity") is None:
        # A name that says indoors, or a setting.
        return None
    candidates = [quantity for column, quantity in _OF_COMPANY.items() if column in context]
    return candidates[0] if len(candidates) == 1 else None


def _line(value: _Value, quantity: Quantity | None, columns_used: set[str]) -> tuple[str, str]:
    """Write a value of the table, and why it is not certain."""
    if quantity is None:
        why = _OPEN if is_temperature(value.name, value.device_class) else _UNDECIDED
        return f'{{ key = {_text(value.key)}, series = "", column = "", units = [{_text(value.unit)}] }}', (
            value.problem or why
        )
    column = _free(quantity.column, columns_used)
    units, why = _units(value, quantity)
    beside = f", unit_key = {_text(value.unit_key)}" if value.unit_key else ""
    line = (
        f"{{ key = {_text(value.key)}, series = {_text(quantity.series)}, column = {_text(column)}, "
        f"units = [{', '.join(map(_text, units))}]{beside} }}"
    )
    if column in columns_used:
        why = why or "another value is this quantity already: which one?"
    why = value.problem or why
    if not why:
        columns_used.add(column)
    return line, why


def _free(column: str, columns_used: set[str]) -> str:
    """Return a column, that of a probe with the first free position."""
    name, mark, _ = column.partition(POSITION_MARK)
    if not mark:
        return column
    return next(text for n in range(1, 100) if (text := f"{name}{POSITION_MARK}{n}") not in columns_used)


def _units(value: _Value, quantity: Quantity) -> tuple[list[str], str]:
    unit = plain_unit(value.unit)
    if value.unit_key:
        return [f"{spelled} = {unit_id}" for spelled, unit_id in _SPELLED.items()], ""
    if quantity.column.startswith(SOIL_MOISTURE_RAW.column.split(POSITION_MARK, 1)[0]):
        # A percentage of a scale of the maker's stays what it is until a calibration says more.
        return ["% = 1" if unit == "%" else "1"], ""
    if not unit:
        return [quantity.units[0]], "" if quantity.is_certain else _NO_UNIT
    if unit in _SPELLED and quantity.units == AIR_TEMPERATURE.units:
        return [f"{unit} = {_SPELLED[unit]}"], ""
    units = {plain_unit(spelled): spelled for spelled in quantity.units}
    return [units.get(unit, unit)], "" if unit in units else f"unit {unit!r} is none of this quantity"


def _id(form: str) -> str:
    words = [level for level in form.split("/") if "{" not in level]
    plain = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")
    plain = plain if len(plain) <= _ID_LONGEST else plain[:_ID_LONGEST].rpartition("-")[0]
    return f"my-{plain}" if plain else "my-devices"


def _text(text: str) -> str:
    """Write a text as TOML does, which is as JSON does but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
