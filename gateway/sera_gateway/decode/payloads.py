"""What a payload holds, in whichever form its device writes it: JSON, one value, a form, pairs or SenML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import Rejection, half_character, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

# Of each message so many keys or records are looked at; a weather station with all its sensors has some 150.
_PARTS_MOST: Final = 512
# RFC 8428, section 4.5.3: a smaller time is counted from now.
_ABSOLUTE_FROM_S: Final = 2**28
# Keys of a SenML record and their bases (RFC 8428, section 4.3); SenSML and CBOR are not read.
_VALUES: Final = ("v", "vs", "vb", "vd", "s")


class _DuplicateKeyError(ValueError):
    """A JSON object has a key twice."""


def read_payload(payload: bytes, form: str, key: str, received_s: float) -> Any | Rejection:
    """Read what a payload holds.

    Parameters
    ----------
    payload
        As it came.
    form
        One of the formats of `sera_store.registry.mappings.Mapping`.
    key
        What the topic calls the value, where the form is a bare one.
    received_s
        When it arrived, Unix time [s].

    Returns
    -------
    object
        Dictionaries and lists of JSON values; a rejection says why nothing of it can be read.
    """
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Rejection(reasons.NOT_UTF8, f"byte {error.start} is no UTF-8; expected UTF-8 text")
    try:
        content = _JSON[form](text) if form in _JSON else _TEXT[form](text, key)
    except _DuplicateKeyError as error:
        return Rejection(reasons.DUPLICATE_KEY, f"key {shorten(error.args[0])} stands twice in one object")
    except RecursionError:
        return Rejection(reasons.TOO_DEEP, "nested deeper than any message of a device")
    except ValueError as error:
        return Rejection(
            _REASONS.get(form, reasons.NOT_JSON), f"{str(error)[:80]}; expected {_EXPECTED[form]}"
        )
    if half := half_character(text, content):
        return half
    return _senml(content, received_s) if form == "senml" else content


def find_duplicate(payload: bytes) -> Rejection | None:
    """Refuse JSON that has a key twice in one object: no reader can know which of both is meant."""
    content = read_payload(payload, "json", "", 0)
    is_duplicate = isinstance(content, Rejection) and content.reason == reasons.DUPLICATE_KEY
    return content if is_duplicate else None


def _read_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _DuplicateKeyError(key)
        content[key] = value
    return content


def _read_value(text: str, key: str) -> dict[str, Any]:
    return {key: text.strip()}


def _read_form(text: str, _: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        # A bridge may pass the same keys on as JSON.
        return _with_names(_read_json(text))
    return _unique(parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=_PARTS_MOST))


def _read_pairs(text: str, _: str) -> dict[str, Any]:
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise ValueError("no braces around it")
    parts = [part.partition(":") for part in inner[1:-1].split(",")] if inner[1:-1].strip() else []
    if not all(mark and name.strip() for name, mark, _ in parts):
        raise ValueError("a part has no name and colon")
    return _unique([(name.strip().strip('"'), value.strip().strip('"')) for name, _, value in parts])


def _with_names(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError("no object")  # noqa: TRY004 - what a device wrote, not what a caller passed
    return content


_JSON: Final[dict[str, Callable[[str], Any]]] = {"json": _read_json, "senml": _read_json}
_TEXT: Final[dict[str, Callable[[str, str], Any]]] = {
    "value": _read_value,
    "form": _read_form,
    "pairs": _read_pairs,
}
_REASONS: Final = {"form": reasons.WRONG_SHAPE, "pairs": reasons.WRONG_SHAPE}
_EXPECTED: Final = {
    "json": "JSON",
    "senml": "a list of SenML records",
    "value": "one value",
    "form": "a form such as tempf=70.1&humidity=40",
    "pairs": "pairs such as {t:2026-06-01T10:00:00Z,12:21.5}",
}


def _senml(content: Any, received_s: float) -> list[dict[str, Any]] | Rejection:
    """Resolve a SenML pack (RFC 8428, section 4.6), and put together what has one base name and time."""
    if not isinstance(content, list) or not all(isinstance(record, dict) for record in content):
        return Rejection(reasons.WRONG_SHAPE, f"{shorten(content)}; expected a list of SenML records")
    if len(content) > _PARTS_MOST:
        return Rejection(reasons.TOO_LARGE, f"{len(content)} records; at most {_PARTS_MOST} are read")
    base: dict[str, Any] = {}
    readings: dict[tuple[str, float], dict[str, Any]] = {}
    for record in content:
        base |= {key: value for key, value in record.items() if key.startswith("b")}
        if any(key.endswith("_") for key in record):
            return Rejection(
                reasons.WRONG_SHAPE, "a key ends with _, which has to be understood (RFC 8428, 4.4)"
            )
        if "n" not in record and not any(key in record for key in _VALUES):
            continue
        try:
            time_s = float(base.get("bt", 0)) + float(record.get("t", 0))
            value = _resolved(record, base)
        except (TypeError, ValueError):
            return Rejection(reasons.WRONG_TYPE, f"{shorten(record)}; expected numbers in bt, t, bv and v")
        name = base.get("bn", "")
        reading = readings.setdefault((str(name), time_s), _reading(name, time_s, received_s))
        unit = record.get("u", base.get("bu"))
        reading["e"].append({"n": str(record.get("n", "")) or str(name), "v": value, "u": unit})
    return list(readings.values())


def _resolved(record: dict[str, Any], base: dict[str, Any]) -> Any:
    """Return the value of a record; a number with its base value added."""
    if "v" in record or ("bv" in base and not any(key in record for key in _VALUES)):
        return float(record.get("v", 0)) + float(base.get("bv", 0))
    return next((record[key] for key in ("vb", "vs", "vd", "s") if key in record), None)


def _reading(name: Any, time_s: float, received_s: float) -> dict[str, Any]:
    is_now, is_absolute = time_s == 0, time_s >= _ABSOLUTE_FROM_S
    moment = None if is_now else time_s if is_absolute else received_s + time_s
    return {"bn": str(name).rstrip("/:.;_-"), "t": moment, "e": []}
