"""History from the recorder of Home Assistant: its SQLite database, opened for reading alone.

Written for schema 43 and its neighbours (home-assistant/core, commit 06ec8a9, in
homeassistant/components/recorder/db_schema.py): `states` with `states_meta` and `state_attributes`, and the
hours of `statistics` with `statistics_meta`. Later schemas add columns to the last that are not read here.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from sera_gateway.handover import Publication
from sera_gateway.importers.history import HistoryRow
from sera_gateway.importers.recording import UnreadableFileError
from sera_store.database.recent_cache import RecentCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

STATES_TOPIC: Final = "recorder"
HOURS_TOPIC: Final = "recorder-hours"
ROWS_A_PAGE: Final = 1_000
_ATTRIBUTES_CACHED: Final = 1_024
_BUSY_WITHIN_S: Final = 10.0
_HALF_AN_HOUR_S: Final = 1_800
_US: Final = 1_000_000
_NEVER_US: Final = 2**62
# What Home Assistant writes where an entity has no value, also where it was removed.
_NO_VALUE: Final = frozenset({"unavailable", "unknown", "", "none", "None"})
_COLUMNS: Final = {
    "states": {"state_id", "state", "last_updated_ts", "attributes_id", "metadata_id"},
    "states_meta": {"metadata_id", "entity_id"},
    "state_attributes": {"attributes_id", "shared_attrs"},
    "statistics": {"metadata_id", "start_ts", "mean"},
    "statistics_meta": {"id", "statistic_id", "unit_of_measurement"},
}
_STATES: Final = """
SELECT state_id, state, last_updated_ts, attributes_id FROM states
WHERE metadata_id = ? AND last_updated_ts > ? ORDER BY last_updated_ts, state_id LIMIT ?
"""
_HOURS: Final = """
SELECT start_ts, mean, "min", "max" FROM statistics
WHERE metadata_id = ? AND start_ts > ? AND start_ts + 3600 <= ? ORDER BY start_ts LIMIT ?
"""
_NEWEST_ATTRIBUTES: Final = """
SELECT attributes_id FROM states JOIN states_meta USING (metadata_id)
WHERE states_meta.entity_id = ? AND attributes_id IS NOT NULL ORDER BY last_updated_ts DESC LIMIT 1
"""


class RecorderHistory:
    """The states and hours of some entities.

    A state is one message on `recorder/<entity>`, at the time at which it changed. An hour is one on
    `recorder-hours/<entity>`, in its middle: hours are taken only before the first state that was ever seen,
    since the recorder keeps states for days and hours for ever.

    Parameters
    ----------
    database
        The open database.
    path
        Its file, for messages.
    entities
        Ids of the entities to read; those of a house that no node is known as stay where they are.
    """

    def __init__(self, database: sqlite3.Connection, path: Path, entities: Sequence[str]) -> None:
        self._database = database
        self._path = path
        self._entities = entities
        self._attributes: RecentCache[int, dict[str, str]] = RecentCache(_ATTRIBUTES_CACHED)
        self.gaps = 0

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self._path.absolute())

    @property
    def schema(self) -> int:
        """The recorder's own number of its schema; 0 where it tells none."""
        try:
            rows = self._database.execute("SELECT max(schema_version) FROM schema_changes").fetchone()
        except sqlite3.Error:
            return 0
        return int(rows[0] or 0)

    def rows(self, after: dict[str, int]) -> Iterator[HistoryRow]:
        """Iterate over hours and states behind the positions of their series, an entity after another."""
        for entity in self._entities:
            begins_us = min(after.get(f"first:{entity}", _NEVER_US), self._first_state_us(entity))
            if begins_us < _NEVER_US:
                after[f"first:{entity}"] = begins_us
            yield from self._hours(entity, after.get(f"hours:{entity}", -1), begins_us / _US)
            yield from self._states(entity, after.get(f"states:{entity}", -1))

    def _first_state_us(self, entity: str) -> int:
        row = self._database.execute(
            "SELECT min(last_updated_ts) FROM states JOIN states_meta USING (metadata_id) "
            "WHERE states_meta.entity_id = ?",
            (entity,),
        ).fetchone()
        return int(row[0] * _US) if row[0] is not None else _NEVER_US

    def _states(self, entity: str, after_us: int) -> Iterator[HistoryRow]:
        for number in self._numbers("SELECT metadata_id FROM states_meta WHERE entity_id = ?", entity):
            behind_s = (after_us + 1) / _US
            while page := self._database.execute(_STATES, (number, behind_s, ROWS_A_PAGE)).fetchall():
                for _, state, changed_s, attributes_id in page:
                    behind_s = changed_s
                    if state is None or state in _NO_VALUE:
                        self.gaps += 1
                        continue
                    content = {
                        "entity_id": entity, "state": state, "time": int(changed_s * _US),
                        **self._attributes_of(attributes_id),
                    }  # fmt: skip
                    yield _row(f"states:{entity}", int(changed_s * _US), STATES_TOPIC, content)

    def _hours(self, entity: str, after_us: int, until_s: float) -> Iterator[HistoryRow]:
        device_class = self._newest_class(entity)
        query = "SELECT id, unit_of_measurement FROM statistics_meta WHERE statistic_id = ?"
        for number, unit in self._database.execute(query, (entity,)).fetchall():
            behind_s = (after_us + 1) / _US
            while page := self._database.execute(_HOURS, (number, behind_s, until_s, ROWS_A_PAGE)).fetchall():
                for start_s, mean, least, most in page:
                    behind_s = start_s
                    if mean is None:
                        # Of a meter, whose hours are sums; or of an hour without a value.
                        self.gaps += 1
                        continue
                    content = {
                        "entity_id": entity, "mean": mean, "min": least, "max": most, "unit": unit or "",
                        "time": int((start_s + _HALF_AN_HOUR_S) * _US), **device_class,
                    }  # fmt: skip
                    yield _row(f"hours:{entity}", int(start_s * _US), HOURS_TOPIC, content)

    def _numbers(self, query: str, entity: str) -> list[int]:
        return [row[0] for row in self._database.execute(query, (entity,)).fetchall()]

    def _newest_class(self, entity: str) -> dict[str, str]:
        """Return the device class of an entity's newest state that has one; hours have none themselves."""
        row = self._database.execute(_NEWEST_ATTRIBUTES, (entity,)).fetchone()
        attributes = self._attributes_of(row[0]) if row else {}
        return {"device_class": attributes["device_class"]} if "device_class" in attributes else {}

    def _attributes_of(self, number: int | None) -> dict[str, str]:
        """Return unit and kind of a state, which stand in its attributes; they may change with time."""
        if number is None:
            return {}
        attributes = self._attributes.get(number)
        if attributes is None:
            row = self._database.execute(
                "SELECT shared_attrs FROM state_attributes WHERE attributes_id = ?", (number,)
            ).fetchone()
            attributes = _unit_and_class(row[0] if row else None)
            self._attributes[number] = attributes
        return attributes


@contextmanager
def open_recorder(path: Path, entities: Sequence[str]) -> Iterator[RecorderHistory]:
    """Open a recorder's database for reading alone; Home Assistant may go on writing meanwhile.

    Raises
    ------
    UnreadableFileError
        It cannot be opened, is no SQLite database, or has other tables.
    """
    if not path.is_file():
        raise UnreadableFileError(f"{path} is not there; expected home-assistant_v2.db, or a copy of it")
    database = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=_BUSY_WITHIN_S, isolation_level=None
    )
    try:
        database.execute("PRAGMA query_only = ON")
        _check_tables(database, path)
        yield RecorderHistory(database, path, entities)
    except sqlite3.Error as error:
        raise UnreadableFileError(
            f"{path}: {error}; expected the recorder database of Home Assistant. Where it is in use on "
            "another machine, take a copy of it from a backup of Home Assistant"
        ) from error
    finally:
        database.close()


def _check_tables(database: sqlite3.Connection, path: Path) -> None:
    for table, expected in _COLUMNS.items():
        present = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if missing := expected - present:
            raise UnreadableFileError(
                f"{path}: its table {table} has no {', '.join(sorted(missing))}; expected the recorder "
                "database of Home Assistant 2023.4 or later: let that one start with it once, which renews it"
            )


def _unit_and_class(text: str | None) -> dict[str, str]:
    try:
        attributes: Any = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    if not isinstance(attributes, dict):
        return {}
    names = {"unit": "unit_of_measurement", "device_class": "device_class"}
    return {
        name: value for name, key in names.items() if isinstance(value := attributes.get(key), str) and value
    }


def _row(series: str, position: int, topic: str, content: dict[str, Any]) -> HistoryRow:
    publication = Publication(f"{topic}/{content['entity_id']}", msgspec.json.encode(content))
    return HistoryRow(series, position, publication)
